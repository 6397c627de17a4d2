/* SPDX-License-Identifier: Apache-2.0 */
/* call and batch: slots in a block of shared memory that crosses as one memory reference; answers come back in the
 * same slots. A call's slot has no head in the shared memory: it travels as a value. */
#include <string.h>

#include "wg_lane_state.h"
#include "wg_stage.h"

static wg_result block_open(struct wg_lane *lane)
{
	if (lane->config.mode == WG_LANE_CALL)
		return wg_lane_memory(lane, lane->config.payload_bytes);
	return wg_lane_memory(lane, lane->config.count * lane->slot_bytes);
}

static void block_close(struct wg_lane *lane, struct wg_lane_counts *counts)
{
	(void)counts;
	TEEC_ReleaseSharedMemory(&lane->memory);
}

static uint8_t *slot_at(const struct wg_lane *lane, uint32_t i)
{
	return (uint8_t *)lane->memory.buffer + i * lane->slot_bytes;
}

static void *block_payload(struct wg_lane *lane)
{
	if (lane->answered || lane->filled == lane->config.count)
		return NULL;
	if (lane->config.mode == WG_LANE_CALL)
		return lane->memory.buffer;
	return slot_at(lane, lane->filled) + sizeof(struct wg_lane_slot);
}

static void refer(const struct wg_lane *lane, TEEC_Operation *operation, size_t bytes)
{
	operation->params[1].memref.parent = (TEEC_SharedMemory *)&lane->memory;
	operation->params[1].memref.offset = 0;
	operation->params[1].memref.size = bytes;
}

static wg_result cross(struct wg_lane *lane, uint32_t command, TEEC_Operation *operation)
{
	struct wg_stages *stages = wg_stage_here();

	if (stages) {
		wg_stage_add(stages, WG_STAGE_put, 0);
		stages->operations = lane->filled;
	}
	lane->failure = TEEC_InvokeCommand(lane->session, command, operation, NULL);
	lane->answered = lane->filled;
	lane->filled = 0;
	lane->taken = 0;
	if (lane->failure == TEEC_SUCCESS)
		return WG_OK;
	lane->answered = 0;
	return WG_ERR_SYSTEM;
}

static wg_result call_submit(struct wg_lane *lane, const struct wg_lane_slot *slot)
{
	TEEC_Operation operation;
	wg_result result;

	memset(&operation, 0, sizeof(operation));
	operation.paramTypes =
		TEEC_PARAM_TYPES(TEEC_VALUE_INOUT, lane->config.payload_bytes ? TEEC_MEMREF_PARTIAL_INOUT : TEEC_NONE,
				 TEEC_NONE, TEEC_NONE);
	operation.params[0].value.a = slot->operation;
	operation.params[0].value.b = slot->bytes;
	refer(lane, &operation, lane->config.payload_bytes);
	lane->filled = 1;
	result = cross(lane, WG_LANE_COMMAND_CALL, &operation);
	lane->answer.operation = slot->operation;
	lane->answer.result = operation.params[0].value.a;
	lane->answer.bytes = operation.params[0].value.b;
	lane->answer.tag = slot->tag;
	return result;
}

static wg_result batch_cross(struct wg_lane *lane)
{
	TEEC_Operation operation;

	memset(&operation, 0, sizeof(operation));
	operation.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INOUT, TEEC_MEMREF_PARTIAL_INOUT, TEEC_NONE, TEEC_NONE);
	operation.params[0].value.a = lane->filled;
	operation.params[0].value.b = (uint32_t)lane->slot_bytes;
	refer(lane, &operation, lane->filled * lane->slot_bytes);
	return cross(lane, WG_LANE_COMMAND_BATCH, &operation);
}

static wg_result block_submit(struct wg_lane *lane, const struct wg_lane_slot *slot)
{
	if (lane->answered || lane->filled == lane->config.count)
		return WG_ERR_STATE;
	if (lane->config.mode == WG_LANE_CALL)
		return call_submit(lane, slot);
	wg_lane_slot_store(slot_at(lane, lane->filled), slot);
	lane->filled++;
	return lane->filled == lane->config.count ? batch_cross(lane) : WG_OK;
}

static wg_result block_flush(struct wg_lane *lane)
{
	return lane->filled ? batch_cross(lane) : WG_OK;
}

static wg_result take_one(struct wg_lane *lane, struct wg_lane_slot *slot, const void **payload)
{
	if (!lane->answered)
		return lane->failure == TEEC_SUCCESS ? WG_ERR_STATE : WG_ERR_SYSTEM;
	if (lane->config.mode == WG_LANE_CALL) {
		*slot = lane->answer;
		*payload = lane->memory.buffer;
	} else {
		memcpy(slot, slot_at(lane, lane->taken), sizeof(*slot));
		*payload = slot_at(lane, lane->taken) + sizeof(*slot);
	}
	if (++lane->taken == lane->answered)
		lane->answered = 0;
	return WG_OK;
}

static wg_result block_put(struct wg_lane *lane, const struct wg_lane_request *requests, uint32_t count, uint32_t *put)
{
	wg_result result = WG_OK;

	while (result == WG_OK && *put < count && *put < WG_LANE_BURST) {
		const struct wg_lane_request *request = &requests[*put];
		const struct wg_lane_slot slot = {request->operation, 0, request->bytes, request->tag};
		void *payload = block_payload(lane);

		if (!payload && slot.bytes) {
			result = WG_ERR_STATE;
			break;
		}
		if (slot.bytes)
			memcpy(payload, request->payload, slot.bytes);
		result = block_submit(lane, &slot);
		*put += result == WG_OK;
	}
	return *put && result == WG_ERR_STATE ? WG_OK : result;
}

static wg_result block_take(struct wg_lane *lane, struct wg_lane_reply *replies, uint32_t most, uint32_t *taken)
{
	wg_result result = WG_OK;

	*taken = 0;
	while (result == WG_OK && *taken < most && *taken < WG_LANE_BURST) {
		result = take_one(lane, &replies[*taken].slot, &replies[*taken].payload);
		*taken += result == WG_OK;
	}
	return *taken ? WG_OK : result;
}

const struct wg_lane_way wg_lane_block_way = {
	.open = block_open,
	.close = block_close,
	.payload = block_payload,
	.submit = block_submit,
	.flush = block_flush,
	.put = block_put,
	.take = block_take,
};
