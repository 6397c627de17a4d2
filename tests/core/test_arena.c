/* SPDX-License-Identifier: Apache-2.0 */
/* The book-keeping of shared memory against a model that knows the owner of every byte. */
#include "wg_arena.h"
#include "wg_test.h"

#define MODEL_BYTES (1u << 20)
#define PARTS	    200u

struct part {
	uint64_t offset, bytes; /* as asked for */
	uint64_t span;		/* as marked in the model */
	bool taken;
};

static uint8_t model[MODEL_BYTES]; /* 1: somebody's */

static uint64_t span_of(uint64_t bytes)
{
	uint64_t unit = bytes >= 4096 ? 4096 : 64;

	return bytes ? (bytes + unit - 1) / unit * unit : 64;
}

static void mark(const struct part *part, uint8_t from, uint8_t to)
{
	for (uint64_t i = 0; i < part->span; i++) {
		CHECK_EQ(model[part->offset + i], from);
		model[part->offset + i] = to;
	}
}

static uint64_t free_in_model(void)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(model); i++)
		sum += model[i] == 0;
	return sum;
}

static uint64_t random_size(void)
{
	switch (wg_test_random_below(4)) {
	case 0:
		return wg_test_random_below(3);
	case 1:
		return wg_test_random_below(300);
	case 2:
		return 4096 * wg_test_random_below(8) + wg_test_random_below(3) - 1;
	default:
		return wg_test_random_below(100000);
	}
}

static void take(struct wg_arena *arena, struct part *part)
{
	uint64_t bytes = random_size();

	if (bytes > MODEL_BYTES)
		bytes = 1;
	if (wg_arena_take(arena, bytes, &part->offset) != WG_OK)
		return;
	*part = (struct part){part->offset, bytes, span_of(bytes), true};
	CHECK(part->offset + part->span <= MODEL_BYTES);
	CHECK_EQ(part->offset % (bytes >= 4096 ? 4096 : 64), 0);
	mark(part, 0, 1);
}

static void give(struct wg_arena *arena, struct part *part)
{
	mark(part, 1, 0);
	wg_arena_give(arena, part->offset, part->bytes);
	part->taken = false;
}

static void parts_never_overlap_and_all_come_back(void)
{
	struct part parts[PARTS] = {{0}};
	struct wg_arena arena;

	memset(model, 0, sizeof(model));
	CHECK_EQ(wg_arena_init(&arena, MODEL_BYTES), WG_OK);
	for (uint64_t i = 0; i < wg_test_cases(20000) && i < 200000; i++) {
		struct part *part = &parts[wg_test_random_below(PARTS)];

		if (part->taken)
			give(&arena, part);
		else
			take(&arena, part);
		if (i % 500 == 0)
			CHECK_EQ(wg_arena_free_bytes(&arena), free_in_model());
	}
	for (unsigned i = 0; i < PARTS; i++)
		if (parts[i].taken)
			give(&arena, &parts[i]);
	CHECK_EQ(wg_arena_free_bytes(&arena), MODEL_BYTES);
	CHECK_EQ(arena.count, 1);
	CHECK_EQ(arena.taken, 0);
	wg_arena_destroy(&arena);
}

static void the_whole_arena_is_one_part(void)
{
	struct wg_arena arena;
	uint64_t offset;

	CHECK_EQ(wg_arena_init(&arena, MODEL_BYTES), WG_OK);
	CHECK_EQ(wg_arena_take(&arena, MODEL_BYTES, &offset), WG_OK);
	CHECK_EQ(offset, 0);
	CHECK_EQ(wg_arena_free_bytes(&arena), 0);
	CHECK(wg_arena_take(&arena, 0, &offset) != WG_OK);
	wg_arena_give(&arena, 0, MODEL_BYTES);
	CHECK_EQ(wg_arena_free_bytes(&arena), MODEL_BYTES);
	wg_arena_destroy(&arena);
}

static void sizes_beyond_every_arena_are_refused(void)
{
	static const uint64_t sizes[] = {MODEL_BYTES + 1,   UINT64_MAX,	       UINT64_MAX - 1,	 UINT64_MAX - 4095,
					 UINT64_MAX - 4096, UINT64_MAX - 8191, (uint64_t)1 << 63};
	struct wg_arena arena;
	uint64_t offset;

	CHECK_EQ(wg_arena_init(&arena, MODEL_BYTES), WG_OK);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		CHECK(wg_arena_take(&arena, sizes[i], &offset) != WG_OK);
	CHECK_EQ(wg_arena_free_bytes(&arena), MODEL_BYTES);
	wg_arena_destroy(&arena);
}

static void alternating_gaps_need_no_memory_to_be_given_back(void)
{
	static uint64_t offsets[MODEL_BYTES / 64];
	struct wg_arena arena;
	size_t count = sizeof(offsets) / sizeof(offsets[0]);
	struct wg_extent *room;

	CHECK_EQ(wg_arena_init(&arena, MODEL_BYTES), WG_OK);
	for (size_t i = 0; i < count; i++)
		CHECK_EQ(wg_arena_take(&arena, 64, &offsets[i]), WG_OK);
	room = arena.free;
	for (size_t i = 0; i < count; i += 2)
		wg_arena_give(&arena, offsets[i], 64);
	CHECK_EQ(arena.count, count / 2);
	for (size_t i = 1; i < count; i += 2)
		wg_arena_give(&arena, offsets[i], 64);
	CHECK(arena.free == room);
	CHECK_EQ(arena.count, 1);
	wg_arena_destroy(&arena);
}

static const struct wg_test tests[] = {
	WG_TEST(parts_never_overlap_and_all_come_back),
	WG_TEST(the_whole_arena_is_one_part),
	WG_TEST(sizes_beyond_every_arena_are_refused),
	WG_TEST(alternating_gaps_need_no_memory_to_be_given_back),
};

WG_TEST_MAIN(tests)
