/* SPDX-License-Identifier: Apache-2.0 */
/* The processor's own counter: the only clock that costs no system call, so the only one inside a seal. Its rate is
 * measured once a process against CLOCK_MONOTONIC. */
#ifndef WG_CLOCK_H
#define WG_CLOCK_H

#include <stdint.h>

/* Now. Not before earlier loads are done, so that it can stand at the end of what it times. */
static inline uint64_t wg_ticks(void)
{
#if defined(__x86_64__)
	uint32_t low, high;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
	return ((uint64_t)high << 32) | low;
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
	return ticks;
#else
#error "no cycle counter is known for this processor"
#endif
}

/* Says to the processor that this is a spin loop. */
static inline void wg_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#else
	__asm__ volatile("yield" : : : "memory");
#endif
}

/* Ticks in a nanosecond. The first call sleeps some milliseconds to measure it, so it must come before a seal. */
double wg_ticks_per_ns(void);
/* Rounded to nearest; 0 for what is not above 0. */
uint64_t wg_ns_to_ticks(double ns);
double wg_ticks_to_ns(uint64_t ticks);

/* Returns at the given moment of wg_ticks(), or at once where it is past. */
void wg_spin_until(uint64_t tick);

#endif
