/* SPDX-License-Identifier: Apache-2.0 */
/* This folder has no sub.mk on purpose: every C file of it is a source. */
#include <tee_internal_api.h>

#include "multi_ta.h"

struct instance {
	uint32_t calls;
	uint32_t creations;
};

TEE_Result TA_CreateEntryPoint(void)
{
	struct instance *instance = TEE_Malloc(sizeof(*instance), TEE_MALLOC_FILL_ZERO);

	if (!instance)
		return TEE_ERROR_OUT_OF_MEMORY;
	instance->creations++;
	TEE_SetInstanceData(instance);
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
	TEE_Free((void *)(uintptr_t)TEE_GetInstanceData());
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

TEE_Result TA_InvokeCommandEntryPoint(void *sessionContext, uint32_t commandID, uint32_t paramTypes,
				      TEE_Param params[TEE_NUM_PARAMS])
{
	struct instance *instance = (struct instance *)(uintptr_t)TEE_GetInstanceData();

	(void)sessionContext;
	if (commandID == MULTI_PANIC)
		TEE_Panic(1);
	if (commandID != MULTI_COUNT)
		return TEE_ERROR_NOT_SUPPORTED;
	if (TEE_PARAM_TYPE_GET(paramTypes, 0) != TEE_PARAM_TYPE_VALUE_OUTPUT)
		return TEE_ERROR_BAD_PARAMETERS;
	params[0].value.a = ++instance->calls;
	params[0].value.b = instance->creations;
	return TEE_SUCCESS;
}
