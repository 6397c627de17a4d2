/* SPDX-License-Identifier: Apache-2.0 */
/* On this machine: a few pauses, then the processor goes to whoever else is ready on it, which may be the other side of
 * the ring. Alone on a processor a yield costs a third of a microsecond. */
#include "wg_relax.h"

#include "wg_bell.h"
#include "wg_clock.h"

#define PAUSES_PER_YIELD 32u

void wg_relax(uint32_t empty)
{
	if (empty % PAUSES_PER_YIELD == 0)
		wg_yield();
	else
		wg_pause();
}
