/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_hist.h"
#include "wg_test.h"

#define VALUES 20000u

static struct wg_hist hist, other;
static uint64_t values[VALUES];

/* Whether a is within 1 % of b; exact below 128. */
static bool close_to(uint64_t a, uint64_t b)
{
	uint64_t away = a > b ? a - b : b - a;

	return away <= b / 100;
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t random_bits(void)
{
	return wg_test_random() >> wg_test_random_below(64);
}

static uint64_t random_exponential(void)
{
	return 500 + (uint64_t)__builtin_clzll(wg_test_random() | 1) * 1000 + wg_test_random_below(1000);
}

static uint64_t random_small(void)
{
	return wg_test_random_below(200);
}

static uint64_t random_two_humps(void)
{
	return wg_test_random_below(10) ? 10000 + wg_test_random_below(300) : 9000000 + wg_test_random_below(100000);
}

static uint64_t random_powers(void)
{
	return (UINT64_C(1) << wg_test_random_below(64)) - wg_test_random_below(3) + wg_test_random_below(2);
}

static uint64_t random_constant(void)
{
	return 123456789;
}

static uint64_t (*const distributions[])(void) = {random_bits,	    random_exponential, random_small,
						  random_two_humps, random_powers,	random_constant};
#define DISTRIBUTIONS (sizeof(distributions) / sizeof(distributions[0]))

/* The nearest rank, in whole numbers: percent = tenths / 10. */
static uint64_t exact_percentile(uint32_t count, uint32_t tenths)
{
	uint64_t rank = ((uint64_t)tenths * count + 999) / 1000;

	return values[rank ? rank - 1 : 0];
}

static void percentiles_are_within_one_percent_of_the_exact_ones(void)
{
	uint32_t count, tenths, i;
	uint64_t out;
	size_t d;

	for (d = 0; d < DISTRIBUTIONS * 3; d++) {
		count = 1 + (uint32_t)wg_test_random_below(d < DISTRIBUTIONS ? VALUES : 300);
		wg_hist_init(&hist);
		for (i = 0; i < count; i++) {
			values[i] = distributions[d % DISTRIBUTIONS]();
			wg_hist_record(&hist, values[i]);
		}
		qsort(values, count, sizeof(values[0]), ascending);
		for (tenths = 0; tenths <= 1000; tenths++) {
			CHECK_EQ(wg_hist_percentile(&hist, tenths / 10.0, &out), WG_OK);
			CHECK(close_to(out, exact_percentile(count, tenths)));
		}
		CHECK_EQ(wg_hist_percentile(&hist, 0, &out), WG_OK);
		CHECK_EQ(out, values[0]);
		CHECK_EQ(wg_hist_percentile(&hist, 100, &out), WG_OK);
		CHECK_EQ(out, values[count - 1]);
		CHECK_EQ(hist.min, values[0]);
		CHECK_EQ(hist.max, values[count - 1]);
		CHECK_EQ(hist.count, count);
	}
}

static void every_value_comes_back_within_one_percent(void)
{
	uint64_t value, out;
	unsigned i;

	for (i = 0; i < 4000; i++) {
		value = i < 2000 ? i : random_powers();
		wg_hist_init(&hist);
		wg_hist_record(&hist, 0);
		wg_hist_record(&hist, value);
		wg_hist_record(&hist, UINT64_MAX);
		CHECK_EQ(wg_hist_percentile(&hist, 50, &out), WG_OK);
		CHECK(close_to(out, value));
		CHECK(value >= 128 || out == value);
	}
}

static void buckets_follow_each_other_without_a_gap(void)
{
	uint64_t low = 0, high;
	uint32_t bucket;

	for (bucket = 0; bucket < WG_HIST_BUCKETS; bucket++) {
		CHECK_EQ(wg_hist_bucket(low), bucket);
		high = low + ((bucket < 128 ? UINT64_C(1) : UINT64_C(1) << (bucket / 64 - 1)) - 1);
		CHECK_EQ(wg_hist_bucket(high), bucket);
		low = high + 1;
	}
	CHECK_EQ(low, 0);
}

static void merging_equals_recording_all_in_one(void)
{
	static struct wg_hist all;
	uint64_t value;
	size_t d;
	unsigned i;

	for (d = 0; d < DISTRIBUTIONS; d++) {
		wg_hist_init(&hist);
		wg_hist_init(&other);
		wg_hist_init(&all);
		for (i = 0; i < VALUES; i++) {
			value = distributions[d]();
			wg_hist_record(wg_test_random() & 1 ? &hist : &other, value);
			wg_hist_record(&all, value);
		}
		CHECK_EQ(wg_hist_merge(&hist, &other), WG_OK);
		CHECK_MEM_EQ(&hist, &all, sizeof(all));
	}
	wg_hist_init(&other);
	CHECK_EQ(wg_hist_merge(&hist, &other), WG_OK);
	CHECK_MEM_EQ(&hist, &all, sizeof(all));
}

static void recording_n_equals_recording_n_times(void)
{
	uint64_t value;
	unsigned i, n, k;

	wg_hist_init(&hist);
	wg_hist_init(&other);
	for (i = 0; i < 200; i++) {
		value = random_bits();
		n = (unsigned)wg_test_random_below(50);
		for (k = 0; k < n; k++)
			wg_hist_record(&hist, value);
		CHECK_EQ(wg_hist_record_n(&other, value, n), WG_OK);
	}
	CHECK_MEM_EQ(&hist, &other, sizeof(hist));
}

static void the_mean_of_huge_values_does_not_overflow(void)
{
	double mean;

	wg_hist_init(&hist);
	CHECK_EQ(wg_hist_record_n(&hist, UINT64_MAX, UINT64_MAX - 1), WG_OK);
	CHECK_EQ(wg_hist_mean(&hist, &mean), WG_OK);
	CHECK(mean > 1.8446744073709e19 && mean < 1.8446744073710e19);
	CHECK_EQ(hist.sum_high, UINT64_MAX - 2);
	CHECK_EQ(hist.sum_low, 2);
	wg_hist_record(&hist, 0);
	CHECK_EQ(wg_hist_record_n(&hist, 1, 1), WG_ERR_SIZE);
	wg_hist_init(&other);
	wg_hist_record(&other, 1);
	CHECK_EQ(wg_hist_merge(&hist, &other), WG_ERR_SIZE);
	CHECK_EQ(hist.count, UINT64_MAX);
}

static void the_mean_is_the_mean(void)
{
	double mean;
	unsigned i;

	wg_hist_init(&hist);
	for (i = 1; i <= 1000; i++)
		wg_hist_record(&hist, i * UINT64_C(1000));
	CHECK_EQ(wg_hist_mean(&hist, &mean), WG_OK);
	CHECK(mean == 500500.0);
}

static void an_empty_histogram_has_no_percentile_and_no_mean(void)
{
	uint64_t out = 42;
	double mean = 42;

	wg_hist_init(&hist);
	CHECK_EQ(wg_hist_percentile(&hist, 50, &out), WG_ERR_STATE);
	CHECK_EQ(wg_hist_mean(&hist, &mean), WG_ERR_STATE);
	CHECK(out == 42 && mean == 42);
	CHECK_EQ(wg_hist_record_n(&hist, 5, 0), WG_OK);
	CHECK_EQ(wg_hist_percentile(&hist, 50, &out), WG_ERR_STATE);
}

static void a_percentage_outside_0_to_100_is_refused(void)
{
	uint64_t out;

	wg_hist_init(&hist);
	wg_hist_record(&hist, 1);
	CHECK_EQ(wg_hist_percentile(&hist, -0.1, &out), WG_ERR_INPUT);
	CHECK_EQ(wg_hist_percentile(&hist, 100.1, &out), WG_ERR_INPUT);
	CHECK_EQ(wg_hist_percentile(&hist, __builtin_nan(""), &out), WG_ERR_INPUT);
}

static const struct wg_test tests[] = {
	WG_TEST(percentiles_are_within_one_percent_of_the_exact_ones),
	WG_TEST(every_value_comes_back_within_one_percent),
	WG_TEST(buckets_follow_each_other_without_a_gap),
	WG_TEST(merging_equals_recording_all_in_one),
	WG_TEST(recording_n_equals_recording_n_times),
	WG_TEST(the_mean_of_huge_values_does_not_overflow),
	WG_TEST(the_mean_is_the_mean),
	WG_TEST(an_empty_histogram_has_no_percentile_and_no_mean),
	WG_TEST(a_percentage_outside_0_to_100_is_refused),
};
WG_TEST_MAIN(tests)
