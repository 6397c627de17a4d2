/* SPDX-License-Identifier: Apache-2.0 */
/* What a side of a ring does between two looks at it while it is empty. The same in every world; what differs is
 * whether there is a scheduler to yield to. */
#ifndef WG_RELAX_H
#define WG_RELAX_H

#include <stdatomic.h>
#include <stdint.h>

#define WG_RELAX_CPU_UNKNOWN UINT32_MAX

/* The number of the processor that this thread runs on, for the other side to know; makes no system call. */
uint32_t wg_relax_cpu(void);

/* Leaves that number at a place that the other side sees. last: what this side left there, so that the line is only
 * written when something has changed. Relaxed: a hint, no data hangs on it. */
static inline void wg_relax_mark(_Atomic uint32_t *place, uint32_t *last)
{
	const uint32_t cpu = wg_relax_cpu();

	if (cpu == *last)
		return;
	*last = cpu;
	atomic_store_explicit(place, cpu, memory_order_relaxed);
}

/* empty: how many looks in a row were in vain. other_cpu: where the other side said it runs; a hint, which may be
 * wrong. Returns empty, advanced by what was done: a yield counts as several looks, since it takes longer. */
uint32_t wg_relax(uint32_t empty, uint32_t other_cpu);

#endif
