/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes to the probe, which adds one to each byte: every mode in the normal world and in a compartment, what happens
 * when the world dies or lies, and the TA's side of a ring on hostile blocks. */
#include "wg_bell.h"
#include "wg_lane_serve.h"
#include "wg_lane_state.h"
#include "wg_test_world.h"

#define COUNT	     16u
#define OPERATIONS   500u
#define MOST_PAYLOAD 8192u
#define MOST_LATE_S  0.1

static struct wg_test_peer peer;
static uint8_t bytes_of[MOST_PAYLOAD];

struct flow {
	struct wg_lane *lane;
	uint32_t bytes;
	uint32_t next_put, next_got;
};

static struct wg_lane *open_lane(enum wg_lane_mode mode, uint32_t count, size_t payload_bytes)
{
	const struct wg_lane_config config = {mode, count, payload_bytes};
	struct wg_lane *lane = NULL;

	CHECK_EQ(wg_lane_open(&peer.context, &peer.session, &config, &lane), WG_OK);
	return lane;
}

static uint8_t byte_at(uint32_t tag, uint32_t i)
{
	return (uint8_t)(tag * 7u + i * 3u);
}

/* The payload must be what was sent, plus one in each byte. */
static void check_answer(struct flow *flow, const struct wg_lane_slot *slot, const void *payload)
{
	uint32_t i;

	CHECK_EQ(slot->tag, flow->next_got);
	CHECK_EQ(slot->operation, 1);
	CHECK_EQ(slot->bytes, flow->bytes);
	for (i = 0; i < flow->bytes; i++)
		if (((const uint8_t *)payload)[i] != (uint8_t)(byte_at(slot->tag, i) + 1))
			CHECK_EQ(((const uint8_t *)payload)[i], (uint8_t)(byte_at(slot->tag, i) + 1));
	flow->next_got++;
}

/* In place, one by one. False where the lane is full. */
static bool put_one(struct flow *flow)
{
	uint8_t *payload = wg_lane_payload(flow->lane);
	uint32_t i;

	if (!payload && flow->bytes)
		return false;
	for (i = 0; i < flow->bytes; i++)
		payload[i] = byte_at(flow->next_put, i);
	if (wg_lane_submit(flow->lane, 1, flow->bytes, flow->next_put) == WG_ERR_STATE)
		return false;
	flow->next_put++;
	return true;
}

static void take_one(struct flow *flow)
{
	struct wg_lane_slot slot;
	const void *payload;

	CHECK_EQ(wg_lane_wait(flow->lane, &slot, &payload), WG_OK);
	check_answer(flow, &slot, payload);
}

static void take_all(struct flow *flow)
{
	struct wg_lane_slot slot;
	const void *payload;

	while (flow->next_got != flow->next_put)
		take_one(flow);
	CHECK_EQ(wg_lane_wait(flow->lane, &slot, &payload), WG_ERR_STATE);
	CHECK_EQ(wg_lane_answer(flow->lane, &slot, &payload), WG_ERR_STATE);
}

static bool put_burst(struct flow *flow)
{
	struct wg_lane_request requests[WG_LANE_BURST];
	uint32_t count = 1 + (uint32_t)wg_test_random_below(8);
	uint32_t i, k, put;
	wg_result result;

	for (k = 0; k < count; k++) {
		uint8_t *payload = &bytes_of[k * flow->bytes % (MOST_PAYLOAD - flow->bytes + 1)];

		if ((k + 1) * flow->bytes > MOST_PAYLOAD)
			break;
		for (i = 0; i < flow->bytes; i++)
			payload[i] = byte_at(flow->next_put + k, i);
		requests[k] = (struct wg_lane_request){1, flow->next_put + k, payload, flow->bytes};
	}
	result = wg_lane_put(flow->lane, requests, k, &put);
	CHECK(result == WG_OK || (result == WG_ERR_STATE && put == 0));
	flow->next_put += put;
	return result == WG_OK;
}

static void take_burst(struct flow *flow)
{
	struct wg_lane_reply replies[WG_LANE_BURST];
	uint32_t most = 1 + (uint32_t)wg_test_random_below(WG_LANE_BURST);
	uint32_t i, taken;

	CHECK_EQ(wg_lane_take(flow->lane, replies, most, &taken), WG_OK);
	CHECK(taken >= 1 && taken <= most);
	for (i = 0; i < taken; i++)
		check_answer(flow, &replies[i].slot, replies[i].payload);
}

/* Random amounts both ways, so that the lane is full, empty and in between. */
static void exchange(enum wg_lane_mode mode, uint32_t payload_bytes, uint32_t bytes, bool bursts)
{
	struct flow flow = {open_lane(mode, COUNT, payload_bytes), bytes, 0, 0};

	while (flow.next_put < OPERATIONS) {
		uint64_t wanted = 1 + wg_test_random_below(2 * COUNT);

		while (wanted-- && (bursts ? put_burst(&flow) : put_one(&flow)))
			;
		wanted = 1 + wg_test_random_below(2 * COUNT);
		while (wanted-- && flow.next_got != flow.next_put) {
			if (bursts)
				take_burst(&flow);
			else
				take_one(&flow);
		}
	}
	take_all(&flow);
	wg_lane_close(flow.lane, NULL);
}

static void exchange_all(const char *world)
{
	static const uint32_t sizes[] = {0, 1, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1500, MOST_PAYLOAD};
	uint32_t mode;
	size_t i;

	wg_test_open(world, PROBE_EACH, &peer);
	for (mode = WG_LANE_CALL; mode <= WG_LANE_RING; mode++) {
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			exchange((enum wg_lane_mode)mode, sizes[i], sizes[i], false);
			exchange((enum wg_lane_mode)mode, sizes[i] + 40, sizes[i], true);
		}
	}
	wg_test_close(&peer);
}

static void every_mode_carries_every_size_in_order_in_the_normal_world(void)
{
	exchange_all("normal");
}

static void every_mode_carries_every_size_in_order_in_a_compartment(void)
{
	exchange_all("compartment");
}

static void a_full_lane_says_so_and_goes_on_once_answers_are_taken(void)
{
	uint32_t mode, round;

	wg_test_open("normal", PROBE_EACH, &peer);
	for (mode = WG_LANE_CALL; mode <= WG_LANE_RING; mode++) {
		struct flow flow = {open_lane((enum wg_lane_mode)mode, 4, 8), 8, 0, 0};

		for (round = 0; round < 3; round++) {
			while (put_one(&flow))
				CHECK(flow.next_put - flow.next_got <= 4);
			CHECK_EQ(flow.next_put - flow.next_got, mode == WG_LANE_CALL ? 1 : 4);
			CHECK(wg_lane_payload(flow.lane) == NULL);
			CHECK_EQ(wg_lane_submit(flow.lane, 1, 8, 0), WG_ERR_STATE);
			CHECK_EQ(wg_lane_submit(flow.lane, 1, 9, 0), WG_ERR_SIZE);
			take_all(&flow);
		}
		wg_lane_close(flow.lane, NULL);
	}
	wg_test_close(&peer);
}

static void what_a_lane_cannot_be_is_refused(void)
{
	static const struct wg_lane_config wrong[] = {{WG_LANE_RING, 0, 8},	   {WG_LANE_RING, 3, 8},
						      {WG_LANE_RING, 1u << 17, 8}, {WG_LANE_BATCH, 0, 8},
						      {WG_LANE_BATCH, 65537, 8},   {WG_LANE_CALL, 1, (64u << 20) + 1}};
	struct wg_lane *lane;
	size_t i;

	wg_test_open("normal", PROBE_EACH, &peer);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK_EQ(wg_lane_open(&peer.context, &peer.session, &wrong[i], &lane), WG_ERR_INPUT);
		CHECK(*wg_gate_reason() != '\0');
	}
	wg_test_close(&peer);
}

static void a_flush_sends_a_part_of_a_batch(void)
{
	struct flow flow;

	wg_test_open("normal", PROBE_EACH, &peer);
	flow = (struct flow){open_lane(WG_LANE_BATCH, COUNT, 32), 32, 0, 0};
	CHECK_EQ(wg_lane_flush(flow.lane), WG_OK);
	CHECK(put_one(&flow) && put_one(&flow) && put_one(&flow));
	CHECK_EQ(wg_lane_flush(flow.lane), WG_OK);
	CHECK(wg_lane_payload(flow.lane) == NULL); /* until the answers are taken */
	take_all(&flow);
	CHECK(wg_lane_payload(flow.lane) != NULL);
	wg_lane_close(flow.lane, NULL);
	wg_test_close(&peer);
}

static void a_ring_sleeps_when_nothing_comes_and_wakes_up_again(void)
{
	struct wg_lane_counts counts;
	struct flow flow;
	uint32_t round;

	wg_test_open("compartment", PROBE_EACH, &peer);
	flow = (struct flow){open_lane(WG_LANE_RING, COUNT, 32), 32, 0, 0};
	for (round = 0; round < 5; round++) {
		usleep(50000);
		while (put_one(&flow))
			;
		take_all(&flow);
	}
	usleep(50000);
	wg_lane_close(flow.lane, &counts);
	CHECK_EQ(counts.operations, flow.next_put);
	wg_test_close(&peer);
}

static void a_lane_can_be_closed_while_requests_are_under_way(void)
{
	uint32_t mode, round;

	wg_test_open("compartment", PROBE_EACH, &peer);
	for (round = 0; round < 10; round++) {
		for (mode = WG_LANE_CALL; mode <= WG_LANE_RING; mode++) {
			struct flow flow = {open_lane((enum wg_lane_mode)mode, COUNT, 64), 64, 0, 0};

			while (put_one(&flow) && flow.next_put < round)
				;
			if (round & 1)
				CHECK_EQ(wg_lane_flush(flow.lane), WG_OK);
			wg_lane_close(flow.lane, NULL);
		}
	}
	exchange(WG_LANE_RING, 64, 64, true); /* the session still serves */
	wg_test_close(&peer);
}

/* The best of some, since a busy machine may be late once. */
static double kill_under(enum wg_lane_mode mode, bool busy)
{
	struct flow flow;
	struct wg_lane_slot slot;
	const void *payload;
	wg_result result = WG_OK;
	double killed;

	wg_test_open("compartment", PROBE_EACH, &peer);
	flow = (struct flow){open_lane(mode, COUNT, 64), 64, 0, 0};
	CHECK(put_one(&flow));
	take_all(&flow);
	if (!busy)
		usleep(20000); /* the ring's invocation has returned */
	CHECK_EQ(kill(wg_test_process(&peer.session), SIGKILL), 0);
	killed = wg_test_seconds();
	while (result == WG_OK) {
		(void)wg_lane_payload(flow.lane);
		result = wg_lane_submit(flow.lane, 1, 64, 0);
		if (result == WG_OK || result == WG_ERR_STATE)
			result = wg_lane_wait(flow.lane, &slot, &payload);
	}
	CHECK_EQ(result, WG_ERR_SYSTEM);
	CHECK_EQ(wg_lane_failure(flow.lane), TEEC_ERROR_TARGET_DEAD);
	wg_lane_close(flow.lane, NULL);
	killed = wg_test_seconds() - killed;
	wg_test_close(&peer);
	return killed;
}

static void a_world_that_is_killed_under_a_lane_is_known_within_100_ms(void)
{
	uint32_t mode, i;

	for (mode = WG_LANE_CALL; mode <= WG_LANE_RING; mode++) {
		double best = 1e9;

		for (i = 0; i < 6; i++) {
			double late = kill_under((enum wg_lane_mode)mode, i & 1);

			best = late < best ? late : best;
		}
		CHECK(best < MOST_LATE_S);
	}
}

static uint32_t random_index(uint32_t own)
{
	static const uint32_t steps[] = {1, COUNT, COUNT + 1, 0x80000000u, 0xFFFFFFFFu};

	if (wg_test_random_below(2))
		return own + steps[wg_test_random_below(5)];
	return (uint32_t)wg_test_random();
}

/* The client must come to an end whatever the indices say. What it may see is set down here. */
static void lie_to_client(struct flow *flow)
{
	struct wg_ring_shared *shared = flow->lane->answers.shared;
	struct wg_lane_slot slot;
	const void *payload;
	uint32_t value = random_index(flow->lane->answers.own);
	wg_result result;
	unsigned looks;

	atomic_store(&shared->produced, value);
	for (looks = 0; looks < 200; looks++) {
		result = wg_lane_answer(flow->lane, &slot, &payload);
		CHECK(result == WG_OK || result == WG_ERR_STATE || result == WG_ERR_INPUT);
		if (result == WG_OK)
			CHECK(slot.bytes <= 64);
		if (result == WG_ERR_INPUT)
			return;
	}
}

static void answers_that_nobody_asked_for_break_the_lane_and_nothing_else(void)
{
	uint64_t i, cases = wg_test_cases(200);

	wg_test_open("normal", PROBE_EACH, &peer);
	for (i = 0; i < cases; i++) {
		struct flow flow = {open_lane(WG_LANE_RING, COUNT, 64), 64, 0, 0};

		while (wg_test_random_below(4) && put_one(&flow))
			;
		CHECK_EQ(wg_lane_flush(flow.lane), WG_OK);
		lie_to_client(&flow);
		wg_lane_close(flow.lane, NULL);
	}
	exchange(WG_LANE_RING, 64, 64, false);
	wg_test_close(&peer);
}

/* A client that lies to the world: the ring is broken, the lane fails, and the next lane of the session works. */
static void requests_that_the_ring_cannot_hold_are_refused_by_the_world(void)
{
	uint32_t i;

	wg_test_open("compartment", PROBE_EACH, &peer);
	for (i = 0; i < 10; i++) {
		struct flow flow = {open_lane(WG_LANE_RING, COUNT, 64), 64, 0, 0};
		struct wg_lane_slot slot;
		const void *payload;
		wg_result result;

		CHECK(put_one(&flow));
		take_all(&flow);
		atomic_store(&flow.lane->requests.shared->produced, flow.next_put + COUNT + 1 + i * 1000u);
		CHECK_EQ(wg_bell_ring(flow.lane->bell), WG_OK);
		flow.lane->under_way = 1;
		result = wg_lane_wait(flow.lane, &slot, &payload);
		CHECK_EQ(result, WG_ERR_SYSTEM);
		CHECK_EQ(wg_lane_failure(flow.lane), TEEC_ERROR_BAD_FORMAT);
		wg_lane_close(flow.lane, NULL);
	}
	exchange(WG_LANE_RING, 64, 64, false);
	wg_test_close(&peer);
}

static void a_payload_larger_than_its_slot_is_refused_by_the_world(void)
{
	struct flow flow;
	struct wg_lane_slot slot = {1, 0, 65, 0};
	const void *payload;

	wg_test_open("compartment", PROBE_EACH, &peer);
	flow = (struct flow){open_lane(WG_LANE_RING, COUNT, 64), 64, 0, 0};
	CHECK(wg_lane_payload(flow.lane) != NULL);
	CHECK_EQ(flow.lane->way->submit(flow.lane, &slot), WG_OK); /* past the check of wg_lane_submit */
	flow.lane->under_way = 1;
	CHECK_EQ(wg_lane_wait(flow.lane, &slot, &payload), WG_ERR_SYSTEM);
	CHECK_EQ(wg_lane_failure(flow.lane), TEEC_ERROR_EXCESS_DATA);
	wg_lane_close(flow.lane, NULL);
	exchange(WG_LANE_BATCH, 64, 64, false);
	wg_test_close(&peer);
}

static uint32_t keep(void *context, uint32_t operation, uint8_t *payload, size_t capacity, uint32_t *bytes)
{
	(void)context;
	(void)payload;
	CHECK(*bytes <= capacity);
	return operation;
}

static void a_ring_that_makes_no_sense_is_called_broken(void)
{
	static _Alignas(WG_RING_ALIGN) uint8_t block[16384];
	static uint8_t private_memory[64];
	const struct wg_lane_server server = {keep, NULL, private_memory, sizeof(private_memory)};
	struct wg_ring_shared *requests = (struct wg_ring_shared *)(block + sizeof(struct wg_lane_block));
	uint32_t why = 0;

	atomic_store(&requests->produced, COUNT + 1);
	CHECK_EQ(wg_lane_serve_ring(&server, block, sizeof(block), COUNT, 80, 10, &why), WG_ERR_INPUT);
	CHECK_EQ(why, WG_LANE_BROKEN);
	atomic_store(&requests->produced, 0);
	CHECK_EQ(wg_lane_serve_ring(&server, block, sizeof(block), COUNT, 80, 10, &why), WG_OK);
	CHECK_EQ(why, WG_LANE_IDLE);
	atomic_store(&((struct wg_lane_block *)block)->stop, 1);
	CHECK_EQ(wg_lane_serve_ring(&server, block, sizeof(block), COUNT, 80, 10, &why), WG_OK);
	CHECK_EQ(why, WG_LANE_STOPPED);
	CHECK_EQ(wg_lane_serve_ring(&server, block, sizeof(block), COUNT, 81, 10, &why), WG_ERR_INPUT);
	CHECK_EQ(wg_lane_serve_ring(&server, block, sizeof(block), 3, 80, 10, &why), WG_ERR_INPUT);
	CHECK_EQ(wg_lane_serve_ring(&server, block, 1024, COUNT, 80, 10, &why), WG_ERR_INPUT);
	CHECK_EQ(wg_lane_serve_ring(&server, block, 64, COUNT, 80, 10, &why), WG_ERR_INPUT);
	CHECK_EQ(wg_lane_serve_batch(&server, block, 80, 2, 80), WG_ERR_INPUT);
}

static const struct wg_test tests[] = {
	WG_TEST(every_mode_carries_every_size_in_order_in_the_normal_world),
	WG_TEST(every_mode_carries_every_size_in_order_in_a_compartment),
	WG_TEST(a_full_lane_says_so_and_goes_on_once_answers_are_taken),
	WG_TEST(what_a_lane_cannot_be_is_refused),
	WG_TEST(a_flush_sends_a_part_of_a_batch),
	WG_TEST(a_ring_sleeps_when_nothing_comes_and_wakes_up_again),
	WG_TEST(a_lane_can_be_closed_while_requests_are_under_way),
	WG_TEST(a_world_that_is_killed_under_a_lane_is_known_within_100_ms),
	WG_TEST(answers_that_nobody_asked_for_break_the_lane_and_nothing_else),
	WG_TEST(requests_that_the_ring_cannot_hold_are_refused_by_the_world),
	WG_TEST(a_payload_larger_than_its_slot_is_refused_by_the_world),
	WG_TEST(a_ring_that_makes_no_sense_is_called_broken),
};

WG_TEST_MAIN(tests)
