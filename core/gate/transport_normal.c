/* SPDX-License-Identifier: Apache-2.0 */
/* The normal world: the TA's code runs in the client's process and sees the client's addresses. The baseline. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tee_api_defines.h"
#include "wg_aead.h"
#include "wg_instance.h"
#include "wg_ledger_file.h"
#include "wg_memory.h"
#include "wg_reason.h"
#include "wg_stage.h"
#include "wg_transport.h"

struct normal_target {
	struct wg_target target;
	struct wg_instance instance;
	struct wg_supplicant *supplicant;
	void *heap;
	size_t heap_bytes;
	atomic_uint cancel; /* relaxed: a hint, no data hangs on it */
	void *sessions[WG_SESSIONS_MAX];
	bool used[WG_SESSIONS_MAX];
};

/* The supplicant is called directly, with the TA's own buffers: nothing is copied on the way. */
static TEE_Result rpc(void *context, struct wg_rpc *request, const void *out, size_t out_bytes, void *in,
		      size_t in_capacity)
{
	struct normal_target *normal = context;
	uint8_t *buffer = in ? in : (uint8_t *)(uintptr_t)out;
	size_t bytes = in ? in_capacity : out_bytes;
	struct wg_stages *stages = wg_stage_here();

	wg_stage_lap(stages, WG_STAGE_inside, 0);
	wg_supplicant_serve(normal->supplicant, request, buffer, bytes);
	wg_stage_lap(stages, WG_STAGE_request, 0);
	return TEE_SUCCESS;
}

static TEEC_Result normal_open(struct wg_gate *gate)
{
	if (wg_aead_choose(gate->spec.aead) != WG_OK)
		return wg_fail(TEEC_ERROR_NOT_SUPPORTED, "aead=%s: %s", gate->spec.aead,
			       wg_aead_why_not(gate->spec.aead));
	return TEEC_SUCCESS;
}

static void normal_close(struct wg_gate *gate)
{
	(void)gate;
}

static void normal_free(struct normal_target *normal)
{
	if (normal->supplicant)
		wg_supplicant_free(normal->supplicant);
	wg_shared_unmap(normal->heap, normal->heap_bytes);
	pthread_mutex_destroy(&normal->target.calls);
	free(normal);
}

static TEEC_Result prepare(struct normal_target *normal, const struct wg_ta *ta)
{
	normal->heap_bytes = wg_page_round_up(ta->data_bytes);
	normal->heap = wg_plain_map(normal->heap_bytes);
	normal->supplicant = wg_supplicant_new(&ta->uuid);
	if (!normal->heap || !normal->supplicant)
		return wg_fail(TEEC_ERROR_OUT_OF_MEMORY, "no memory for a TA with a heap of %u bytes", ta->data_bytes);
	if (wg_instance_start(&normal->instance, ta, normal->heap, ta->data_bytes, rpc, normal, &normal->cancel) !=
	    WG_OK)
		return wg_fail(TEEC_ERROR_OUT_OF_MEMORY, "TA_DATA_SIZE %u is too small for a heap", ta->data_bytes);
	return TEEC_SUCCESS;
}

static TEEC_Result normal_start(struct wg_gate *gate, const TEE_UUID *uuid, struct wg_target **out)
{
	const struct wg_ta *ta = wg_ta_find(uuid);
	struct normal_target *normal;
	TEEC_Result result;

	if (!ta)
		return wg_fail(TEEC_ERROR_ITEM_NOT_FOUND, "no TA of that UUID is linked into this program");
	normal = calloc(1, sizeof(*normal));
	if (!normal)
		return wg_fail(TEEC_ERROR_OUT_OF_MEMORY, "no memory for a TA");
	wg_target_init(&normal->target, gate, uuid);
	normal->target.flags = ta->flags;
	result = prepare(normal, ta);
	if (result == TEEC_SUCCESS) {
		result = wg_instance_create(&normal->instance);
		if (result != TEE_SUCCESS) {
			wg_fail(result, "the TA's create entry point refused with 0x%08x", result);
			wg_instance_stop(&normal->instance);
		}
	}
	if (result != TEEC_SUCCESS) {
		normal_free(normal);
		return result;
	}
	*out = &normal->target;
	return TEEC_SUCCESS;
}

static void normal_stop(struct wg_target *target)
{
	struct normal_target *normal = (struct normal_target *)target;

	if (!normal->instance.panicked)
		wg_instance_destroy(&normal->instance);
	wg_ledger_file_add(&target->uuid, "none", &normal->instance.ledger);
	wg_instance_stop(&normal->instance);
	normal_free(normal);
}

static TEEC_Result open_session(struct normal_target *normal, struct wg_call *call, TEE_Param params[WG_PARAMS])
{
	TEEC_Result result;

	for (uint32_t i = 0; i < WG_SESSIONS_MAX; i++) {
		if (normal->used[i])
			continue;
		result = wg_instance_open(&normal->instance, call->types, params, &normal->sessions[i]);
		normal->used[i] = result == TEE_SUCCESS;
		call->session = i;
		return result;
	}
	call->origin = TEEC_ORIGIN_TEE;
	return wg_fail(TEEC_ERROR_BUSY, "a TA instance has at most %u sessions", WG_SESSIONS_MAX);
}

static void normal_call(struct wg_target *target, struct wg_call *call)
{
	struct normal_target *normal = (struct normal_target *)target;
	TEE_Param params[WG_PARAMS];

	for (unsigned i = 0; i < WG_PARAMS; i++) {
		if (((call->types >> (4 * i)) & 0xf) >= TEE_PARAM_TYPE_MEMREF_INPUT) {
			params[i].memref.buffer = call->params[i].pointer;
			params[i].memref.size = (size_t)call->params[i].bytes;
		} else {
			params[i].value.a = call->params[i].a;
			params[i].value.b = call->params[i].b;
		}
	}
	call->origin = TEEC_ORIGIN_TRUSTED_APP;
	if (call->kind == WG_MESSAGE_OPEN) {
		call->result = open_session(normal, call, params);
	} else if (call->kind == WG_MESSAGE_INVOKE) {
		call->result = wg_instance_invoke(&normal->instance, normal->sessions[call->session], call->command,
						  call->types, params);
		wg_stage_crossing(wg_stage_here(), WG_STAGE_inside);
	} else {
		wg_instance_close(&normal->instance, normal->sessions[call->session]);
		normal->used[call->session] = false;
		call->result = TEEC_SUCCESS;
	}
	if (normal->instance.panicked) {
		atomic_store_explicit(&target->dead, true, memory_order_relaxed);
		call->origin = TEEC_ORIGIN_TEE;
		wg_fail(TEEC_ERROR_TARGET_DEAD, "the TA panicked with 0x%08x", normal->instance.panic_code);
	}
	for (unsigned i = 0; i < WG_PARAMS; i++) {
		if (((call->types >> (4 * i)) & 0xf) >= TEE_PARAM_TYPE_MEMREF_INPUT) {
			call->params[i].bytes = params[i].memref.size;
		} else {
			call->params[i].a = params[i].value.a;
			call->params[i].b = params[i].value.b;
		}
	}
}

static void normal_cancel(struct wg_target *target, bool requested)
{
	struct normal_target *normal = (struct normal_target *)target;

	atomic_store_explicit(&normal->cancel, requested, memory_order_relaxed);
	if (requested)
		wg_supplicant_cancel(normal->supplicant);
	else
		wg_supplicant_cancel_reset(normal->supplicant);
}

static void normal_ledger(struct wg_target *target, struct wg_ledger *out)
{
	*out = ((struct normal_target *)target)->instance.ledger;
}

static void normal_info(struct wg_target *target, struct wg_world_info *out)
{
	wg_gate_describe(target->gate, out);
	snprintf(out->aead, sizeof(out->aead), "%s", wg_aead_library());
}

const struct wg_transport wg_transport_normal = {
	.fidelity = "none",
	.shares_memory = true,
	.open = normal_open,
	.close = normal_close,
	.start = normal_start,
	.stop = normal_stop,
	.call = normal_call,
	.cancel = normal_cancel,
	.ledger = normal_ledger,
	.info = normal_info,
};
