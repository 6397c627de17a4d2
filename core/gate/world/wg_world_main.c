/* SPDX-License-Identifier: Apache-2.0 */
/* The sealed process. It maps what it was given, warms up its crypto, moves into secret memory, seals itself, and only
 * then runs the first instruction of a TA: its constructors, its create entry point, and what the normal world asks. */
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tee_api_defines.h"
#include "wg_aead.h"
#include "wg_channel.h"
#include "wg_clock.h"
#include "wg_crypto.h"
#include "wg_instance.h"
#include "wg_memory.h"
#include "wg_memory_map.h"
#include "wg_pager.h"
#include "wg_seal.h"
#include "wg_secret.h"
#include "wg_wipe.h"

#define STACK_BYTES_OWN (192u * 1024u) /* what the gate and the crypto library need above a TA's own TA_STACK_SIZE */

struct world {
	struct wg_control *control;
	struct wg_boot boot; /* the one copy that is looked at */
	struct wg_boot_report report;
	struct wg_channel channel;
	struct wg_secrecy secrecy;
	uint8_t *arena;
	void *store;
	void *heap;
	struct wg_pager *pager;
	const struct wg_ta *ta; /* NULL: a world that only answers */
	struct wg_ta built;	/* the TA with its constructors before its create entry point */
	struct wg_instance instance;
	void *sessions[WG_SESSIONS_MAX];
	bool used[WG_SESSIONS_MAX];
	uint64_t half_rpc_ticks;
};

static struct world world;

typedef void (*constructor)(void);
extern const constructor __wg_ta_init_begin[]; /* wg_ta_init.ld */
extern const constructor __wg_ta_init_end[];

static void publish(void)
{
	struct wg_ledger ledger = world.instance.ledger;

	if (world.pager)
		wg_pager_counts(world.pager, &ledger.pages_in, &ledger.pages_out);
	world.control->ledger = ledger;
}

static void answer(struct wg_message *message, uint64_t ta_ticks)
{
	message->kind = WG_MESSAGE_DONE;
	publish();
	wg_wipe_registers();
	if (wg_channel_send(&world.channel, message, NULL, ta_ticks) != WG_OK)
		_exit(1);
}

static _Noreturn void give_up(TEE_Result result, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Tells the normal world why there is no world, and ends. */
static _Noreturn void give_up(TEE_Result result, const char *format, ...)
{
	struct wg_message message = {.result = result};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(world.report.reason, sizeof(world.report.reason), format, arguments);
	va_end(arguments);
	world.report.result = result;
	world.control->report = world.report;
	answer(&message, 0);
	_exit(1);
}

/* Spins until wait after a moment that the normal world names; no longer than wait from now, whatever it names. */
static void spin_after(uint64_t moment, uint64_t wait)
{
	uint64_t now;

	if (wait == 0)
		return;
	now = wg_ticks();
	wg_spin_until(moment < now ? moment + wait : now + wait);
}

static TEE_Result request(void *context, struct wg_rpc *rpc, const void *out, size_t out_bytes, void *in,
			  size_t in_capacity)
{
	struct wg_message message = {.kind = WG_MESSAGE_RPC};
	uint64_t began;

	(void)context;
	if (world.boot.rpc_refused && rpc->operation != WG_RPC_LOG)
		return TEE_ERROR_NOT_SUPPORTED;
	if (out_bytes)
		memcpy(world.control->rpc_buffer, out, out_bytes);
	began = world.half_rpc_ticks ? wg_ticks() : 0; /* the way out is part of the delay, the copy is not */
	publish();
	wg_wipe_registers();
	wg_wipe_kept_registers();
	if (wg_channel_send(&world.channel, &message, rpc, began) != WG_OK || wg_channel_wait(&world.channel) != WG_OK)
		_exit(1);
	*rpc = world.control->to_world.rpc; /* the one copy that is looked at */
	spin_after(world.control->to_world.ticks, world.half_rpc_ticks);
	if (rpc->data_bytes > in_capacity)
		return rpc->result == TEE_SUCCESS ? TEE_ERROR_COMMUNICATION : rpc->result;
	if (rpc->data_bytes)
		memcpy(in, world.control->rpc_buffer, rpc->data_bytes);
	return TEE_SUCCESS;
}

static void map_shared(void)
{
	world.control = wg_shared_map(WG_DESCRIPTOR_CONTROL, sizeof(*world.control));
	if (!world.control)
		_exit(1);
	world.boot = world.control->boot;
	world.boot.aead[sizeof(world.boot.aead) - 1] = '\0';
	wg_channel_init(&world.channel, world.control, true, WG_DESCRIPTOR_IN, WG_DESCRIPTOR_OUT, world.boot.spin);
	world.arena = wg_shared_map(WG_DESCRIPTOR_ARENA, world.boot.arena_bytes);
	if (!world.arena)
		give_up(TEE_ERROR_OUT_OF_MEMORY, "the world could not map its shared memory");
	if (world.boot.store_bytes) {
		world.store = wg_shared_map(WG_DESCRIPTOR_STORE, world.boot.store_bytes);
		if (!world.store)
			give_up(TEE_ERROR_OUT_OF_MEMORY, "the world could not map the store of its pages");
		close(WG_DESCRIPTOR_STORE);
	}
	close(WG_DESCRIPTOR_CONTROL);
	close(WG_DESCRIPTOR_ARENA);
}

/* What shall hold for the process as a whole: ends with the normal world, leaves no core, is not looked into. */
static void harden(void)
{
	const struct rlimit nothing = {0, 0};
	cpu_set_t processors;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != world.boot.parent)
		_exit(1); /* it had ended before the line above */
	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &nothing);
	for (int i = 0; i < 3; i++)
		close(i);
	if (world.boot.cpu < 0)
		return;
	CPU_ZERO(&processors);
	CPU_SET((size_t)world.boot.cpu, &processors);
	if (sched_setaffinity(0, sizeof(processors), &processors) < 0)
		give_up(TEE_ERROR_BAD_PARAMETERS, "cpu=%d: the world may not run on that processor", world.boot.cpu);
}

static void warm_up(void)
{
	if (world.boot.rpc_ns > 0)
		world.half_rpc_ticks = wg_ns_to_ticks(world.boot.rpc_ns / 2);
	if (wg_aead_choose(world.boot.aead) != WG_OK)
		give_up(TEE_ERROR_NOT_SUPPORTED, "aead=%s: %s", world.boot.aead, wg_aead_why_not(world.boot.aead));
	if (wg_crypto_warm_up() != WG_OK)
		give_up(TEE_ERROR_GENERIC, "the crypto library does not work inside a world");
	snprintf(world.report.aead, sizeof(world.report.aead), "%s", wg_aead_library());
}

/* A page of the heap does not verify: what the normal world keeps for this world was tampered with. */
static void broken_page(void *context, size_t page)
{
	(void)context;
	(void)page;
	_exit(WG_EXIT_BROKEN_PAGE);
}

static void make_paged_heap(size_t bytes)
{
	const struct wg_pager_config config = {
		.store = world.store,
		.store_bytes = world.boot.store_bytes,
		.virtual_bytes = bytes,
		.resident_bytes = world.boot.heap_bytes,
		.fault_ns = world.boot.fault_ns,
		.on_broken = broken_page,
	};
	char reason[WG_REASON_BYTES];

	if (wg_pager_open(&config, &world.pager, &world.report.fault_floor_ns, reason, sizeof(reason)) != WG_OK)
		give_up(TEE_ERROR_NOT_SUPPORTED, "%s", reason);
	world.heap = wg_pager_memory(world.pager);
}

static void make_heap(void)
{
	size_t bytes = wg_page_round_up(world.ta->data_bytes);

	if (world.boot.store_bytes)
		make_paged_heap(bytes);
	else
		world.heap = wg_secret_memory(&world.secrecy, bytes);
	if (!world.heap)
		give_up(TEE_ERROR_OUT_OF_MEMORY, "no memory for a heap of %u bytes", world.ta->data_bytes);
}

static void report_memory(void)
{
	const char *kind = world.pager ? "paged" : world.secrecy.secret ? "secret" : "anonymous";
	const char *reason = world.secrecy.reason;

	if (world.pager)
		reason =
			"the heap is paged, and userfaultfd cannot watch secret memory; stack and variables are secret "
			"where the kernel can";
	snprintf(world.report.memory, sizeof(world.report.memory), "%s", kind);
	snprintf(world.report.memory_reason, sizeof(world.report.memory_reason), "%s", reason);
}

/* As OP-TEE does it: the constructors are the TA's first instructions. */
static TEE_Result construct_and_create(void)
{
	for (const constructor *entry = __wg_ta_init_begin; entry < __wg_ta_init_end; entry++) {
		if (*entry)
			(*entry)();
	}
	return world.ta->create();
}

/* The first instructions of the TA. A panic in its create entry point ends the world before it began. */
static void create(void)
{
	struct wg_message ready = {.result = TEE_SUCCESS};
	TEE_Result result = TEE_SUCCESS;

	if (world.ta) {
		world.built = *world.ta;
		world.built.create = construct_and_create;
		if (wg_instance_start(&world.instance, &world.built, world.heap, world.ta->data_bytes, request, NULL,
				      &world.control->cancel) != WG_OK)
			give_up(TEE_ERROR_OUT_OF_MEMORY, "TA_DATA_SIZE %u is too small for a heap",
				world.ta->data_bytes);
		result = wg_instance_create(&world.instance);
	}
	if (result != TEE_SUCCESS)
		give_up(result, "the TA's create entry point refused with 0x%08x", result);
	world.control->report = world.report;
	answer(&ready, 0);
}

static TEE_Result open_session(struct wg_message *message, TEE_Param params[WG_PARAMS])
{
	TEE_Result result;

	for (uint32_t i = 0; i < WG_SESSIONS_MAX; i++) {
		if (world.used[i])
			continue;
		result = wg_instance_open(&world.instance, message->types, params, &world.sessions[i]);
		world.used[i] = result == TEE_SUCCESS;
		message->session = i;
		return result;
	}
	message->origin = TEE_ORIGIN_TEE;
	return TEE_ERROR_BUSY;
}

static TEE_Result dispatch(struct wg_message *message, TEE_Param params[WG_PARAMS])
{
	bool known = message->session < WG_SESSIONS_MAX && world.used[message->session];

	message->origin = TEE_ORIGIN_TRUSTED_APP;
	if (!world.ta)
		return TEE_SUCCESS;
	if (message->kind == WG_MESSAGE_OPEN)
		return open_session(message, params);
	if (message->kind == WG_MESSAGE_INVOKE && known)
		return wg_instance_invoke(&world.instance, world.sessions[message->session], message->command,
					  message->types, params);
	if (message->kind == WG_MESSAGE_CLOSE && known) {
		wg_instance_close(&world.instance, world.sessions[message->session]);
		world.used[message->session] = false;
		return TEE_SUCCESS;
	}
	message->origin = TEE_ORIGIN_TEE;
	return TEE_ERROR_BAD_PARAMETERS;
}

/* One message of the normal world. */
static void serve(void)
{
	struct wg_message message;
	TEE_Param params[WG_PARAMS];
	uint64_t sent = world.control->to_world.ticks;
	bool timed = world.boot.spin || sent; /* whether the normal world asks how long the TA took */
	uint64_t began;

	message.result = wg_message_decode(&world.control->to_world.message, sizeof(message), world.arena,
					   world.boot.arena_bytes, &message, params);
	if (message.kind == WG_MESSAGE_QUIT) {
		if (world.ta)
			wg_instance_destroy(&world.instance);
		answer(&message, 0);
		_exit(0);
	}
	spin_after(sent, world.boot.enter_ticks);
	began = timed ? wg_ticks() : 0;
	message.origin = TEE_ORIGIN_TEE;
	if (message.result == TEE_SUCCESS)
		message.result = dispatch(&message, params);
	if (world.instance.panicked) {
		message.origin = TEE_ORIGIN_TEE;
		message.result = TEE_ERROR_TARGET_DEAD;
		message.command = world.instance.panic_code;
	}
	wg_message_encode(params, &message);
	answer(&message, timed ? wg_ticks() - began : 0);
	if (world.instance.panicked)
		_exit(0);
}

/* On the secret stack. */
static void live(void)
{
	int pager = -1;

	(void)wg_ledger_enter(&world.instance.ledger); /* what the gate counts on this side is the world's too */
	if (world.ta)
		make_heap();
	if (world.pager)
		pager = wg_pager_descriptor(world.pager);
	report_memory();
	/* TEE_CheckMemoryAccessRights asks for the map, which cannot be read behind the seal. */
	if (wg_memory_map_keep() != WG_OK)
		give_up(TEE_ERROR_GENERIC, "the world could not read the map of its own memory");
	if (wg_seal(WG_DESCRIPTOR_IN, WG_DESCRIPTOR_OUT, pager) != WG_OK)
		give_up(TEE_ERROR_NOT_SUPPORTED, "this kernel has no seccomp filters");
	create();
	for (;;) {
		if (wg_channel_wait(&world.channel) != WG_OK)
			_exit(0);
		serve();
	}
}

int main(void)
{
	static const TEE_UUID none;
	size_t stack_bytes = STACK_BYTES_OWN;

	world.secrecy.secret = true;
	world.report.fault_floor_ns = -1;
	map_shared();
	harden();
	warm_up();
	if (memcmp(&world.boot.uuid, &none, sizeof(none)) != 0) {
		world.ta = wg_ta_find(&world.boot.uuid);
		if (!world.ta)
			give_up(TEE_ERROR_ITEM_NOT_FOUND, "no TA of that UUID is linked into the world");
		world.report.flags = world.ta->flags;
		stack_bytes += world.ta->stack_bytes;
	}
	wg_secret_variables(&world.secrecy);
	if (wg_secret_run(&world.secrecy, stack_bytes, live) != WG_OK)
		give_up(TEE_ERROR_OUT_OF_MEMORY, "no memory for a stack of %zu bytes", stack_bytes);
	return 1;
}
