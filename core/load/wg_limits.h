/* SPDX-License-Identifier: Apache-2.0 */
/* Unit costs of this machine: one loop for each cause of src/worldgate/machine/costs.py, timed in repetitions of about
 * the same length. A repetition's figure is its mean per turn, so that figures add up to elapsed time; the median and
 * the quartiles are over repetitions. Where all runs on one processor, what other programs took of it is left out. */
#ifndef WG_LIMITS_H
#define WG_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wg_gate.h"
#include "wg_result.h"

#define WG_LIMIT_REPETITIONS_MAX 64u

struct wg_limit_plan {
	size_t bytes;  /* copy, seal, open: of one turn */
	bool cold;     /* copy: walks memory larger than the last cache; else the same buffers again */
	int cpu;       /* where this thread runs meanwhile; -1: where it may */
	int other_cpu; /* where the other thread or the world runs; -1: as this thread, or where the world may */
	uint32_t repetitions;
	uint64_t repetition_ns; /* about what one shall take; a turn that takes longer is done once */
};

struct wg_limit {
	double ns, low_ns, high_ns; /* of one turn: median and quartiles */
	uint32_t repetitions;
	uint64_t turns; /* of each repetition */
};

/* cause: as costs.py names it. The thread runs where it ran before when this returns. WG_ERR_INPUT: no such cause, or a
 * plan that cannot be. Where it fails, reason says why in one line. */
wg_result wg_limit_measure(const char *cause, const struct wg_limit_plan *plan, struct wg_limit *out,
			   char reason[WG_REASON_BYTES]) WG_MUST_CHECK;

#endif
