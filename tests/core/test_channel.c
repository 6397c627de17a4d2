/* SPDX-License-Identifier: Apache-2.0 */
/* Messages through shared memory, both sides in threads of this process; a peer that rings for nothing, that dies, and
 * that writes its answer and dies. */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "wg_bell.h"
#include "wg_channel.h"
#include "wg_memory.h"
#include "wg_test.h"

#define MESSAGES 3000u

static struct wg_control *control;
static struct wg_channel normal_side, world_side;
static int to_world, to_normal;
static atomic_int dead; /* as the keeper's: release, acquire */

static void open_channel(bool spin)
{
	alarm(60);
	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(control != MAP_FAILED);
	to_world = wg_bell_create();
	to_normal = wg_bell_create();
	CHECK(to_world >= 0 && to_normal >= 0);
	atomic_store(&dead, 0);
	wg_channel_init(&normal_side, control, false, to_normal, to_world, spin);
	wg_channel_init(&world_side, control, true, to_world, to_normal, spin);
	normal_side.peer_dead = &dead;
	if (spin)
		normal_side.spin_ticks = world_side.spin_ticks = 20000; /* so that both ways of waiting are taken */
}

static void close_channel(void)
{
	close(to_world);
	close(to_normal);
	munmap(control, sizeof(*control));
}

/* Adds one to what comes, until it is asked to quit. */
static void *echo(void *unused)
{
	struct wg_message message;
	struct wg_rpc rpc;

	(void)unused;
	do {
		CHECK_EQ(wg_channel_wait(&world_side), WG_OK);
		message = control->to_world.message;
		rpc = control->to_world.rpc;
		CHECK_EQ(rpc.word[0], message.command);
		CHECK_EQ(control->to_world.ticks, message.session);
		message.command++;
		rpc.word[0]++;
		if (message.command % 7 == 0)
			usleep(message.command % 200);
		CHECK_EQ(wg_channel_send(&world_side, &message, &rpc, message.command), WG_OK);
	} while (message.kind != WG_MESSAGE_QUIT);
	return NULL;
}

static void exchange(bool spin)
{
	pthread_t thread;

	open_channel(spin);
	CHECK_EQ(pthread_create(&thread, NULL, echo, NULL), 0);
	for (uint32_t i = 0; i < MESSAGES; i++) {
		struct wg_message message = {.command = i, .session = i ^ 5, .kind = WG_MESSAGE_INVOKE};
		struct wg_rpc rpc = {.word = {i}};

		if (i + 1 == MESSAGES)
			message.kind = WG_MESSAGE_QUIT;
		CHECK_EQ(wg_channel_send(&normal_side, &message, &rpc, i ^ 5), WG_OK);
		if (i % 11 == 0)
			usleep(i % 150);
		CHECK_EQ(wg_channel_wait(&normal_side), WG_OK);
		CHECK_EQ(control->to_normal.message.command, i + 1);
		CHECK_EQ(control->to_normal.rpc.word[0], i + 1);
		CHECK_EQ(control->to_normal.ticks, i + 1);
	}
	pthread_join(thread, NULL);
	close_channel();
}

static void every_message_arrives_once_while_both_sleep(void)
{
	exchange(false);
}

static void every_message_arrives_once_while_both_spin_and_sleep(void)
{
	exchange(true);
}

static void *ring_for_nothing(void *unused)
{
	const struct wg_message message = {.kind = WG_MESSAGE_DONE, .command = 99};

	(void)unused;
	for (unsigned i = 0; i < 200; i++) {
		CHECK_EQ(wg_bell_ring(to_normal), WG_OK);
		usleep(50);
	}
	CHECK_EQ(wg_channel_send(&world_side, &message, NULL, 0), WG_OK);
	return NULL;
}

static void a_bell_without_a_message_is_not_a_message(void)
{
	pthread_t thread;

	open_channel(false);
	CHECK_EQ(pthread_create(&thread, NULL, ring_for_nothing, NULL), 0);
	CHECK_EQ(wg_channel_wait(&normal_side), WG_OK);
	CHECK_EQ(control->to_normal.message.command, 99);
	pthread_join(thread, NULL);
	close_channel();
}

static void *die(void *unused)
{
	(void)unused;
	usleep(30000);
	atomic_store_explicit(&dead, 1, memory_order_release);
	CHECK_EQ(wg_bell_ring(to_normal), WG_OK);
	return NULL;
}

static void a_dead_peer_ends_every_wait(void)
{
	pthread_t thread;

	for (unsigned spin = 0; spin < 2; spin++) {
		open_channel(spin);
		CHECK_EQ(pthread_create(&thread, NULL, die, NULL), 0);
		CHECK_EQ(wg_channel_wait(&normal_side), WG_ERR_STATE);
		CHECK_EQ(wg_channel_wait(&normal_side), WG_ERR_STATE);
		pthread_join(thread, NULL);
		close_channel();
	}
}

static void the_last_answer_of_a_dead_peer_counts(void)
{
	const struct wg_message message = {.kind = WG_MESSAGE_DONE, .command = 7};

	for (unsigned spin = 0; spin < 2; spin++) {
		open_channel(spin);
		CHECK_EQ(wg_channel_send(&world_side, &message, NULL, 0), WG_OK);
		atomic_store_explicit(&dead, 1, memory_order_release);
		CHECK_EQ(wg_channel_wait(&normal_side), WG_OK);
		CHECK_EQ(control->to_normal.message.command, 7);
		CHECK_EQ(wg_channel_wait(&normal_side), WG_ERR_STATE);
		close_channel();
	}
}

/* The sequence is the other side's word: any change is one message, whatever the number. */
static void a_sequence_that_jumps_is_one_message(void)
{
	open_channel(false);
	for (unsigned i = 0; i < 100; i++) {
		unsigned value = (unsigned)wg_test_random() | 1u;

		if (value == normal_side.seen)
			value += 2;
		atomic_store(&control->to_normal.sequence, value);
		CHECK_EQ(wg_bell_ring(to_normal), WG_OK);
		CHECK_EQ(wg_channel_wait(&normal_side), WG_OK);
	}
	close_channel();
}

static void shared_memory_cannot_change_its_size(void)
{
	int descriptor = wg_shared_create("test", 8192);
	void *memory;

	CHECK(descriptor >= 0);
	CHECK(ftruncate(descriptor, 4096) < 0);
	CHECK(ftruncate(descriptor, 16384) < 0);
	memory = wg_shared_map(descriptor, 8192);
	CHECK(memory != NULL);
	wg_shared_unmap(memory, 8192);
	close(descriptor);
}

static void memory_that_is_replaced_by_secret_memory_keeps_its_bytes(void)
{
	char reason[256] = "";
	uint8_t *memory = wg_plain_map(3 * 4096);
	wg_result result;

	CHECK(memory != NULL);
	for (unsigned i = 0; i < 3 * 4096; i++)
		memory[i] = (uint8_t)(i * 31);
	result = wg_secret_replace(memory + 4096, 4096, reason, sizeof(reason));
	if (result == WG_ERR_UNAVAILABLE)
		SKIP(reason);
	CHECK_EQ(result, WG_OK);
	for (unsigned i = 0; i < 3 * 4096; i++)
		CHECK_EQ(memory[i], (uint8_t)(i * 31));
	munmap(memory, 3 * 4096);
}

static const struct wg_test tests[] = {
	WG_TEST(every_message_arrives_once_while_both_sleep),
	WG_TEST(every_message_arrives_once_while_both_spin_and_sleep),
	WG_TEST(a_bell_without_a_message_is_not_a_message),
	WG_TEST(a_dead_peer_ends_every_wait),
	WG_TEST(the_last_answer_of_a_dead_peer_counts),
	WG_TEST(a_sequence_that_jumps_is_one_message),
	WG_TEST(shared_memory_cannot_change_its_size),
	WG_TEST(memory_that_is_replaced_by_secret_memory_keeps_its_bytes),
};

WG_TEST_MAIN(tests)
