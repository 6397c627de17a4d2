/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_ledger.h"

#include <stddef.h>

static _Thread_local struct wg_ledger own;
static _Thread_local struct wg_ledger *entered; /* NULL: the thread's own */

struct wg_ledger *wg_ledger_here(void)
{
	return entered ? entered : &own;
}

struct wg_ledger *wg_ledger_enter(struct wg_ledger *ledger)
{
	struct wg_ledger *before = wg_ledger_here();

	entered = ledger == &own ? NULL : ledger;
	return before;
}
