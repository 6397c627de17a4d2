/* SPDX-License-Identifier: Apache-2.0 */
/* System calls made by hand, as no TA should. */
#ifndef PROBE_CALLS_H
#define PROBE_CALLS_H

#include <stdint.h>

#if defined(__x86_64__)
#define PROBE_WRITE 1u
#else
#define PROBE_WRITE 64u
#endif
#define PROBE_NO_SUCH_CALL 599u

/* convention: PROBE_CALL_*. Where this processor has no such convention: -38, as a kernel answers. */
static inline long probe_system_call(uint32_t convention, uint32_t number, long a, long b, long c)
{
#if defined(__x86_64__)
	long result = convention == 2 ? (long)(number | 0x40000000u) : (long)number;

	if (convention == 1)
		__asm__ volatile("int $0x80"
				 : "+a"(result)
				 : "b"(a), "c"(b), "d"(c)
				 : "memory", "r8", "r9", "r10", "r11");
	else
		__asm__ volatile("xor %%r10d, %%r10d\n\txor %%r8d, %%r8d\n\txor %%r9d, %%r9d\n\tsyscall"
				 : "+a"(result)
				 : "D"(a), "S"(b), "d"(c)
				 : "memory", "rcx", "r8", "r9", "r10", "r11");
	return result;
#else
	register long x8 __asm__("x8") = (long)number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	if (convention != 0)
		return -38;
	__asm__ volatile("mov x3, #0\n\tmov x4, #0\n\tmov x5, #0\n\tsvc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2)
			 : "memory", "x3", "x4", "x5");
	return x0;
#endif
}

#endif
