/* SPDX-License-Identifier: Apache-2.0 */
/* What a fault costs here, and the top-up that makes it cost what a profile says. The handler can only spin, so it can
 * add but not subtract; and it does not see the kernel deliver the signal and return from it, so that part is measured
 * from outside and left out of its target. */
#include <stdlib.h>

#include "wg_clock.h"
#include "wg_pager_state.h"

#define SAMPLES 1001u
/* The pages between a page's eviction and its return while measuring: enough that its sealed bytes are not the ones
 * just written. */
#define AWAY_PAGES 512u

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare_double);
	return values[count / 2];
}

/* Touches pages in a circle one larger than the frames hold: first in, first out, so each touch is a fault. */
struct walk {
	size_t next;
	size_t circle;
};

static double dirty_next(struct wg_pager *pager, struct walk *walk)
{
	volatile uint8_t *byte = pager->memory + walk->next * WG_PAGE_BYTES;
	uint64_t start = wg_ticks();

	*byte = (uint8_t)(*byte + 1);
	walk->next = walk->next + 1 == walk->circle ? 0 : walk->next + 1;
	return wg_ticks_to_ns(wg_ticks() - start);
}

/* After this every touch of the walk evicts a dirty page and brings one back from the store. */
static struct walk begin_walk(struct wg_pager *pager)
{
	size_t spare = pager->page_count - pager->frame_count;
	struct walk walk = {0, pager->frame_count + (spare < AWAY_PAGES ? spare : AWAY_PAGES)};
	size_t i;

	for (i = 0; i < walk.circle; i++)
		(void)dirty_next(pager, &walk);
	return walk;
}

void wg_pager_measure(struct wg_pager *pager, double *natural_ns, double *unseen_ns)
{
	double natural[SAMPLES];
	double unseen[SAMPLES];
	struct walk walk = begin_walk(pager);
	size_t i;

	for (i = 0; i < SAMPLES; i++) {
		natural[i] = dirty_next(pager, &walk);
		unseen[i] = natural[i] - wg_ticks_to_ns(pager->inside_ticks);
	}
	*natural_ns = median(natural, SAMPLES);
	*unseen_ns = median(unseen, SAMPLES);
}

void wg_pager_aim(struct wg_pager *pager, double unseen_ns)
{
	pager->target_ticks = wg_ns_to_ticks(pager->config.fault_ns - unseen_ns);
}
