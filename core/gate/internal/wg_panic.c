/* SPDX-License-Identifier: Apache-2.0 */
#include "tee_internal_api.h"
#include "wg_internal.h"

void TEE_Panic(TEE_Result panicCode)
{
	wg_instance_panic(panicCode);
}
