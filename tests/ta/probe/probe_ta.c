/* SPDX-License-Identifier: Apache-2.0 */
#include <probe_ta.h>
#include <tee_internal_api.h>
#include <user_ta_header.h>

#include "probe_calls.h"
#include "probe_secret.h"
#include "wg_ta_lane.h"

#define BELL_OUT 6 /* the world's, by wg_channel.h */

static uint32_t created, sessions;

static bool is_reference(uint32_t type)
{
	return type >= TEE_PARAM_TYPE_MEMREF_INPUT && type <= TEE_PARAM_TYPE_MEMREF_INOUT;
}

static uint32_t see_reference(TEE_Param *param, uint32_t type, uint8_t fill, uint32_t bytes)
{
	uint8_t *buffer = param->memref.buffer;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; (type & 1) && i < param->memref.size; i++)
		sum += buffer[i];
	for (i = 0; (type & 2) && buffer && i < param->memref.size && i < bytes; i++)
		buffer[i] = fill;
	if (type & 2)
		param->memref.size = bytes;
	return sum;
}

static TEE_Result see(uint32_t types, TEE_Param params[4])
{
	uint32_t fill = params[3].value.a;
	uint32_t bytes = params[3].value.b;
	uint32_t sum = 0, nulls = 0, type, i;

	if (TEE_PARAM_TYPE_GET(types, 3) != TEE_PARAM_TYPE_VALUE_INOUT)
		return TEE_ERROR_BAD_PARAMETERS;
	for (i = 0; i < 3; i++) {
		type = TEE_PARAM_TYPE_GET(types, i);
		if (is_reference(type)) {
			nulls |= params[i].memref.buffer ? 0 : 1u << (16 + i);
			sum += see_reference(&params[i], type, (uint8_t)(fill + i), bytes);
			continue;
		}
		if (type & 1)
			sum += params[i].value.a;
		if (type & 2) {
			params[i].value.a = fill;
			params[i].value.b = i;
		}
	}
	params[3].value.a = sum;
	params[3].value.b = (types & 0xfff) | nulls;
	return TEE_SUCCESS;
}

static uint32_t now_ms(void)
{
	TEE_Time now;

	TEE_GetSystemTime(&now);
	return now.seconds * 1000 + now.millis;
}

static TEE_Result spin(uint32_t ms, bool cancellable)
{
	uint32_t began = now_ms();

	if (cancellable)
		TEE_UnmaskCancellation();
	while (now_ms() - began < ms)
		if (TEE_GetCancellationFlag())
			return TEE_ERROR_CANCEL;
	return TEE_SUCCESS;
}

static TEE_Result wait(uint32_t ms, bool cancellable)
{
	if (cancellable)
		TEE_UnmaskCancellation();
	return TEE_Wait(ms);
}

static TEE_Result use_heap(uint32_t bytes, uint32_t rounds)
{
	uint32_t round, i;

	for (round = 0; round < rounds; round++) {
		uint8_t *block = TEE_Malloc(bytes, TEE_MALLOC_FILL_ZERO);

		if (!block)
			return TEE_ERROR_OUT_OF_MEMORY;
		for (i = 0; i < bytes; i++)
			block[i] = (uint8_t)(i * 7 + round);
		for (i = 0; i < bytes; i++)
			if (block[i] != (uint8_t)(i * 7 + round))
				TEE_Panic(TEE_ERROR_CORRUPT_OBJECT);
		TEE_Free(block);
	}
	return TEE_SUCCESS;
}

static TEE_Result ask_for_time(uint32_t count)
{
	TEE_Time now;

	while (count--)
		TEE_GetREETime(&now);
	return TEE_SUCCESS;
}

static TEE_Result system_call(TEE_Param params[4])
{
	params[3].value.a =
		(uint32_t)probe_system_call(params[0].value.b, params[0].value.a, (int32_t)params[1].value.a,
					    (int32_t)params[1].value.b, (int32_t)params[2].value.a);
	params[3].value.b = 0;
	return TEE_SUCCESS;
}

static TEE_Result fill_bell(void)
{
	static const uint64_t most = UINT64_MAX - 1;
	(void)probe_system_call(PROBE_CALL_NATIVE, PROBE_WRITE, BELL_OUT, (long)&most, sizeof(most));
	(void)probe_system_call(PROBE_CALL_NATIVE, PROBE_NO_SUCH_CALL, 0, 0, 0);
	return TEE_ERROR_GENERIC;
}

/* Each frame is read by the next one and again when that has returned, so that all are there at once. */
static uint32_t use_stack(const volatile uint8_t *above, uint32_t bytes)
{
	volatile uint8_t frame[256];
	uint32_t sum = above ? above[0] : 0;

	frame[0] = (uint8_t)bytes;
	if (bytes > sizeof(frame))
		sum += use_stack(frame, bytes - sizeof(frame));
	return sum + frame[0];
}

static TEE_Result tell_short(TEE_Param params[4])
{
	uint32_t wanted = params[1].value.a;
	bool fits = wanted <= params[0].memref.size;

	params[0].memref.size = wanted;
	return fits ? TEE_SUCCESS : TEE_ERROR_SHORT_BUFFER;
}

static uint32_t add_one(void *context, uint32_t operation, uint8_t *payload, size_t capacity, uint32_t *bytes)
{
	uint32_t i;

	(void)context;
	(void)capacity;
	for (i = 0; i < *bytes; i++)
		payload[i]++;
	return operation;
}

TEE_Result TA_CreateEntryPoint(void)
{
	created++;
	sessions = 0; /* in the normal world an instance before this one left its own */
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4], void **session)
{
	struct wg_lane_server *server;
	TEE_Result result = TEE_SUCCESS;

	if (types && types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INOUT, 0, 0, 0))
		return TEE_ERROR_BAD_PARAMETERS;
	if (types && params[0].value.b)
		result = TEE_Wait(params[0].value.b);
	if (types && params[0].value.a)
		result = params[0].value.a;
	if (result != TEE_SUCCESS)
		return result;
	server = TEE_Malloc(sizeof(*server), TEE_MALLOC_FILL_ZERO);
	if (!server)
		return TEE_ERROR_OUT_OF_MEMORY;
	server->handle = add_one;
	*session = server;
	sessions++;
	return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *session)
{
	sessions--;
	wg_ta_lane_close(session);
	TEE_Free(session);
}

TEE_Result TA_InvokeCommandEntryPoint(void *session, uint32_t command, uint32_t types, TEE_Param params[4])
{
	switch (command) {
	case PROBE_SEE:
		return see(types, params);
	case PROBE_HOLD:
		return probe_hold(types, params);
	case PROBE_DIGEST:
		return probe_digest(types, params);
	case PROBE_HOLD_ON_STACK:
		return probe_hold_on_stack(types, params);
	case PROBE_PANIC:
		TEE_Panic(params[0].value.a);
		return TEE_SUCCESS;
	case PROBE_WAIT:
		return wait(params[0].value.a, params[0].value.b != 0);
	case PROBE_SPIN:
		return spin(params[0].value.a, params[0].value.b != 0);
	case PROBE_HEAP:
		return use_heap(params[0].value.a, params[0].value.b);
	case PROBE_RPCS:
		return ask_for_time(params[0].value.a);
	case PROBE_SYSTEM_CALL:
		return system_call(params);
	case PROBE_COUNT:
		params[0].value.a = sessions;
		params[0].value.b = created;
		return TEE_SUCCESS;
	case PROBE_FILL_BELL:
		return fill_bell();
	case PROBE_STACK:
		params[0].value.b = use_stack(NULL, params[0].value.a);
		return TEE_SUCCESS;
	case PROBE_SHORT:
		return tell_short(params);
	case PROBE_ANSWER:
		return params[0].value.a;
	default:
		return wg_ta_lane_invoke(session, command, types, params);
	}
}
