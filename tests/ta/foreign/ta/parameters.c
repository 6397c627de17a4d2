/* SPDX-License-Identifier: Apache-2.0 */
/* Commands about parameters, cancellation among them. Shared memory is copied before it is used. */
#include "groups.h"

static uint32_t crc32(const uint8_t *bytes, size_t size)
{
	uint32_t crc = 0xffffffff;
	size_t i;
	int bit;

	for (i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (0xedb88320 & (0 - (crc & 1)));
	}
	return ~crc;
}

TEE_Result values_command(uint32_t types, TEE_Param params[TEE_NUM_PARAMS])
{
	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_VALUE_OUTPUT,
				     TEE_PARAM_TYPE_VALUE_INOUT, TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	params[1].value.a = params[0].value.a + params[0].value.b;
	params[1].value.b = params[0].value.a - params[0].value.b;
	params[2].value.a ^= params[0].value.a;
	params[2].value.b ^= params[0].value.b;
	return TEE_SUCCESS;
}

TEE_Result complement_command(uint32_t types, TEE_Param params[TEE_NUM_PARAMS])
{
	size_t size = params[0].memref.size;
	uint8_t *copy;
	size_t i;

	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_MEMREF_OUTPUT,
				     TEE_PARAM_TYPE_VALUE_OUTPUT, TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	if (params[1].memref.size < size) {
		params[1].memref.size = size;
		return TEE_ERROR_SHORT_BUFFER;
	}
	copy = TEE_Malloc(size + 1, TEE_MALLOC_FILL_ZERO);
	if (!copy)
		return TEE_ERROR_OUT_OF_MEMORY;
	if (size)
		TEE_MemMove(copy, params[0].memref.buffer, size);
	params[2].value.a = crc32(copy, size);
	params[2].value.b = (uint32_t)size;
	for (i = 0; i < size; i++)
		copy[i] = (uint8_t)~copy[i];
	if (size)
		TEE_MemMove(params[1].memref.buffer, copy, size);
	params[1].memref.size = size;
	TEE_Free(copy);
	return TEE_SUCCESS;
}

TEE_Result reverse_command(uint32_t types, TEE_Param params[TEE_NUM_PARAMS])
{
	size_t size = params[0].memref.size;
	uint8_t *bytes = params[0].memref.buffer;
	size_t i;

	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INOUT, TEE_PARAM_TYPE_VALUE_OUTPUT, TEE_PARAM_TYPE_NONE,
				     TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	params[1].value.a = bytes ? 0 : 1;
	params[1].value.b = (uint32_t)size;
	for (i = 0; i < size / 2; i++) {
		uint8_t first = bytes[i];

		bytes[i] = bytes[size - 1 - i];
		bytes[size - 1 - i] = first;
	}
	params[0].memref.size = size / 2;
	return TEE_SUCCESS;
}

TEE_Result three_command(uint32_t types, TEE_Param params[TEE_NUM_PARAMS])
{
	size_t size = params[2].memref.size;
	uint8_t *copy;
	uint8_t add;
	size_t i;

	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_MEMREF_OUTPUT,
				     TEE_PARAM_TYPE_MEMREF_INOUT, TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	if (params[0].memref.size == 0 || size == 0 || params[1].memref.size < size)
		return TEE_ERROR_BAD_PARAMETERS;
	copy = TEE_Malloc(size, TEE_MALLOC_FILL_ZERO);
	if (!copy)
		return TEE_ERROR_OUT_OF_MEMORY;
	add = *(const uint8_t *)params[0].memref.buffer;
	TEE_MemMove(copy, params[2].memref.buffer, size);
	for (i = 0; i < size; i++)
		copy[i] = (uint8_t)(copy[i] + add);
	TEE_MemMove(params[1].memref.buffer, copy, size);
	TEE_MemMove(params[2].memref.buffer, copy, size);
	params[1].memref.size = size;
	TEE_Free(copy);
	return TEE_SUCCESS;
}

TEE_Result wait_command(uint32_t types, TEE_Param params[TEE_NUM_PARAMS])
{
	TEE_Result result;
	uint32_t bits = 0;

	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_VALUE_OUTPUT, TEE_PARAM_TYPE_NONE,
				     TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	if (params[0].value.b)
		(void)TEE_UnmaskCancellation();
	result = TEE_Wait(params[0].value.a);
	if (!params[0].value.b) {
		bits |= TEE_GetCancellationFlag() ? 1 : 0;
		bits |= TEE_UnmaskCancellation() ? 2 : 0;
		bits |= TEE_GetCancellationFlag() ? 4 : 0;
	}
	if (TEE_MaskCancellation())
		bits |= 8;
	params[1].value.a = bits;
	params[1].value.b = 0;
	return result;
}
