/* SPDX-License-Identifier: Apache-2.0 */
/* Why the last Client API call of this thread failed: one line, for wg_gate_reason. */
#ifndef WG_REASON_H
#define WG_REASON_H

#include "tee_client_api.h"

/* Sets this thread's reason and hands code through. */
TEEC_Result wg_fail(TEEC_Result code, const char *format, ...) __attribute__((format(printf, 2, 3)));
void wg_reason_clear(void);

#endif
