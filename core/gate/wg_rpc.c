/* SPDX-License-Identifier: Apache-2.0 */
/* The world side of a request to the normal world. */
#include "wg_rpc.h"

#include "wg_instance.h"

TEE_Result wg_rpc_call(struct wg_instance *instance, struct wg_rpc *rpc, const void *out, size_t out_bytes, void *in,
		       size_t in_capacity)
{
	TEE_Result result;

	if (out_bytes > WG_RPC_BUFFER_BYTES)
		return TEE_ERROR_BAD_PARAMETERS;
	if (in_capacity > WG_RPC_BUFFER_BYTES)
		in_capacity = WG_RPC_BUFFER_BYTES;
	rpc->data_bytes = (uint32_t)out_bytes;
	rpc->result = TEE_ERROR_COMMUNICATION;
	WG_COUNT(rpcs, 1);
	/* A transport's own failure comes back here; the answer's result is in rpc. */
	result = instance->rpc(instance->rpc_context, rpc, out, out_bytes, in, in_capacity);
	if (result != TEE_SUCCESS)
		return result;
	if (rpc->result == TEE_SUCCESS && rpc->data_bytes > in_capacity)
		return TEE_ERROR_COMMUNICATION;
	return rpc->result;
}
