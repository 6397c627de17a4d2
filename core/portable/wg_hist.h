/* SPDX-License-Identifier: Apache-2.0 */
/* A log-linear histogram of 64-bit values: 64 buckets for each power of two, values below 128 exact. What it reports
 * lies within 0.8 % of a recorded value over the whole range; count, min, max and mean are exact. A fixed size, no
 * allocation. For one thread; merge the histograms of several. */
#ifndef WG_HIST_H
#define WG_HIST_H

#include <stddef.h>
#include <stdint.h>

#include "wg_result.h"

#define WG_HIST_SUB_BITS 6u /* log2 of the buckets for each power of two */
#define WG_HIST_BUCKETS	 ((65u - WG_HIST_SUB_BITS) << WG_HIST_SUB_BITS)

/* All zeros is not an empty histogram: call wg_hist_init. 30 KiB: not for a small stack. */
struct wg_hist {
	uint64_t count;
	uint64_t min; /* UINT64_MAX while empty */
	uint64_t max;
	uint64_t sum_low; /* the sum has 128 bits */
	uint64_t sum_high;
	uint64_t buckets[WG_HIST_BUCKETS];
};

void wg_hist_init(struct wg_hist *hist);

static inline uint32_t wg_hist_bucket(uint64_t value)
{
	uint32_t shift = 63u - WG_HIST_SUB_BITS - (uint32_t)__builtin_clzll(value | (1u << WG_HIST_SUB_BITS));

	return (shift << WG_HIST_SUB_BITS) + (uint32_t)(value >> shift);
}

/* One value. At most 2^64 - 1 of them fit, which no run reaches by single steps. */
static inline void wg_hist_record(struct wg_hist *hist, uint64_t value)
{
	hist->buckets[wg_hist_bucket(value)]++;
	hist->count++;
	hist->sum_low += value;
	hist->sum_high += hist->sum_low < value;
	if (value < hist->min)
		hist->min = value;
	if (value > hist->max)
		hist->max = value;
}

/* What stands for the values of a bucket: its middle, never outside what was recorded. */
uint64_t wg_hist_value(const struct wg_hist *hist, uint32_t bucket);

/* n times the same value. WG_ERR_SIZE, and nothing recorded: the count would pass 2^64 - 1. The same for merge. */
wg_result wg_hist_record_n(struct wg_hist *hist, uint64_t value, uint64_t n) WG_MUST_CHECK;
/* Adds all that from holds; afterwards into is what it would be had it recorded those values itself. */
wg_result wg_hist_merge(struct wg_hist *into, const struct wg_hist *from) WG_MUST_CHECK;

/* The smallest value that at least percent of all values do not exceed (nearest rank), to within 0.8 %; the minimum for
 * 0, the maximum for 100. WG_ERR_STATE: the histogram is empty, so there is none; WG_ERR_INPUT: percent is not within
 * 0 and 100. */
wg_result wg_hist_percentile(const struct wg_hist *hist, double percent, uint64_t *out) WG_MUST_CHECK;
/* WG_ERR_STATE: the histogram is empty. */
wg_result wg_hist_mean(const struct wg_hist *hist, double *out) WG_MUST_CHECK;

#endif
