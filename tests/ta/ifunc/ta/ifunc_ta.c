/* SPDX-License-Identifier: Apache-2.0 */
/* Code chosen by the dynamic linker: its resolver would run before any seal. */
#include <tee_internal_api.h>

static uint32_t answer(void)
{
	return 1;
}

static uint32_t (*resolve(void))(void)
{
	return answer;
}

static uint32_t chosen(void) __attribute__((ifunc("resolve")));

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
	return chosen();
}
