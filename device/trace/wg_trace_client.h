/* SPDX-License-Identifier: Apache-2.0 */
/* The Client API as any libteec has it: of its structures only the members that the specification fixes, in their
 * order. What lies behind them is the library's, and is never touched. */
#ifndef WG_TRACE_CLIENT_H
#define WG_TRACE_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#define WG_TEEC_SUCCESS	      0x00000000u
#define WG_TEEC_NOT_SUPPORTED 0xFFFF000Au
#define WG_TEEC_ORIGIN_API    1u

#define WG_TEEC_TEMP_INPUT     0x5u
#define WG_TEEC_TEMP_INOUT     0x7u
#define WG_TEEC_WHOLE	       0xCu
#define WG_TEEC_PARTIAL_INOUT  0xFu
#define WG_TEEC_PARAM_BITS     4u
#define WG_TEEC_PARAM_MASK     0xFu
#define WG_TEEC_DIRECTION_MASK 3u

typedef uint32_t TEEC_Result;

struct wg_teec_context;
struct wg_teec_session;

struct wg_teec_memory {
	void *buffer;
	size_t size;
	uint32_t flags;
};

union wg_teec_param {
	struct {
		void *buffer;
		size_t size;
	} temporary;
	struct {
		struct wg_teec_memory *parent;
		size_t size;
		size_t offset;
	} reference;
	struct {
		uint32_t a, b;
	} value;
};

struct wg_teec_operation {
	uint32_t started;
	uint32_t types;
	union wg_teec_param params[4];
};

TEEC_Result TEEC_InitializeContext(const char *name, struct wg_teec_context *context);
void TEEC_FinalizeContext(struct wg_teec_context *context);
TEEC_Result TEEC_RegisterSharedMemory(struct wg_teec_context *context, struct wg_teec_memory *memory);
TEEC_Result TEEC_AllocateSharedMemory(struct wg_teec_context *context, struct wg_teec_memory *memory);
void TEEC_ReleaseSharedMemory(struct wg_teec_memory *memory);
TEEC_Result TEEC_OpenSession(struct wg_teec_context *context, struct wg_teec_session *session, const void *uuid,
			     uint32_t method, const void *data, struct wg_teec_operation *operation, uint32_t *origin);
void TEEC_CloseSession(struct wg_teec_session *session);
TEEC_Result TEEC_InvokeCommand(struct wg_teec_session *session, uint32_t command, struct wg_teec_operation *operation,
			       uint32_t *origin);
void TEEC_RequestCancellation(struct wg_teec_operation *operation);

#endif
