/* SPDX-License-Identifier: Apache-2.0 */
/* The plan without a gate: an instance is entered once, and the loop in it calls the TA's own entry point, operation by
 * operation, as a program would that has the code linked in. */
#include <string.h>

#include "crossing_ta.h"
#include "tee_internal_api.h"
#include "wg_clock.h"
#include "wg_crossing_job.h"
#include "wg_instance.h"
#include "wg_memory.h"
#include "wg_reason.h"

struct direct {
	struct wg_crossing_job job;
	const struct wg_ta *ta;
	struct wg_ta looped; /* the TA, with the loop as its invoke */
	struct wg_instance instance;
	struct wg_supplicant *supplicant;
	atomic_uint cancel; /* relaxed: never set */
	void *heap;
	size_t heap_bytes;
	void *session;
	uint8_t *buffer; /* of an operation's payload: there and back */
	struct wg_crossing_figures *figures;
	wg_result result;
};

static _Thread_local struct direct *running; /* an entry point has no argument to tell it */

static TEE_Result rpc(void *context, struct wg_rpc *request, const void *out, size_t out_bytes, void *in,
		      size_t in_capacity)
{
	struct direct *direct = context;

	wg_supplicant_serve(direct->supplicant, request, in ? in : (uint8_t *)(uintptr_t)out,
			    in ? in_capacity : out_bytes);
	return TEE_SUCCESS;
}

static wg_result operate(struct direct *direct, void *session)
{
	const struct wg_crossing_job *job = &direct->job;
	const struct wg_crossing_plan *plan = job->plan;
	const bool loaded = plan->lane.payload_bytes != 0;
	const uint32_t types =
		TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INOUT, loaded ? TEE_PARAM_TYPE_MEMREF_INOUT : TEE_PARAM_TYPE_NONE,
				TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE);
	TEE_Param params[4];

	memset(params, 0, sizeof(params));
	params[0].value.a = plan->operation;
	params[0].value.b = plan->bytes;
	if (loaded) {
		memcpy(direct->buffer, job->payload, plan->bytes);
		params[1].memref.buffer = direct->buffer;
		params[1].memref.size = plan->lane.payload_bytes;
	}
	if (direct->ta->invoke(session, WG_LANE_COMMAND_CALL, types, params) != TEE_SUCCESS)
		return WG_ERR_STATE;
	if (params[0].value.a != job->expected || params[0].value.b != job->expected_bytes)
		return WG_ERR_AUTH;
	/* Not of 0 bytes: a masked load from a page that was never touched takes 100 ns. */
	if (!job->expected_bytes)
		return WG_OK;
	return memcmp(direct->buffer, job->payload, job->expected_bytes) == 0 ? WG_OK : WG_ERR_AUTH;
}

static wg_result operations(struct direct *direct, void *session, uint64_t count, struct wg_hist *hist, uint64_t *done)
{
	const uint64_t until = wg_crossing_until(direct->job.plan);
	wg_result result = WG_OK;

	for (*done = 0; *done < count && result == WG_OK;) {
		uint64_t began = hist ? wg_ticks() : 0;

		result = operate(direct, session);
		if (result != WG_OK)
			break;
		if (hist)
			wg_hist_record(hist, wg_ticks() - began);
		if (++*done % WG_CROSSING_LOOK_EVERY == 1 && (wg_crossing_stopped(&direct->job) || wg_ticks() > until))
			break;
	}
	return result;
}

/* In place of the TA's invoke, so that what the TA asks for finds its instance. */
static TEE_Result loop(void *session, uint32_t command, uint32_t types, TEE_Param params[4])
{
	struct direct *direct = running;
	const struct wg_crossing_plan *plan = direct->job.plan;
	struct wg_crossing_figures *figures = direct->figures;
	struct wg_crossing_moment before, after;
	uint64_t began;

	(void)command;
	(void)types;
	(void)params;
	direct->result = operations(direct, session, plan->warm_up, NULL, &figures->operations);
	if (direct->result != WG_OK)
		return TEE_ERROR_GENERIC;
	wg_crossing_now(&before);
	began = wg_ticks();
	direct->result = operations(direct, session, plan->count, plan->depth > 1 ? NULL : direct->job.hist,
				    &figures->operations);
	figures->elapsed_ns = wg_ticks_to_ns(wg_ticks() - began);
	wg_crossing_now(&after);
	wg_crossing_since(&before, &after, &figures->client);
	return TEE_SUCCESS;
}

/* Each side writes and reads what crosses once; counted together, since nothing stands between the operations. */
static void count(struct wg_crossing_figures *figures, const struct wg_crossing_job *job)
{
	const uint64_t bytes = figures->operations * (job->plan->bytes + (uint64_t)job->expected_bytes);

	figures->client.counts.operations = figures->operations;
	figures->client.counts.lane_bytes = bytes;
	figures->world.known = true;
	figures->world.counts.lane_bytes = bytes;
}

static wg_result start(struct direct *direct)
{
	const TEE_UUID uuid = CROSSING_TA_UUID;

	direct->ta = wg_ta_find(&uuid);
	if (!direct->ta)
		return WG_ERR_UNAVAILABLE;
	direct->looped = *direct->ta;
	direct->looped.invoke = loop;
	direct->heap_bytes = wg_page_round_up(direct->ta->data_bytes);
	direct->heap = wg_plain_map(direct->heap_bytes);
	direct->buffer = wg_plain_map(wg_page_round_up(direct->job.plan->lane.payload_bytes + 1u));
	direct->supplicant = wg_supplicant_new(&uuid);
	if (!direct->heap || !direct->buffer || !direct->supplicant)
		return WG_ERR_MEMORY;
	return wg_instance_start(&direct->instance, &direct->looped, direct->heap, direct->ta->data_bytes, rpc, direct,
				 &direct->cancel);
}

static void finish(struct direct *direct)
{
	wg_supplicant_free(direct->supplicant);
	wg_shared_unmap(direct->buffer, wg_page_round_up(direct->job.plan->lane.payload_bytes + 1u));
	wg_shared_unmap(direct->heap, direct->heap_bytes);
}

static wg_result run(struct direct *direct)
{
	TEE_Param none[4] = {{.value = {0, 0}}};
	TEE_Result result = wg_instance_create(&direct->instance);

	direct->result = WG_ERR_STATE;
	if (result == TEE_SUCCESS)
		result = wg_instance_open(&direct->instance, 0, none, &direct->session);
	if (result == TEE_SUCCESS) {
		running = direct;
		result = wg_instance_invoke(&direct->instance, direct->session, 0, 0, none);
		running = NULL;
		wg_instance_close(&direct->instance, direct->session);
		wg_instance_destroy(&direct->instance);
	}
	wg_instance_stop(&direct->instance);
	if (result != TEE_SUCCESS)
		wg_fail(result, "the TA's code, called directly, ended with 0x%08x", result);
	return direct->result;
}

wg_result wg_crossing_direct(const struct wg_crossing_plan *plan, const volatile int *stop,
			     struct wg_crossing_figures *figures)
{
	struct direct direct = {.figures = figures};
	cpu_set_t before;
	wg_result result;

	wg_reason_clear();
	wg_crossing_clear(figures);
	result = wg_crossing_prepare(plan, stop, &direct.job);
	if (result != WG_OK)
		return result;
	result = wg_crossing_keep(plan->pins, &before);
	if (result == WG_OK && plan->pins)
		result = wg_crossing_pin(plan->pins->client, &before);
	if (result == WG_OK)
		result = start(&direct);
	if (result == WG_OK)
		result = run(&direct);
	if (result == WG_OK) {
		count(figures, &direct.job);
		wg_crossing_percentiles(plan->depth > 1 ? NULL : direct.job.hist, figures);
	}
	finish(&direct);
	wg_crossing_restore(plan->pins, &before);
	wg_crossing_free(&direct.job);
	return result;
}
