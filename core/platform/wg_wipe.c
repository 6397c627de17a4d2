/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_wipe.h"

#if defined(__x86_64__)

/* All vector registers belong to the caller by the System V convention, so nothing needs to be put back. */
__attribute__((target("avx512f"))) static void wipe_avx512(void)
{
	__asm__ volatile("vzeroall\n\t"
			 "vpxorq %%zmm16, %%zmm16, %%zmm16\n\t"
			 "vpxorq %%zmm17, %%zmm17, %%zmm17\n\t"
			 "vpxorq %%zmm18, %%zmm18, %%zmm18\n\t"
			 "vpxorq %%zmm19, %%zmm19, %%zmm19\n\t"
			 "vpxorq %%zmm20, %%zmm20, %%zmm20\n\t"
			 "vpxorq %%zmm21, %%zmm21, %%zmm21\n\t"
			 "vpxorq %%zmm22, %%zmm22, %%zmm22\n\t"
			 "vpxorq %%zmm23, %%zmm23, %%zmm23\n\t"
			 "vpxorq %%zmm24, %%zmm24, %%zmm24\n\t"
			 "vpxorq %%zmm25, %%zmm25, %%zmm25\n\t"
			 "vpxorq %%zmm26, %%zmm26, %%zmm26\n\t"
			 "vpxorq %%zmm27, %%zmm27, %%zmm27\n\t"
			 "vpxorq %%zmm28, %%zmm28, %%zmm28\n\t"
			 "vpxorq %%zmm29, %%zmm29, %%zmm29\n\t"
			 "vpxorq %%zmm30, %%zmm30, %%zmm30\n\t"
			 "vpxorq %%zmm31, %%zmm31, %%zmm31"
			 :
			 :
			 : "memory");
}

__attribute__((target("avx"))) static void wipe_avx(void)
{
	__asm__ volatile("vzeroall" : : : "memory");
}

static void wipe_sse(void)
{
	__asm__ volatile(
		"pxor %%xmm0, %%xmm0\n\tpxor %%xmm1, %%xmm1\n\tpxor %%xmm2, %%xmm2\n\tpxor %%xmm3, %%xmm3\n\t"
		"pxor %%xmm4, %%xmm4\n\tpxor %%xmm5, %%xmm5\n\tpxor %%xmm6, %%xmm6\n\tpxor %%xmm7, %%xmm7\n\t"
		"pxor %%xmm8, %%xmm8\n\tpxor %%xmm9, %%xmm9\n\tpxor %%xmm10, %%xmm10\n\tpxor %%xmm11, %%xmm11\n\t"
		"pxor %%xmm12, %%xmm12\n\tpxor %%xmm13, %%xmm13\n\tpxor %%xmm14, %%xmm14\n\tpxor %%xmm15, %%xmm15"
		:
		:
		: "memory");
}

__attribute__((noinline)) void wg_wipe_registers(void)
{
	if (__builtin_cpu_supports("avx512f"))
		wipe_avx512();
	else if (__builtin_cpu_supports("avx"))
		wipe_avx();
	else
		wipe_sse();
}

#else

/* The compiler saves and restores the lower halves of v8 to v15, which are the caller's. */
__attribute__((noinline)) void wg_wipe_registers(void)
{
	__asm__ volatile("movi v0.2d, #0\n\tmovi v1.2d, #0\n\tmovi v2.2d, #0\n\tmovi v3.2d, #0\n\t"
			 "movi v4.2d, #0\n\tmovi v5.2d, #0\n\tmovi v6.2d, #0\n\tmovi v7.2d, #0\n\t"
			 "movi v8.2d, #0\n\tmovi v9.2d, #0\n\tmovi v10.2d, #0\n\tmovi v11.2d, #0\n\t"
			 "movi v12.2d, #0\n\tmovi v13.2d, #0\n\tmovi v14.2d, #0\n\tmovi v15.2d, #0\n\t"
			 "movi v16.2d, #0\n\tmovi v17.2d, #0\n\tmovi v18.2d, #0\n\tmovi v19.2d, #0\n\t"
			 "movi v20.2d, #0\n\tmovi v21.2d, #0\n\tmovi v22.2d, #0\n\tmovi v23.2d, #0\n\t"
			 "movi v24.2d, #0\n\tmovi v25.2d, #0\n\tmovi v26.2d, #0\n\tmovi v27.2d, #0\n\t"
			 "movi v28.2d, #0\n\tmovi v29.2d, #0\n\tmovi v30.2d, #0\n\tmovi v31.2d, #0"
			 :
			 :
			 : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13",
			   "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26",
			   "v27", "v28", "v29", "v30", "v31", "memory");
}

#endif
