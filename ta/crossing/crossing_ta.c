/* SPDX-License-Identifier: Apache-2.0 */
#include <crossing_ta.h>
#include <tee_internal_api.h>

#include "wg_ta_lane.h"

static uint32_t sum(const uint8_t *payload, uint32_t bytes)
{
	uint32_t total = 0;
	uint32_t i;

	for (i = 0; i < bytes; i++)
		total += payload[i];
	return total;
}

static uint32_t operate(void *context, uint32_t operation, uint8_t *payload, size_t capacity, uint32_t *bytes)
{
	uint32_t result = 0;
	TEE_Time time;

	(void)context;
	(void)capacity;
	switch (operation) {
	case CROSSING_ECHO:
		return 0;
	case CROSSING_NOTHING:
		break;
	case CROSSING_SUM:
		result = sum(payload, *bytes);
		break;
	case CROSSING_REQUEST:
		TEE_GetREETime(&time);
		break;
	default:
		result = CROSSING_UNKNOWN;
		break;
	}
	*bytes = 0;
	return result;
}

TEE_Result TA_CreateEntryPoint(void)
{
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4], void **session)
{
	struct wg_lane_server *server;

	(void)params;
	if (types !=
	    TEE_PARAM_TYPES(TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	server = TEE_Malloc(sizeof(*server), TEE_MALLOC_FILL_ZERO);
	if (!server)
		return TEE_ERROR_OUT_OF_MEMORY;
	server->handle = operate;
	*session = server;
	return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *session)
{
	wg_ta_lane_close(session);
	TEE_Free(session);
}

TEE_Result TA_InvokeCommandEntryPoint(void *session, uint32_t command, uint32_t types, TEE_Param params[4])
{
	return wg_ta_lane_invoke(session, command, types, params);
}
