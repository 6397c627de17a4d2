/* SPDX-License-Identifier: Apache-2.0 */
/* Clears registers on the way out of a world: whoever stops the process while it waits would read them. */
#ifndef WG_WIPE_H
#define WG_WIPE_H

/* The vector registers, where copies and ciphers leave pieces of what they worked on. */
void wg_wipe_registers(void);

/* The general registers that a function keeps for its callers, which may hold a TA's variables: whoever uses this saves
 * them on its stack, until it returns, and leaves zeros in them. The frame's address takes the place of the last. */
static inline __attribute__((always_inline)) void wg_wipe_kept_registers(void)
{
	void *volatile frame = __builtin_frame_address(0);

	(void)frame;
#if defined(__x86_64__)
	__asm__ volatile("xorl %%ebx, %%ebx\n\txorl %%r12d, %%r12d\n\txorl %%r13d, %%r13d\n\t"
			 "xorl %%r14d, %%r14d\n\txorl %%r15d, %%r15d"
			 :
			 :
			 : "rbx", "r12", "r13", "r14", "r15", "cc");
#else
	__asm__ volatile("mov x19, #0\n\tmov x20, #0\n\tmov x21, #0\n\tmov x22, #0\n\tmov x23, #0\n\t"
			 "mov x24, #0\n\tmov x25, #0\n\tmov x26, #0\n\tmov x27, #0\n\tmov x28, #0"
			 :
			 :
			 : "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28");
#endif
}

#endif
