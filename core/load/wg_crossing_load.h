/* SPDX-License-Identifier: Apache-2.0 */
/* Timed operations to the crossing TA: through a lane, or its code called directly. The clock stands outside the world.
 */
#ifndef WG_CROSSING_LOAD_H
#define WG_CROSSING_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "wg_hist.h"
#include "wg_lane.h"
#include "wg_stage.h"

/* Processors; negative: wherever the threads may run already. */
struct wg_crossing_pins {
	int client;
	int lane; /* of the thread that makes a ring's long crossing */
};

struct wg_crossing_plan {
	struct wg_lane_config lane;
	uint32_t operation; /* of crossing_ta.h */
	uint32_t bytes;	    /* of each request's payload */
	uint32_t depth;	    /* requests under way at once: 1 measures round trips, more measures throughput */
	uint64_t warm_up;   /* operations before the clock starts */
	uint64_t count;	    /* operations that are timed */
	uint64_t most_ns;   /* stop after that long, 0: never */
	const struct wg_crossing_pins *pins; /* NULL: not pinned. Undone at the end */
	/* NULL, or the caller's, where the round trips are added in ticks: of an operation, or of a whole batch. */
	struct wg_hist *hist;
};

/* What one thread did between the start of the clock and its end. Of stages the sampled operations alone. */
struct wg_crossing_thread {
	bool known;
	struct wg_ledger counts;
	uint64_t stage_operations[WG_STAGES];
	double stage_ns[WG_STAGES]; /* of all of those together */
	double cpu_ns;		    /* negative: unknown, or part of another thread's */
};

struct wg_crossing_figures {
	uint64_t operations; /* timed ones that were answered */
	double elapsed_ns;
	/* Round trips in ns, only where depth is 1 and some were timed; else negative. */
	double p1_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns;
	struct wg_crossing_thread client;
	struct wg_crossing_thread lane;	 /* of a ring */
	struct wg_crossing_thread world; /* the TA's side; what it counts is the world's word */
};

/* Runs the plan on an open session of the crossing TA. Every answer is checked. stop, where not NULL, ends it early
 * once it is not 0. WG_ERR_AUTH: an answer was wrong. Else as the lane; wg_gate_reason() says why. */
wg_result wg_crossing_run(TEEC_Context *context, TEEC_Session *session, const struct wg_crossing_plan *plan,
			  const volatile int *stop, struct wg_crossing_figures *figures) WG_MUST_CHECK;

/* The same operations with the same copies, but the TA's code is called as a function: no Client API, no gate. Of the
 * plan's lane only payload_bytes counts, and depth above 1 means that single operations are not timed. */
wg_result wg_crossing_direct(const struct wg_crossing_plan *plan, const volatile int *stop,
			     struct wg_crossing_figures *figures) WG_MUST_CHECK;

/* The values of a histogram of ticks in ns, and how often each was seen: into arrays of WG_HIST_BUCKETS. Returns how
 * many. */
uint32_t wg_crossing_distribution(const struct wg_hist *hist, double *values_ns, uint64_t *counts);

#endif
