/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger: counts by cause, one per thread and one per world. */
#ifndef WG_LEDGER_H
#define WG_LEDGER_H

#include <stdint.h>

/* name, what it counts */
#define WG_LEDGER_FIELDS(X)                                                       \
	X(crossings, "passages through the gate: open, invoke, close")            \
	X(operations, "operations carried by lanes")                              \
	X(rpcs, "requests of the world to the normal world")                      \
	X(share_bytes, "bytes copied because a buffer was not shared memory")     \
	X(bounce_bytes, "bytes copied through the bounce buffer of a platform")   \
	X(lane_bytes, "bytes written into and read out of the slots of a lane")   \
	X(socket_bytes, "bytes copied between a world and the socket supplicant") \
	X(sealed_bytes, "bytes sealed")                                           \
	X(sealed_records, "records sealed")                                       \
	X(opened_bytes, "bytes opened")                                           \
	X(opened_records, "records opened")                                       \
	X(pages_in, "protected pages brought in")                                 \
	X(pages_out, "protected pages evicted")                                   \
	X(system_calls, "system calls made by the gate")                          \
	X(wakeups, "times a sleeping side was woken")                             \
	X(polls, "times a ring or a flag was looked at and was empty")

#define WG_LEDGER_MEMBER(name, text) uint64_t name;
struct wg_ledger {
	WG_LEDGER_FIELDS(WG_LEDGER_MEMBER)
};
#undef WG_LEDGER_MEMBER

/* The ledger of the running thread: the thread's own in the normal world, the instance's while a TA runs. Never NULL.
 */
struct wg_ledger *wg_ledger_here(void);
/* Makes ledger the running thread's; NULL goes back to the thread's own. Returns the one before. */
struct wg_ledger *wg_ledger_enter(struct wg_ledger *ledger);
/* The running thread's own, whatever it has entered. */
void wg_ledger_own(struct wg_ledger *out);
/* Of all threads of this process, those that have ended too. What others count meanwhile may be missing. */
void wg_ledger_sum(struct wg_ledger *out);

#ifdef WG_NO_LEDGER
#define WG_COUNT(field, n)		 ((void)0)
#define WG_COUNT_TWO(field, n, other, m) ((void)0)
#else
#define WG_COUNT(field, n) (wg_ledger_here()->field += (uint64_t)(n))
/* With one look for the ledger. */
#define WG_COUNT_TWO(field, n, other, m)                    \
	do {                                                \
		struct wg_ledger *here_ = wg_ledger_here(); \
                                                            \
		here_->field += (uint64_t)(n);              \
		here_->other += (uint64_t)(m);              \
	} while (0)
#endif

#endif
