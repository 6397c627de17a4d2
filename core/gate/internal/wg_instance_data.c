/* SPDX-License-Identifier: Apache-2.0 */
#include "tee_internal_api.h"
#include "wg_internal.h"

void TEE_SetInstanceData(const void *instanceData)
{
	wg_instance_must()->data = (void *)(uintptr_t)instanceData;
}

const void *TEE_GetInstanceData(void)
{
	return wg_instance_must()->data;
}
