/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_clock.h"
#include "wg_test.h"

#define SAMPLES 1001u
#define TRIES	10u

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double monotonic_ns(void)
{
	struct timespec now;

	CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* By a clock reading between two looks at the counter, over 100 ms. Once is enough: being interrupted only spoils. */
static void the_rate_is_within_0_05_percent_of_the_monotonic_clock(void)
{
	struct timespec pause = {0, 100000000};
	double start_ns, elapsed_ns, ratio = 0;
	uint64_t start;
	unsigned int i;

	CHECK(wg_ticks_per_ns() > 0);
	for (i = 0; i < TRIES; i++) {
		start = wg_ticks();
		start_ns = monotonic_ns();
		(void)nanosleep(&pause, NULL);
		elapsed_ns = wg_ticks_to_ns(wg_ticks() - start);
		ratio = elapsed_ns / (monotonic_ns() - start_ns);
		if (ratio > 0.9995 && ratio < 1.0005)
			return;
	}
	printf("ratio %.6f\n", ratio);
	CHECK(ratio > 0.9995);
	CHECK(ratio < 1.0005);
}

static void the_rate_stays_what_it_was_at_first(void)
{
	double rate = wg_ticks_per_ns();
	unsigned int i;

	for (i = 0; i < 100; i++)
		CHECK(!(wg_ticks_per_ns() < rate) && !(wg_ticks_per_ns() > rate));
}

static void ticks_never_go_back(void)
{
	uint64_t last = wg_ticks();
	uint64_t now;
	unsigned int i;

	for (i = 0; i < 100000; i++) {
		now = wg_ticks();
		CHECK(now >= last);
		last = now;
	}
}

static void nanoseconds_become_ticks_and_come_back(void)
{
	double half_a_tick = 0.5 / wg_ticks_per_ns();
	double ns, error;

	for (ns = 1; ns < 1e12; ns *= 7) {
		error = wg_ticks_to_ns(wg_ns_to_ticks(ns)) - ns;
		CHECK(error <= half_a_tick * 1.01 && error >= -half_a_tick * 1.01);
	}
	CHECK_EQ(wg_ns_to_ticks(0), 0);
	CHECK_EQ(wg_ns_to_ticks(-5), 0);
}

/* The median of spins to a moment that many ns ahead, without the cost of looking at the counter twice. */
static double median_spin_ns(double ns)
{
	static double samples[SAMPLES];
	double empty;
	uint64_t start;
	size_t i;

	for (i = 0; i < SAMPLES; i++) {
		start = wg_ticks();
		samples[i] = wg_ticks_to_ns(wg_ticks() - start);
	}
	qsort(samples, SAMPLES, sizeof(samples[0]), compare_double);
	empty = samples[SAMPLES / 2];
	for (i = 0; i < SAMPLES; i++) {
		start = wg_ticks();
		wg_spin_until(start + wg_ns_to_ticks(ns));
		samples[i] = wg_ticks_to_ns(wg_ticks() - start);
	}
	qsort(samples, SAMPLES, sizeof(samples[0]), compare_double);
	return samples[SAMPLES / 2] - empty;
}

/* Within 2 percent, and where the counter is coarse within two of its ticks. */
static void a_spin_ends_on_time_at_the_median(void)
{
	static const double wanted[] = {2000, 5000, 14300, 100000};
	double slack, median = 0;
	unsigned int try;
	size_t i;

	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		slack = 0.02 * wanted[i] + 2 / wg_ticks_per_ns();
		for (try = 0; try < TRIES; try++) {
			median = median_spin_ns(wanted[i]);
			if (median > wanted[i] - slack && median < wanted[i] + slack)
				break;
		}
		printf("asked for %.0f ns: median %.0f ns\n", wanted[i], median);
		CHECK(median > wanted[i] - slack);
		CHECK(median < wanted[i] + slack);
	}
}

static void a_spin_to_a_moment_that_is_past_returns_at_once(void)
{
	uint64_t start = wg_ticks();

	wg_spin_until(start - wg_ns_to_ticks(1e9));
	wg_spin_until(start);
	CHECK(wg_ticks_to_ns(wg_ticks() - start) < 1e9);
}

static const struct wg_test tests[] = {
	WG_TEST(the_rate_is_within_0_05_percent_of_the_monotonic_clock),
	WG_TEST(the_rate_stays_what_it_was_at_first),
	WG_TEST(ticks_never_go_back),
	WG_TEST(nanoseconds_become_ticks_and_come_back),
	WG_TEST(a_spin_ends_on_time_at_the_median),
	WG_TEST(a_spin_to_a_moment_that_is_past_returns_at_once),
};

WG_TEST_MAIN(tests)
