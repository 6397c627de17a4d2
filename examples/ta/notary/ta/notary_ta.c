/* SPDX-License-Identifier: Apache-2.0 */
#include <notary_ta.h>
#include <tee_internal_api.h>

#define KEY_BITS 256

static TEE_ObjectHandle key_of_instance(void)
{
	return (TEE_ObjectHandle)(uintptr_t)TEE_GetInstanceData();
}

TEE_Result TA_CreateEntryPoint(void)
{
	TEE_ObjectHandle key = TEE_HANDLE_NULL;
	TEE_Result result = TEE_AllocateTransientObject(TEE_TYPE_HMAC_SHA256, KEY_BITS, &key);

	if (result != TEE_SUCCESS)
		return result;
	result = TEE_GenerateKey(key, KEY_BITS, NULL, 0);
	if (result != TEE_SUCCESS) {
		TEE_FreeTransientObject(key);
		return result;
	}
	TEE_SetInstanceData(key);
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
	TEE_FreeTransientObject(key_of_instance());
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t paramTypes, TEE_Param params[TEE_NUM_PARAMS], void **sessionContext)
{
	(void)params;
	*sessionContext = NULL;
	return paramTypes == 0 ? TEE_SUCCESS : TEE_ERROR_BAD_PARAMETERS;
}

void TA_CloseSessionEntryPoint(void *sessionContext)
{
	(void)sessionContext;
}

/* A MAC operation with the key, that has seen the message. The client may change its memory while we read, so the
 * message is copied once and only the copy is used. */
static TEE_Result feed(const TEE_Param *message, TEE_OperationHandle *operation)
{
	size_t size = message->memref.size;
	TEE_Result result;
	uint8_t *copy;

	if (size > NOTARY_MESSAGE_BYTES)
		return TEE_ERROR_EXCESS_DATA;
	copy = TEE_Malloc(size, TEE_MALLOC_FILL_ZERO);
	if (!copy)
		return TEE_ERROR_OUT_OF_MEMORY;
	TEE_MemMove(copy, message->memref.buffer, size);
	result = TEE_AllocateOperation(operation, TEE_ALG_HMAC_SHA256, TEE_MODE_MAC, KEY_BITS);
	if (result == TEE_SUCCESS) {
		result = TEE_SetOperationKey(*operation, key_of_instance());
		TEE_MACInit(*operation, NULL, 0);
		TEE_MACUpdate(*operation, copy, size);
	}
	TEE_Free(copy);
	return result;
}

static TEE_Result sign(uint32_t types, TEE_Param params[TEE_NUM_PARAMS])
{
	TEE_OperationHandle operation = TEE_HANDLE_NULL;
	uint8_t tag[NOTARY_TAG_BYTES];
	size_t size = sizeof(tag);
	TEE_Result result;

	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_MEMREF_OUTPUT, TEE_PARAM_TYPE_NONE,
				     TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	if (params[1].memref.size < sizeof(tag)) {
		params[1].memref.size = sizeof(tag);
		return TEE_ERROR_SHORT_BUFFER;
	}
	result = feed(&params[0], &operation);
	if (result == TEE_SUCCESS)
		result = TEE_MACComputeFinal(operation, NULL, 0, tag, &size);
	if (result == TEE_SUCCESS) {
		TEE_MemMove(params[1].memref.buffer, tag, size);
		params[1].memref.size = size;
	}
	TEE_FreeOperation(operation);
	return result;
}

static TEE_Result verify(uint32_t types, TEE_Param params[TEE_NUM_PARAMS])
{
	TEE_OperationHandle operation = TEE_HANDLE_NULL;
	uint8_t tag[NOTARY_TAG_BYTES];
	TEE_Result result;

	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_NONE,
				     TEE_PARAM_TYPE_NONE) ||
	    params[1].memref.size != sizeof(tag))
		return TEE_ERROR_BAD_PARAMETERS;
	TEE_MemMove(tag, params[1].memref.buffer, sizeof(tag));
	result = feed(&params[0], &operation);
	if (result == TEE_SUCCESS)
		result = TEE_MACCompareFinal(operation, NULL, 0, tag, sizeof(tag));
	TEE_FreeOperation(operation);
	return result;
}

TEE_Result TA_InvokeCommandEntryPoint(void *sessionContext, uint32_t commandID, uint32_t paramTypes,
				      TEE_Param params[TEE_NUM_PARAMS])
{
	(void)sessionContext;
	switch (commandID) {
	case NOTARY_SIGN:
		return sign(paramTypes, params);
	case NOTARY_VERIFY:
		return verify(paramTypes, params);
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
