/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <tee_internal_api.h>

#include "constructor_ta.h"

static uint32_t order;
static uint32_t early;

__attribute__((constructor(200))) static void first(void)
{
	order = order * 10 + 1;
}

__attribute__((constructor(300))) static void second(void)
{
	order = order * 10 + 2;
}

__attribute__((constructor)) static void last(void)
{
	order = order * 10 + 3;
#ifdef FORBIDDEN_PATH
	(void)!open(FORBIDDEN_PATH, O_CREAT | O_WRONLY, 0600);
#endif
}

TEE_Result TA_CreateEntryPoint(void)
{
	early = order == 123;
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
	if (TEE_PARAM_TYPE_GET(paramTypes, 0) != TEE_PARAM_TYPE_VALUE_OUTPUT)
		return TEE_ERROR_BAD_PARAMETERS;
	params[0].value.a = order;
	params[0].value.b = early;
	return TEE_SUCCESS;
}
