/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_proto.h"

#include <stdbool.h>
#include <string.h>

#include "tee_api_defines.h"

static bool is_reference(uint32_t type)
{
	return type >= TEE_PARAM_TYPE_MEMREF_INPUT && type <= TEE_PARAM_TYPE_MEMREF_INOUT;
}

static TEE_Result decode_reference(const struct wg_wire_param *wire, uint8_t *arena, size_t arena_bytes,
				   TEE_Param *param)
{
	if (wire->offset == WG_NULL_OFFSET) {
		param->memref.buffer = NULL;
		param->memref.size = 0;
		return wire->bytes == 0 ? TEE_SUCCESS : TEE_ERROR_BAD_PARAMETERS;
	}
	if (wire->offset > arena_bytes || wire->bytes > arena_bytes - wire->offset)
		return TEE_ERROR_BAD_PARAMETERS;
	param->memref.buffer = arena + wire->offset;
	param->memref.size = (size_t)wire->bytes;
	return TEE_SUCCESS;
}

TEE_Result wg_message_decode(const void *block, size_t block_bytes, uint8_t *arena, size_t arena_bytes,
			     struct wg_message *message, TEE_Param params[WG_PARAMS])
{
	TEE_Result result = TEE_SUCCESS;
	uint32_t type;
	unsigned i;

	memset(params, 0, WG_PARAMS * sizeof(params[0]));
	memset(message, 0, sizeof(*message));
	if (block_bytes < sizeof(*message))
		return TEE_ERROR_BAD_FORMAT;
	memcpy(message, block, sizeof(*message));
	if (message->types >> (4 * WG_PARAMS))
		return TEE_ERROR_BAD_PARAMETERS;
	for (i = 0; i < WG_PARAMS && result == TEE_SUCCESS; i++) {
		type = (message->types >> (4 * i)) & 0xf;
		if (is_reference(type)) {
			result = decode_reference(&message->params[i], arena, arena_bytes, &params[i]);
		} else if (type <= TEE_PARAM_TYPE_VALUE_INOUT) {
			params[i].value.a = message->params[i].a;
			params[i].value.b = message->params[i].b;
		} else {
			result = TEE_ERROR_BAD_PARAMETERS;
		}
	}
	return result;
}

void wg_message_encode(const TEE_Param params[WG_PARAMS], struct wg_message *message)
{
	unsigned i;

	for (i = 0; i < WG_PARAMS; i++) {
		if (is_reference((message->types >> (4 * i)) & 0xf)) {
			message->params[i].bytes = params[i].memref.size;
		} else {
			message->params[i].a = params[i].value.a;
			message->params[i].b = params[i].value.b;
		}
	}
}
