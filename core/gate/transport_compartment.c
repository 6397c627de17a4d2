/* SPDX-License-Identifier: Apache-2.0 */
/* A sealed process on this machine; both sides sleep on a bell while they wait. */
#include "wg_remote.h"

static TEEC_Result compartment_start(struct wg_gate *gate, const TEE_UUID *uuid, struct wg_target **out)
{
	const struct wg_boot timing = {.rpc_ns = -1};

	return wg_remote_start(gate, uuid, &timing, (struct wg_remote **)out);
}

static void compartment_call(struct wg_target *target, struct wg_call *call)
{
	wg_remote_call((struct wg_remote *)target, call, NULL);
}

const struct wg_transport wg_transport_compartment = {
	.fidelity = "compartment",
	.open = wg_remote_open,
	.close = wg_remote_close,
	.start = compartment_start,
	.stop = wg_remote_stop,
	.call = compartment_call,
	.cancel = wg_remote_cancel,
	.ended = wg_remote_ended,
	.ledger = wg_remote_ledger,
	.info = wg_remote_info,
};
