/* SPDX-License-Identifier: Apache-2.0 */
/* The names that OP-TEE's dev kit gives to the compiler's attributes. Included before every TA's source. */
#ifndef WG_COMPILER_H
#define WG_COMPILER_H

#ifndef __deprecated
#define __deprecated __attribute__((deprecated))
#endif
#ifndef __packed
#define __packed __attribute__((packed))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#ifndef __noreturn
#define __noreturn __attribute__((__noreturn__))
#endif
#ifndef __pure
#define __pure __attribute__((pure))
#endif
#ifndef __aligned
#define __aligned(bytes) __attribute__((aligned(bytes)))
#endif
#ifndef __printf
#define __printf(format_at, first_at) __attribute__((format(__printf__, format_at, first_at)))
#endif
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __attr_const
#define __attr_const __attribute__((__const__))
#endif
#ifndef __unused
#define __unused __attribute__((unused))
#endif
#ifndef __maybe_unused
#define __maybe_unused __attribute__((unused))
#endif
#ifndef __used
#define __used __attribute__((__used__))
#endif
#ifndef __must_check
#define __must_check __attribute__((warn_unused_result))
#endif
#ifndef __cold
#define __cold __attribute__((__cold__))
#endif
#ifndef __section
#define __section(name) __attribute__((section(name)))
#endif
#ifndef fallthrough
#define fallthrough __attribute__((__fallthrough__))
#endif
#ifndef barrier
#define barrier() __asm__ volatile("" : : : "memory")
#endif

#endif
