/* SPDX-License-Identifier: Apache-2.0 */
/* Timed operations through a lane to the crossing TA. The clock stands outside the world. */
#ifndef WG_CROSSING_LOAD_H
#define WG_CROSSING_LOAD_H

#include <stdint.h>

#include "wg_lane.h"

struct wg_crossing_plan {
	struct wg_lane_config lane;
	uint32_t operation; /* of crossing_ta.h */
	uint32_t bytes;	    /* of each request's payload */
	uint32_t depth;	    /* requests under way at once: 1 measures round trips, more measures throughput */
	uint64_t warm_up;   /* operations before the clock starts */
	uint64_t count;	    /* operations that are timed */
	uint64_t most_ns;   /* stop after that long, 0: never */
};

struct wg_crossing_figures {
	uint64_t operations; /* timed ones that were answered */
	double elapsed_ns;
	/* Round trips in ns, only where depth is 1 and some were timed; else negative. */
	double p1_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns;
	uint64_t world_polls; /* of a ring; what the world says */
};

/* Runs the plan on an open session of the crossing TA. Every answer is checked. stop, where not NULL, ends it early
 * once it is not 0. WG_ERR_AUTH: an answer was wrong. Else as the lane; wg_gate_reason() says why. */
wg_result wg_crossing_run(TEEC_Context *context, TEEC_Session *session, const struct wg_crossing_plan *plan,
			  const volatile int *stop, struct wg_crossing_figures *figures) WG_MUST_CHECK;

#endif
