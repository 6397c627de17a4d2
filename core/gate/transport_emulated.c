/* SPDX-License-Identifier: Apache-2.0 */
/* A compartment in which the known costs of a platform are executed for real. A crossing takes transition_ns from the
 * client's call to its return, over and above the TA's own time and copies: the world waits for the first half to pass
 * before the TA runs, the normal world waits for the rest. Both spin, since sleeping costs more than what is emulated.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tee_api_defines.h"
#include "wg_clock.h"
#include "wg_reason.h"
#include "wg_remote.h"
#include "wg_stage.h"

#define FLOOR_BATCHES	  4
#define FLOOR_CROSSINGS	  1500
#define BOUNCE_BYTES	  65536u
#define COPY_TRIALS	  64
#define TAIL_DELAY_NS	  2000 /* long enough that the machine's own crossing is over */
#define TAIL_DELAY_MAX_NS 100000

/* What this machine's own crossing and copy cost here: measured once per process and processor. */
struct floors {
	pthread_mutex_t lock;
	double transition_ns; /* 0: not measured yet */
	double copy_ns_per_kib;
	double tail_ns; /* of a crossing, after its delay is over: what the Client API still does */
	int cpu;
};

static struct floors floors = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a;
	double right = *(const double *)b;

	return (left > right) - (left < right);
}

/* The median of empty crossings through the whole Client API, in ns; infinite where there is no answer. */
static double median_crossing(struct wg_remote *world, double round_trips[FLOOR_CROSSINGS])
{
	struct wg_session opened = {.gate = world->target.gate, .target = &world->target};
	TEEC_Session session = {.imp = {&opened}};
	TEEC_Operation operation = {.paramTypes = TEEC_VALUE_INOUT}; /* the least that a useful call has */

	for (int i = 0; i < FLOOR_CROSSINGS; i++) {
		uint64_t began = wg_ticks();

		if (TEEC_InvokeCommand(&session, 0, &operation, NULL) != TEEC_SUCCESS)
			return INFINITY;
		round_trips[i] = wg_ticks_to_ns(wg_ticks() - began);
	}
	qsort(round_trips, FLOOR_CROSSINGS, sizeof(round_trips[0]), compare);
	return round_trips[FLOOR_CROSSINGS / 2];
}

/* The best median of several batches: what the machine can do when it is let. */
static double best_crossing(struct wg_remote *world)
{
	double *round_trips = calloc(FLOOR_CROSSINGS, sizeof(*round_trips));
	double best = INFINITY;

	for (int batch = 0; round_trips && batch < FLOOR_BATCHES; batch++)
		best = fmin(best, median_crossing(world, round_trips));
	free(round_trips);
	return best;
}

static double measure_copy(uint8_t *arena)
{
	static uint8_t scratch[BOUNCE_BYTES];
	double trials[COPY_TRIALS];

	for (int i = 0; i < COPY_TRIALS; i++) {
		uint64_t began = wg_ticks();

		memcpy(scratch, arena, BOUNCE_BYTES);
		trials[i] = wg_ticks_to_ns(wg_ticks() - began) / (BOUNCE_BYTES / 1024);
	}
	qsort(trials, COPY_TRIALS, sizeof(trials[0]), compare);
	return trials[COPY_TRIALS / 2];
}

/* A crossing without a delay is the floor; what one with a delay takes longer than that delay is the tail. */
static TEEC_Result measure_floors(struct wg_gate *gate)
{
	const struct wg_boot plain = {.rpc_ns = -1, .spin = 1};
	const double wanted_ns = gate->spec.costs.transition_ns;
	double known_ns = floors.cpu == gate->spec.cpu ? floors.transition_ns : 0;
	struct wg_ledger aside = {0}; /* these crossings are nobody's */
	struct wg_ledger *ledger;
	struct wg_remote *world;
	TEEC_Result result = wg_remote_start(gate, NULL, &plain, &world);

	if (result != TEEC_SUCCESS)
		return result;
	ledger = wg_ledger_enter(&aside);
	gate->spec.costs.transition_ns = 0;
	floors.tail_ns = 0;
	floors.transition_ns = best_crossing(world);
	if (known_ns > 0)
		floors.transition_ns = fmin(floors.transition_ns, known_ns);
	gate->spec.costs.transition_ns = fmin(floors.transition_ns * 2 + TAIL_DELAY_NS, TAIL_DELAY_MAX_NS);
	floors.tail_ns = fmax(0, best_crossing(world) - gate->spec.costs.transition_ns);
	gate->spec.costs.transition_ns = wanted_ns;
	floors.copy_ns_per_kib = measure_copy(gate->arena_memory);
	floors.cpu = gate->spec.cpu;
	wg_remote_stop(&world->target);
	(void)wg_ledger_enter(ledger);
	return TEEC_SUCCESS;
}

static TEEC_Result refuse(const char *what, double target, double floor)
{
	return wg_fail(
		TEEC_ERROR_NOT_SUPPORTED,
		"%s of the profile is %.0f ns, this machine's own is %.0f ns now: it cannot be emulated here, or not "
		"before two processors are idle",
		what, target, floor);
}

static TEEC_Result check_floors(const struct wg_costs *costs)
{
	if (floors.transition_ns > costs->transition_ns)
		return refuse("a crossing", costs->transition_ns, floors.transition_ns);
	if (costs->rpc_ns >= 0 && floors.transition_ns > costs->rpc_ns)
		return refuse("a request of the world", costs->rpc_ns, floors.transition_ns);
	if (costs->copy_ns_per_kib >= 0 && floors.copy_ns_per_kib > costs->copy_ns_per_kib)
		return refuse("the copy of 1 KiB", costs->copy_ns_per_kib, floors.copy_ns_per_kib);
	if (costs->temporary_ns_per_kib >= 0 && floors.copy_ns_per_kib > costs->temporary_ns_per_kib)
		return refuse("the copy of 1 KiB of temporary memory", costs->temporary_ns_per_kib,
			      floors.copy_ns_per_kib);
	return TEEC_SUCCESS;
}

static TEEC_Result emulated_open(struct wg_gate *gate)
{
	TEEC_Result result = wg_remote_open(gate);

	if (result != TEEC_SUCCESS)
		return result;
	wg_ticks_per_ns(); /* calibrates now, not in the first crossing */
	pthread_mutex_lock(&floors.lock);
	if (floors.transition_ns == 0 || floors.cpu != gate->spec.cpu)
		result = measure_floors(gate);
	/* A noisy moment must not decide for good: a floor that refuses is measured once more. */
	if (result == TEEC_SUCCESS && check_floors(&gate->spec.costs) != TEEC_SUCCESS)
		result = measure_floors(gate);
	if (result == TEEC_SUCCESS)
		result = check_floors(&gate->spec.costs);
	pthread_mutex_unlock(&floors.lock);
	if (result != TEEC_SUCCESS)
		wg_remote_close(gate);
	return result;
}

static TEEC_Result emulated_start(struct wg_gate *gate, const TEE_UUID *uuid, struct wg_target **out)
{
	const struct wg_costs *costs = &gate->spec.costs;
	const struct wg_boot timing = {
		.enter_ticks = wg_ns_to_ticks(costs->transition_ns / 2),
		.rpc_ns = costs->rpc_ns,
		.rpc_refused = costs->rpc_ns<0, .heap_bytes = costs->heap_bytes> 0 ? (uint64_t)costs->heap_bytes : 0,
		.fault_ns = costs->fault_ns,
		.spin = 1,
	};

	return wg_remote_start(gate, uuid, &timing, (struct wg_remote **)out);
}

/* Copies the bytes through a buffer of the normal world, for real. */
static void copy_through(const uint8_t *memory, uint64_t bytes)
{
	static _Thread_local uint8_t scratch[BOUNCE_BYTES];

	for (uint64_t at = 0; at < bytes; at += BOUNCE_BYTES) {
		uint64_t left = bytes - at;

		memcpy(scratch, memory + at, left < BOUNCE_BYTES ? left : BOUNCE_BYTES);
		__asm__ volatile("" : : "r"(scratch) : "memory"); /* the copy is the point, keep it */
	}
}

/* The copies that a platform makes on the way in (direction 1) or out (2): bounce buffers of every reference are copied
 * through here and topped up to the profile's cost. Memory that is not shared was or will be copied by the gate, which
 * this tops up by what that copy costs on the platform beyond this machine's own. */
static void copy_as_platform(const struct wg_remote *remote, struct wg_call *call, uint32_t direction)
{
	struct wg_gate *gate = remote->target.gate;
	const struct wg_costs *costs = &gate->spec.costs;

	for (unsigned i = 0; i < WG_PARAMS; i++) {
		uint32_t type = (call->types >> (4 * i)) & 0xf;
		const struct wg_call_param *param = &call->params[i];
		const double kib = (double)param->bytes / 1024;
		uint64_t began = wg_ticks();
		double cost_ns = 0;

		if (type < TEE_PARAM_TYPE_MEMREF_INPUT || !(type & direction) || param->offset == WG_NULL_OFFSET)
			continue;
		if (param->bytes > gate->spec.arena_bytes - param->offset)
			continue; /* the size that a TA asks for beyond its buffer: nothing was moved */
		if (costs->copy_ns_per_kib > 0) {
			copy_through(gate->arena_memory + param->offset, param->bytes);
			WG_COUNT(bounce_bytes, param->bytes);
			cost_ns += costs->copy_ns_per_kib * kib;
		}
		if (costs->temporary_ns_per_kib > 0 && param->copied)
			cost_ns += (costs->temporary_ns_per_kib - floors.copy_ns_per_kib) * kib;
		wg_spin_until(began + wg_ns_to_ticks(cost_ns));
		call->entered += wg_ticks() - began;
	}
}

static void emulated_call(struct wg_target *target, struct wg_call *call)
{
	struct wg_remote *remote = (struct wg_remote *)target;
	const struct wg_costs *costs = &target->gate->spec.costs;
	const bool copies = costs->copy_ns_per_kib > 0 || costs->temporary_ns_per_kib > 0;
	uint64_t ta_ticks;

	if (copies) {
		copy_as_platform(remote, call, 1);
		wg_stage_lap(wg_stage_here(), WG_STAGE_marshal, 0);
	}
	wg_remote_call(remote, call, &ta_ticks);
	if (call->result == TEEC_ERROR_TARGET_DEAD)
		return;
	wg_spin_until(call->entered + wg_ns_to_ticks(costs->transition_ns - floors.tail_ns) + ta_ticks);
	wg_stage_lap(wg_stage_here(), WG_STAGE_wait, 0);
	if (copies)
		copy_as_platform(remote, call, 2);
}

static void emulated_info(struct wg_target *target, struct wg_world_info *out)
{
	wg_remote_info(target, out);
	pthread_mutex_lock(&floors.lock);
	out->transition_floor_ns = floors.transition_ns;
	pthread_mutex_unlock(&floors.lock);
}

const struct wg_transport wg_transport_emulated = {
	.fidelity = "emulated",
	.wants_ticks = true,
	.open = emulated_open,
	.close = wg_remote_close,
	.start = emulated_start,
	.stop = wg_remote_stop,
	.call = emulated_call,
	.cancel = wg_remote_cancel,
	.ended = wg_remote_ended,
	.ledger = wg_remote_ledger,
	.info = emulated_info,
};
