/* SPDX-License-Identifier: Apache-2.0 */
/* One call of the Client API on its way: what is looked at before and after it, and the record that it leaves. */
#ifndef WG_TRACE_CALL_H
#define WG_TRACE_CALL_H

#include <stdbool.h>

#include "wg_trace_client.h"
#include "wg_trace_file.h"

/* params and flags hold as many as types has. */
struct wg_trace_call {
	struct wg_trace_param params[WG_TRACE_PARAMS];
	uint8_t flags[WG_TRACE_PARAMS];
	uint32_t types;
	uint64_t began;
	uint64_t ended;
};

/* Whether the call is the client's own, and not one that a library makes inside another. Undone by leave. */
static inline bool wg_trace_enter(void)
{
	return wg_trace_here.depth++ == 0;
}

static inline void wg_trace_leave(void)
{
	wg_trace_here.depth--;
}

/* operation may be NULL. */
void wg_trace_look_before(struct wg_trace_call *call, const struct wg_teec_operation *operation);
void wg_trace_look_after(struct wg_trace_call *call, const struct wg_teec_operation *operation);

/* A call without an operation. */
void wg_trace_note(enum wg_trace_function function, const struct wg_trace_call *call, const void *object,
		   uint32_t result);
void wg_trace_note_memory(enum wg_trace_function function, const struct wg_trace_call *call,
			  const struct wg_teec_memory *memory, const struct wg_teec_context *context, uint32_t result);
/* uuid: 16 bytes, or NULL. */
void wg_trace_note_open(const struct wg_trace_call *call, const void *session, const void *uuid, uint32_t method,
			uint32_t result, uint32_t origin);
void wg_trace_note_invoke(const struct wg_trace_call *call, const void *session, uint32_t command, uint32_t result,
			  uint32_t origin);

#endif
