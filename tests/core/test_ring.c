/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sched.h>

#include "wg_ring.h"
#include "wg_test.h"

#define SMALL_SLOTS_MAX 8u
#define SMALL_BYTES	(sizeof(struct wg_ring_shared) + SMALL_SLOTS_MAX * sizeof(uint32_t))

/* A ring of 32-bit slots with both sides, and what a correct one would hold. */
struct small {
	_Alignas(WG_RING_ALIGN) uint8_t memory[SMALL_BYTES];
	struct wg_ring_producer producer;
	struct wg_ring_consumer consumer;
	uint32_t count;
	uint32_t sent, received; /* also the values: item n holds n */
	uint32_t reserved, peeked;
};

static struct wg_ring_shared *shared_of(struct small *s)
{
	return (struct wg_ring_shared *)(void *)s->memory;
}

static void small_open(struct small *s, uint32_t count, uint32_t first)
{
	size_t bytes = wg_ring_bytes(count, sizeof(uint32_t));

	memset(s, 0, sizeof(*s));
	s->count = count;
	CHECK(bytes && bytes <= SMALL_BYTES);
	CHECK_EQ(wg_ring_init(s->memory, bytes, count, sizeof(uint32_t)), WG_OK);
	atomic_store(&shared_of(s)->produced, first);
	atomic_store(&shared_of(s)->consumed, first);
	CHECK_EQ(wg_ring_producer_attach(&s->producer, s->memory, bytes, count, sizeof(uint32_t)), WG_OK);
	CHECK_EQ(wg_ring_consumer_attach(&s->consumer, s->memory, bytes, count, sizeof(uint32_t)), WG_OK);
}

/* In a copy of the whole state the views must refer to the copy. */
static void small_copy(struct small *to, const struct small *from)
{
	*to = *from;
	to->producer.shared = to->consumer.shared = shared_of(to);
	to->producer.slots = &to->memory[sizeof(struct wg_ring_shared)];
	to->consumer.slots = to->producer.slots;
}

static void step_reserve(struct small *s, uint32_t want)
{
	uint32_t space = s->count - (s->sent - s->received);

	CHECK_EQ(wg_ring_reserve(&s->producer, want, &s->reserved), WG_OK);
	CHECK_EQ(s->reserved, want < space ? want : space);
}

static void step_publish(struct small *s, uint32_t count)
{
	uint32_t i, value;

	for (i = 0; i < count; i++) {
		value = s->sent++;
		memcpy(wg_ring_producer_slot(&s->producer, i), &value, sizeof(value));
	}
	wg_ring_publish(&s->producer, count);
	s->reserved -= count;
}

static void step_peek(struct small *s, uint32_t want)
{
	uint32_t filled = s->sent - s->received;

	CHECK_EQ(wg_ring_peek(&s->consumer, want, &s->peeked), WG_OK);
	CHECK_EQ(s->peeked, want < filled ? want : filled);
}

static void step_release(struct small *s, uint32_t count)
{
	uint32_t i, value;

	for (i = 0; i < count; i++) {
		memcpy(&value, wg_ring_consumer_slot(&s->consumer, i), sizeof(value));
		CHECK_EQ(value, s->received);
		s->received++;
	}
	wg_ring_release(&s->consumer, count);
	s->peeked -= count;
}

static uint64_t explored;

/* Each function makes one access to the shared indices, so all orders of calls are all interleavings. */
static void explore(const struct small *state, unsigned depth)
{
	static const uint32_t wants[] = {1, 2, 5};
	struct small next;
	unsigned i;

	explored++;
	if (!depth)
		return;
	for (i = 0; i < 3; i++) {
		small_copy(&next, state);
		step_reserve(&next, wants[i]);
		explore(&next, depth - 1);
		small_copy(&next, state);
		step_peek(&next, wants[i]);
		explore(&next, depth - 1);
	}
	for (i = 0; i < 2 && state->reserved > i; i++) {
		small_copy(&next, state);
		step_publish(&next, i ? state->reserved : 1);
		explore(&next, depth - 1);
	}
	for (i = 0; i < 2 && state->peeked > i; i++) {
		small_copy(&next, state);
		step_release(&next, i ? state->peeked : 1);
		explore(&next, depth - 1);
	}
}

static void every_order_of_calls_keeps_every_item_in_order(void)
{
	static const uint32_t counts[] = {1, 2, 4};
	struct small s;
	size_t i;

	explored = 0;
	for (i = 0; i < 3; i++) {
		small_open(&s, counts[i], UINT32_MAX - 1);
		explore(&s, 7);
	}
	printf("%" PRIu64 " states\n", explored);
}

static void random_bursts_stay_in_order_across_the_end_of_the_index(void)
{
	uint32_t in[11], out[11], next_in = 0, next_out = 0, done, want, i;
	struct small s;
	unsigned round;

	small_open(&s, 8, UINT32_MAX - 500);
	for (round = 0; round < 20000; round++) {
		want = (uint32_t)wg_test_random_below(12);
		for (i = 0; i < want; i++)
			in[i] = next_in + i;
		CHECK_EQ(wg_ring_push(&s.producer, in, want, &done), WG_OK);
		next_in += done;
		want = (uint32_t)wg_test_random_below(12);
		CHECK_EQ(wg_ring_pop(&s.consumer, out, want, &done), WG_OK);
		for (i = 0; i < done; i++)
			CHECK_EQ(out[i], next_out + i);
		next_out += done;
		CHECK(next_in - next_out <= 8);
	}
	CHECK(next_out > 10000);
}

static void a_published_slot_is_visible_at_once(void)
{
	uint32_t value = 7, done;
	struct small s;

	small_open(&s, 8, 0);
	CHECK_EQ(wg_ring_push(&s.producer, &value, 1, &done), WG_OK);
	CHECK_EQ(atomic_load(&shared_of(&s)->produced), 1);
	value = 0;
	CHECK_EQ(wg_ring_pop(&s.consumer, &value, 1, &done), WG_OK);
	CHECK_EQ(done, 1);
	CHECK_EQ(value, 7);
	CHECK_EQ(atomic_load(&shared_of(&s)->consumed), 1);
}

static void a_hostile_consumer_index_is_refused(void)
{
	uint32_t value = 0, got, claim;
	struct small s;
	unsigned i;

	small_open(&s, 8, UINT32_MAX - 3);
	for (i = 0; i < 8; i++) {
		CHECK_EQ(wg_ring_push(&s.producer, &value, 1, &got), WG_OK);
		CHECK_EQ(got, 1);
	}
	CHECK_EQ(wg_ring_pop(&s.consumer, &value, 1, &got), WG_OK);
	/* Honest: between the first slot and the last. Everything else: more than produced, or going back. */
	for (i = 0; i < 100000; i++) {
		claim = i < 64 ? UINT32_MAX - 30 + i : (uint32_t)wg_test_random();
		if (claim - (UINT32_MAX - 3) <= 8)
			continue;
		atomic_store(&shared_of(&s)->consumed, claim);
		CHECK_EQ(wg_ring_reserve(&s.producer, 1, &got), WG_ERR_INPUT);
		CHECK_EQ(got, 0);
		CHECK_EQ(wg_ring_push(&s.producer, &value, 1, &got), WG_ERR_INPUT);
		CHECK_EQ(got, 0);
	}
	atomic_store(&shared_of(&s)->consumed, UINT32_MAX - 2);
	CHECK_EQ(wg_ring_reserve(&s.producer, 2, &got), WG_OK);
	CHECK_EQ(got, 1);
}

static void a_hostile_producer_index_is_refused(void)
{
	uint32_t value = 0, got, claim;
	struct small s;
	unsigned i;

	small_open(&s, 8, UINT32_MAX - 3);
	for (i = 0; i < 100000; i++) {
		claim = i < 64 ? UINT32_MAX - 30 + i : (uint32_t)wg_test_random();
		if (claim - (UINT32_MAX - 3) <= 8)
			continue;
		atomic_store(&shared_of(&s)->produced, claim);
		CHECK_EQ(wg_ring_peek(&s.consumer, 1, &got), WG_ERR_INPUT);
		CHECK_EQ(got, 0);
		CHECK_EQ(wg_ring_pop(&s.consumer, &value, 1, &got), WG_ERR_INPUT);
		CHECK_EQ(got, 0);
	}
}

static void an_index_that_goes_back_is_refused(void)
{
	uint32_t values[4] = {0}, got;
	struct small s;

	small_open(&s, 8, 100);
	CHECK_EQ(wg_ring_push(&s.producer, values, 4, &got), WG_OK);
	CHECK_EQ(wg_ring_peek(&s.consumer, 8, &got), WG_OK);
	CHECK_EQ(got, 4);
	atomic_store(&shared_of(&s)->produced, 103);
	CHECK_EQ(wg_ring_peek(&s.consumer, 8, &got), WG_ERR_INPUT);
	wg_ring_release(&s.consumer, 2);
	CHECK_EQ(wg_ring_reserve(&s.producer, 6, &got), WG_OK);
	CHECK_EQ(got, 6);
	atomic_store(&shared_of(&s)->consumed, 101);
	CHECK_EQ(wg_ring_reserve(&s.producer, 8, &got), WG_ERR_INPUT);
}

static void impossible_rings_and_short_memory_are_refused(void)
{
	static _Alignas(WG_RING_ALIGN) uint8_t memory[2048];
	size_t needed = wg_ring_bytes(16, 24);
	struct wg_ring_producer producer;
	struct wg_ring_consumer consumer;

	CHECK_EQ(needed, sizeof(struct wg_ring_shared) + 16 * 24);
	CHECK_EQ(wg_ring_bytes(0, 8), 0);
	CHECK_EQ(wg_ring_bytes(3, 8), 0);
	CHECK_EQ(wg_ring_bytes(UINT32_MAX, 8), 0);
	CHECK_EQ(wg_ring_bytes(16, 0), 0);
	CHECK_EQ(wg_ring_bytes(2, SIZE_MAX), 0);
	CHECK_EQ(wg_ring_bytes(16, SIZE_MAX / 16), 0);
	CHECK_EQ(wg_ring_bytes(WG_RING_COUNT_MAX, SIZE_MAX / WG_RING_COUNT_MAX + 1), 0);
	CHECK_EQ(wg_ring_init(memory, needed - 1, 16, 24), WG_ERR_SIZE);
	CHECK_EQ(wg_ring_init(memory + 8, needed, 16, 24), WG_ERR_INPUT);
	CHECK_EQ(wg_ring_init(NULL, needed, 16, 24), WG_ERR_INPUT);
	CHECK_EQ(wg_ring_init(memory, needed, 12, 24), WG_ERR_INPUT);
	CHECK_EQ(wg_ring_init(memory, needed, 16, 24), WG_OK);
	CHECK_EQ(wg_ring_producer_attach(&producer, memory, needed - 1, 16, 24), WG_ERR_SIZE);
	CHECK_EQ(wg_ring_consumer_attach(&consumer, memory, needed - 1, 16, 24), WG_ERR_SIZE);
	CHECK_EQ(wg_ring_producer_attach(&producer, memory, needed, 16, SIZE_MAX / 8), WG_ERR_INPUT);
	CHECK_EQ(wg_ring_consumer_attach(&consumer, memory + 1, needed, 16, 24), WG_ERR_INPUT);
	atomic_store(&((struct wg_ring_shared *)(void *)memory)->produced, 17);
	CHECK_EQ(wg_ring_producer_attach(&producer, memory, needed, 16, 24), WG_ERR_INPUT);
	CHECK_EQ(wg_ring_consumer_attach(&consumer, memory, needed, 16, 24), WG_ERR_INPUT);
}

static void a_side_that_attaches_anew_goes_on_where_its_predecessor_stopped(void)
{
	uint32_t values[3] = {1, 2, 3}, got, value;
	size_t bytes = wg_ring_bytes(8, sizeof(uint32_t));
	struct wg_ring_consumer other;
	struct small s;

	small_open(&s, 8, 5);
	CHECK_EQ(wg_ring_push(&s.producer, values, 3, &got), WG_OK);
	CHECK_EQ(wg_ring_pop(&s.consumer, &value, 1, &got), WG_OK);
	CHECK_EQ(wg_ring_consumer_attach(&other, s.memory, bytes, 8, sizeof(uint32_t)), WG_OK);
	CHECK_EQ(wg_ring_pop(&other, values, 3, &got), WG_OK);
	CHECK_EQ(got, 2);
	CHECK_EQ(values[0], 2);
	CHECK_EQ(values[1], 3);
}

#define STRESS_SLOTS 64u
#define STRESS_WORDS 5u

struct stress {
	_Alignas(WG_RING_ALIGN) uint8_t memory[sizeof(struct wg_ring_shared) + STRESS_SLOTS * STRESS_WORDS * 8];
	uint64_t items;
	uint64_t seed;
};

/* A slot holds its number, random words, and their sum. */
static void stress_fill(uint64_t *slot, uint64_t number, uint64_t *random)
{
	unsigned i;

	slot[0] = slot[STRESS_WORDS - 1] = number;
	for (i = 1; i < STRESS_WORDS - 1; i++) {
		slot[i] = wg_test_random_of(random);
		slot[STRESS_WORDS - 1] += slot[i];
	}
}

static void *stress_produce(void *argument)
{
	struct stress *s = argument;
	uint64_t random = s->seed, words = s->seed ^ 1, sent = 0, items[16][STRESS_WORDS];
	struct wg_ring_producer producer;
	uint32_t want, got, i;

	CHECK_EQ(wg_ring_producer_attach(&producer, s->memory, sizeof(s->memory), STRESS_SLOTS, STRESS_WORDS * 8),
		 WG_OK);
	while (sent < s->items) {
		want = 1 + (uint32_t)(wg_test_random_of(&random) % 16);
		want = s->items - sent < want ? (uint32_t)(s->items - sent) : want;
		CHECK_EQ(wg_ring_reserve(&producer, want, &got), WG_OK);
		if (!got) {
			sched_yield();
			continue;
		}
		for (i = 0; i < got; i++)
			stress_fill(items[i], sent + i, &words);
		if (random & 1) {
			for (i = 0; i < got; i++)
				memcpy(wg_ring_producer_slot(&producer, i), items[i], sizeof(items[i]));
			wg_ring_publish(&producer, got);
		} else {
			CHECK_EQ(wg_ring_push(&producer, items, got, &want), WG_OK);
			CHECK_EQ(want, got);
		}
		sent += got;
	}
	return NULL;
}

static void stress_check(const uint64_t *slot, uint64_t number)
{
	CHECK_EQ(slot[0], number);
	CHECK_EQ(slot[STRESS_WORDS - 1], slot[0] + slot[1] + slot[2] + slot[3]);
}

static void two_threads_lose_and_damage_nothing(void)
{
	static struct stress s;
	uint64_t random, received = 0, items[16][STRESS_WORDS];
	struct wg_ring_consumer consumer;
	struct wg_ring_shared *shared = (struct wg_ring_shared *)(void *)s.memory;
	pthread_t thread;
	uint32_t want, got, i;

	s.items = wg_test_cases(300000);
	s.seed = wg_test_random();
	random = s.seed ^ 2;
	CHECK_EQ(wg_ring_init(s.memory, sizeof(s.memory), STRESS_SLOTS, STRESS_WORDS * 8), WG_OK);
	atomic_store(&shared->produced, UINT32_MAX - 1000);
	atomic_store(&shared->consumed, UINT32_MAX - 1000);
	CHECK_EQ(wg_ring_consumer_attach(&consumer, s.memory, sizeof(s.memory), STRESS_SLOTS, STRESS_WORDS * 8), WG_OK);
	CHECK_EQ(pthread_create(&thread, NULL, stress_produce, &s), 0);
	while (received < s.items) {
		want = 1 + (uint32_t)(wg_test_random_of(&random) % 16);
		if (random & 1) {
			CHECK_EQ(wg_ring_pop(&consumer, items, want, &got), WG_OK);
		} else {
			CHECK_EQ(wg_ring_peek(&consumer, want, &got), WG_OK);
			for (i = 0; i < got; i++)
				memcpy(items[i], wg_ring_consumer_slot(&consumer, i), sizeof(items[i]));
			if (got)
				wg_ring_release(&consumer, got);
		}
		for (i = 0; i < got; i++)
			stress_check(items[i], received + i);
		received += got;
		if (!got)
			sched_yield();
	}
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(wg_ring_pop(&consumer, items, 1, &got), WG_OK);
	CHECK_EQ(got, 0);
}

static const struct wg_test tests[] = {
	WG_TEST(every_order_of_calls_keeps_every_item_in_order),
	WG_TEST(random_bursts_stay_in_order_across_the_end_of_the_index),
	WG_TEST(a_published_slot_is_visible_at_once),
	WG_TEST(a_hostile_consumer_index_is_refused),
	WG_TEST(a_hostile_producer_index_is_refused),
	WG_TEST(an_index_that_goes_back_is_refused),
	WG_TEST(impossible_rings_and_short_memory_are_refused),
	WG_TEST(a_side_that_attaches_anew_goes_on_where_its_predecessor_stopped),
	WG_TEST(two_threads_lose_and_damage_nothing),
};
WG_TEST_MAIN(tests)
