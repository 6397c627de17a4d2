/* SPDX-License-Identifier: Apache-2.0 */
/* Inside OP-TEE: there is nobody to yield to, since the normal world takes the processor back by its own interrupts. */
#include "wg_relax.h"

uint32_t wg_relax_cpu(void)
{
	return WG_RELAX_CPU_UNKNOWN;
}

uint32_t wg_relax(uint32_t empty, uint32_t other_cpu)
{
	(void)other_cpu;
#if defined(__aarch64__) || defined(__arm__)
	__asm__ volatile("yield" : : : "memory");
#else
	__asm__ volatile("" : : : "memory");
#endif
	return empty + 1;
}
