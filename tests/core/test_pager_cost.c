/* SPDX-License-Identifier: Apache-2.0 */
/* What a fault costs, seen from outside the pager. */
#include "pager_fixture.h"
#include "wg_clock.h"
#include "wg_test.h"

#define PAGES	1024u
#define FRAMES	64u
#define SAMPLES 2001u
#define TRIES	10u
#define SGX1_NS 14300 /* 40 000 cycles at 2.8 GHz */

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double touch_ns(const struct fixture *fixture, size_t page)
{
	uint64_t start = wg_ticks();

	*fixture_word(fixture, page, 0) += 1;
	return wg_ticks_to_ns(wg_ticks() - start);
}

/* Of faults at random pages, each with the eviction of a dirty one. */
static double median_fault_ns(const struct fixture *fixture)
{
	static double samples[SAMPLES];
	uint64_t before, after, in;
	size_t count = 0;
	size_t i;

	for (i = 0; i < PAGES; i++)
		*fixture_word(fixture, i, 0) += 1;
	while (count < SAMPLES) {
		wg_pager_counts(fixture->pager, &in, &before);
		samples[count] = touch_ns(fixture, wg_test_random_below(PAGES));
		wg_pager_counts(fixture->pager, &in, &after);
		count += after - before;
	}
	qsort(samples, SAMPLES, sizeof(samples[0]), compare_double);
	return samples[SAMPLES / 2];
}

/* Once is enough: other load on the machine can spoil a try, and only adds. */
static void check_median(double fault_ns)
{
	struct fixture fixture = {0};
	bool measured = false;
	double median = 0;
	unsigned int i;

	for (i = 0; i < TRIES; i++) {
		if (fixture_try(&fixture, PAGES, FRAMES, fault_ns) == WG_OK) {
			median = median_fault_ns(&fixture);
			measured = true;
			printf("asked for %.0f ns: median %.0f ns (natural %.0f ns)\n", fault_ns, median,
			       fixture.floor_ns);
		}
		fixture_close(&fixture);
		if (median > 0.9 * fault_ns && median < 1.1 * fault_ns)
			return;
	}
	if (!measured)
		SKIP(fixture.reason);
	CHECK(median > 0.9 * fault_ns);
	CHECK(median < 1.1 * fault_ns);
}

static void the_median_fault_costs_what_sgx1_does(void)
{
	check_median(SGX1_NS);
}

static void the_median_fault_costs_what_was_asked(void)
{
	check_median(25000);
	check_median(100000);
}

static void a_cost_below_the_floor_is_refused_with_both_numbers(void)
{
	struct fixture fixture = {0};
	char floor_text[32];

	if (fixture_try(&fixture, PAGES, FRAMES, 0) == WG_ERR_UNAVAILABLE)
		SKIP(fixture.reason);
	CHECK(fixture.floor_ns > 0);
	fixture_close(&fixture);
	CHECK_EQ(fixture_try(&fixture, PAGES, FRAMES, 100), WG_ERR_UNAVAILABLE);
	(void)snprintf(floor_text, sizeof(floor_text), "%.0f ns", fixture.floor_ns);
	CHECK(fixture.floor_ns > 100);
	CHECK(strstr(fixture.reason, floor_text) != NULL);
	CHECK(strstr(fixture.reason, "fault_ns is 100:") != NULL);
	printf("%s\n", fixture.reason);
	fixture_close(&fixture);
}

static void a_first_touch_while_there_is_room_is_not_topped_up(void)
{
	const double fault_ns = 1e6;
	struct fixture fixture = {0};
	double samples[FRAMES];
	size_t i;

	if (fixture_try(&fixture, PAGES, FRAMES, fault_ns) == WG_ERR_UNAVAILABLE)
		SKIP(fixture.reason);
	for (i = 0; i < FRAMES; i++)
		samples[i] = touch_ns(&fixture, i);
	qsort(samples, FRAMES, sizeof(samples[0]), compare_double);
	CHECK(samples[FRAMES / 2] < fault_ns / 4);
	CHECK(touch_ns(&fixture, FRAMES) > fault_ns * 0.9);
	fixture_close(&fixture);
}

static const struct wg_test tests[] = {
	WG_TEST(the_median_fault_costs_what_sgx1_does),
	WG_TEST(the_median_fault_costs_what_was_asked),
	WG_TEST(a_cost_below_the_floor_is_refused_with_both_numbers),
	WG_TEST(a_first_touch_while_there_is_room_is_not_topped_up),
};

WG_TEST_MAIN(tests)
