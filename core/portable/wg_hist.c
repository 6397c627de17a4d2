/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_hist.h"

#include <string.h>

#define SUB_COUNT (1u << WG_HIST_SUB_BITS)

/* A rank that is a whole number but for the rounding of a double is that number: 99.9 % of 1000 is 999. */
#define RANK_TOLERANCE 1e-12

void wg_hist_init(struct wg_hist *hist)
{
	memset(hist, 0, sizeof(*hist));
	hist->min = UINT64_MAX;
}

/* The middle of a bucket: at most half its width from every value in it. */
static uint64_t bucket_value(uint32_t bucket)
{
	uint32_t shift = bucket < 2 * SUB_COUNT ? 0 : bucket / SUB_COUNT - 1;
	uint64_t low = (uint64_t)(bucket - shift * SUB_COUNT) << shift;
	uint64_t width = (uint64_t)1 << shift;

	return low + (width - 1) / 2;
}

uint64_t wg_hist_value(const struct wg_hist *hist, uint32_t bucket)
{
	uint64_t value = bucket_value(bucket);

	if (value < hist->min)
		return hist->min;
	return value > hist->max ? hist->max : value;
}

static void add_to_sum(struct wg_hist *hist, uint64_t low, uint64_t high)
{
	hist->sum_low += low;
	hist->sum_high += high + (hist->sum_low < low);
}

/* a * b in 128 bits, from products of 32 bits: not every processor of a TA has a wider type. */
static void multiply(uint64_t a, uint64_t b, uint64_t *low, uint64_t *high)
{
	uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
	uint64_t middle = a1 * b0 + ((a0 * b0) >> 32);
	uint64_t other = a0 * b1 + (uint32_t)middle;

	*low = (other << 32) | (uint32_t)(a0 * b0);
	*high = a1 * b1 + (middle >> 32) + (other >> 32);
}

wg_result wg_hist_record_n(struct wg_hist *hist, uint64_t value, uint64_t n)
{
	uint64_t low, high;

	if (n > UINT64_MAX - hist->count)
		return WG_ERR_SIZE;
	if (!n)
		return WG_OK;
	hist->buckets[wg_hist_bucket(value)] += n;
	hist->count += n;
	multiply(value, n, &low, &high);
	add_to_sum(hist, low, high);
	if (value < hist->min)
		hist->min = value;
	if (value > hist->max)
		hist->max = value;
	return WG_OK;
}

wg_result wg_hist_merge(struct wg_hist *into, const struct wg_hist *from)
{
	uint32_t i;

	if (from->count > UINT64_MAX - into->count)
		return WG_ERR_SIZE;
	for (i = 0; i < WG_HIST_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
	into->count += from->count;
	add_to_sum(into, from->sum_low, from->sum_high);
	if (from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
	return WG_OK;
}

/* 1 <= rank <= count */
static uint64_t rank_of(uint64_t count, double percent)
{
	double exact = percent * (double)count / 100.0;
	uint64_t rank;

	if (exact >= (double)count)
		return count;
	rank = (uint64_t)exact;
	if (exact - (double)rank > RANK_TOLERANCE * exact)
		rank++;
	if (!rank)
		return 1;
	return rank < count ? rank : count;
}

wg_result wg_hist_percentile(const struct wg_hist *hist, double percent, uint64_t *out)
{
	uint64_t seen = 0, rank, value;
	uint32_t i;

	if (!(percent >= 0.0 && percent <= 100.0))
		return WG_ERR_INPUT;
	if (!hist->count)
		return WG_ERR_STATE;
	rank = rank_of(hist->count, percent);
	for (i = 0; i < WG_HIST_BUCKETS - 1; i++) {
		seen += hist->buckets[i];
		if (seen >= rank)
			break;
	}
	value = wg_hist_value(hist, i);
	/* The first and the last value are known exactly. */
	if (rank == 1)
		value = hist->min;
	if (rank == hist->count)
		value = hist->max;
	*out = value;
	return WG_OK;
}

wg_result wg_hist_mean(const struct wg_hist *hist, double *out)
{
	if (!hist->count)
		return WG_ERR_STATE;
	*out = ((double)hist->sum_high * 18446744073709551616.0 + (double)hist->sum_low) / (double)hist->count;
	return WG_OK;
}
