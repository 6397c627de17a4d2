/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define READINGS	 64u	  /* tries to read both clocks at one moment */
#define FIRST_SLEEP_NS	 5000000L /* 100 ns of doubt in it are 20 ppm */
#define LONGEST_SLEEP_NS 160000000L
#define AGREEMENT	 0.0003 /* between two measurements, or a measurement and the processor's own word */
#define SPIN_FINE_TICKS	 512	/* below it, no pause: one may last 140 cycles */
#define STEP_MAX_TICKS	 100	/* a look at the counter that was interrupted is no measure of the next */

/* Both clocks at one moment. */
struct moment {
	uint64_t ticks;
	double ns;
};

/* 0 until calibrated. Relaxed: the value stands for itself, and two threads that calibrate at once are both right. */
static _Atomic double measured_rate;

/* The narrowest of several readings, since a preempted one would be wrong by the time it was away. */
static struct moment read_moment(void)
{
	struct moment best = {0, 0};
	uint64_t narrowest = UINT64_MAX;
	struct timespec now;
	uint64_t before, after;
	unsigned int i;

	for (i = 0; i < READINGS; i++) {
		before = wg_ticks();
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		after = wg_ticks();
		if (after - before < narrowest) {
			narrowest = after - before;
			best.ticks = before + (after - before) / 2;
			best.ns = (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
		}
	}
	return best;
}

static double measure_rate(long sleep_ns)
{
	struct timespec left = {sleep_ns / 1000000000L, sleep_ns % 1000000000L};
	struct moment start = read_moment();
	struct moment end;

	(void)nanosleep(&left, NULL); /* a shorter sleep only widens the doubt, which the second measurement shows */
	end = read_moment();
	return (double)(end.ticks - start.ticks) / (end.ns - start.ns);
}

static bool agree(double a, double b)
{
	return a > b * (1 - AGREEMENT) && a < b * (1 + AGREEMENT);
}

/* What the processor or the hypervisor says of the counter's rate, in ticks per ns; 0 where it says nothing. */
static double stated_rate(void)
{
#if defined(__x86_64__)
	uint32_t a, b, c, d;

	if (__get_cpuid(0x15, &a, &b, &c, &d) && a != 0 && b != 0 && c != 0)
		return (double)c * b / a / 1e9; /* crystal's Hz times the ratio to it */
	if (__get_cpuid(1, &a, &b, &c, &d) && (c & (1u << 31)) != 0) {
		__cpuid(0x40000000, a, b, c, d);
		if (a >= 0x40000010) {
			__cpuid(0x40000010, a, b, c, d);
			return a / 1e6; /* kHz */
		}
	}
	return 0;
#else
	uint64_t hz;

	__asm__("mrs %0, cntfrq_el0" : "=r"(hz));
	return (double)hz / 1e9;
#endif
}

/* Two measurements that agree, or one that agrees with the processor's word; longer ones until then. */
static double calibrate(void)
{
	double stated = stated_rate();
	double before = measure_rate(FIRST_SLEEP_NS);
	double rate = before;
	long sleep_ns;

	if (agree(rate, stated))
		return rate;
	for (sleep_ns = FIRST_SLEEP_NS; sleep_ns <= LONGEST_SLEEP_NS; sleep_ns *= 2) {
		rate = measure_rate(sleep_ns);
		if (agree(rate, before))
			break;
		before = rate;
	}
	return rate;
}

double wg_ticks_per_ns(void)
{
	double rate = atomic_load_explicit(&measured_rate, memory_order_relaxed);

	if (!(rate > 0)) {
		rate = calibrate();
		atomic_store_explicit(&measured_rate, rate, memory_order_relaxed);
	}
	return rate;
}

uint64_t wg_ns_to_ticks(double ns)
{
	return ns > 0 ? (uint64_t)(ns * wg_ticks_per_ns() + 0.5) : 0;
}

double wg_ticks_to_ns(uint64_t ticks)
{
	return (double)ticks / wg_ticks_per_ns();
}

void wg_spin_until(uint64_t tick)
{
	int64_t step = 0;
	uint64_t now = wg_ticks();
	uint64_t before;

	/* Half a look early as often as half a look late, so that short delays are not all too long. */
	while ((int64_t)(tick - now) > step / 2) {
		if ((int64_t)(tick - now) > SPIN_FINE_TICKS)
			wg_pause();
		before = now;
		now = wg_ticks();
		step = (int64_t)(now - before) < STEP_MAX_TICKS ? (int64_t)(now - before) : STEP_MAX_TICKS;
	}
}
