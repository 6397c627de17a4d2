/* SPDX-License-Identifier: Apache-2.0 */
/* The three clocks of the Internal Core API. The system time is read inside the world; the other two belong to the
 * normal world, which may say anything: only well-formed answers reach the TA. */
#include <string.h>
#include <time.h>

#include "tee_internal_api.h"
#include "wg_internal.h"

void TEE_GetSystemTime(TEE_Time *time)
{
	struct timespec now;

	if (!time || clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		wg_instance_panic(TEE_ERROR_GENERIC);
	time->seconds = (uint32_t)now.tv_sec;
	time->millis = (uint32_t)(now.tv_nsec / 1000000);
}

/* False: not a time. */
static bool take_time(const struct wg_rpc *rpc, TEE_Time *time)
{
	if (rpc->word[1] >= 1000)
		return false;
	time->seconds = rpc->word[0];
	time->millis = rpc->word[1];
	return true;
}

void TEE_GetREETime(TEE_Time *time)
{
	struct wg_rpc rpc = {.operation = WG_RPC_REE_TIME};
	TEE_Result result = wg_rpc_call(wg_instance_must(), &rpc, NULL, 0, NULL, 0);

	if (!time || result != TEE_SUCCESS || !take_time(&rpc, time))
		wg_instance_panic(result != TEE_SUCCESS ? result : TEE_ERROR_COMMUNICATION);
}

TEE_Result TEE_Wait(uint32_t timeout)
{
	struct wg_instance *instance = wg_instance_must();
	struct wg_rpc rpc = {.operation = WG_RPC_WAIT, .word = {timeout}, .cancellable = !instance->cancel_masked};
	TEE_Result result;

	if (wg_cancel_pending(instance))
		return TEE_ERROR_CANCEL;
	result = wg_rpc_call(instance, &rpc, NULL, 0, NULL, 0);
	if (result != TEE_SUCCESS && (result != TEE_ERROR_CANCEL || !rpc.cancellable))
		wg_instance_panic(result);
	return result;
}

TEE_Result TEE_GetTAPersistentTime(TEE_Time *time)
{
	struct wg_rpc rpc = {.operation = WG_RPC_PERSISTENT_GET};
	TEE_Result result = wg_rpc_call(wg_instance_must(), &rpc, NULL, 0, NULL, 0);

	if (!time)
		wg_instance_panic(TEE_ERROR_BAD_PARAMETERS);
	memset(time, 0, sizeof(*time));
	switch (result) {
	case TEE_SUCCESS:
	case TEE_ERROR_OVERFLOW: /* the time is still given, modulo 2^32 seconds */
		return take_time(&rpc, time) ? result : TEE_ERROR_TIME_NEEDS_RESET;
	case TEE_ERROR_TIME_NOT_SET:
	case TEE_ERROR_OUT_OF_MEMORY:
		return result;
	default: /* what the normal world kept is not to be trusted */
		return TEE_ERROR_TIME_NEEDS_RESET;
	}
}

TEE_Result TEE_SetTAPersistentTime(const TEE_Time *time)
{
	struct wg_rpc rpc = {.operation = WG_RPC_PERSISTENT_SET};
	TEE_Result result;

	if (!time || time->millis >= 1000)
		wg_instance_panic(TEE_ERROR_BAD_PARAMETERS);
	rpc.word[0] = time->seconds;
	rpc.word[1] = time->millis;
	result = wg_rpc_call(wg_instance_must(), &rpc, NULL, 0, NULL, 0);
	if (result != TEE_SUCCESS && result != TEE_ERROR_OUT_OF_MEMORY && result != TEE_ERROR_STORAGE_NO_SPACE)
		wg_instance_panic(result);
	return result;
}
