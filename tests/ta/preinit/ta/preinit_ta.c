/* SPDX-License-Identifier: Apache-2.0 */
/* A function that the C library would call before main, and so before any seal. */
#include <tee_internal_api.h>

static uint32_t called;

static void early(void)
{
	called = 1;
}

__attribute__((section(".preinit_array"), used)) static void (*const entry)(void) = early;

TEE_Result TA_CreateEntryPoint(void)
{
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t paramTypes, TEE_Param params[TEE_NUM_PARAMS], void **sessionContext)
{
	(void)paramTypes;
	(void)params;
	*sessionContext = NULL;
	return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *sessionContext)
{
	(void)sessionContext;
}

TEE_Result TA_InvokeCommandEntryPoint(void *sessionContext, uint32_t commandID, uint32_t paramTypes,
				      TEE_Param params[TEE_NUM_PARAMS])
{
	(void)sessionContext;
	(void)commandID;
	(void)paramTypes;
	(void)params;
	return called;
}
