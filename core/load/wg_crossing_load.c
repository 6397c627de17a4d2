/* SPDX-License-Identifier: Apache-2.0 */
/* The plan through a lane. */
#include "wg_crossing_load.h"

#include <string.h>

#include "wg_clock.h"
#include "wg_crossing_job.h"
#include "wg_gate.h"
#include "wg_reason.h"

struct run {
	struct wg_crossing_job job;
	struct wg_lane *lane;
	TEEC_Session *session;
	uint32_t next_tag, next_answer;
};

/* Everything that is measured of the threads. */
struct moment {
	struct wg_crossing_moment client;
	struct wg_lane_counts lane;
	struct wg_ledger world;
	bool world_known;
	double world_cpu_ns;
};

static wg_result put(struct run *run)
{
	const struct wg_crossing_plan *plan = run->job.plan;
	void *payload = wg_lane_payload(run->lane);

	if (!payload)
		return WG_ERR_STATE;
	if (plan->bytes)
		memcpy(payload, run->job.payload, plan->bytes);
	return wg_lane_submit(run->lane, plan->operation, plan->bytes, run->next_tag++);
}

static wg_result check(struct run *run, const struct wg_lane_slot *slot, const void *payload)
{
	const struct wg_crossing_job *job = &run->job;

	if (slot->tag != run->next_answer++ || slot->result != job->expected || slot->bytes != job->expected_bytes)
		return WG_ERR_AUTH;
	if (!slot->bytes)
		return WG_OK;
	/* Read once, where it lies: nothing else is done with it. */
	return memcmp(payload, job->payload, slot->bytes) == 0 ? WG_OK : WG_ERR_AUTH;
}

static wg_result get(struct run *run)
{
	struct wg_lane_slot slot;
	const void *payload;
	wg_result result = wg_lane_wait(run->lane, &slot, &payload);

	return result == WG_OK ? check(run, &slot, payload) : result;
}

/* One operation there and back, or a whole batch of count. */
static wg_result round_trip(struct run *run, uint32_t count)
{
	struct wg_stages *stages = wg_stage_begin();
	uint64_t began = wg_ticks();
	wg_result result = WG_OK;
	uint32_t i;

	for (i = 0; i < count && result == WG_OK; i++)
		result = put(run);
	for (i = 0; i < count && result == WG_OK; i++)
		result = get(run);
	if (result == WG_OK && run->job.hist)
		wg_hist_record(run->job.hist, wg_ticks() - began);
	wg_stage_lap(stages, WG_STAGE_take, 0);
	wg_stage_end();
	return result;
}

static wg_result round_trips(struct run *run, uint64_t count, uint64_t until, uint64_t *done)
{
	const struct wg_lane_config *lane = &run->job.plan->lane;
	const uint32_t most = lane->mode == WG_LANE_BATCH ? lane->count : 1;
	uint64_t next_look = 0;
	wg_result result = WG_OK;

	*done = 0;
	while (result == WG_OK && *done < count) {
		uint32_t carried = count - *done < most ? (uint32_t)(count - *done) : most;

		result = round_trip(run, carried);
		if (result == WG_OK)
			*done += carried;
		if (*done < next_look)
			continue;
		next_look = *done + WG_CROSSING_LOOK_EVERY;
		if (wg_crossing_stopped(&run->job) || wg_ticks() > until)
			break;
	}
	return result;
}

/* Takes one burst of answers. */
static wg_result get_burst(struct run *run, uint64_t *done)
{
	struct wg_lane_reply replies[WG_LANE_BURST];
	uint32_t taken;
	uint32_t i;
	wg_result result = wg_lane_take(run->lane, replies, WG_LANE_BURST, &taken);

	for (i = 0; i < taken && result == WG_OK; i++)
		result = check(run, &replies[i].slot, replies[i].payload);
	*done += i;
	return result;
}

/* Submits one burst of at most that many requests. */
static wg_result put_burst(struct run *run, uint64_t most, uint64_t *put_count)
{
	const struct wg_crossing_plan *plan = run->job.plan;
	struct wg_lane_request requests[WG_LANE_BURST];
	uint32_t count = most < WG_LANE_BURST ? (uint32_t)most : WG_LANE_BURST;
	uint32_t put;
	uint32_t i;
	wg_result result;

	for (i = 0; i < count; i++)
		requests[i] =
			(struct wg_lane_request){plan->operation, run->next_tag + i, run->job.payload, plan->bytes};
	result = wg_lane_put(run->lane, requests, count, &put);
	run->next_tag += put;
	*put_count += put;
	return result;
}

/* Keeps depth requests under way. */
static wg_result stream(struct run *run, uint64_t count, uint64_t until, uint64_t *done)
{
	const uint64_t depth = run->job.plan->depth;
	uint64_t put_count = 0;
	uint64_t next_look = 0;
	wg_result result = WG_OK;

	*done = 0;
	while (result == WG_OK && *done < count) {
		while (result == WG_OK && put_count < count && put_count - *done < depth) {
			uint64_t room = depth - (put_count - *done);

			result = put_burst(run, room < count - put_count ? room : count - put_count, &put_count);
		}
		if (result == WG_ERR_STATE)
			result = WG_OK; /* full: answers must be taken first */
		if (result == WG_OK)
			result = get_burst(run, done);
		if (*done < next_look)
			continue;
		next_look = *done + WG_CROSSING_LOOK_EVERY;
		if (wg_crossing_stopped(&run->job) || wg_ticks() > until)
			count = put_count; /* take what is under way */
	}
	return result;
}

static wg_result run_for(struct run *run, uint64_t count, uint64_t *done)
{
	const uint64_t until = wg_crossing_until(run->job.plan);

	return run->job.plan->depth > 1 ? stream(run, count, until, done) : round_trips(run, count, until, done);
}

static double world_cpu_ns(struct run *run)
{
	struct wg_world_info info;

	return wg_gate_world_info(run->session, &info) == WG_OK ? wg_crossing_process_cpu_ns(info.process) : -1;
}

/* At rest: what the world and the lane's thread have counted. */
static wg_result others_now(struct run *run, struct moment *moment)
{
	wg_result result = wg_lane_rest(run->lane);

	if (result != WG_OK)
		return result;
	wg_lane_count(run->lane, &moment->lane);
	moment->world_known = wg_gate_world_ledger(run->session, &moment->world) == WG_OK;
	return WG_OK;
}

static void fill_others(const struct run *run, const struct moment *before, const struct moment *after,
			struct wg_crossing_figures *figures)
{
	struct wg_crossing_thread *lane = &figures->lane;
	struct wg_crossing_thread *world = &figures->world;

	world->known = before->world_known && after->world_known;
	world->counts = after->world;
	wg_crossing_subtract(&world->counts, &before->world);
	world->counts.polls += after->lane.polls - before->lane.polls;
	world->counts.lane_bytes += after->lane.bytes - before->lane.bytes;
	if (before->world_cpu_ns >= 0 && after->world_cpu_ns >= 0)
		world->cpu_ns = after->world_cpu_ns - before->world_cpu_ns;
	if (run->job.plan->lane.mode != WG_LANE_RING)
		return;
	lane->known = true;
	lane->counts = after->lane.thread;
	wg_crossing_subtract(&lane->counts, &before->lane.thread);
	if (before->lane.thread_cpu_ns >= 0 && after->lane.thread_cpu_ns >= 0)
		lane->cpu_ns = after->lane.thread_cpu_ns - before->lane.thread_cpu_ns;
}

/* The clock runs from the moment before to the moment after; resting lies outside of both. */
static wg_result measure(struct run *run, struct wg_crossing_figures *figures)
{
	struct moment before, after;
	uint64_t began;
	wg_result result = others_now(run, &before);

	if (result != WG_OK)
		return result;
	before.world_cpu_ns = world_cpu_ns(run);
	wg_crossing_now(&before.client);
	began = wg_ticks();
	result = run_for(run, run->job.plan->count, &figures->operations);
	figures->elapsed_ns = wg_ticks_to_ns(wg_ticks() - began);
	wg_crossing_now(&after.client);
	after.world_cpu_ns = world_cpu_ns(run);
	if (result == WG_OK)
		result = others_now(run, &after);
	if (result != WG_OK)
		return result;
	wg_crossing_since(&before.client, &after.client, &figures->client);
	fill_others(run, &before, &after, figures);
	wg_crossing_percentiles(run->job.plan->depth > 1 ? NULL : run->job.hist, figures);
	return WG_OK;
}

static wg_result warm_up(struct run *run)
{
	struct wg_hist *hist = run->job.hist;
	uint64_t done;
	wg_result result;

	run->job.hist = NULL;
	result = run_for(run, run->job.plan->warm_up, &done);
	run->job.hist = hist;
	return result;
}

/* A thread starts where the one that makes it may run. */
static wg_result open_lane(struct run *run, TEEC_Context *context, const cpu_set_t *before)
{
	const struct wg_crossing_plan *plan = run->job.plan;
	const struct wg_crossing_pins *pins = plan->pins;
	wg_result result = pins ? wg_crossing_pin(pins->lane, before) : WG_OK;

	if (result == WG_OK)
		result = wg_lane_open(context, run->session, &plan->lane, &run->lane);
	if (result == WG_OK && pins)
		result = wg_crossing_pin(pins->client, before);
	return result;
}

wg_result wg_crossing_run(TEEC_Context *context, TEEC_Session *session, const struct wg_crossing_plan *plan,
			  const volatile int *stop, struct wg_crossing_figures *figures)
{
	struct run run = {.session = session};
	cpu_set_t before;
	wg_result result;

	wg_reason_clear();
	wg_crossing_clear(figures);
	result = wg_crossing_prepare(plan, stop, &run.job);
	if (result != WG_OK)
		return result;
	result = wg_crossing_keep(plan->pins, &before);
	if (result == WG_OK)
		result = open_lane(&run, context, &before);
	if (result == WG_OK)
		result = warm_up(&run);
	if (result == WG_OK)
		result = measure(&run, figures);
	wg_lane_close(run.lane, NULL);
	wg_crossing_restore(plan->pins, &before);
	wg_crossing_free(&run.job);
	return result;
}
