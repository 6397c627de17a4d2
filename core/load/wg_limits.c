/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_limits_loop.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wg_clock.h"
#include "wg_crossing_job.h"

#define TURNS_MAX (UINT64_C(1) << 40)

static const struct wg_limit_loop *const tables[] = {wg_limit_memory_loops, wg_limit_switch_loops,
						     wg_limit_crossing_loops};

wg_result wg_limit_fail(struct wg_limit_run *run, wg_result result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(run->reason, WG_REASON_BYTES, format, arguments);
	va_end(arguments);
	return result;
}

wg_result wg_limit_pin(struct wg_limit_run *run, int cpu)
{
	cpu_set_t set;
	int error;

	if (cpu < 0)
		return WG_OK;
	if (cpu >= CPU_SETSIZE)
		return wg_limit_fail(run, WG_ERR_INPUT, "there is no processor %d", cpu);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	error = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	if (error)
		return wg_limit_fail(run, WG_ERR_UNAVAILABLE, "cannot run on processor %d: %s", cpu, strerror(error));
	return WG_OK;
}

static const struct wg_limit_loop *find(const char *cause)
{
	const struct wg_limit_loop *loop;
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (loop = tables[i]; loop->cause; loop++)
			if (strcmp(loop->cause, cause) == 0)
				return loop;
	return NULL;
}

/* What count turns take with all around them. Not what the loop says, since that may leave out what prepares them. */
static wg_result took(const struct wg_limit_loop *loop, struct wg_limit_run *run, uint64_t count, double *took_ns)
{
	uint64_t began = wg_ticks();
	double ns;
	wg_result result = loop->turns(run, count, &ns);

	*took_ns = wg_ticks_to_ns(wg_ticks() - began);
	return result;
}

/* Doubles the turns until they take a quarter of a repetition, twice in a row: what is done for the first time is slow.
 * That also warms up. */
static wg_result find_turns(const struct wg_limit_loop *loop, struct wg_limit_run *run, uint64_t *turns)
{
	const double wanted_ns = (double)run->plan->repetition_ns;
	uint64_t count = 1;
	uint32_t enough = 0;
	double took_ns = 0;

	while (enough < 2 && count < TURNS_MAX) {
		wg_result result = took(loop, run, count, &took_ns);

		if (result != WG_OK)
			return result;
		enough = took_ns >= wanted_ns / 4 ? enough + 1 : 0;
		if (!enough)
			count *= 2;
	}
	*turns = (uint64_t)((double)count * wanted_ns / (took_ns + 1));
	if (*turns == 0)
		*turns = 1;
	return WG_OK;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Between the two values beside the place, in proportion. */
static double quantile(const double *sorted, uint32_t count, double share)
{
	double place = share * (count - 1);
	uint32_t below = (uint32_t)place;

	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
}

/* Processor time of everything that a turn needs; negative where it is unknown. */
static double used_ns(const struct wg_limit_run *run)
{
	const double here = wg_crossing_process_cpu_ns(getpid());
	const double world = run->process ? wg_crossing_process_cpu_ns(run->process) : 0;

	return here < 0 || world < 0 ? -1 : here + world;
}

/* Where all of it shares a processor something of it is always ready to run, so the time in which nothing ran was given
 * to other programs. A cost is without that. */
static wg_result turn(const struct wg_limit_loop *loop, struct wg_limit_run *run, uint64_t turns, double *ns)
{
	const bool shared = run->plan->cpu >= 0 && run->plan->other_cpu == run->plan->cpu;
	const double before = used_ns(run);
	const uint64_t began = wg_ticks();
	wg_result result = loop->turns(run, turns, ns);
	const double elapsed = wg_ticks_to_ns(wg_ticks() - began);
	const double after = used_ns(run);

	if (result == WG_OK && shared && before >= 0 && after > before && after - before < elapsed)
		*ns *= (after - before) / elapsed;
	return result;
}

static wg_result repeat(const struct wg_limit_loop *loop, struct wg_limit_run *run, struct wg_limit *out)
{
	double figures[WG_LIMIT_REPETITIONS_MAX];
	const uint32_t count = run->plan->repetitions;
	wg_result result = find_turns(loop, run, &out->turns);
	uint32_t i;

	for (i = 0; i < count && result == WG_OK; i++) {
		result = turn(loop, run, out->turns, &figures[i]);
		figures[i] /= (double)out->turns;
	}
	if (result != WG_OK)
		return result;
	qsort(figures, count, sizeof(figures[0]), compare);
	out->repetitions = count;
	out->ns = quantile(figures, count, 0.5);
	/* A figure that is a difference can come out below nothing; a cost cannot. */
	out->low_ns = fmax(quantile(figures, count, 0.25), 0);
	out->high_ns = quantile(figures, count, 0.75);
	if (out->ns <= 0)
		return wg_limit_fail(run, WG_ERR_UNAVAILABLE, "too small to be told from the noise of this machine");
	return WG_OK;
}

static wg_result open_and_repeat(const struct wg_limit_loop *loop, struct wg_limit_run *run, struct wg_limit *out)
{
	wg_result result = wg_limit_pin(run, run->plan->cpu);

	if (result != WG_OK)
		return result;
	if (loop->open)
		result = loop->open(run);
	if (result == WG_OK)
		result = repeat(loop, run, out);
	if (loop->close)
		loop->close(run);
	return result;
}

wg_result wg_limit_measure(const char *cause, const struct wg_limit_plan *plan, struct wg_limit *out,
			   char reason[WG_REASON_BYTES])
{
	struct wg_limit_run run = {.plan = plan, .reason = reason};
	const struct wg_limit_loop *loop = find(cause);
	cpu_set_t before;
	wg_result result;

	memset(out, 0, sizeof(*out));
	reason[0] = '\0';
	if (!loop)
		return wg_limit_fail(&run, WG_ERR_INPUT, "there is no such cause");
	if (plan->repetitions == 0 || plan->repetitions > WG_LIMIT_REPETITIONS_MAX)
		return wg_limit_fail(&run, WG_ERR_INPUT, "repetitions go from 1 to %u", WG_LIMIT_REPETITIONS_MAX);
	/* The first use of the clock sleeps. */
	(void)wg_ticks_per_ns();
	if (sched_getaffinity(0, sizeof(before), &before) < 0)
		return wg_limit_fail(&run, WG_ERR_SYSTEM, "where this thread may run is not known: %s",
				     strerror(errno));
	result = open_and_repeat(loop, &run, out);
	if (sched_setaffinity(0, sizeof(before), &before) < 0 && result == WG_OK)
		result = wg_limit_fail(&run, WG_ERR_SYSTEM, "cannot go back to where this thread ran: %s",
				       strerror(errno));
	if (result != WG_OK && !reason[0])
		wg_limit_fail(&run, result, result == WG_ERR_MEMORY ? "not enough memory" : "the loop failed");
	return result;
}
