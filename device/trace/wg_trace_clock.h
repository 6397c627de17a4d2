/* SPDX-License-Identifier: Apache-2.0 */
/* The clock of the records: the processor's counter where a program may read it and it keeps time, else
 * CLOCK_MONOTONIC_RAW. */
#ifndef WG_TRACE_CLOCK_H
#define WG_TRACE_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "wg_trace_format.h"

static inline uint64_t wg_trace_clock_ns(clockid_t clock)
{
	struct timespec now = {0, 0};

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* enum wg_trace_clock; set once, before the first record. */
extern uint32_t wg_trace_clock;

/* Not before earlier loads are done, so that it can stand at the end of what it times. */
static inline uint64_t wg_trace_ticks(void)
{
#if defined(__x86_64__) || defined(__i386__)
	if (__builtin_expect(wg_trace_clock == WG_TRACE_CLOCK_TSC, 1)) {
		uint32_t low, high;

		__asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
		return ((uint64_t)high << 32) | low;
	}
#elif defined(__aarch64__)
	if (__builtin_expect(wg_trace_clock == WG_TRACE_CLOCK_CNTVCT, 1)) {
		uint64_t ticks;

		__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
		return ticks;
	}
#endif
	return wg_trace_clock_ns(CLOCK_MONOTONIC_RAW);
}

#endif
