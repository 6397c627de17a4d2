/* SPDX-License-Identifier: Apache-2.0 */
/* The seal of a world: from here on, every system call outside a short list ends the process. */
#ifndef WG_SEAL_H
#define WG_SEAL_H

#include "wg_result.h"

/* Allows: read from bell_in, write to bell_out, getrandom, sched_yield, clock_gettime, rt_sigreturn, exit; where pager
 * is a descriptor and not -1, also what a page fault does (see wg_pager_descriptor). Cannot be undone. */
wg_result wg_seal(int bell_in, int bell_out, int pager) WG_MUST_CHECK;

#endif
