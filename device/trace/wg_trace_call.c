/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_trace_call.h"

#include <string.h>

static uint32_t bytes_of(size_t bytes)
{
	return bytes >= WG_TRACE_TOO_LARGE ? WG_TRACE_TOO_LARGE : (uint32_t)bytes;
}

static bool is_temporary(uint32_t type)
{
	return type >= WG_TEEC_TEMP_INPUT && type <= WG_TEEC_TEMP_INOUT;
}

static bool is_reference(uint32_t type)
{
	return type >= WG_TEEC_WHOLE && type <= WG_TEEC_PARTIAL_INOUT;
}

void wg_trace_look_before(struct wg_trace_call *call, const struct wg_teec_operation *operation)
{
	call->types = operation ? operation->types & 0xFFFFu : 0;
	for (unsigned i = 0; call->types >> (WG_TEEC_PARAM_BITS * i); i++) {
		uint32_t type = (call->types >> (WG_TEEC_PARAM_BITS * i)) & WG_TEEC_PARAM_MASK;
		const union wg_teec_param *param = &operation->params[i];
		const struct wg_teec_memory *parent = param->reference.parent;

		call->flags[i] = (uint8_t)(type & WG_TEEC_DIRECTION_MASK);
		call->params[i] = (struct wg_trace_param){0, 0, 0};
		if (is_temporary(type)) {
			call->params[i].before = bytes_of(param->temporary.size);
			call->flags[i] |= param->temporary.buffer ? 0 : WG_TRACE_PARAM_NULL;
		} else if (is_reference(type) && !parent) {
			call->flags[i] |= WG_TRACE_PARAM_NULL;
		} else if (is_reference(type)) {
			bool whole = type == WG_TEEC_WHOLE;

			call->params[i].memory = (uintptr_t)parent;
			call->params[i].before = bytes_of(whole ? parent->size : param->reference.size);
			if (whole)
				call->flags[i] = (uint8_t)(parent->flags & WG_TEEC_DIRECTION_MASK);
		}
	}
}

void wg_trace_look_after(struct wg_trace_call *call, const struct wg_teec_operation *operation)
{
	for (unsigned i = 0; call->types >> (WG_TEEC_PARAM_BITS * i); i++) {
		uint32_t type = (call->types >> (WG_TEEC_PARAM_BITS * i)) & WG_TEEC_PARAM_MASK;

		if (is_temporary(type))
			call->params[i].after = bytes_of(operation->params[i].temporary.size);
		else if (is_reference(type) && (call->flags[i] & 2u))
			call->params[i].after = bytes_of(operation->params[i].reference.size);
		else
			call->params[i].after = call->params[i].before;
	}
}

/* A record with all but what only the caller knows; put makes it valid. */
static struct wg_trace_record *fill(enum wg_trace_function function, const struct wg_trace_call *call,
				    const void *object, uint32_t command, uint32_t result)
{
	struct wg_trace_record *record = wg_trace_take(function);

	if (!record)
		return NULL;
	record->began = call->began;
	record->ended = call->ended;
	record->object = (uintptr_t)object;
	record->detail[0] = 0; /* a record may have been used before */
	record->detail[1] = 0;
	record->thread = wg_trace_here.id;
	record->command = command;
	record->result = result;
	record->origin = 0;
	record->types = 0;
	return record;
}

static void fill_operation(struct wg_trace_record *record, const struct wg_trace_call *call, uint32_t origin)
{
	record->origin = origin;
	record->types = (uint16_t)call->types;
	for (unsigned i = 0; call->types >> (WG_TEEC_PARAM_BITS * i); i++) {
		record->param_flags[i] = call->flags[i];
		record->params[i] = call->params[i];
	}
}

/* A call without an operation. */
void wg_trace_note(enum wg_trace_function function, const struct wg_trace_call *call, const void *object,
		   uint32_t result)
{
	struct wg_trace_record *record = fill(function, call, object, 0, result);

	if (record)
		wg_trace_put(record, function);
}

void wg_trace_note_memory(enum wg_trace_function function, const struct wg_trace_call *call,
			  const struct wg_teec_memory *memory, const struct wg_teec_context *context, uint32_t result)
{
	struct wg_trace_record *record = fill(function, call, memory, memory ? memory->flags : 0, result);

	if (!record)
		return;
	record->detail[0] = memory ? memory->size : 0;
	record->detail[1] = (uintptr_t)context;
	wg_trace_put(record, function);
}

void wg_trace_note_open(const struct wg_trace_call *call, const void *session, const void *uuid, uint32_t method,
			uint32_t result, uint32_t origin)
{
	struct wg_trace_record *record = fill(WG_TRACE_OPEN_SESSION, call, session, method, result);

	if (!record)
		return;
	if (uuid)
		memcpy(record->detail, uuid, sizeof(record->detail));
	fill_operation(record, call, origin);
	wg_trace_put(record, WG_TRACE_OPEN_SESSION);
}

void wg_trace_note_invoke(const struct wg_trace_call *call, const void *session, uint32_t command, uint32_t result,
			  uint32_t origin)
{
	struct wg_trace_record *record = fill(WG_TRACE_INVOKE_COMMAND, call, session, command, result);

	if (!record)
		return;
	fill_operation(record, call, origin);
	wg_trace_put(record, WG_TRACE_INVOKE_COMMAND);
}
