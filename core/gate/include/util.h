/* SPDX-License-Identifier: Apache-2.0 */
/* Macros that TAs know from OP-TEE's dev kit. */
#ifndef WG_UTIL_H
#define WG_UTIL_H

#include <inttypes.h>
#include <stddef.h>

#include "compiler.h"

#define SIZE_4K UINTPTR_C(0x1000)
#define SIZE_1M UINTPTR_C(0x100000)
#define SIZE_2M UINTPTR_C(0x200000)
#define SIZE_4M UINTPTR_C(0x400000)
#define SIZE_8M UINTPTR_C(0x800000)
#define SIZE_2G UINTPTR_C(0x80000000)

#define TO_STR(x)    WG_TO_STR(x)
#define WG_TO_STR(x) #x
#ifndef CONCAT
#define CONCAT(x, y)	WG_CONCAT(x, y)
#define WG_CONCAT(x, y) x##y
#endif

/* Each argument is evaluated once. */
#define WG_CHOOSE(op, a, b, ua, ub)     \
	(__extension__({                \
		__typeof__(a) ua = (a); \
		__typeof__(b) ub = (b); \
		ua op ub ? ua : ub;     \
	}))
#ifndef MAX
#define MAX(a, b) WG_CHOOSE(>, a, b, CONCAT(wg_max_a, __COUNTER__), CONCAT(wg_max_b, __COUNTER__))
#endif
#ifndef MIN
#define MIN(a, b) WG_CHOOSE(<, a, b, CONCAT(wg_min_a, __COUNTER__), CONCAT(wg_min_b, __COUNTER__))
#endif
#define MAX_UNSAFE(a, b) (((a) > (b)) ? (a) : (b))
#define MIN_UNSAFE(a, b) (((a) < (b)) ? (a) : (b))

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))
#endif
#define MEMBER_SIZE(type, member) sizeof(((type *)0)->member)

#define ROUNDUP(x, y)	   ((((x) + (__typeof__(x))(y)-1) / (__typeof__(x))(y)) * (__typeof__(x))(y))
#define ROUNDDOWN(x, y)	   (((x) / (__typeof__(x))(y)) * (__typeof__(x))(y))
#define ROUNDUP_DIV(x, y)  (ROUNDUP((x), (y)) / (__typeof__(x))(y))
#define DIV_ROUND_UP(x, y) (((x) + (y)-1) / (y))
#define UDIV_ROUND_NEAREST(x, y)            \
	(__extension__({                    \
		__typeof__(x) wg_x = (x);   \
		__typeof__(y) wg_y = (y);   \
		(wg_x + (wg_y / 2)) / wg_y; \
	}))

#define IS_POWER_OF_TWO(x)	   (((x) != 0) && (((x) & (~(x) + 1)) == (x)))
#define IS_ALIGNED(x, a)	   (((x) & ((a)-1)) == 0)
#define IS_ALIGNED_WITH_TYPE(x, t) IS_ALIGNED((uintptr_t)(x), _Alignof(t))

#ifndef container_of
#define container_of(pointer, type, member)                                   \
	(__extension__({                                                      \
		const __typeof__(((type *)0)->member) *wg_member = (pointer); \
		(type *)((uintptr_t)wg_member - offsetof(type, member));      \
	}))
#endif

#define BIT32(nr)	      (UINT32_C(1) << (nr))
#define BIT64(nr)	      (UINT64_C(1) << (nr))
#define BIT(nr)		      BIT32(nr)
#define SHIFT_U32(v, shift)   ((uint32_t)(v) << (shift))
#define SHIFT_U64(v, shift)   ((uint64_t)(v) << (shift))
#define GENMASK_32(high, low) ((UINT32_MAX << (low)) & (UINT32_MAX >> (31 - (high))))
#define GENMASK_64(high, low) ((UINT64_MAX << (low)) & (UINT64_MAX >> (63 - (high))))

/* Not 0 where the result does not fit *res. */
#define ADD_OVERFLOW(a, b, res) __builtin_add_overflow((a), (b), (res))
#define SUB_OVERFLOW(a, b, res) __builtin_sub_overflow((a), (b), (res))
#define MUL_OVERFLOW(a, b, res) __builtin_mul_overflow((a), (b), (res))

static inline uint64_t reg_pair_to_64(uint32_t high, uint32_t low)
{
	return ((uint64_t)high << 32) | low;
}

static inline uint32_t high32_from_64(uint64_t value)
{
	return (uint32_t)(value >> 32);
}

static inline uint32_t low32_from_64(uint64_t value)
{
	return (uint32_t)value;
}

static inline void reg_pair_from_64(uint64_t value, uint32_t *high, uint32_t *low)
{
	*high = high32_from_64(value);
	*low = low32_from_64(value);
}

#endif
