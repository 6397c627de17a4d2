/* SPDX-License-Identifier: Apache-2.0 */
/* Stage times and what a lane counts: which operations are sampled, that the stages of one make up its time, and that a
 * lane at rest has set down all. */
#include "wg_clock.h"
#include "wg_lane.h"
#include "wg_stage.h"
#include "wg_test_world.h"

#define OPERATIONS 20000u
#define BYTES	   96u
#define MEAN	   128.5 /* operations for each that is sampled */

static struct wg_test_peer peer;
static const uint8_t text[BYTES];

static void spend(uint64_t ticks)
{
	wg_spin_until(wg_ticks() + ticks);
}

static void only_an_outermost_begin_decides_and_about_one_of_128_is_sampled(void)
{
	unsigned sampled = 0;
	unsigned i;

	for (i = 0; i < OPERATIONS; i++) {
		struct wg_stages *outer = wg_stage_begin();

		CHECK(wg_stage_begin() == outer);
		CHECK(wg_stage_here() == outer);
		wg_stage_end();
		CHECK(wg_stage_here() == outer);
		wg_stage_end();
		CHECK(wg_stage_here() == NULL);
		sampled += outer != NULL;
	}
	CHECK(sampled > OPERATIONS / MEAN * 0.7);
	CHECK(sampled < OPERATIONS / MEAN * 1.4);
}

/* Of what the laps of one sample add up to, and what passed. The best of some, since a busy machine may interrupt. */
static void the_stages_of_a_sample_make_up_its_time(void)
{
	double best = 0;
	unsigned i;

	for (i = 0; i < OPERATIONS; i++) {
		struct wg_stages *stages = wg_stage_begin();
		uint64_t began = wg_ticks();
		uint64_t before, passed;
		double share;

		if (stages) {
			before = stages->stage[WG_STAGE_put].ticks + stages->stage[WG_STAGE_take].ticks;
			spend(20000);
			wg_stage_lap(stages, WG_STAGE_put, 1);
			spend(10000);
			wg_stage_lap(stages, WG_STAGE_take, 1);
			passed = wg_ticks() - began;
			share = (double)(stages->stage[WG_STAGE_put].ticks + stages->stage[WG_STAGE_take].ticks -
					 before) /
				(double)passed;
			CHECK(share < 1.02);
			best = share > best ? share : best;
		}
		wg_stage_end();
	}
	CHECK(best > 0.95);
}

static void a_world_that_claims_more_time_than_passed_gets_what_was_waited(void)
{
	struct wg_stages stages = {.operations = 3, .waited = 700, .requested = 100};

	stages.stage[WG_STAGE_wait].ticks = 1000;
	wg_stage_inside(&stages, UINT64_MAX);
	CHECK_EQ(stages.stage[WG_STAGE_wait].ticks, 300);
	CHECK_EQ(stages.stage[WG_STAGE_inside].ticks, 700);
	CHECK_EQ(stages.stage[WG_STAGE_inside].operations, 3);
	stages.waited = 200;
	stages.requested = 50;
	wg_stage_inside(&stages, 80); /* 50 of which were spent on its requests */
	CHECK_EQ(stages.stage[WG_STAGE_wait].ticks, 270);
	wg_stage_inside(&stages, 80); /* nothing was waited since */
	CHECK_EQ(stages.stage[WG_STAGE_wait].ticks, 270);
}

static struct wg_lane *open_lane(enum wg_lane_mode mode, uint32_t count)
{
	const struct wg_lane_config config = {mode, count, BYTES};
	struct wg_lane *lane = NULL;

	CHECK_EQ(wg_lane_open(&peer.context, &peer.session, &config, &lane), WG_OK);
	return lane;
}

/* One after the other, so that the probe answers with as many bytes as it was given. */
static void exchange(struct wg_lane *lane, uint32_t operations, uint32_t bytes)
{
	const struct wg_lane_request request = {1, 0, text, bytes};
	struct wg_lane_reply reply;
	uint32_t put, taken, i;

	for (i = 0; i < operations; i++) {
		CHECK_EQ(wg_lane_put(lane, &request, 1, &put), WG_OK);
		CHECK_EQ(wg_lane_take(lane, &reply, 1, &taken), WG_OK);
		CHECK_EQ(reply.slot.bytes, bytes);
	}
}

static void stages_of_calls_to(const char *world)
{
	struct wg_stage before[WG_STAGES], after[WG_STAGES];
	const bool apart = strcmp(world, "normal") != 0;
	struct wg_lane *lane;
	uint64_t sampled;

	wg_test_open(world, PROBE_EACH, &peer);
	lane = open_lane(WG_LANE_CALL, 1);
	wg_stage_own(before);
	exchange(lane, 4000, 8);
	wg_stage_own(after);
	sampled = after[WG_STAGE_marshal].operations - before[WG_STAGE_marshal].operations;
	CHECK(sampled > 0 && sampled < 400);
	CHECK_EQ(after[WG_STAGE_inside].operations - before[WG_STAGE_inside].operations, sampled);
	CHECK_EQ(after[WG_STAGE_unmarshal].operations - before[WG_STAGE_unmarshal].operations, sampled);
	CHECK_EQ(after[WG_STAGE_send].operations - before[WG_STAGE_send].operations, apart ? sampled : 0);
	CHECK_EQ(after[WG_STAGE_wait].operations - before[WG_STAGE_wait].operations, apart ? sampled : 0);
	CHECK_EQ(after[WG_STAGE_answer].operations, before[WG_STAGE_answer].operations);
	CHECK_EQ(after[WG_STAGE_request].ticks, before[WG_STAGE_request].ticks);
	CHECK(after[WG_STAGE_inside].ticks > before[WG_STAGE_inside].ticks);
	wg_lane_close(lane, NULL);
	wg_test_close(&peer);
}

static void every_stage_of_a_sampled_call_is_counted_once_in_the_normal_world(void)
{
	stages_of_calls_to("normal");
}

static void every_stage_of_a_sampled_call_is_counted_once_in_a_compartment(void)
{
	stages_of_calls_to("compartment");
}

static void bytes_there_and_back_are_counted_on_both_sides_in_every_mode(void)
{
	struct wg_ledger before, after;
	struct wg_lane_counts counts;
	uint32_t mode;

	wg_test_open("normal", PROBE_EACH, &peer);
	for (mode = WG_LANE_CALL; mode <= WG_LANE_RING; mode++) {
		struct wg_lane *lane = open_lane((enum wg_lane_mode)mode, 4);

		wg_ledger_own(&before);
		exchange(lane, 50, BYTES);
		exchange(lane, 50, 0);
		wg_ledger_own(&after);
		CHECK_EQ(after.operations - before.operations, 100);
		CHECK_EQ(after.lane_bytes - before.lane_bytes, 2 * 50 * BYTES);
		CHECK_EQ(wg_lane_rest(lane), WG_OK);
		wg_lane_count(lane, &counts);
		CHECK_EQ(counts.bytes, 2 * 50 * BYTES);
		CHECK_EQ(counts.operations, mode == WG_LANE_RING ? 100 : 0);
		wg_lane_close(lane, &counts);
		CHECK_EQ(counts.bytes, 2 * 50 * BYTES);
	}
	wg_test_close(&peer);
}

static void a_ring_comes_to_rest_and_goes_on(void)
{
	struct wg_lane_counts counts;
	struct wg_lane *lane;
	uint32_t round;

	wg_test_open("compartment", PROBE_EACH, &peer);
	lane = open_lane(WG_LANE_RING, 16);
	for (round = 1; round <= 20; round++) {
		exchange(lane, 10, 8);
		CHECK_EQ(wg_lane_rest(lane), WG_OK);
		CHECK_EQ(wg_lane_rest(lane), WG_OK);
		wg_lane_count(lane, &counts);
		CHECK_EQ(counts.operations, round * 10);
		CHECK(counts.thread.crossings >= round);
		CHECK(counts.thread_cpu_ns > 0);
	}
	wg_lane_close(lane, NULL);
	wg_test_close(&peer);
}

static void a_lane_with_requests_under_way_is_not_at_rest(void)
{
	const struct wg_lane_request request = {1, 0, text, 8};
	struct wg_lane_reply reply;
	struct wg_lane *lane;
	uint32_t put, taken;

	wg_test_open("normal", PROBE_EACH, &peer);
	lane = open_lane(WG_LANE_RING, 16);
	CHECK_EQ(wg_lane_put(lane, &request, 1, &put), WG_OK);
	CHECK_EQ(wg_lane_rest(lane), WG_ERR_STATE);
	CHECK_EQ(wg_lane_take(lane, &reply, 1, &taken), WG_OK);
	CHECK_EQ(wg_lane_rest(lane), WG_OK);
	wg_lane_close(lane, NULL);
	wg_test_close(&peer);
}

static const struct wg_test tests[] = {
	WG_TEST(only_an_outermost_begin_decides_and_about_one_of_128_is_sampled),
	WG_TEST(the_stages_of_a_sample_make_up_its_time),
	WG_TEST(a_world_that_claims_more_time_than_passed_gets_what_was_waited),
	WG_TEST(every_stage_of_a_sampled_call_is_counted_once_in_the_normal_world),
	WG_TEST(every_stage_of_a_sampled_call_is_counted_once_in_a_compartment),
	WG_TEST(bytes_there_and_back_are_counted_on_both_sides_in_every_mode),
	WG_TEST(a_ring_comes_to_rest_and_goes_on),
	WG_TEST(a_lane_with_requests_under_way_is_not_at_rest),
};

WG_TEST_MAIN(tests)
