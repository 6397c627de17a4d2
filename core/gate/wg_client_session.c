/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of the Client API: which instance serves one, opening, invoking, cancelling, closing. */
#include <stdlib.h>
#include <string.h>

#include "user_ta_header.h"
#include "wg_clock.h"
#include "wg_keeper.h"
#include "wg_marshal.h"
#include "wg_optee.h"
#include "wg_reason.h"
#include "wg_running.h"
#include "wg_stage.h"

void wg_target_init(struct wg_target *target, struct wg_gate *gate, const TEE_UUID *uuid)
{
	target->gate = gate;
	target->uuid = *uuid;
	pthread_mutex_init(&target->calls, NULL);
}

static void cancel_target(void *context)
{
	struct wg_target *target = context;

	target->gate->transport->cancel(target, true);
}

/* Carries one call to a target, with the operation's parameters. */
static TEEC_Result carry(struct wg_target *target, TEEC_Operation *operation, struct wg_call *call, uint32_t *origin)
{
	struct wg_running running = {cancel_target, target};
	struct wg_stages *stages = wg_stage_here();
	struct wg_gate *gate = target->gate;
	struct wg_marshalled marshalled;
	TEEC_Result result = wg_marshal_in(gate, operation, call, &marshalled);

	*origin = call->origin = TEEC_ORIGIN_API;
	if (result != TEEC_SUCCESS)
		return result;
	pthread_mutex_lock(&target->calls);
	gate->transport->cancel(target, false);
	result = wg_running_begin(operation, &running);
	if (result == TEEC_SUCCESS) {
		WG_COUNT(crossings, 1);
		wg_stage_crossing(stages, WG_STAGE_marshal);
		gate->transport->call(target, call);
		result = call->result;
		*origin = call->origin;
	}
	wg_running_end(operation);
	pthread_mutex_unlock(&target->calls);
	wg_marshal_out(gate, operation, call, &marshalled);
	wg_stage_crossing(stages, WG_STAGE_unmarshal);
	return result;
}

static bool is_dead(const struct wg_target *target)
{
	const struct wg_transport *transport = target->gate->transport;

	return atomic_load_explicit(&target->dead, memory_order_relaxed) ||
	       (transport->ended && transport->ended(target));
}

/* An instance that outlives its sessions may have ended while it had none: nobody else would remove it. Under the
 * gate's lock. */
static void bury_idle(struct wg_gate *gate)
{
	struct wg_target **link = &gate->targets;

	while (*link) {
		struct wg_target *target = *link;

		if (target->sessions > 0 || !is_dead(target)) {
			link = &target->next;
			continue;
		}
		*link = target->next;
		atomic_store_explicit(&target->dead, true, memory_order_relaxed);
		gate->transport->stop(target);
	}
}

/* A target that a new session may join; NULL: start one. Under the gate's lock. */
static TEEC_Result find_target(struct wg_gate *gate, const TEE_UUID *uuid, struct wg_target **out)
{
	struct wg_target *target;

	*out = NULL;
	for (target = gate->targets; target; target = target->next) {
		if (memcmp(&target->uuid, uuid, sizeof(*uuid)) != 0 || !(target->flags & TA_FLAG_SINGLE_INSTANCE) ||
		    is_dead(target))
			continue;
		if (target->sessions > 0 && !(target->flags & TA_FLAG_MULTI_SESSION))
			return wg_fail(TEEC_ERROR_BUSY, "the TA serves one session at a time");
		*out = target;
		return TEEC_SUCCESS;
	}
	return TEEC_SUCCESS;
}

/* The target of a new session, which is counted as one of its sessions from here on. One OpenSession at a time starts
 * targets, so that two threads do not start two of a single-instance TA. */
static TEEC_Result enter_target(struct wg_gate *gate, const TEE_UUID *uuid, struct wg_target **out)
{
	TEEC_Result result;

	pthread_mutex_lock(&gate->lock);
	while (gate->starting)
		pthread_cond_wait(&gate->changed, &gate->lock);
	bury_idle(gate);
	result = find_target(gate, uuid, out);
	if (result == TEEC_SUCCESS && !*out) {
		gate->starting = true;
		pthread_mutex_unlock(&gate->lock);
		result = gate->transport->start(gate, uuid, out);
		pthread_mutex_lock(&gate->lock);
		gate->starting = false;
		pthread_cond_broadcast(&gate->changed);
		if (result == TEEC_SUCCESS) {
			(*out)->next = gate->targets;
			gate->targets = *out;
		}
	}
	if (result == TEEC_SUCCESS)
		(*out)->sessions++;
	pthread_mutex_unlock(&gate->lock);
	return result;
}

/* Takes one session off the target, and ends the target where it was the last. */
static void leave_target(struct wg_target *target)
{
	const uint32_t stays = TA_FLAG_SINGLE_INSTANCE | TA_FLAG_INSTANCE_KEEP_ALIVE;
	struct wg_gate *gate = target->gate;
	struct wg_target **link = &gate->targets;
	bool last;

	pthread_mutex_lock(&gate->lock);
	last = --target->sessions == 0 && (is_dead(target) || (target->flags & stays) != stays);
	if (last) {
		while (*link != target)
			link = &(*link)->next;
		*link = target->next;
	}
	pthread_mutex_unlock(&gate->lock);
	if (last)
		gate->transport->stop(target);
}

static TEEC_Result open_local(struct wg_gate *gate, TEEC_Session *session, const TEEC_UUID *destination,
			      TEEC_Operation *operation, uint32_t *origin)
{
	struct wg_call call = {.kind = WG_MESSAGE_OPEN, .entered = wg_ticks()};
	struct wg_session *opened;
	struct wg_target *target;
	TEE_UUID uuid;
	TEEC_Result result;

	memcpy(&uuid, destination, sizeof(uuid));
	opened = calloc(1, sizeof(*opened));
	if (!opened)
		return wg_fail(TEEC_ERROR_OUT_OF_MEMORY, "no memory for a session");
	*origin = TEEC_ORIGIN_TEE;
	result = enter_target(gate, &uuid, &target);
	if (result != TEEC_SUCCESS) {
		free(opened);
		return result;
	}
	result = carry(target, operation, &call, origin);
	if (result != TEEC_SUCCESS) {
		leave_target(target);
		free(opened);
		return result;
	}
	*opened = (struct wg_session){.gate = gate, .target = target, .handle = call.session};
	session->imp.session = opened;
	return TEEC_SUCCESS;
}

TEEC_Result TEEC_OpenSession(TEEC_Context *context, TEEC_Session *session, const TEEC_UUID *destination,
			     uint32_t connectionMethod, const void *connectionData, TEEC_Operation *operation,
			     uint32_t *returnOrigin)
{
	uint32_t origin = TEEC_ORIGIN_API;
	struct wg_gate *gate;
	TEEC_Result result;

	wg_reason_clear();
	if (returnOrigin)
		*returnOrigin = origin;
	if (!context || !context->imp.gate || !session || !destination)
		return wg_fail(TEEC_ERROR_BAD_PARAMETERS, "no context, session or destination given");
	if (wg_keeper_forked())
		return wg_fail(TEEC_ERROR_BAD_STATE, "the context belongs to the process this one was forked from");
	gate = context->imp.gate;
	session->imp.session = NULL;
	if (gate->optee)
		result = wg_optee_open_session(gate, session, destination, connectionMethod, connectionData, operation,
					       &origin);
	else if (connectionMethod > TEEC_LOGIN_GROUP_APPLICATION || connectionMethod == 3)
		result = wg_fail(TEEC_ERROR_BAD_PARAMETERS, "no connection method %u", connectionMethod);
	else
		result = open_local(gate, session, destination, operation, &origin);
	if (returnOrigin)
		*returnOrigin = origin;
	return result;
}

TEEC_Result TEEC_InvokeCommand(TEEC_Session *session, uint32_t commandID, TEEC_Operation *operation,
			       uint32_t *returnOrigin)
{
	struct wg_session *opened = session ? session->imp.session : NULL;
	struct wg_stages *stages = wg_stage_begin();
	uint32_t origin = TEEC_ORIGIN_API;
	struct wg_call call;
	TEEC_Result result;

	wg_reason_clear();
	if (!opened) {
		result = wg_fail(TEEC_ERROR_BAD_PARAMETERS, "no open session given");
	} else if (wg_keeper_forked()) {
		result = wg_fail(TEEC_ERROR_BAD_STATE, "the session belongs to the process this one was forked from");
	} else if (opened->gate->optee) {
		result = wg_optee_invoke(opened, commandID, operation, &origin);
		wg_stage_crossing(stages, WG_STAGE_wait);
	} else {
		call.kind = WG_MESSAGE_INVOKE;
		call.session = opened->handle;
		call.command = commandID;
		call.entered = stages || opened->gate->transport->wants_ticks ? wg_ticks() : 0;
		result = carry(opened->target, operation, &call, &origin);
	}
	wg_stage_end();
	if (returnOrigin)
		*returnOrigin = origin;
	return result;
}

void TEEC_CloseSession(TEEC_Session *session)
{
	struct wg_session *opened = session ? session->imp.session : NULL;
	struct wg_call call = {.kind = WG_MESSAGE_CLOSE, .entered = wg_ticks()};
	uint32_t origin;

	if (!opened)
		return;
	session->imp.session = NULL;
	if (wg_keeper_forked())
		return;
	if (opened->gate->optee) {
		wg_optee_close_session(opened);
		return;
	}
	call.session = opened->handle;
	(void)carry(opened->target, NULL, &call, &origin);
	leave_target(opened->target);
	free(opened);
}
