/* SPDX-License-Identifier: Apache-2.0 */
/* A client's operation into a call and back: direct pointers where the TA shares the address space, else memory in the
 * arena. Allocated shared memory is never copied; registered and temporary memory is, by direction. */
#ifndef WG_MARSHAL_H
#define WG_MARSHAL_H

#include "wg_transport.h"

enum wg_shared_kind { WG_SHARED_ALLOCATED = 1, WG_SHARED_REGISTERED };

/* What wg_marshal_out must undo and copy back. */
struct wg_marshalled {
	struct {
		uint8_t *client;  /* the client's bytes behind a copy; NULL: none */
		uint8_t *arena;	  /* the copy */
		uint64_t taken;	  /* WG_NULL_OFFSET, or a temporary part of the arena */
		uint64_t bytes;	  /* as the client gave them */
		uint32_t type;	  /* TEE parameter type */
		size_t *size_out; /* where the returned size goes; NULL for values */
	} params[WG_PARAMS];
};

/* operation may be NULL. On failure nothing is left taken; the reason is set. */
TEEC_Result wg_marshal_in(struct wg_gate *gate, TEEC_Operation *operation, struct wg_call *call,
			  struct wg_marshalled *marshalled);
/* Copies back where call->origin says that the TA answered, and gives back what was taken. */
void wg_marshal_out(struct wg_gate *gate, TEEC_Operation *operation, struct wg_call *call,
		    struct wg_marshalled *marshalled);

#endif
