/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a gate beside the Client API: its worlds' ledgers, and whether a world can be used at all. */
#include <stdio.h>
#include <string.h>

#include "wg_gate.h"
#include "wg_optee.h"
#include "wg_transport.h"

void wg_gate_own_ledger(struct wg_ledger *out)
{
	wg_ledger_own(out);
}

static struct wg_session *opened(const TEEC_Session *session)
{
	return session ? session->imp.session : NULL;
}

wg_result wg_gate_world_ledger(TEEC_Session *session, struct wg_ledger *out)
{
	const struct wg_session *known = opened(session);

	if (!known || known->gate->optee)
		return WG_ERR_UNAVAILABLE;
	known->gate->transport->ledger(known->target, out);
	return WG_OK;
}

wg_result wg_gate_world_info(TEEC_Session *session, struct wg_world_info *out)
{
	const struct wg_session *known = opened(session);

	if (!known || known->gate->optee)
		return WG_ERR_UNAVAILABLE;
	known->gate->transport->info(known->target, out);
	return WG_OK;
}

/* Starts a world without a TA and asks it about itself. */
static TEEC_Result look(struct wg_gate *gate, struct wg_world_info *out)
{
	static const TEE_UUID none;
	struct wg_target *target;
	TEEC_Result result;

	if (gate->optee || gate->transport->shares_memory) {
		wg_gate_describe(gate, out);
		return TEEC_SUCCESS;
	}
	result = gate->transport->start(gate, &none, &target);
	if (result != TEEC_SUCCESS)
		return result;
	gate->transport->info(target, out);
	gate->transport->stop(target);
	return TEEC_SUCCESS;
}

void wg_gate_describe(const struct wg_gate *gate, struct wg_world_info *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = gate->spec.kind;
	out->transition_floor_ns = -1;
	out->fault_floor_ns = -1;
	snprintf(out->fidelity, sizeof(out->fidelity), "%s", gate->optee ? "hardware" : gate->transport->fidelity);
	if (gate->transport && gate->transport->shares_memory) {
		snprintf(out->memory, sizeof(out->memory), "shared");
		snprintf(out->memory_reason, sizeof(out->memory_reason),
			 "the normal world shares its memory with the client");
	}
}

wg_result wg_gate_probe(const char *world, struct wg_world_info *out, char reason[WG_REASON_BYTES])
{
	TEEC_Context context;
	TEEC_Result result = TEEC_InitializeContext(world, &context);

	memset(out, 0, sizeof(*out));
	if (result == TEEC_SUCCESS) {
		result = look(context.imp.gate, out);
		TEEC_FinalizeContext(&context);
	}
	snprintf(reason, WG_REASON_BYTES, "%s", result == TEEC_SUCCESS ? "" : wg_gate_reason());
	return result == TEEC_SUCCESS ? WG_OK : WG_ERR_UNAVAILABLE;
}
