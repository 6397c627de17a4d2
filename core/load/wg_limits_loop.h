/* SPDX-License-Identifier: Apache-2.0 */
/* What a loop of wg_limits.c is. For its own files only. */
#ifndef WG_LIMITS_LOOP_H
#define WG_LIMITS_LOOP_H

#include "wg_limits.h"

struct wg_limit_run {
	const struct wg_limit_plan *plan;
	char *reason;	 /* WG_REASON_BYTES, for a person; left empty where the result says it all */
	void *state;	 /* the loop's own, from its open to its close */
	int64_t process; /* of a world; 0: none */
};

struct wg_limit_loop {
	const char *cause;
	/* Everything that is not timed; NULL: nothing. */
	wg_result (*open)(struct wg_limit_run *run);
	/* count turns; ns: what all of them took. */
	wg_result (*turns)(struct wg_limit_run *run, uint64_t count, double *ns);
	/* Called once after open, whatever that returned; NULL where open is. */
	void (*close)(struct wg_limit_run *run);
};

/* Tables ended by a loop without a cause. */
extern const struct wg_limit_loop wg_limit_memory_loops[];
extern const struct wg_limit_loop wg_limit_switch_loops[];
extern const struct wg_limit_loop wg_limit_crossing_loops[];

/* Fills in the reason, as printf, and returns result. */
wg_result wg_limit_fail(struct wg_limit_run *run, wg_result result, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Pins the calling thread; -1 leaves it where it may run. */
wg_result wg_limit_pin(struct wg_limit_run *run, int cpu) WG_MUST_CHECK;

/* The bytes behind p are used, as far as the compiler knows. */
static inline void wg_limit_use(const void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

#endif
