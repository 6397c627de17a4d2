/* SPDX-License-Identifier: Apache-2.0 */
/* The optee transport: the same nine functions, carried out by the platform's libteec, opened at run time. */
#ifndef WG_OPTEE_H
#define WG_OPTEE_H

#include "wg_transport.h"

TEEC_Result wg_optee_open(struct wg_gate *gate);
void wg_optee_close(struct wg_gate *gate);
TEEC_Result wg_optee_register(struct wg_gate *gate, TEEC_SharedMemory *memory);
TEEC_Result wg_optee_allocate(struct wg_gate *gate, TEEC_SharedMemory *memory);
void wg_optee_release(struct wg_gate *gate, TEEC_SharedMemory *memory);
TEEC_Result wg_optee_open_session(struct wg_gate *gate, TEEC_Session *session, const TEEC_UUID *uuid, uint32_t method,
				  const void *data, TEEC_Operation *operation, uint32_t *origin);
void wg_optee_close_session(struct wg_session *session);
TEEC_Result wg_optee_invoke(struct wg_session *session, uint32_t command, TEEC_Operation *operation, uint32_t *origin);

#endif
