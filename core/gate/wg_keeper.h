/* SPDX-License-Identifier: Apache-2.0 */
/* One thread per process that starts the sealed processes, outlives the threads that asked for them (a child ends with
 * the thread that started it), reaps them, and says at once when one has ended. */
#ifndef WG_KEEPER_H
#define WG_KEEPER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wg_result.h"

#define WG_CHILD_DESCRIPTORS 5u

struct wg_child {
	pid_t pid;
	int pidfd;	  /* readable once it has ended; open until wg_keeper_end */
	int bell;	  /* rung once it has ended; stays the owner's */
	int wait_status;  /* valid once ended */
	atomic_int ended; /* release by the keeper pairs with the acquire of whoever waits on the child */
	struct wg_child *next;
};

/* Starts exe with no arguments and an empty environment. descriptors[i] becomes descriptor 3 + i of the child; an entry
 * of -1 is left out; nothing else is inherited but 0, 1 and 2, which are /dev/null. child must live until
 * wg_keeper_end() has returned. errno says why it failed. */
wg_result wg_keeper_start(const char *exe, const int descriptors[WG_CHILD_DESCRIPTORS], int bell,
			  struct wg_child *child) WG_MUST_CHECK;

/* Waits up to grace_ms for it to end by itself, kills it then, and returns once it is reaped. */
void wg_keeper_end(struct wg_child *child, int grace_ms);

/* Not 0 in a process that was forked from one that has worlds: they are not its own. */
int wg_keeper_forked(void);

#endif
