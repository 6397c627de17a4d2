/* SPDX-License-Identifier: Apache-2.0 */
/* Calls a TA's entry points: makes the instance the thread's, catches a panic, and puts back what was there before, so
 * that one TA's client may itself be code that a TA called. */
#include "wg_instance.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "internal/wg_internal.h"

enum entry_point { ENTRY_CREATE, ENTRY_DESTROY, ENTRY_OPEN, ENTRY_CLOSE, ENTRY_INVOKE };

struct call {
	enum entry_point entry;
	void *session;
	void **session_out;
	uint32_t command;
	uint32_t types;
	TEE_Param *params;
};

/* What an entry replaces while it runs. */
struct before {
	struct wg_instance *here;
	struct wg_ledger *ledger;
	jmp_buf *panic_exit;
	const TEE_Param *params;
	uint32_t param_types;
	bool cancel_masked;
	TEE_Param params_copy[TEE_NUM_PARAMS]; /* the TA may write to its own */
};

static _Thread_local struct wg_instance *here;

struct wg_instance *wg_instance_here(void)
{
	return here;
}

struct wg_instance *wg_instance_must(void)
{
	if (!here)
		abort();
	return here;
}

wg_result wg_instance_start(struct wg_instance *instance, const struct wg_ta *ta, void *heap_memory, size_t heap_bytes,
			    wg_rpc_fn rpc, void *rpc_context, const atomic_uint *cancel_requested)
{
	memset(instance, 0, sizeof(*instance));
	instance->ta = ta;
	instance->rpc = rpc;
	instance->rpc_context = rpc_context;
	instance->cancel_requested = cancel_requested;
	instance->cancel_masked = true;
	return wg_heap_init(&instance->heap, heap_memory, heap_bytes);
}

void wg_instance_stop(struct wg_instance *instance)
{
	wg_operations_free(instance);
	wg_objects_free(instance);
	instance->panicked = true;
}

static void enter(struct wg_instance *instance, const struct call *call, jmp_buf *panic_exit, struct before *before)
{
	before->here = here;
	before->panic_exit = instance->panic_exit;
	before->params = instance->params;
	before->param_types = instance->param_types;
	before->cancel_masked = instance->cancel_masked;
	before->ledger = wg_ledger_enter(&instance->ledger);
	here = instance;
	instance->panic_exit = panic_exit;
	instance->cancel_masked = true;
	instance->params = NULL;
	instance->param_types = call->types;
	if (call->params) {
		memcpy(before->params_copy, call->params, sizeof(before->params_copy));
		instance->params = before->params_copy;
	}
}

static void leave(struct wg_instance *instance, const struct before *before)
{
	here = before->here;
	instance->panic_exit = before->panic_exit;
	instance->params = before->params;
	instance->param_types = before->param_types;
	instance->cancel_masked = before->cancel_masked;
	(void)wg_ledger_enter(before->ledger);
}

static TEE_Result dispatch(const struct wg_ta *ta, const struct call *call)
{
	switch (call->entry) {
	case ENTRY_CREATE:
		return ta->create();
	case ENTRY_DESTROY:
		ta->destroy();
		return TEE_SUCCESS;
	case ENTRY_OPEN:
		return ta->open(call->types, call->params, call->session_out);
	case ENTRY_CLOSE:
		ta->close(call->session);
		return TEE_SUCCESS;
	case ENTRY_INVOKE:
	default:
		return ta->invoke(call->session, call->command, call->types, call->params);
	}
}

static TEE_Result run(struct wg_instance *instance, const struct call *call)
{
	struct before before;
	jmp_buf panic_exit;
	TEE_Result result;

	if (instance->panicked)
		return TEE_ERROR_TARGET_DEAD;
	enter(instance, call, &panic_exit, &before);
	if (setjmp(panic_exit) == 0)
		result = dispatch(instance->ta, call);
	else
		result = TEE_ERROR_TARGET_DEAD;
	leave(instance, &before);
	/* An inner entry of the same instance may have panicked while this one went on. */
	return instance->panicked ? TEE_ERROR_TARGET_DEAD : result;
}

_Noreturn void wg_instance_panic(TEE_Result code)
{
	struct wg_instance *instance = wg_instance_must();

	instance->panic_code = code;
	instance->panicked = true;
	longjmp(*instance->panic_exit, 1);
}

TEE_Result wg_instance_create(struct wg_instance *instance)
{
	const struct call call = {.entry = ENTRY_CREATE};

	return run(instance, &call);
}

void wg_instance_destroy(struct wg_instance *instance)
{
	const struct call call = {.entry = ENTRY_DESTROY};

	(void)run(instance, &call);
}

TEE_Result wg_instance_open(struct wg_instance *instance, uint32_t types, TEE_Param params[4], void **session)
{
	const struct call call = {.entry = ENTRY_OPEN, .types = types, .params = params, .session_out = session};

	return run(instance, &call);
}

void wg_instance_close(struct wg_instance *instance, void *session)
{
	const struct call call = {.entry = ENTRY_CLOSE, .session = session};

	(void)run(instance, &call);
}

TEE_Result wg_instance_invoke(struct wg_instance *instance, void *session, uint32_t command, uint32_t types,
			      TEE_Param params[4])
{
	const struct call call = {
		.entry = ENTRY_INVOKE, .session = session, .command = command, .types = types, .params = params};

	return run(instance, &call);
}
