/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_remote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tee_api_defines.h"
#include "wg_bell.h"
#include "wg_clock.h"
#include "wg_instance.h"
#include "wg_ledger_file.h"
#include "wg_memory.h"
#include "wg_pager.h"
#include "wg_reason.h"
#include "wg_relax.h"
#include "wg_stage.h"

#define QUIT_GRACE_MS 2000

TEEC_Result wg_remote_open(struct wg_gate *gate)
{
	size_t bytes = wg_page_round_up(gate->spec.arena_bytes);

	gate->arena_descriptor = wg_shared_create("worldgate-arena", bytes);
	if (gate->arena_descriptor < 0)
		return wg_fail(TEEC_ERROR_OUT_OF_MEMORY, "no shared memory of %zu bytes: %s", bytes, strerror(errno));
	gate->arena_memory = wg_shared_map(gate->arena_descriptor, bytes);
	if (!gate->arena_memory || wg_arena_init(&gate->arena, bytes) != WG_OK) {
		wg_shared_unmap(gate->arena_memory, bytes);
		close(gate->arena_descriptor);
		return wg_fail(TEEC_ERROR_OUT_OF_MEMORY, "no room to map %zu bytes of shared memory", bytes);
	}
	gate->spec.arena_bytes = bytes;
	return TEEC_SUCCESS;
}

void wg_remote_close(struct wg_gate *gate)
{
	wg_arena_destroy(&gate->arena);
	wg_shared_unmap(gate->arena_memory, gate->spec.arena_bytes);
	close(gate->arena_descriptor);
}

static void close_if_open(int descriptor)
{
	if (descriptor >= 0)
		close(descriptor);
}

static void remote_free(struct wg_remote *remote)
{
	if (remote->supplicant)
		wg_supplicant_free(remote->supplicant);
	wg_shared_unmap(remote->control, sizeof(*remote->control));
	wg_shared_unmap(remote->store, remote->store_bytes);
	close_if_open(remote->bell_in);
	close_if_open(remote->bell_out);
	pthread_mutex_destroy(&remote->target.calls);
	free(remote);
}

/* How the process ended, in words, for a call that found it dead. */
static TEEC_Result explain_end(const struct wg_remote *remote)
{
	int status = remote->child.wait_status;

	if (!atomic_load_explicit(&remote->child.ended, memory_order_acquire))
		return wg_fail(TEEC_ERROR_TARGET_DEAD, "the world's process no longer answers");
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return wg_fail(TEEC_ERROR_TARGET_DEAD,
			       "the world was ended by its seal (SIGSYS): the TA made a system call it may not make");
	if (WIFSIGNALED(status))
		return wg_fail(TEEC_ERROR_TARGET_DEAD, "the world's process was ended by signal %d (%s)",
			       WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) == WG_EXIT_BROKEN_PAGE)
		return wg_fail(TEEC_ERROR_TARGET_DEAD, "a page kept outside the world did not verify: it was changed");
	return wg_fail(TEEC_ERROR_TARGET_DEAD, "the world's process ended with status %d", WEXITSTATUS(status));
}

static const char *find_exe(const struct wg_world_spec *spec)
{
	return spec->exe[0] ? spec->exe : getenv("WORLDGATE_WORLD_EXE");
}

/* The heap of a TA that is larger than the protected memory is paged; the store for its sealed pages lies here. */
static TEEC_Result prepare_store(struct wg_remote *remote, const struct wg_ta *ta, struct wg_boot *boot,
				 int *descriptor)
{
	if (boot->heap_bytes == 0 || !ta || ta->data_bytes <= boot->heap_bytes) {
		boot->heap_bytes = 0;
		return TEEC_SUCCESS;
	}
	remote->store_bytes = wg_page_round_up(wg_pager_store_bytes(wg_page_round_up(ta->data_bytes)));
	*descriptor = wg_shared_create("worldgate-store", remote->store_bytes);
	remote->store = *descriptor < 0 ? NULL : wg_shared_map(*descriptor, remote->store_bytes);
	boot->store_bytes = remote->store_bytes;
	return remote->store ? TEEC_SUCCESS
			     : wg_fail(TEEC_ERROR_OUT_OF_MEMORY, "no memory for the store of a paged heap: %s",
				       strerror(errno));
}

/* Shared memory, bells and boot block, everything but the process. Descriptors that only the child keeps come back in
 * control and store. */
static TEEC_Result prepare(struct wg_remote *remote, const struct wg_boot *timing, int *control, int *store)
{
	static const TEE_UUID none;
	struct wg_gate *gate = remote->target.gate;
	const struct wg_ta *ta = wg_ta_find(&remote->target.uuid);
	struct wg_boot boot = *timing;
	TEEC_Result result;

	boot.uuid = remote->target.uuid;
	boot.arena_bytes = gate->spec.arena_bytes;
	boot.cpu = gate->spec.cpu;
	boot.parent = getpid();
	memcpy(boot.aead, gate->spec.aead, sizeof(boot.aead));
	result = prepare_store(remote, ta, &boot, store);
	if (result != TEEC_SUCCESS)
		return result;
	remote->bell_in = wg_bell_create();
	remote->bell_out = wg_bell_create();
	*control = wg_shared_create("worldgate-control", wg_page_round_up(sizeof(*remote->control)));
	remote->control = *control < 0 ? NULL : wg_shared_map(*control, sizeof(*remote->control));
	remote->supplicant = wg_supplicant_new(memcmp(&boot.uuid, &none, sizeof(none)) ? &boot.uuid : &none);
	if (remote->bell_in < 0 || remote->bell_out < 0 || !remote->control || !remote->supplicant)
		return wg_fail(TEEC_ERROR_OUT_OF_MEMORY, "no memory or descriptors left for a sealed process: %s",
			       strerror(errno));
	remote->control->boot = boot;
	atomic_init(&remote->control->to_world.cpu, WG_RELAX_CPU_UNKNOWN);
	atomic_init(&remote->control->to_normal.cpu, WG_RELAX_CPU_UNKNOWN);
	wg_channel_init(&remote->channel, remote->control, false, remote->bell_in, remote->bell_out, boot.spin != 0);
	remote->channel.peer_dead = &remote->child.ended;
	remote->half_rpc_ticks = boot.rpc_ns > 0 ? wg_ns_to_ticks(boot.rpc_ns / 2) : 0;
	return TEEC_SUCCESS;
}

static TEEC_Result take_report(struct wg_remote *remote)
{
	struct wg_boot_report *report = &remote->report;

	*report = remote->control->report;
	report->aead[sizeof(report->aead) - 1] = '\0';
	report->memory[sizeof(report->memory) - 1] = '\0';
	report->memory_reason[sizeof(report->memory_reason) - 1] = '\0';
	report->reason[sizeof(report->reason) - 1] = '\0';
	remote->target.flags = report->flags;
	return report->result == TEEC_SUCCESS ? TEEC_SUCCESS : wg_fail(report->result, "%s", report->reason);
}

static void serve(struct wg_remote *remote, struct wg_message *message);

/* Waits for the end of what the world is doing, serving its requests. */
static wg_result wait_done(struct wg_remote *remote, struct wg_message *message)
{
	wg_result result;

	do {
		result = wg_channel_wait(&remote->channel);
		if (result != WG_OK)
			return result;
		*message = remote->control->to_normal.message; /* the one copy that is looked at */
		if (message->kind == WG_MESSAGE_RPC)
			serve(remote, message);
	} while (message->kind == WG_MESSAGE_RPC);
	return message->kind == WG_MESSAGE_DONE ? WG_OK : WG_ERR_INPUT;
}

static TEEC_Result run(struct wg_remote *remote, const struct wg_boot *timing)
{
	struct wg_gate *gate = remote->target.gate;
	const char *exe = find_exe(&gate->spec);
	struct wg_message message;
	int control = -1;
	int store = -1;
	TEEC_Result result = prepare(remote, timing, &control, &store);

	if (result == TEEC_SUCCESS && !exe)
		result = wg_fail(TEEC_ERROR_ITEM_NOT_FOUND,
				 "no executable of a sealed world is named: give exe= or set WORLDGATE_WORLD_EXE");
	if (result == TEEC_SUCCESS) {
		/* The bells change sides: the world waits for the one that the normal world rings. */
		const int descriptors[WG_CHILD_DESCRIPTORS] = {control, gate->arena_descriptor, remote->bell_out,
							       remote->bell_in, store};

		if (wg_keeper_start(exe, descriptors, remote->bell_in, &remote->child) != WG_OK)
			result =
				wg_fail(TEEC_ERROR_ITEM_NOT_FOUND, "%s could not be started: %s", exe, strerror(errno));
	}
	close_if_open(control);
	close_if_open(store);
	if (result != TEEC_SUCCESS)
		return result;
	wg_supplicant_watch(remote->supplicant, remote->child.pidfd);
	if (wait_done(remote, &message) != WG_OK)
		result = explain_end(remote);
	else
		result = take_report(remote);
	if (result != TEEC_SUCCESS)
		wg_keeper_end(&remote->child, 0);
	return result;
}

TEEC_Result wg_remote_start(struct wg_gate *gate, const TEE_UUID *uuid, const struct wg_boot *timing,
			    struct wg_remote **out)
{
	static const TEE_UUID none;
	struct wg_remote *remote = calloc(1, sizeof(*remote));
	TEEC_Result result;

	if (!remote)
		return wg_fail(TEEC_ERROR_OUT_OF_MEMORY, "no memory for a world");
	wg_target_init(&remote->target, gate, uuid ? uuid : &none);
	remote->bell_in = remote->bell_out = -1;
	result = run(remote, timing);
	if (result != TEEC_SUCCESS)
		remote_free(remote);
	else
		*out = remote;
	return result;
}

void wg_remote_stop(struct wg_target *target)
{
	struct wg_remote *remote = (struct wg_remote *)target;
	struct wg_message message = {.kind = WG_MESSAGE_QUIT};
	struct wg_ledger ledger;
	int grace_ms = 0;

	/* The destroy entry point may ask for things too, so it is waited for like any call. */
	if (!atomic_load_explicit(&target->dead, memory_order_relaxed) &&
	    wg_channel_send(&remote->channel, &message, NULL, wg_ticks()) == WG_OK &&
	    wait_done(remote, &message) == WG_OK)
		grace_ms = QUIT_GRACE_MS;
	wg_keeper_end(&remote->child, grace_ms);
	wg_remote_ledger(target, &ledger);
	wg_ledger_file_add(&target->uuid, target->gate->transport->fidelity, &ledger);
	remote_free(remote);
}

/* One request of the world. The delays of an emulated platform lie around the service. */
static void serve(struct wg_remote *remote, struct wg_message *message)
{
	struct wg_leg *leg = &remote->control->to_normal;
	struct wg_rpc rpc = leg->rpc; /* the one copy that is looked at */
	uint64_t asked = leg->ticks;
	uint64_t now = wg_ticks();
	struct wg_stages *stages = wg_stage_here();

	wg_stage_lap(stages, WG_STAGE_wait, 0);
	if (remote->half_rpc_ticks)
		wg_spin_until(asked < now ? asked + remote->half_rpc_ticks : now + remote->half_rpc_ticks);
	wg_supplicant_serve(remote->supplicant, &rpc, remote->control->rpc_buffer, WG_RPC_BUFFER_BYTES);
	message->kind = WG_MESSAGE_RPC_DONE;
	/* A failing send means that the process has ended, which the next wait tells. */
	if (wg_channel_send(&remote->channel, message, &rpc, wg_ticks()) == WG_OK)
		message->kind = WG_MESSAGE_RPC;
	wg_stage_lap(stages, WG_STAGE_request, 0);
}

static void fill(struct wg_message *message, const struct wg_call *call)
{
	memset(message, 0, sizeof(*message));
	message->kind = call->kind;
	message->session = call->session;
	message->command = call->command;
	message->types = call->types;
	for (unsigned i = 0; i < WG_PARAMS; i++)
		message->params[i] = (struct wg_wire_param){call->params[i].a, call->params[i].b,
							    call->params[i].offset, call->params[i].bytes};
}

/* The Internal API has no way to tell a TA that a request of it was refused, so it panics. */
static const char *why_refused(const struct wg_remote *remote, const struct wg_message *message)
{
	const struct wg_world_spec *spec = &remote->target.gate->spec;

	if (message->command != TEE_ERROR_NOT_SUPPORTED || spec->kind != WG_WORLD_EMULATED || spec->costs.rpc_ns >= 0)
		return "";
	return ": the profile knows no rpc_ns, so requests to the normal world are refused";
}

/* What the answer says is the TA's business, except that a session's number stays in its table. */
static void take_answer(struct wg_remote *remote, struct wg_call *call, const struct wg_message *message)
{
	call->result = message->result;
	call->origin = message->origin == TEEC_ORIGIN_TRUSTED_APP ? TEEC_ORIGIN_TRUSTED_APP : TEEC_ORIGIN_TEE;
	call->session = message->session;
	for (unsigned i = 0; i < WG_PARAMS; i++) {
		call->params[i].a = message->params[i].a;
		call->params[i].b = message->params[i].b;
		call->params[i].bytes = message->params[i].bytes;
	}
	if (call->result == TEEC_ERROR_TARGET_DEAD && call->origin == TEEC_ORIGIN_TEE) {
		atomic_store_explicit(&remote->target.dead, true, memory_order_relaxed);
		wg_fail(call->result, "the TA panicked with 0x%08x%s", message->command, why_refused(remote, message));
	}
}

/* How long the TA ran: what the world says, but no more than has passed. */
static uint64_t inside(const struct wg_remote *remote, uint64_t began)
{
	uint64_t passed = wg_ticks() - began;
	uint64_t said = remote->control->to_normal.ticks;

	return said < passed ? said : passed;
}

static bool exchange(struct wg_remote *remote, struct wg_call *call, struct wg_stages *stages,
		     struct wg_message *message)
{
	fill(message, call);
	if (atomic_load_explicit(&remote->target.dead, memory_order_relaxed) ||
	    wg_channel_send(&remote->channel, message, NULL, call->entered) != WG_OK)
		return false;
	wg_stage_crossing(stages, WG_STAGE_send);
	if (wait_done(remote, message) != WG_OK)
		return false;
	wg_stage_crossing(stages, WG_STAGE_wait);
	return true;
}

void wg_remote_call(struct wg_remote *remote, struct wg_call *call, uint64_t *ta_ticks)
{
	struct wg_stages *stages = wg_stage_here();
	struct wg_message message;
	uint64_t began = call->entered;
	uint64_t ticks;

	if (exchange(remote, call, stages, &message)) {
		take_answer(remote, call, &message);
		if (!ta_ticks && !stages)
			return;
		ticks = inside(remote, began);
		if (stages)
			wg_stage_inside(stages, ticks);
		if (ta_ticks)
			*ta_ticks = ticks;
		return;
	}
	atomic_store_explicit(&remote->target.dead, true, memory_order_relaxed);
	if (ta_ticks)
		*ta_ticks = 0;
	call->origin = TEEC_ORIGIN_TEE;
	call->result = explain_end(remote);
}

void wg_remote_cancel(struct wg_target *target, bool requested)
{
	struct wg_remote *remote = (struct wg_remote *)target;

	/* Relaxed: a hint, no data hangs on it. */
	atomic_store_explicit(&remote->control->cancel, requested, memory_order_relaxed);
	if (requested)
		wg_supplicant_cancel(remote->supplicant);
	else
		wg_supplicant_cancel_reset(remote->supplicant);
}

bool wg_remote_ended(const struct wg_target *target)
{
	const struct wg_remote *remote = (const struct wg_remote *)target;

	/* Acquire pairs with the keeper's release. */
	return atomic_load_explicit(&remote->child.ended, memory_order_acquire) != 0;
}

void wg_remote_ledger(struct wg_target *target, struct wg_ledger *out)
{
	*out = ((struct wg_remote *)target)->control->ledger;
}

void wg_remote_info(struct wg_target *target, struct wg_world_info *out)
{
	const struct wg_remote *remote = (struct wg_remote *)target;

	memset(out, 0, sizeof(*out));
	out->kind = target->gate->spec.kind;
	snprintf(out->fidelity, sizeof(out->fidelity), "%s", target->gate->transport->fidelity);
	memcpy(out->aead, remote->report.aead, sizeof(out->aead));
	memcpy(out->memory, remote->report.memory, sizeof(out->memory));
	memcpy(out->memory_reason, remote->report.memory_reason, sizeof(out->memory_reason));
	out->transition_floor_ns = -1;
	out->fault_floor_ns = remote->report.fault_floor_ns;
	out->process = remote->child.pid;
}
