/* SPDX-License-Identifier: Apache-2.0 */
/* A bell between two processes: one rings, the other sleeps until it does. */
#ifndef WG_BELL_H
#define WG_BELL_H

#include "wg_result.h"

/* A descriptor (close-on-exec, the caller's), or -1 with errno. */
int wg_bell_create(void);
wg_result wg_bell_ring(int bell) WG_MUST_CHECK;
/* Returns once per ring or per several; a signal does not end the wait. */
wg_result wg_bell_wait(int bell) WG_MUST_CHECK;

/* Lets another thread of this processor run. */
void wg_yield(void);

#endif
