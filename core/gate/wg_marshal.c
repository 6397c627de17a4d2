/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_marshal.h"

#include <string.h>

#include "tee_api_defines.h"
#include "wg_clock.h"
#include "wg_reason.h"

#define INPUT  1u
#define OUTPUT 2u

/* The two low bits of a parameter type are its direction, for values and references alike. */
static uint32_t direction(uint32_t type)
{
	return type & 3u;
}

static void copy(struct wg_call *call, uint8_t *to, const uint8_t *from, uint64_t bytes)
{
	uint64_t began = wg_ticks();

	if (bytes)
		memcpy(to, from, bytes);
	WG_COUNT(share_bytes, bytes);
	call->entered += wg_ticks() - began;
}

static void set_null(struct wg_call_param *param)
{
	param->pointer = NULL;
	param->offset = WG_NULL_OFFSET;
	param->bytes = 0;
}

/* Memory of the client that the world cannot see: a part of the arena stands for it. */
static TEEC_Result place_temporary(struct wg_gate *gate, struct wg_call *call, struct wg_marshalled *marshalled,
				   unsigned i)
{
	struct wg_call_param *param = &call->params[i];
	uint8_t *client = param->pointer;
	wg_result result;

	pthread_mutex_lock(&gate->lock);
	result = wg_arena_take(&gate->arena, param->bytes, &param->offset);
	pthread_mutex_unlock(&gate->lock);
	if (result != WG_OK) {
		param->offset = WG_NULL_OFFSET;
		return wg_fail(TEEC_ERROR_OUT_OF_MEMORY,
			       "no %llu bytes of shared memory left for a temporary reference; give arena_bytes=",
			       (unsigned long long)param->bytes);
	}
	marshalled->params[i].taken = param->offset;
	param->copied = true;
	marshalled->params[i].client = client;
	marshalled->params[i].arena = gate->arena_memory + param->offset;
	return TEEC_SUCCESS;
}

static void place_registered(struct wg_gate *gate, TEEC_SharedMemory *memory, size_t offset, struct wg_call *call,
			     struct wg_marshalled *marshalled, unsigned i)
{
	struct wg_call_param *param = &call->params[i];

	param->pointer = (uint8_t *)memory->buffer + offset;
	param->offset = memory->imp.offset + offset;
	if (gate->transport->shares_memory || memory->imp.kind == WG_SHARED_ALLOCATED)
		return;
	param->copied = true;
	marshalled->params[i].client = param->pointer;
	marshalled->params[i].arena = gate->arena_memory + param->offset;
}

static TEEC_Result marshal_temporary(struct wg_gate *gate, TEEC_TempMemoryReference *reference, struct wg_call *call,
				     struct wg_marshalled *marshalled, unsigned i)
{
	struct wg_call_param *param = &call->params[i];

	marshalled->params[i].size_out = &reference->size;
	marshalled->params[i].bytes = reference->size;
	if (!reference->buffer) {
		set_null(param);
		return reference->size == 0
			       ? TEEC_SUCCESS
			       : wg_fail(TEEC_ERROR_BAD_PARAMETERS, "parameter %u: a null buffer with a size", i);
	}
	param->pointer = reference->buffer;
	param->bytes = reference->size;
	return gate->transport->shares_memory ? TEEC_SUCCESS : place_temporary(gate, call, marshalled, i);
}

/* Whole and partial references. */
static TEEC_Result marshal_reference(struct wg_gate *gate, TEEC_RegisteredMemoryReference *reference, bool whole,
				     struct wg_call *call, struct wg_marshalled *marshalled, unsigned i)
{
	TEEC_SharedMemory *memory = reference->parent;
	size_t offset = whole ? 0 : reference->offset;
	size_t bytes;
	uint32_t wanted;

	if (!memory || memory->imp.gate != gate)
		return wg_fail(TEEC_ERROR_BAD_PARAMETERS, "parameter %u: not shared memory of this context", i);
	bytes = whole ? memory->size : reference->size;
	if (offset > memory->imp.bytes || bytes > memory->imp.bytes - offset)
		return wg_fail(TEEC_ERROR_BAD_PARAMETERS, "parameter %u: reaches beyond its shared memory", i);
	if (whole)
		marshalled->params[i].type = TEE_PARAM_TYPE_MEMREF_INPUT - INPUT + (memory->flags & 3u);
	wanted = direction(marshalled->params[i].type);
	if (wanted == 0 || (wanted & ~memory->flags))
		return wg_fail(TEEC_ERROR_BAD_PARAMETERS, "parameter %u: not a direction of its shared memory", i);
	marshalled->params[i].size_out = &reference->size;
	marshalled->params[i].bytes = bytes;
	call->params[i].bytes = bytes;
	place_registered(gate, memory, offset, call, marshalled, i);
	return TEEC_SUCCESS;
}

static TEEC_Result marshal_one(struct wg_gate *gate, TEEC_Operation *operation, struct wg_call *call,
			       struct wg_marshalled *marshalled, unsigned i)
{
	uint32_t type = TEEC_PARAM_TYPE_GET(operation->paramTypes, i);
	TEEC_Parameter *param = &operation->params[i];

	marshalled->params[i].type = type;
	switch (type) {
	case TEEC_NONE:
		return TEEC_SUCCESS;
	case TEEC_VALUE_OUTPUT:
		call->params[i].a = 0;
		call->params[i].b = 0;
		return TEEC_SUCCESS;
	case TEEC_VALUE_INPUT:
	case TEEC_VALUE_INOUT:
		call->params[i].a = param->value.a;
		call->params[i].b = param->value.b;
		return TEEC_SUCCESS;
	case TEEC_MEMREF_TEMP_INPUT:
	case TEEC_MEMREF_TEMP_OUTPUT:
	case TEEC_MEMREF_TEMP_INOUT:
		return marshal_temporary(gate, &param->tmpref, call, marshalled, i);
	case TEEC_MEMREF_WHOLE:
		return marshal_reference(gate, &param->memref, true, call, marshalled, i);
	case TEEC_MEMREF_PARTIAL_INPUT:
	case TEEC_MEMREF_PARTIAL_OUTPUT:
	case TEEC_MEMREF_PARTIAL_INOUT:
		marshalled->params[i].type = TEE_PARAM_TYPE_MEMREF_INPUT - INPUT + direction(type);
		return marshal_reference(gate, &param->memref, false, call, marshalled, i);
	default:
		return wg_fail(TEEC_ERROR_BAD_PARAMETERS, "parameter %u: no parameter has the type %u", i, type);
	}
}

static void give_back(struct wg_gate *gate, struct wg_marshalled *marshalled)
{
	for (unsigned i = 0; i < WG_PARAMS; i++) {
		if (marshalled->params[i].taken == WG_NULL_OFFSET)
			continue;
		pthread_mutex_lock(&gate->lock);
		wg_arena_give(&gate->arena, marshalled->params[i].taken, marshalled->params[i].bytes);
		pthread_mutex_unlock(&gate->lock);
	}
}

static void copy_in(struct wg_call *call, struct wg_marshalled *marshalled)
{
	for (unsigned i = 0; i < WG_PARAMS; i++) {
		if (marshalled->params[i].client && (direction(marshalled->params[i].type) & INPUT))
			copy(call, marshalled->params[i].arena, marshalled->params[i].client, call->params[i].bytes);
	}
}

TEEC_Result wg_marshal_in(struct wg_gate *gate, TEEC_Operation *operation, struct wg_call *call,
			  struct wg_marshalled *marshalled)
{
	TEEC_Result result = TEEC_SUCCESS;

	memset(call->params, 0, sizeof(call->params));
	memset(marshalled, 0, sizeof(*marshalled));
	for (unsigned i = 0; i < WG_PARAMS; i++)
		marshalled->params[i].taken = WG_NULL_OFFSET;
	call->types = 0;
	for (unsigned i = 0; operation && i < WG_PARAMS && result == TEEC_SUCCESS; i++) {
		result = marshal_one(gate, operation, call, marshalled, i);
		call->types |= marshalled->params[i].type << (i * 4);
	}
	/* Only what has passed whole is copied, so that a refused operation costs no copy. */
	if (result == TEEC_SUCCESS)
		copy_in(call, marshalled);
	else
		give_back(gate, marshalled);
	return result;
}

static void unmarshal_one(TEEC_Parameter *client, struct wg_call *call, struct wg_marshalled *marshalled, unsigned i)
{
	struct wg_call_param *param = &call->params[i];
	uint64_t bytes = param->bytes < marshalled->params[i].bytes ? param->bytes : marshalled->params[i].bytes;

	if (!(direction(marshalled->params[i].type) & OUTPUT))
		return;
	if (!marshalled->params[i].size_out) {
		client->value.a = param->a;
		client->value.b = param->b;
		return;
	}
	if (marshalled->params[i].client)
		copy(call, marshalled->params[i].client, marshalled->params[i].arena, bytes);
	*marshalled->params[i].size_out = (size_t)param->bytes;
}

void wg_marshal_out(struct wg_gate *gate, TEEC_Operation *operation, struct wg_call *call,
		    struct wg_marshalled *marshalled)
{
	/* Only a TA that answered has written anything: what else lies there is of earlier calls. */
	bool answered = operation && call->origin == TEEC_ORIGIN_TRUSTED_APP;

	for (unsigned i = 0; answered && i < WG_PARAMS; i++)
		unmarshal_one(&operation->params[i], call, marshalled, i);
	give_back(gate, marshalled);
}
