/* SPDX-License-Identifier: Apache-2.0 */
/* Loops that reach the crossing TA: its code called directly, through the gate of the normal world, and in a
 * compartment in each of the modes. The operation does nothing and carries nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crossing_ta.h"
#include "wg_clock.h"
#include "wg_crossing_load.h"
#include "wg_instance.h"
#include "wg_limits_loop.h"

#define RING_SLOTS 256u
#define BATCH_MOST (UINT64_C(1) << 22) /* operations of one turn's run: bounds a stream's tags */
/* The cost of one operation more is the slope between two batches. */
#define BATCH_SMALL 64u
#define BATCH_LARGE 2048u
#define WARM_UP	    64u

struct crossing {
	TEEC_Context context;
	TEEC_Session session;
	bool has_context, has_session;
	struct wg_lane *lane; /* NULL: each run has its own */
};

static wg_result failed(struct wg_limit_run *run, TEEC_Result code)
{
	const wg_result result = code == TEEC_ERROR_OUT_OF_MEMORY ? WG_ERR_MEMORY : WG_ERR_UNAVAILABLE;
	const char *why = wg_gate_reason();

	return wg_limit_fail(run, result, "%s", why[0] ? why : "the world cannot be used here");
}

static wg_result world_open(struct wg_limit_run *run, const char *kind)
{
	static const TEEC_UUID uuid = CROSSING_TA_UUID;
	struct crossing *crossing = run->state = calloc(1, sizeof(*crossing));
	struct wg_world_info info;
	char world[64];
	TEEC_Result code;

	if (!crossing)
		return WG_ERR_MEMORY;
	/* The normal world runs where this thread does. */
	if (run->plan->other_cpu < 0 || strcmp(kind, "normal") == 0)
		snprintf(world, sizeof(world), "%s", kind);
	else
		snprintf(world, sizeof(world), "%s:cpu=%d", kind, run->plan->other_cpu);
	code = TEEC_InitializeContext(world, &crossing->context);
	if (code != TEEC_SUCCESS)
		return failed(run, code);
	crossing->has_context = true;
	code = TEEC_OpenSession(&crossing->context, &crossing->session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL);
	if (code != TEEC_SUCCESS)
		return failed(run, code);
	crossing->has_session = true;
	if (wg_gate_world_info(&crossing->session, &info) == WG_OK)
		run->process = info.process;
	return WG_OK;
}

static wg_result lane_open(struct wg_limit_run *run, const char *kind, enum wg_lane_mode mode, uint32_t count)
{
	const struct wg_lane_config config = {mode, count, 0};
	wg_result result = world_open(run, kind);
	struct crossing *crossing = run->state;

	if (result == WG_OK)
		result = wg_lane_open(&crossing->context, &crossing->session, &config, &crossing->lane);
	return result;
}

static void crossing_close(struct wg_limit_run *run)
{
	struct crossing *crossing = run->state;

	if (!crossing)
		return;
	if (crossing->lane)
		wg_lane_close(crossing->lane, NULL);
	if (crossing->has_session)
		TEEC_CloseSession(&crossing->session);
	if (crossing->has_context)
		TEEC_FinalizeContext(&crossing->context);
	free(crossing);
}

static wg_result call_open(struct wg_limit_run *run)
{
	return lane_open(run, "compartment", WG_LANE_CALL, 1);
}

static wg_result gate_call_open(struct wg_limit_run *run)
{
	return lane_open(run, "normal", WG_LANE_CALL, 1);
}

static wg_result round_trip_open(struct wg_limit_run *run)
{
	return lane_open(run, "compartment", WG_LANE_RING, RING_SLOTS);
}

static wg_result compartment_open(struct wg_limit_run *run)
{
	return world_open(run, "compartment");
}

/* One operation at a time. Unlike wg_crossing_run() it does not read the clock at each. */
static wg_result one_by_one(struct wg_limit_run *run, uint64_t count, double *ns)
{
	struct crossing *crossing = run->state;
	const uint64_t began = wg_ticks();
	wg_result result = WG_OK;
	struct wg_lane_slot slot;
	const void *payload;
	uint64_t i;

	for (i = 0; i < count && result == WG_OK; i++) {
		result = wg_lane_submit(crossing->lane, CROSSING_NOTHING, 0, (uint32_t)i);
		if (result == WG_OK)
			result = wg_lane_wait(crossing->lane, &slot, &payload);
		if (result == WG_OK && (slot.result != 0 || slot.tag != (uint32_t)i))
			result = wg_limit_fail(run, WG_ERR_AUTH, "the TA gave a wrong answer");
	}
	*ns = wg_ticks_to_ns(wg_ticks() - began);
	return result;
}

/* As many operations under way as the lane holds. */
static wg_result stream(struct wg_limit_run *run, enum wg_lane_mode mode, uint32_t depth, uint64_t count, double *ns)
{
	struct crossing *crossing = run->state;
	const struct wg_crossing_plan plan = {
		.lane = {mode, depth, 0},
		.operation = CROSSING_NOTHING,
		.depth = depth,
		.warm_up = WARM_UP,
		.count = count,
	};
	struct wg_crossing_figures figures;
	wg_result result = wg_crossing_run(&crossing->context, &crossing->session, &plan, NULL, &figures);

	if (result != WG_OK)
		return wg_limit_fail(run, result, "%s", wg_gate_reason());
	*ns = figures.elapsed_ns / (double)figures.operations * (double)count;
	return WG_OK;
}

static wg_result ring_turns(struct wg_limit_run *run, uint64_t count, double *ns)
{
	return stream(run, WG_LANE_RING, RING_SLOTS, count, ns);
}

/* A turn stands for one operation, but is measured by two whole batches at least. */
static wg_result batch_turns(struct wg_limit_run *run, uint64_t count, double *ns)
{
	const uint64_t batches = (count < BATCH_MOST ? count : BATCH_MOST) / BATCH_LARGE + 1;
	double small_ns = 0;
	double large_ns = 0;
	wg_result result = stream(run, WG_LANE_BATCH, BATCH_SMALL, batches * BATCH_SMALL, &small_ns);

	if (result == WG_OK)
		result = stream(run, WG_LANE_BATCH, BATCH_LARGE, batches * BATCH_LARGE, &large_ns);
	if (result == WG_OK)
		*ns = (large_ns - small_ns) / (double)(batches * (BATCH_LARGE - BATCH_SMALL)) * (double)count;
	return result;
}

struct direct {
	struct wg_instance instance;
	void *heap;
	void *session;
	bool started, created, opened;
	atomic_uint cancel;
};

static TEE_Result no_request(void *context, struct wg_rpc *rpc, const void *out, size_t out_bytes, void *in,
			     size_t in_capacity)
{
	(void)context;
	(void)rpc;
	(void)out;
	(void)out_bytes;
	(void)in;
	(void)in_capacity;
	return TEE_ERROR_NOT_SUPPORTED;
}

/* An instance for what the TA needs when a session is opened. */
static wg_result direct_open(struct wg_limit_run *run)
{
	static const TEE_UUID uuid = CROSSING_TA_UUID;
	const struct wg_ta *ta = wg_ta_find(&uuid);
	struct direct *direct = run->state = calloc(1, sizeof(*direct));
	TEE_Param none[4];
	wg_result result;

	if (!direct)
		return WG_ERR_MEMORY;
	if (!ta)
		return wg_limit_fail(run, WG_ERR_UNAVAILABLE, "the crossing TA is not part of this program");
	direct->heap = aligned_alloc(4096, ((size_t)ta->data_bytes + 4095u) / 4096u * 4096u);
	if (!direct->heap)
		return WG_ERR_MEMORY;
	result = wg_instance_start(&direct->instance, ta, direct->heap, ta->data_bytes, no_request, NULL,
				   &direct->cancel);
	direct->started = result == WG_OK;
	if (result != WG_OK)
		return result;
	memset(none, 0, sizeof(none));
	direct->created = wg_instance_create(&direct->instance) == TEE_SUCCESS;
	direct->opened =
		direct->created && wg_instance_open(&direct->instance, 0, none, &direct->session) == TEE_SUCCESS;
	return direct->opened ? WG_OK : wg_limit_fail(run, WG_ERR_SYSTEM, "the crossing TA opens no session");
}

/* The TA's entry point as the gate would call it, without a gate. */
static wg_result direct_turns(struct wg_limit_run *run, uint64_t count, double *ns)
{
	struct direct *direct = run->state;
	const uint32_t types = TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INOUT, TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE,
					       TEE_PARAM_TYPE_NONE);
	const struct wg_ta *ta = direct->instance.ta;
	const uint64_t began = wg_ticks();
	TEE_Result result = TEE_SUCCESS;
	TEE_Param params[4];

	memset(params, 0, sizeof(params));
	while (count-- && result == TEE_SUCCESS) {
		params[0].value.a = CROSSING_NOTHING;
		params[0].value.b = 0;
		result = ta->invoke(direct->session, WG_LANE_COMMAND_CALL, types, params);
	}
	*ns = wg_ticks_to_ns(wg_ticks() - began);
	return result == TEE_SUCCESS ? WG_OK : wg_limit_fail(run, WG_ERR_SYSTEM, "the TA answered 0x%08x", result);
}

static void direct_close(struct wg_limit_run *run)
{
	struct direct *direct = run->state;

	if (!direct)
		return;
	if (direct->opened)
		wg_instance_close(&direct->instance, direct->session);
	if (direct->created)
		wg_instance_destroy(&direct->instance);
	if (direct->started)
		wg_instance_stop(&direct->instance);
	free(direct->heap);
	free(direct);
}

const struct wg_limit_loop wg_limit_crossing_loops[] = {
	{"call", call_open, one_by_one, crossing_close},
	{"gate call", gate_call_open, one_by_one, crossing_close},
	{"direct call", direct_open, direct_turns, direct_close},
	{"batch operation", compartment_open, batch_turns, crossing_close},
	{"ring operation", compartment_open, ring_turns, crossing_close},
	{"ring round trip", round_trip_open, one_by_one, crossing_close},
	{NULL, NULL, NULL, NULL},
};
