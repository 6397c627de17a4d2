/* SPDX-License-Identifier: Apache-2.0 */
/* What lies in the memory shared by the normal world and one instance in a sealed process. Both sides decode from a
 * private copy, once. */
#ifndef WG_PROTO_H
#define WG_PROTO_H

#include <stdatomic.h>
#include <stdint.h>

#include "tee_api_types.h"
#include "wg_ledger.h"
#include "wg_result.h"
#include "wg_rpc.h"

#define WG_PARAMS	4u
#define WG_SESSIONS_MAX 64u
#define WG_NULL_OFFSET	UINT64_MAX

enum wg_message_kind {
	WG_MESSAGE_NONE = 0,
	/* normal world -> world */
	WG_MESSAGE_OPEN,
	WG_MESSAGE_INVOKE,
	WG_MESSAGE_CLOSE,
	WG_MESSAGE_QUIT,
	WG_MESSAGE_RPC_DONE,
	/* world -> normal world */
	WG_MESSAGE_DONE,
	WG_MESSAGE_RPC
};

struct wg_wire_param {
	uint32_t a, b;	 /* of a value */
	uint64_t offset; /* of a memory reference, in the arena; WG_NULL_OFFSET: a null one */
	uint64_t bytes;
};

struct wg_message {
	uint32_t kind;
	uint32_t session;
	uint32_t command;
	uint32_t types;
	struct wg_wire_param params[WG_PARAMS];
	uint32_t result;
	uint32_t origin;
};

/* Turns a message of the other side into parameters of a TA. Copies *block once; checks the types and that every
 * memory reference lies in the arena. Never reads outside block_bytes. */
TEE_Result wg_message_decode(const void *block, size_t block_bytes, uint8_t *arena, size_t arena_bytes,
			     struct wg_message *message, TEE_Param params[WG_PARAMS]);

/* The way back: what the TA left in its parameters, by message->types. */
void wg_message_encode(const TEE_Param params[WG_PARAMS], struct wg_message *message);

#endif
