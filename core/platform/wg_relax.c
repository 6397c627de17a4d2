/* SPDX-License-Identifier: Apache-2.0 */
/* On this machine. Where both sides share a processor only a yield brings the other one on, so that comes at once. Else
 * pauses are best, with a yield now and then for whoever else is ready here. */
#include "wg_relax.h"

#include <stdbool.h>
#include <sys/rseq.h>

#include "wg_bell.h"
#include "wg_clock.h"

#define LOOKS_OF_A_YIELD 32u /* about as long as so many pauses */

/* Looks between two yields. */
#define PERIOD_APART   1024u
#define PERIOD_UNKNOWN 32u

uint32_t wg_relax_cpu(void)
{
	/* What the kernel keeps up to date for every thread (restartable sequences), found by the C library. */
	const volatile struct rseq *area = (const void *)((const char *)__builtin_thread_pointer() + __rseq_offset);

	if (__rseq_size == 0 || (int32_t)area->cpu_id < 0)
		return WG_RELAX_CPU_UNKNOWN;
	return area->cpu_id;
}

uint32_t wg_relax(uint32_t empty, uint32_t other_cpu)
{
	const uint32_t here = wg_relax_cpu();
	const bool known = here != WG_RELAX_CPU_UNKNOWN && other_cpu != WG_RELAX_CPU_UNKNOWN;
	const uint32_t period = !known ? PERIOD_UNKNOWN : PERIOD_APART;

	if ((known && here == other_cpu) || empty % period == period - 1) {
		wg_yield();
		return empty + 1 + LOOKS_OF_A_YIELD;
	}
	wg_pause();
	return empty + 1;
}
