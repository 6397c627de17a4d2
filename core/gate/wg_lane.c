/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_lane.h"

#include <stdlib.h>
#include <string.h>

#include "wg_lane_state.h"
#include "wg_ledger.h"
#include "wg_reason.h"
#include "wg_stage.h"

#define PAYLOAD_MAX (64u << 20)

static const struct wg_lane_way *const ways[] = {
	[WG_LANE_CALL] = &wg_lane_block_way,
	[WG_LANE_BATCH] = &wg_lane_block_way,
	[WG_LANE_RING] = &wg_lane_ring_way,
};

wg_result wg_lane_memory(struct wg_lane *lane, size_t bytes)
{
	lane->memory.size = bytes;
	lane->memory.flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT;
	return TEEC_AllocateSharedMemory(lane->context, &lane->memory) == TEEC_SUCCESS ? WG_OK : WG_ERR_MEMORY;
}

static wg_result check(const struct wg_lane_config *config)
{
	bool power = config->count && (config->count & (config->count - 1)) == 0;

	wg_reason_clear();
	if (config->payload_bytes > PAYLOAD_MAX)
		wg_fail(TEEC_ERROR_BAD_PARAMETERS, "a lane's payload is at most %u bytes", PAYLOAD_MAX);
	else if (config->mode == WG_LANE_BATCH && (config->count == 0 || config->count > 65536))
		wg_fail(TEEC_ERROR_BAD_PARAMETERS, "a batch has 1 to 65536 operations");
	else if (config->mode == WG_LANE_RING && (!power || config->count > 65536))
		wg_fail(TEEC_ERROR_BAD_PARAMETERS, "a ring has a power of two of slots, at most 65536");
	else
		return WG_OK;
	return WG_ERR_INPUT;
}

wg_result wg_lane_open(TEEC_Context *context, TEEC_Session *session, const struct wg_lane_config *config,
		       struct wg_lane **out)
{
	wg_result result = check(config);
	struct wg_lane *lane;

	if (result != WG_OK)
		return result;
	lane = calloc(1, sizeof(*lane));
	if (!lane)
		return WG_ERR_MEMORY;
	lane->way = ways[config->mode];
	lane->config = *config;
	if (config->mode == WG_LANE_CALL)
		lane->config.count = 1;
	lane->context = context;
	lane->session = session;
	lane->slot_bytes = wg_lane_slot_bytes(config->payload_bytes);
	result = lane->way->open(lane);
	if (result != WG_OK) {
		free(lane);
		return result;
	}
	*out = lane;
	return WG_OK;
}

static void count_own(const struct wg_lane *lane, struct wg_lane_counts *counts)
{
	memset(counts, 0, sizeof(*counts));
	counts->bytes = lane->bytes;
	counts->thread_cpu_ns = -1;
}

void wg_lane_close(struct wg_lane *lane, struct wg_lane_counts *counts)
{
	if (counts)
		memset(counts, 0, sizeof(*counts));
	if (!lane)
		return;
	if (counts)
		count_own(lane, counts);
	lane->way->close(lane, counts);
	free(lane);
}

wg_result wg_lane_rest(struct wg_lane *lane)
{
	if (lane->under_way)
		return WG_ERR_STATE;
	return lane->way->rest ? lane->way->rest(lane) : WG_OK;
}

void wg_lane_count(const struct wg_lane *lane, struct wg_lane_counts *counts)
{
	count_own(lane, counts);
	if (lane->way->count)
		lane->way->count(lane, counts);
}

void *wg_lane_payload(struct wg_lane *lane)
{
	return lane->way->payload(lane);
}

wg_result wg_lane_submit(struct wg_lane *lane, uint32_t operation, uint32_t bytes, uint32_t tag)
{
	const struct wg_lane_slot slot = {.operation = operation, .bytes = bytes, .tag = tag};
	struct wg_stages *stages;
	wg_result result;

	if (bytes > lane->config.payload_bytes)
		return WG_ERR_SIZE;
	stages = wg_stage_begin();
	result = lane->way->submit(lane, &slot);
	wg_stage_lap(stages, WG_STAGE_put, result == WG_OK);
	wg_stage_end();
	if (result == WG_OK) {
		lane->under_way++;
		lane->bytes += bytes;
		WG_COUNT(lane_bytes, bytes);
	}
	return result;
}

wg_result wg_lane_flush(struct wg_lane *lane)
{
	return lane->way->flush(lane);
}

static wg_result take_now(struct wg_lane *lane, struct wg_lane_reply *replies, uint32_t most, uint32_t *taken)
{
	wg_result result = lane->way->take(lane, replies, most, taken);
	uint64_t bytes = 0;

	if (*taken > lane->under_way)
		return WG_ERR_INPUT; /* answers that nobody asked for */
	lane->under_way -= *taken;
	for (uint32_t i = 0; i < *taken; i++) {
		if (replies[i].slot.bytes > lane->config.payload_bytes)
			return WG_ERR_INPUT;
		bytes += replies[i].slot.bytes;
	}
	lane->bytes += bytes;
	if (*taken)
		WG_COUNT_TWO(operations, *taken, lane_bytes, bytes);
	return result;
}

/* There was no answer: what is submitted crosses, and where answers come by themselves they are waited for. */
static wg_result wait_for_answers(struct wg_lane *lane, struct wg_lane_reply *replies, uint32_t most, uint32_t *taken)
{
	wg_result result = lane->way->flush(lane);
	uint64_t looks = 0;
	uint32_t empty = 0;

	if (result == WG_OK)
		result = take_now(lane, replies, most, taken);
	while (result == WG_ERR_STATE && lane->way->relax) {
		empty = lane->way->relax(lane, empty);
		looks++;
		result = take_now(lane, replies, most, taken);
	}
	WG_COUNT(polls, looks);
	return result;
}

static wg_result take_waiting(struct wg_lane *lane, struct wg_lane_reply *replies, uint32_t most, uint32_t *taken)
{
	struct wg_stages *stages = wg_stage_begin();
	wg_result result = take_now(lane, replies, most, taken);

	if (result == WG_ERR_STATE && lane->under_way) {
		result = wait_for_answers(lane, replies, most, taken);
		if (lane->way->relax)
			wg_stage_lap(stages, WG_STAGE_answer, 0);
	}
	if (stages && lane->way->relax)
		stages->stage[WG_STAGE_answer].operations += *taken; /* whether they had to be waited for or not */
	wg_stage_lap(stages, WG_STAGE_take, *taken);
	wg_stage_end();
	return result;
}

wg_result wg_lane_answer(struct wg_lane *lane, struct wg_lane_slot *slot, const void **payload)
{
	struct wg_lane_reply reply = {.payload = NULL};
	uint32_t taken;
	wg_result result = take_now(lane, &reply, 1, &taken);

	*slot = reply.slot;
	*payload = reply.payload;
	return result;
}

wg_result wg_lane_wait(struct wg_lane *lane, struct wg_lane_slot *slot, const void **payload)
{
	struct wg_lane_reply reply = {.payload = NULL};
	uint32_t taken;
	wg_result result = take_waiting(lane, &reply, 1, &taken);

	*slot = reply.slot;
	*payload = reply.payload;
	return result;
}

wg_result wg_lane_take(struct wg_lane *lane, struct wg_lane_reply *replies, uint32_t most, uint32_t *taken)
{
	*taken = 0;
	return most ? take_waiting(lane, replies, most, taken) : WG_ERR_INPUT;
}

/* bytes: of all payloads. WG_ERR_SIZE: one is too large. */
static wg_result check_requests(const struct wg_lane *lane, const struct wg_lane_request *requests, uint32_t count,
				uint64_t *bytes)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (requests[i].bytes > lane->config.payload_bytes)
			return WG_ERR_SIZE;
		sum += requests[i].bytes;
	}
	*bytes = sum;
	return WG_OK;
}

wg_result wg_lane_put(struct wg_lane *lane, const struct wg_lane_request *requests, uint32_t count, uint32_t *put)
{
	struct wg_stages *stages;
	uint64_t bytes;
	wg_result result = check_requests(lane, requests, count, &bytes);

	*put = 0;
	if (result != WG_OK)
		return result;
	stages = wg_stage_begin();
	result = lane->way->put(lane, requests, count, put);
	wg_stage_lap(stages, WG_STAGE_put, *put);
	wg_stage_end();
	lane->under_way += *put;
	for (uint32_t i = *put; i < count; i++)
		bytes -= requests[i].bytes;
	lane->bytes += bytes;
	WG_COUNT(lane_bytes, bytes);
	return result;
}

TEEC_Result wg_lane_failure(const struct wg_lane *lane)
{
	return lane->failure;
}
