/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_heap.h"
#include "wg_test.h"

#define HEADER	  16u
#define LIVE_MAX  300u
#define HEAP_SIZE (64u * 1024u)

/* The model: what is live, where, and the seed of its contents. */
struct live {
	uint8_t *at;
	size_t bytes; /* as asked */
	size_t usable;
	uint64_t seed;
	bool stuck; /* its header was overwritten */
};

static struct wg_heap heap;
static uint8_t *memory; /* exactly the heap, so that ASan sees a step outside */
static size_t memory_bytes;
static struct live live[LIVE_MAX];
static size_t live_count;

static void open_heap(size_t bytes)
{
	free(memory);
	memory = malloc(bytes);
	memory_bytes = bytes;
	live_count = 0;
	CHECK(memory != NULL);
	CHECK_EQ(wg_heap_init(&heap, memory, bytes), WG_OK);
}

static void close_heap(void)
{
	free(memory);
	memory = NULL;
}

static void fill(const struct live *block, size_t from)
{
	uint64_t state = block->seed;
	uint8_t byte;
	size_t i;

	for (i = 0; i < block->bytes; i++) {
		byte = (uint8_t)wg_test_random_of(&state);
		if (i >= from)
			block->at[i] = byte;
	}
}

static void check_contents(const struct live *block, size_t bytes)
{
	uint64_t state = block->seed;
	size_t i;

	for (i = 0; i < bytes; i++)
		CHECK_EQ(block->at[i], (uint8_t)wg_test_random_of(&state));
}

static void check_place(const struct live *block, size_t align)
{
	size_t i;

	CHECK_EQ((uintptr_t)block->at % (align < WG_HEAP_ALIGN ? WG_HEAP_ALIGN : align), 0);
	CHECK(block->at >= memory + HEADER && block->at + block->usable <= memory + memory_bytes);
	CHECK(block->usable >= block->bytes);
	for (i = 0; i < live_count; i++)
		CHECK(&live[i] == block || block->at - HEADER >= live[i].at + live[i].usable ||
		      live[i].at - HEADER >= block->at + block->usable);
}

static int by_address(const void *a, const void *b)
{
	const struct live *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* The largest stretch without a live block; sorts the model. at: where it starts. */
static size_t largest_gap(uint8_t **at)
{
	uint8_t *end = memory;
	size_t i, gap, largest = 0;

	qsort(live, live_count, sizeof(live[0]), by_address);
	for (i = 0; i <= live_count; i++) {
		gap = (size_t)((i < live_count ? live[i].at - HEADER : memory + memory_bytes) - end);
		if (gap > largest) {
			largest = gap;
			*at = end;
		}
		if (i < live_count)
			end = live[i].at + live[i].usable;
	}
	return largest;
}

static size_t random_bytes(void)
{
	return wg_test_random_below(4) ? wg_test_random_below(400) : wg_test_random_below(8000);
}

/* With its header. */
static size_t block_size(size_t bytes)
{
	return HEADER + (bytes ? (bytes + WG_HEAP_ALIGN - 1) / WG_HEAP_ALIGN * WG_HEAP_ALIGN : WG_HEAP_ALIGN);
}

/* honest: nobody wrote where he must not, so a refusal means that there is no room. */
static void try_alloc(bool honest)
{
	struct live *block = &live[live_count];
	size_t align = (size_t)1 << wg_test_random_below(wg_test_random() & 1 ? 1 : 9);
	uint8_t *gap;

	if (live_count == LIVE_MAX)
		return;
	block->bytes = random_bytes();
	block->seed = wg_test_random();
	block->stuck = false;
	block->at = align == 1 ? wg_heap_alloc(&heap, block->bytes) : wg_heap_alloc_aligned(&heap, align, block->bytes);
	if (!block->at) {
		if (honest)
			CHECK(largest_gap(&gap) < block_size(block->bytes) + (align > HEADER ? align + 2 * HEADER : 0));
		return;
	}
	block->usable = wg_heap_block_bytes(&heap, block->at);
	live_count++;
	check_place(block, align);
	fill(block, 0);
}

static void try_free(size_t i, bool honest)
{
	wg_result result;

	check_contents(&live[i], live[i].bytes);
	result = wg_heap_free(&heap, live[i].at);
	CHECK(result == WG_OK || (result == WG_ERR_STATE && !honest));
	CHECK(!live[i].stuck || result == WG_ERR_STATE);
	if (result == WG_OK)
		live[i] = live[--live_count];
}

static void try_realloc(size_t i, bool honest)
{
	size_t bytes = random_bytes(), kept = bytes < live[i].bytes ? bytes : live[i].bytes;
	uint8_t *at = wg_heap_realloc(&heap, live[i].at, bytes);
	uint8_t *gap;

	if (!at) {
		if (honest)
			CHECK(largest_gap(&gap) < block_size(bytes));
		return;
	}
	CHECK(!live[i].stuck);
	if (!honest && at != live[i].at && wg_heap_block_bytes(&heap, live[i].at)) {
		/* The old block could not be given back: its bytes are still its own. */
		check_contents(&live[i], live[i].bytes);
	}
	live[i].at = at;
	live[i].usable = wg_heap_block_bytes(&heap, at);
	live[i].bytes = bytes;
	check_place(&live[i], 1);
	check_contents(&live[i], kept);
	fill(&live[i], kept);
}

static void random_step(bool honest)
{
	size_t choice = wg_test_random_below(10);

	if (choice < 5 || !live_count)
		try_alloc(honest);
	else if (choice < 8)
		try_free(wg_test_random_below(live_count), honest);
	else
		try_realloc(wg_test_random_below(live_count), honest);
}

static void check_used(void)
{
	size_t i, used = 0;

	for (i = 0; i < live_count; i++)
		used += live[i].usable + HEADER;
	CHECK_EQ(heap.used_bytes, used);
	CHECK(heap.peak_bytes >= used);
}

static void random_use_keeps_contents_and_ends_in_one_block(void)
{
	uint64_t rounds = 1 + wg_test_cases(90000) / 1500, i;
	unsigned step;

	for (i = 0; i < rounds; i++) {
		open_heap((i & 1 ? 4096 : HEAP_SIZE) + WG_HEAP_ALIGN * wg_test_random_below(64));
		for (step = 0; step < 1500; step++) {
			random_step(true);
			check_used();
		}
		while (live_count)
			try_free(wg_test_random_below(live_count), true);
		CHECK_EQ(heap.used_bytes, 0);
		CHECK(wg_heap_alloc(&heap, memory_bytes - HEADER) != NULL);
		close_heap();
	}
}

/* Overruns, underruns and writes to freed memory: nobody's live bytes change, and nothing outside is touched. */
static void random_damage_never_reaches_a_live_block(void)
{
	uint64_t rounds = 1 + wg_test_cases(60000) / 600, i;
	size_t victim, gap_bytes;
	uint8_t *gap = NULL;
	unsigned step;

	for (i = 0; i < rounds; i++) {
		open_heap(i & 1 ? 4096 : HEAP_SIZE / 4);
		for (step = 0; step < 600; step++) {
			random_step(false);
			if (wg_test_random_below(30) == 0 && live_count) {
				victim = wg_test_random_below(live_count);
				live[victim].at[-1 - (int)wg_test_random_below(HEADER)] ^=
					(uint8_t)(1 + wg_test_random_below(255));
				live[victim].stuck = !wg_heap_block_bytes(&heap, live[victim].at);
			}
			gap_bytes = wg_test_random_below(30) ? 0 : largest_gap(&gap);
			if (gap_bytes)
				gap[wg_test_random_below(gap_bytes < 24 ? gap_bytes : 24)] ^= (uint8_t)wg_test_random();
		}
		for (victim = 0; victim < live_count; victim++)
			check_contents(&live[victim], live[victim].bytes);
		close_heap();
	}
}

static void nearly_every_byte_can_be_handed_out(void)
{
	size_t count = 0, i;

	open_heap(HEAP_SIZE);
	CHECK(wg_heap_alloc(&heap, HEAP_SIZE - HEADER) != NULL);
	CHECK(!wg_heap_alloc(&heap, 0));
	open_heap(HEAP_SIZE);
	CHECK(!wg_heap_alloc(&heap, HEAP_SIZE - HEADER + 1));
	CHECK(!wg_heap_alloc(&heap, HEAP_SIZE));
	CHECK(!wg_heap_alloc(&heap, SIZE_MAX));
	CHECK(!wg_heap_alloc(&heap, SIZE_MAX - HEADER));
	while (wg_heap_alloc(&heap, 1000))
		count++;
	CHECK(count * 1000 >= HEAP_SIZE * 95 / 100);
	open_heap(HEAP_SIZE);
	for (count = 0; (live[0].at = wg_heap_alloc(&heap, 16)) != NULL; count++)
		memset(live[0].at, 0xaa, 16);
	CHECK_EQ(count, HEAP_SIZE / 32);
	for (i = 0; i < count; i++)
		CHECK_EQ(wg_heap_free(&heap, memory + HEADER + 32 * ((i * 7919) % count)), WG_OK);
	CHECK(wg_heap_alloc(&heap, HEAP_SIZE - HEADER) != NULL);
	close_heap();
}

static void freeing_twice_is_refused(void)
{
	uint8_t *a, *b, *c;

	open_heap(4096);
	a = wg_heap_alloc(&heap, 100);
	b = wg_heap_alloc(&heap, 100);
	c = wg_heap_alloc(&heap, 100);
	CHECK(a && b && c);
	CHECK_EQ(wg_heap_free(&heap, b), WG_OK);
	CHECK_EQ(wg_heap_free(&heap, b), WG_ERR_STATE);
	CHECK_EQ(wg_heap_free(&heap, a), WG_OK);
	CHECK_EQ(wg_heap_free(&heap, b), WG_ERR_STATE);
	CHECK_EQ(wg_heap_free(&heap, a), WG_ERR_STATE);
	CHECK_EQ(wg_heap_free(&heap, c), WG_OK);
	CHECK_EQ(wg_heap_free(&heap, c), WG_ERR_STATE);
	CHECK_EQ(wg_heap_free(&heap, NULL), WG_OK);
	CHECK(!wg_heap_realloc(&heap, c, 5));
	CHECK_EQ(wg_heap_block_bytes(&heap, c), 0);
	close_heap();
}

static void foreign_pointers_are_refused(void)
{
	static _Alignas(16) uint8_t elsewhere[4096];
	static struct wg_heap second;
	uint8_t *a, *b;
	size_t i;

	open_heap(4096);
	CHECK_EQ(wg_heap_init(&second, elsewhere, sizeof(elsewhere)), WG_OK);
	a = wg_heap_alloc(&heap, 200);
	b = wg_heap_alloc(&second, 200);
	CHECK(a && b);
	CHECK_EQ(wg_heap_free(&heap, b), WG_ERR_STATE);
	CHECK_EQ(wg_heap_free(&second, a), WG_ERR_STATE);
	CHECK_EQ(wg_heap_free(&heap, &second), WG_ERR_STATE);
	memset(a, 0, 200);
	for (i = 0; i <= memory_bytes; i++)
		if (memory + i != a)
			CHECK_EQ(wg_heap_free(&heap, memory + i), WG_ERR_STATE);
	/* A copy of a good header somewhere else is not a good header. */
	memcpy(a + 32, a - HEADER, HEADER);
	CHECK_EQ(wg_heap_free(&heap, a + 48), WG_ERR_STATE);
	CHECK_EQ(wg_heap_free(&heap, a), WG_OK);
	close_heap();
}

static void every_overwritten_bit_of_a_header_is_noticed(void)
{
	uint8_t *a, *b, *c;
	unsigned bit;

	open_heap(4096);
	a = wg_heap_alloc(&heap, 64);
	b = wg_heap_alloc(&heap, 64);
	c = wg_heap_alloc(&heap, 64);
	CHECK(a && b && c);
	for (bit = 0; bit < HEADER * 8; bit++) {
		b[-16 + (int)(bit / 8)] ^= (uint8_t)(1u << (bit % 8));
		CHECK_EQ(wg_heap_free(&heap, b), WG_ERR_STATE);
		CHECK_EQ(wg_heap_free(&heap, a), WG_ERR_STATE);
		CHECK_EQ(wg_heap_free(&heap, c), WG_ERR_STATE);
		CHECK_EQ(wg_heap_block_bytes(&heap, b), 0);
		b[-16 + (int)(bit / 8)] ^= (uint8_t)(1u << (bit % 8));
	}
	CHECK_EQ(wg_heap_free(&heap, b), WG_OK);
	CHECK_EQ(wg_heap_free(&heap, a), WG_OK);
	CHECK_EQ(wg_heap_free(&heap, c), WG_OK);
	close_heap();
}

static void realloc_grows_in_place_where_there_is_room(void)
{
	uint8_t *a, *b;

	open_heap(4096);
	a = wg_heap_realloc(&heap, NULL, 100);
	CHECK(a != NULL);
	memset(a, 7, 100);
	CHECK(wg_heap_realloc(&heap, a, 2000) == a);
	CHECK(wg_heap_realloc(&heap, a, 10) == a);
	b = wg_heap_alloc(&heap, 3000);
	CHECK(b != NULL);
	CHECK(!wg_heap_realloc(&heap, a, 3000));
	CHECK(!wg_heap_realloc(&heap, a, SIZE_MAX));
	CHECK_EQ(a[9], 7);
	CHECK_EQ(wg_heap_free(&heap, b), WG_OK);
	CHECK(wg_heap_realloc(&heap, a, 4096 - HEADER) == a);
	close_heap();
}

static void odd_memory_and_odd_requests_are_handled(void)
{
	static _Alignas(16) uint8_t odd[4096];
	uint8_t *a, *b;

	CHECK_EQ(wg_heap_init(&heap, NULL, 4096), WG_ERR_SIZE);
	CHECK_EQ(wg_heap_init(&heap, odd, 31), WG_ERR_SIZE);
	CHECK_EQ(wg_heap_init(&heap, odd + 1, 46), WG_ERR_SIZE);
	CHECK_EQ(wg_heap_init(&heap, odd + 1, 3), WG_ERR_SIZE);
	CHECK_EQ(wg_heap_init(&heap, odd + 1, 47), WG_OK);
	CHECK(wg_heap_alloc(&heap, 16) == odd + 32);
	CHECK_EQ(wg_heap_init(&heap, odd + 1, sizeof(odd) - 1), WG_OK);
	a = wg_heap_alloc(&heap, 0);
	b = wg_heap_alloc(&heap, 0);
	CHECK(a && b && a != b);
	CHECK_EQ(wg_heap_free(&heap, a), WG_OK);
	CHECK_EQ(wg_heap_free(&heap, b), WG_OK);
	CHECK(!wg_heap_alloc_aligned(&heap, 0, 16));
	CHECK(!wg_heap_alloc_aligned(&heap, 24, 16));
	CHECK(!wg_heap_alloc_aligned(&heap, ~(SIZE_MAX >> 1), 16));
	a = wg_heap_alloc_aligned(&heap, 1024, 1000);
	CHECK(a && (uintptr_t)a % 1024 == 0);
}

static const struct wg_test tests[] = {
	WG_TEST(random_use_keeps_contents_and_ends_in_one_block),
	WG_TEST(random_damage_never_reaches_a_live_block),
	WG_TEST(nearly_every_byte_can_be_handed_out),
	WG_TEST(freeing_twice_is_refused),
	WG_TEST(foreign_pointers_are_refused),
	WG_TEST(every_overwritten_bit_of_a_header_is_noticed),
	WG_TEST(realloc_grows_in_place_where_there_is_room),
	WG_TEST(odd_memory_and_odd_requests_are_handled),
};
WG_TEST_MAIN(tests)
