/* SPDX-License-Identifier: Apache-2.0 */
/* Moves what a world works with into secret memory: the program's variables (its own allocator's memory among them),
 * and the stack that a TA runs on. */
#ifndef WG_SECRET_H
#define WG_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "wg_result.h"

/* Where the memory of this world has come to lie; plain once any part could not be had as secret. */
struct wg_secrecy {
	bool secret;
	char reason[256]; /* why not */
};

/* Replaces the writable variables of this executable. Nothing else may run. */
void wg_secret_variables(struct wg_secrecy *secrecy);
/* Memory of at least that size, secret if it can be. NULL: none of either kind. */
void *wg_secret_memory(struct wg_secrecy *secrecy, size_t bytes);
/* Calls run on a stack of at least that size, with a page below it that nobody may touch. run must not return. */
wg_result wg_secret_run(struct wg_secrecy *secrecy, size_t stack_bytes, void (*run)(void)) WG_MUST_CHECK;

#endif
