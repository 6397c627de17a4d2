/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts of the Client API: a context is an open gate. */
#include <stdlib.h>
#include <string.h>

#include "wg_aead.h"
#include "wg_keeper.h"
#include "wg_ledger_file.h"
#include "wg_optee.h"
#include "wg_reason.h"
#include "wg_transport.h"

static const struct wg_transport *const transports[] = {
	[WG_WORLD_NORMAL] = &wg_transport_normal,
	[WG_WORLD_COMPARTMENT] = &wg_transport_compartment,
	[WG_WORLD_EMULATED] = &wg_transport_emulated,
	[WG_WORLD_OPTEE] = NULL,
};

static struct wg_gate *new_gate(void)
{
	struct wg_gate *gate = calloc(1, sizeof(*gate));

	if (!gate)
		return NULL;
	gate->arena_descriptor = -1;
	pthread_mutex_init(&gate->lock, NULL);
	pthread_cond_init(&gate->changed, NULL);
	return gate;
}

static void free_gate(struct wg_gate *gate)
{
	pthread_cond_destroy(&gate->changed);
	pthread_mutex_destroy(&gate->lock);
	free(gate);
}

static TEEC_Result open_gate(struct wg_gate *gate, const char *name)
{
	char reason[WG_REASON_BYTES];

	if (wg_world_parse(name, &gate->spec, reason) != WG_OK)
		return wg_fail(TEEC_ERROR_ITEM_NOT_FOUND, "%s", reason);
	if (wg_keeper_forked())
		return wg_fail(TEEC_ERROR_BAD_STATE,
			       "this process was forked from one that has worlds open; start it afresh instead");
	gate->transport = transports[gate->spec.kind];
	return gate->transport ? gate->transport->open(gate) : wg_optee_open(gate);
}

TEEC_Result TEEC_InitializeContext(const char *name, TEEC_Context *context)
{
	struct wg_gate *gate;
	TEEC_Result result;

	wg_reason_clear();
	if (!context)
		return wg_fail(TEEC_ERROR_BAD_PARAMETERS, "no context given");
	if (!name)
		name = getenv("WORLDGATE_WORLD");
	if (!name)
		name = "compartment";
	gate = new_gate();
	if (!gate)
		return wg_fail(TEEC_ERROR_OUT_OF_MEMORY, "no memory for a context");
	result = open_gate(gate, name);
	if (result != TEEC_SUCCESS) {
		free_gate(gate);
		return result;
	}
	wg_ledger_file_start();
	context->imp.gate = gate;
	return TEEC_SUCCESS;
}

void TEEC_FinalizeContext(TEEC_Context *context)
{
	struct wg_gate *gate = context ? context->imp.gate : NULL;

	if (!gate)
		return;
	context->imp.gate = NULL;
	if (wg_keeper_forked())
		return; /* it belongs to the process this one was forked from */
	if (gate->optee) {
		wg_optee_close(gate);
	} else {
		while (gate->targets) {
			struct wg_target *target = gate->targets;

			gate->targets = target->next;
			gate->transport->stop(target);
		}
		gate->transport->close(gate);
	}
	free_gate(gate);
}
