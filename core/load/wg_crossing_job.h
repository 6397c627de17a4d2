/* SPDX-License-Identifier: Apache-2.0 */
/* What the ways to run a plan have in common; for the files of this load only. */
#ifndef WG_CROSSING_JOB_H
#define WG_CROSSING_JOB_H

#include <sched.h>

#include "wg_crossing_load.h"

#define WG_CROSSING_LOOK_EVERY 256u /* operations between two looks at stop and the time */

struct wg_crossing_job {
	const struct wg_crossing_plan *plan;
	const volatile int *stop;
	struct wg_hist *hist; /* NULL: no round trips */
	bool own_hist;
	uint8_t *payload;  /* what every request carries */
	uint32_t expected; /* result */
	uint32_t expected_bytes;
};

/* The plan's sizes are within the contract of the TA: WG_ERR_INPUT else. */
wg_result wg_crossing_prepare(const struct wg_crossing_plan *plan, const volatile int *stop,
			      struct wg_crossing_job *job) WG_MUST_CHECK;
void wg_crossing_free(struct wg_crossing_job *job);

static inline bool wg_crossing_stopped(const struct wg_crossing_job *job)
{
	return job->stop && *job->stop;
}

/* The moment after which no further operation is begun. */
uint64_t wg_crossing_until(const struct wg_crossing_plan *plan);

/* Nothing is known yet. */
void wg_crossing_clear(struct wg_crossing_figures *figures);
void wg_crossing_percentiles(const struct wg_hist *hist, struct wg_crossing_figures *figures);

/* The running thread, and nothing known of others. What it did before is taken off when it is measured again. */
struct wg_crossing_moment {
	struct wg_ledger counts;
	struct wg_stage stages[WG_STAGES];
	double cpu_ns;
};

void wg_crossing_now(struct wg_crossing_moment *moment);
void wg_crossing_since(const struct wg_crossing_moment *before, const struct wg_crossing_moment *after,
		       struct wg_crossing_thread *out);
/* a - b of each count. */
void wg_crossing_subtract(struct wg_ledger *a, const struct wg_ledger *b);
/* CPU time of a process, in ns; negative where it is unknown. */
double wg_crossing_process_cpu_ns(int64_t process);

/* Where the running thread may run: kept before it is pinned, and restored. Nothing where pins is NULL. On failure the
 * reason is set. */
wg_result wg_crossing_keep(const struct wg_crossing_pins *pins, cpu_set_t *before) WG_MUST_CHECK;
/* cpu negative: to those of before. */
wg_result wg_crossing_pin(int cpu, const cpu_set_t *before) WG_MUST_CHECK;
void wg_crossing_restore(const struct wg_crossing_pins *pins, const cpu_set_t *before);

#endif
