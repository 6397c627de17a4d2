/* SPDX-License-Identifier: Apache-2.0 */
/* One instance of a TA, in whichever world it runs: the same code serves the normal world and a sealed process. */
#ifndef WG_INSTANCE_H
#define WG_INSTANCE_H

#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tee_api_types.h"
#include "wg_heap.h"
#include "wg_ledger.h"
#include "wg_rpc.h"

/* What a TA is, from its user_ta_header_defines.h and its entry points. Made by wg_ta_header.c, once per TA. */
struct wg_ta {
	TEE_UUID uuid;
	const char *name;
	uint32_t flags; /* TA_FLAG_* of user_ta_header.h */
	uint32_t stack_bytes;
	uint32_t data_bytes; /* the heap, exactly */
	TEE_Result (*create)(void);
	void (*destroy)(void);
	TEE_Result (*open)(uint32_t types, TEE_Param params[4], void **session);
	void (*close)(void *session);
	TEE_Result (*invoke)(void *session, uint32_t command, uint32_t types, TEE_Param params[4]);
};

/* The TAs linked into this executable, ended by NULL. */
extern const struct wg_ta *const wg_tas[];
const struct wg_ta *wg_ta_find(const TEE_UUID *uuid);

struct wg_object;    /* internal/wg_object.c */
struct wg_operation; /* internal/wg_operation.c */

typedef TEE_Result (*wg_rpc_fn)(void *context, struct wg_rpc *rpc, const void *out, size_t out_bytes, void *in,
				size_t in_capacity);

struct wg_instance {
	const struct wg_ta *ta;
	struct wg_heap heap; /* the TA's, TA_DATA_SIZE bytes */
	void *data;	     /* TEE_SetInstanceData */
	struct wg_ledger ledger;
	wg_rpc_fn rpc;
	void *rpc_context;
	const atomic_uint *cancel_requested; /* not 0: the client asked to cancel the running operation */
	bool cancel_masked;		     /* per task, true at the start of each operation */
	struct wg_object *objects;	     /* every open one, so that the end of the instance frees them */
	struct wg_operation *operations;
	const TEE_Param *params; /* of the running entry point, for TEE_CheckMemoryAccessRights */
	uint32_t param_types;
	jmp_buf *panic_exit; /* set while a TA's code runs */
	TEE_Result panic_code;
	bool panicked; /* dead: no entry point is called any more */
};

/* The instance whose code this thread runs; NULL outside a TA. */
struct wg_instance *wg_instance_here(void);

/* heap_memory stays the caller's and must outlive the instance. */
wg_result wg_instance_start(struct wg_instance *instance, const struct wg_ta *ta, void *heap_memory, size_t heap_bytes,
			    wg_rpc_fn rpc, void *rpc_context, const atomic_uint *cancel_requested) WG_MUST_CHECK;
/* Frees what the TA left open. Calls no entry point. */
void wg_instance_stop(struct wg_instance *instance);

/* The five entry points, with the panic caught: TEE_ERROR_TARGET_DEAD then, and ever after. */
TEE_Result wg_instance_create(struct wg_instance *instance);
void wg_instance_destroy(struct wg_instance *instance);
TEE_Result wg_instance_open(struct wg_instance *instance, uint32_t types, TEE_Param params[4], void **session);
void wg_instance_close(struct wg_instance *instance, void *session);
TEE_Result wg_instance_invoke(struct wg_instance *instance, void *session, uint32_t command, uint32_t types,
			      TEE_Param params[4]);

/* What TEE_Panic does, for the API's own checks of a programmer's error. */
_Noreturn void wg_instance_panic(TEE_Result code);

#endif
