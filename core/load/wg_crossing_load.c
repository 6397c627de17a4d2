/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_crossing_load.h"

#include <stdlib.h>
#include <string.h>

#include "crossing_ta.h"
#include "wg_clock.h"
#include "wg_hist.h"

#define LOOK_EVERY 256u /* operations between two looks at stop and the time */

struct run {
	const struct wg_crossing_plan *plan;
	struct wg_lane *lane;
	struct wg_hist *hist; /* NULL: no round trips */
	uint8_t *payload;     /* what every request carries */
	uint32_t expected;    /* result */
	uint32_t expected_bytes;
	uint32_t next_tag, next_answer;
};

static wg_result put(struct run *run)
{
	void *payload = wg_lane_payload(run->lane);

	if (!payload)
		return WG_ERR_STATE;
	if (run->plan->bytes)
		memcpy(payload, run->payload, run->plan->bytes);
	return wg_lane_submit(run->lane, run->plan->operation, run->plan->bytes, run->next_tag++);
}

static wg_result check(struct run *run, const struct wg_lane_slot *slot, const void *payload)
{
	if (slot->tag != run->next_answer++ || slot->result != run->expected || slot->bytes != run->expected_bytes)
		return WG_ERR_AUTH;
	if (!slot->bytes)
		return WG_OK;
	/* Read once, where it lies: nothing else is done with it. */
	return memcmp(payload, run->payload, slot->bytes) == 0 ? WG_OK : WG_ERR_AUTH;
}

static wg_result get(struct run *run)
{
	struct wg_lane_slot slot;
	const void *payload;
	wg_result result = wg_lane_wait(run->lane, &slot, &payload);

	return result == WG_OK ? check(run, &slot, payload) : result;
}

static wg_result round_trips(struct run *run, uint64_t count, uint64_t until, const volatile int *stop, uint64_t *done)
{
	wg_result result = WG_OK;

	for (*done = 0; *done < count; (*done)++) {
		uint64_t began = wg_ticks();

		result = put(run);
		if (result == WG_OK)
			result = get(run);
		if (result != WG_OK)
			break;
		if (run->hist)
			wg_hist_record(run->hist, wg_ticks() - began);
		if (*done % LOOK_EVERY == 0 && ((stop && *stop) || wg_ticks() > until))
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
	struct wg_lane_request requests[WG_LANE_BURST];
	uint32_t count = most < WG_LANE_BURST ? (uint32_t)most : WG_LANE_BURST;
	uint32_t put;
	uint32_t i;
	wg_result result;

	for (i = 0; i < count; i++)
		requests[i] = (struct wg_lane_request){run->plan->operation, run->next_tag + i, run->payload,
						       run->plan->bytes};
	result = wg_lane_put(run->lane, requests, count, &put);
	run->next_tag += put;
	*put_count += put;
	return result;
}

/* Keeps depth requests under way. */
static wg_result stream(struct run *run, uint64_t count, uint64_t until, const volatile int *stop, uint64_t *done)
{
	const uint64_t depth = run->plan->depth;
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
		next_look = *done + LOOK_EVERY;
		if ((stop && *stop) || wg_ticks() > until)
			count = put_count; /* take what is under way */
	}
	return result;
}

static wg_result run_for(struct run *run, uint64_t count, uint64_t until, const volatile int *stop, uint64_t *done)
{
	return run->plan->depth > 1 ? stream(run, count, until, stop, done)
				    : round_trips(run, count, until, stop, done);
}

static void fill_percentiles(const struct wg_hist *hist, struct wg_crossing_figures *figures)
{
	const struct {
		double percent;
		double *target;
	} wanted[] = {{1, &figures->p1_ns},   {50, &figures->p50_ns},	 {90, &figures->p90_ns},
		      {99, &figures->p99_ns}, {99.9, &figures->p999_ns}, {100, &figures->max_ns}};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		uint64_t ticks;

		*wanted[i].target = -1;
		if (hist && wg_hist_percentile(hist, wanted[i].percent, &ticks) == WG_OK)
			*wanted[i].target = wg_ticks_to_ns(ticks);
	}
}

static wg_result timed(struct run *run, const volatile int *stop, struct wg_crossing_figures *figures)
{
	const struct wg_crossing_plan *plan = run->plan;
	const uint64_t limit = plan->most_ns ? wg_ns_to_ticks((double)plan->most_ns) : UINT64_MAX / 2;
	struct wg_hist *hist = run->hist;
	uint64_t began;
	uint64_t done;
	wg_result result;

	run->hist = NULL;
	result = run_for(run, plan->warm_up, wg_ticks() + limit, stop, &done);
	if (result != WG_OK)
		return result;
	run->hist = hist;
	began = wg_ticks();
	result = run_for(run, plan->count, began + limit, stop, &figures->operations);
	figures->elapsed_ns = wg_ticks_to_ns(wg_ticks() - began);
	fill_percentiles(hist, figures);
	return result;
}

static wg_result prepare(struct run *run)
{
	const struct wg_crossing_plan *plan = run->plan;
	uint32_t i;

	run->payload = malloc(plan->bytes + 1u);
	run->hist = plan->depth > 1 ? NULL : calloc(1, sizeof(*run->hist));
	if (!run->payload || (plan->depth <= 1 && !run->hist))
		return WG_ERR_MEMORY;
	if (run->hist)
		wg_hist_init(run->hist);
	for (i = 0; i < plan->bytes; i++) {
		run->payload[i] = (uint8_t)(i * 31u + 7u);
		if (plan->operation == CROSSING_SUM)
			run->expected += run->payload[i];
	}
	run->expected_bytes = plan->operation == CROSSING_ECHO ? plan->bytes : 0;
	return WG_OK;
}

wg_result wg_crossing_run(TEEC_Context *context, TEEC_Session *session, const struct wg_crossing_plan *plan,
			  const volatile int *stop, struct wg_crossing_figures *figures)
{
	struct run run = {.plan = plan};
	struct wg_lane_counts counts;
	wg_result result;

	memset(figures, 0, sizeof(*figures));
	fill_percentiles(NULL, figures);
	if (plan->bytes > plan->lane.payload_bytes || plan->operation > CROSSING_REQUEST)
		return WG_ERR_INPUT;
	result = prepare(&run);
	if (result == WG_OK)
		result = wg_lane_open(context, session, &plan->lane, &run.lane);
	if (result == WG_OK) {
		result = timed(&run, stop, figures);
		wg_lane_close(run.lane, &counts);
		figures->world_polls = counts.polls;
	}
	free(run.payload);
	free(run.hist);
	return result;
}
