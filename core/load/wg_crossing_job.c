/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_crossing_job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crossing_ta.h"
#include "wg_clock.h"
#include "wg_reason.h"

wg_result wg_crossing_prepare(const struct wg_crossing_plan *plan, const volatile int *stop,
			      struct wg_crossing_job *job)
{
	uint32_t i;

	*job = (struct wg_crossing_job){.plan = plan, .stop = stop, .hist = plan->hist};
	if (plan->bytes > plan->lane.payload_bytes || plan->operation > CROSSING_REQUEST)
		return WG_ERR_INPUT;
	job->payload = malloc(plan->bytes + 1u);
	if (plan->depth <= 1 && !job->hist) {
		job->hist = calloc(1, sizeof(*job->hist));
		job->own_hist = true;
	}
	if (!job->payload || (plan->depth <= 1 && !job->hist)) {
		wg_crossing_free(job);
		return WG_ERR_MEMORY;
	}
	if (job->hist)
		wg_hist_init(job->hist);
	for (i = 0; i < plan->bytes; i++) {
		job->payload[i] = (uint8_t)(i * 31u + 7u);
		if (plan->operation == CROSSING_SUM)
			job->expected += job->payload[i];
	}
	job->expected_bytes = plan->operation == CROSSING_ECHO ? plan->bytes : 0;
	return WG_OK;
}

void wg_crossing_free(struct wg_crossing_job *job)
{
	free(job->payload);
	if (job->own_hist)
		free(job->hist);
}

uint64_t wg_crossing_until(const struct wg_crossing_plan *plan)
{
	return wg_ticks() + (plan->most_ns ? wg_ns_to_ticks((double)plan->most_ns) : UINT64_MAX / 2);
}

void wg_crossing_clear(struct wg_crossing_figures *figures)
{
	memset(figures, 0, sizeof(*figures));
	figures->client.cpu_ns = figures->lane.cpu_ns = figures->world.cpu_ns = -1;
	wg_crossing_percentiles(NULL, figures);
}

void wg_crossing_percentiles(const struct wg_hist *hist, struct wg_crossing_figures *figures)
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

uint32_t wg_crossing_distribution(const struct wg_hist *hist, double *values_ns, uint64_t *counts)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < WG_HIST_BUCKETS; i++) {
		if (!hist->buckets[i])
			continue;
		values_ns[used] = wg_ticks_to_ns(wg_hist_value(hist, i));
		counts[used] = hist->buckets[i];
		used++;
	}
	return used;
}

static double clock_ns(clockid_t clock)
{
	struct timespec used;

	if (clock_gettime(clock, &used) != 0)
		return -1;
	return (double)used.tv_sec * 1e9 + (double)used.tv_nsec;
}

double wg_crossing_process_cpu_ns(int64_t process)
{
	clockid_t clock;

	if (process <= 0 || clock_getcpuclockid((pid_t)process, &clock) != 0)
		return -1;
	return clock_ns(clock);
}

void wg_crossing_now(struct wg_crossing_moment *moment)
{
	wg_ledger_own(&moment->counts);
	wg_stage_own(moment->stages);
	moment->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void wg_crossing_subtract(struct wg_ledger *a, const struct wg_ledger *b)
{
#define SUBTRACT(name, text) a->name -= b->name;
	WG_LEDGER_FIELDS(SUBTRACT)
#undef SUBTRACT
}

void wg_crossing_since(const struct wg_crossing_moment *before, const struct wg_crossing_moment *after,
		       struct wg_crossing_thread *out)
{
	out->known = true;
	out->counts = after->counts;
	wg_crossing_subtract(&out->counts, &before->counts);
	for (unsigned i = 0; i < WG_STAGES; i++) {
		out->stage_operations[i] = after->stages[i].operations - before->stages[i].operations;
		out->stage_ns[i] = wg_ticks_to_ns(after->stages[i].ticks - before->stages[i].ticks);
	}
	out->cpu_ns = before->cpu_ns < 0 || after->cpu_ns < 0 ? -1 : after->cpu_ns - before->cpu_ns;
}

wg_result wg_crossing_keep(const struct wg_crossing_pins *pins, cpu_set_t *before)
{
	CPU_ZERO(before);
	if (!pins || sched_getaffinity(0, sizeof(*before), before) == 0)
		return WG_OK;
	wg_fail(TEEC_ERROR_NOT_SUPPORTED, "the processors of this thread are not known: %s", strerror(errno));
	return WG_ERR_SYSTEM;
}

void wg_crossing_restore(const struct wg_crossing_pins *pins, const cpu_set_t *before)
{
	/* Nobody is left to tell where it fails, and the thread goes on where it is. */
	if (pins && CPU_COUNT(before))
		(void)sched_setaffinity(0, sizeof(*before), before);
}

wg_result wg_crossing_pin(int cpu, const cpu_set_t *before)
{
	cpu_set_t processors = *before;

	if (cpu >= 0) {
		CPU_ZERO(&processors);
		CPU_SET((size_t)cpu, &processors);
	}
	if (cpu < CPU_SETSIZE && sched_setaffinity(0, sizeof(processors), &processors) == 0)
		return WG_OK;
	wg_fail(TEEC_ERROR_BAD_PARAMETERS, "this thread may not run on processor %d", cpu);
	return WG_ERR_SYSTEM;
}
