/* SPDX-License-Identifier: Apache-2.0 */
/* A client application's ledger at its end, as JSON in the file that the environment variable WORLDGATE_LEDGER names.
 */
#ifndef WG_LEDGER_FILE_H
#define WG_LEDGER_FILE_H

#include "tee_api_types.h"
#include "wg_ledger.h"

/* Arranges for the file to be written when the process ends, where one is named. Any number of times. */
void wg_ledger_file_start(void);
/* What an instance of a TA counted, once it has ended. */
void wg_ledger_file_add(const TEE_UUID *ta, const char *fidelity, const struct wg_ledger *ledger);

#endif
