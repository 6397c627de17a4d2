/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_ta_lane.h"

/* Private memory for payloads of at least that size. */
static TEE_Result make_room(struct wg_lane_server *server, size_t bytes)
{
	void *payload;

	if (bytes <= server->capacity)
		return TEE_SUCCESS;
	payload = TEE_Realloc(server->payload, bytes);
	if (!payload)
		return TEE_ERROR_OUT_OF_MEMORY;
	server->payload = payload;
	server->capacity = bytes;
	return TEE_SUCCESS;
}

static TEE_Result translate(wg_result result)
{
	switch (result) {
	case WG_OK:
		return TEE_SUCCESS;
	case WG_ERR_SIZE:
		return TEE_ERROR_EXCESS_DATA;
	default:
		return TEE_ERROR_BAD_FORMAT;
	}
}

static TEE_Result invoke_call(struct wg_lane_server *server, uint32_t types, TEE_Param params[4])
{
	const uint32_t bare = TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INOUT, TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE,
					      TEE_PARAM_TYPE_NONE);
	const uint32_t loaded = TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INOUT, TEE_PARAM_TYPE_MEMREF_INOUT,
						TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE);
	uint32_t bytes = params[0].value.b;
	size_t room = types == loaded ? params[1].memref.size : 0;
	TEE_Result result;

	if ((types != bare && types != loaded) || bytes > room)
		return TEE_ERROR_BAD_PARAMETERS;
	result = make_room(server, room);
	if (result != TEE_SUCCESS)
		return result;
	if (bytes)
		TEE_MemMove(server->payload, params[1].memref.buffer, bytes);
	params[0].value.a = server->handle(server->context, params[0].value.a, server->payload, room, &bytes);
	if (bytes > room)
		return TEE_ERROR_EXCESS_DATA;
	if (bytes)
		TEE_MemMove(params[1].memref.buffer, server->payload, bytes);
	params[0].value.b = bytes;
	return TEE_SUCCESS;
}

static TEE_Result invoke_batch(struct wg_lane_server *server, uint32_t types, TEE_Param params[4])
{
	const uint32_t wanted = TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INOUT, TEE_PARAM_TYPE_MEMREF_INOUT,
						TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE);
	TEE_Result result;

	if (types != wanted)
		return TEE_ERROR_BAD_PARAMETERS;
	result = make_room(server, params[0].value.b);
	if (result != TEE_SUCCESS)
		return result;
	return translate(wg_lane_serve_batch(server, params[1].memref.buffer, params[1].memref.size, params[0].value.a,
					     params[0].value.b));
}

static TEE_Result invoke_ring(struct wg_lane_server *server, uint32_t types, TEE_Param params[4])
{
	const uint32_t wanted = TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INOUT, TEE_PARAM_TYPE_MEMREF_INOUT,
						TEE_PARAM_TYPE_VALUE_INOUT, TEE_PARAM_TYPE_NONE);
	TEE_Result result;

	if (types != wanted)
		return TEE_ERROR_BAD_PARAMETERS;
	result = make_room(server, params[0].value.b);
	if (result != TEE_SUCCESS)
		return result;
	return translate(wg_lane_serve_ring(server, params[1].memref.buffer, params[1].memref.size, params[0].value.a,
					    params[0].value.b, params[2].value.a, &params[2].value.a));
}

TEE_Result wg_ta_lane_invoke(struct wg_lane_server *server, uint32_t command, uint32_t types, TEE_Param params[4])
{
	switch (command) {
	case WG_LANE_COMMAND_CALL:
		return invoke_call(server, types, params);
	case WG_LANE_COMMAND_BATCH:
		return invoke_batch(server, types, params);
	case WG_LANE_COMMAND_RING:
		return invoke_ring(server, types, params);
	default:
		return TEE_ERROR_NOT_IMPLEMENTED;
	}
}

void wg_ta_lane_close(struct wg_lane_server *server)
{
	TEE_Free(server->payload);
	server->payload = NULL;
	server->capacity = 0;
}
