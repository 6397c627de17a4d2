/* SPDX-License-Identifier: Apache-2.0 */
/* Operations under way, so that TEEC_RequestCancellation finds what to stop. */
#ifndef WG_RUNNING_H
#define WG_RUNNING_H

#include "tee_client_api.h"

/* Lies on the stack of the thread that carries the operation. */
struct wg_running {
	void (*cancel)(void *context);
	void *context;
};

/* operation may be NULL. TEEC_ERROR_CANCEL where the cancellation was asked for before the operation began. */
TEEC_Result wg_running_begin(TEEC_Operation *operation, struct wg_running *running);
void wg_running_end(TEEC_Operation *operation);

#endif
