/* SPDX-License-Identifier: Apache-2.0 */
/* Either side against a hostile other: our client against a fake world that answers, asks and ends as it likes; a real
 * world against a normal world that writes any bytes into the shared memory. An error code or a clean end, never a
 * crash and never a hang. */
#include <signal.h>
#include <sys/wait.h>

#include "../core/wg_test_world.h"
#include "wg_arena.h"
#include "wg_lane_format.h"
#include "wg_remote.h"

#define CANARY 0xc5
#define ROOM   5000u
#define EDGE   64u

static struct wg_test_peer peer;

static uint64_t cases(uint64_t in_test, uint64_t in_soak)
{
	return getenv("WORLDGATE_SOAK") ? in_soak : in_test;
}

/* A buffer of the client between bytes that must stay. */
struct guarded {
	uint8_t before[EDGE], room[ROOM], after[EDGE];
};

static void guard(struct guarded *buffer)
{
	memset(buffer, CANARY, sizeof(*buffer));
}

static void check_guard(const struct guarded *buffer)
{
	for (unsigned i = 0; i < EDGE; i++) {
		CHECK_EQ(buffer->before[i], CANARY);
		CHECK_EQ(buffer->after[i], CANARY);
	}
}

/* One crossing with memory of every kind. */
static void cross(TEEC_SharedMemory *memory, uint32_t command)
{
	static struct guarded in, both;
	TEEC_Operation operation;
	struct wg_ledger ledger;
	struct wg_world_info info;

	memset(&operation, 0, sizeof(operation));
	guard(&in);
	guard(&both);
	operation.paramTypes = WG_TEST_TYPES(MEMREF_TEMP_INPUT, MEMREF_TEMP_INOUT, MEMREF_PARTIAL_INOUT, VALUE_INOUT);
	operation.params[0].tmpref = (TEEC_TempMemoryReference){in.room, ROOM};
	operation.params[1].tmpref = (TEEC_TempMemoryReference){both.room, ROOM};
	operation.params[2].memref = (TEEC_RegisteredMemoryReference){memory, 100, 200};
	(void)TEEC_InvokeCommand(&peer.session, command, &operation, NULL);
	check_guard(&in);
	check_guard(&both);
	for (unsigned i = 0; i < ROOM; i++)
		CHECK_EQ(in.room[i], CANARY);
	CHECK_EQ(wg_gate_world_ledger(&peer.session, &ledger), WG_OK);
	CHECK_EQ(wg_gate_world_info(&peer.session, &info), WG_OK);
	CHECK(strnlen(info.aead, sizeof(info.aead)) < sizeof(info.aead));
	CHECK(strnlen(info.memory, sizeof(info.memory)) < sizeof(info.memory));
	CHECK(strnlen(info.memory_reason, sizeof(info.memory_reason)) < sizeof(info.memory_reason));
}

/* true: the fake world came as far as a session. */
static bool one_fake_world(uint64_t seed)
{
	const TEEC_UUID uuid = wg_test_probe(PROBE_EACH);
	static struct guarded registered;
	TEEC_SharedMemory memory = {.buffer = registered.room, .size = ROOM, .flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT};
	struct wg_gate *gate;
	uint64_t free_before;
	bool opened = false;
	char world[700];

	guard(&registered);
	snprintf(world, sizeof(world), "compartment:arena_bytes=1048576,aead=s%llx,exe=%s",
		 (unsigned long long)(seed & 0xffffffffffff), getenv("WG_TEST_FAKE_WORLD"));
	CHECK_EQ(TEEC_InitializeContext(world, &peer.context), TEEC_SUCCESS);
	gate = peer.context.imp.gate;
	CHECK_EQ(TEEC_RegisterSharedMemory(&peer.context, &memory), TEEC_SUCCESS);
	free_before = wg_arena_free_bytes(&gate->arena);
	if (TEEC_OpenSession(&peer.context, &peer.session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL) ==
	    TEEC_SUCCESS) {
		opened = true;
		for (uint32_t i = 0; i < 4; i++)
			cross(&memory, i);
		TEEC_CloseSession(&peer.session);
	}
	CHECK_EQ(wg_arena_free_bytes(&gate->arena), free_before);
	check_guard(&registered);
	for (unsigned i = 0; i < ROOM; i++)
		CHECK(registered.room[i] == CANARY || (i >= 200 && i < 300));
	TEEC_ReleaseSharedMemory(&memory);
	TEEC_FinalizeContext(&peer.context);
	return opened;
}

static void the_client_survives_any_world(void)
{
	const uint64_t count = cases(80, 1500);
	unsigned descriptors;
	uint64_t opened = 0;

	if (!getenv("WG_TEST_FAKE_WORLD"))
		SKIP("WG_TEST_FAKE_WORLD does not name the fake world");
	wg_test_open_context("compartment", &peer.context); /* where there are none, neither is a fake one */
	TEEC_FinalizeContext(&peer.context);
	setenv("WORLDGATE_TA_LOG", "off", 1);
	(void)one_fake_world(1);
	descriptors = wg_test_descriptors();
	for (uint64_t i = 0; i < count; i++) {
		double began = wg_test_seconds();
		uint64_t seed = wg_test_random();

		alarm(30);
		opened += one_fake_world(seed);
		if (wg_test_seconds() - began > 10)
			printf("seed %llx took %.1f s\n", (unsigned long long)seed, wg_test_seconds() - began);
		CHECK(wg_test_seconds() - began < 10);
		CHECK_EQ(wg_test_descriptors(), descriptors);
	}
	printf("%llu of %llu came as far as a session\n", (unsigned long long)opened, (unsigned long long)count);
	CHECK(opened > count / 4); /* else nothing was tried */
}

/* The other way round */

static struct wg_remote *remote_of(TEEC_Session *session)
{
	return (struct wg_remote *)((struct wg_session *)session->imp.session)->target;
}

static void scribble(void *memory, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		((volatile uint8_t *)memory)[i] = (uint8_t)wg_test_random();
}

static uint64_t edge(uint64_t arena_bytes)
{
	const uint64_t edges[] = {
		0,	   1,	      4096, arena_bytes, arena_bytes - 1, arena_bytes + 1, UINT64_MAX, UINT64_MAX - 1,
		INT64_MAX, UINT32_MAX};

	return wg_test_random_below(3) ? edges[wg_test_random_below(sizeof(edges) / sizeof(edges[0]))]
				       : wg_test_random();
}

/* None of them loops for as long as a parameter says. */
static uint32_t some_command(void)
{
	static const uint32_t commands[] = {PROBE_SEE,	  PROBE_SHORT,		PROBE_ANSWER,
					    PROBE_COUNT,  WG_LANE_COMMAND_CALL, WG_LANE_COMMAND_BATCH,
					    PROBE_DIGEST, WG_LANE_COMMAND_RING};

	return wg_test_random_below(8) ? commands[wg_test_random_below(sizeof(commands) / sizeof(commands[0]))]
				       : (uint32_t)wg_test_random() | 0x10000u;
}

static struct wg_message some_message(uint64_t arena_bytes)
{
	struct wg_message message;

	for (size_t i = 0; i < sizeof(message); i++)
		((uint8_t *)&message)[i] = (uint8_t)wg_test_random();
	message.command = some_command();
	if (wg_test_random_below(10) == 0)
		return message;
	message.kind = wg_test_random_below(6) ? WG_MESSAGE_INVOKE : (uint32_t)wg_test_random_below(10);
	message.session = wg_test_random_below(4) ? 0 : (uint32_t)wg_test_random_below(70);
	message.types = (uint32_t)wg_test_random() & (wg_test_random_below(4) ? 0x7777 : 0xfffff);
	for (unsigned i = 0; i < WG_PARAMS; i++) {
		message.params[i].a = (uint32_t)wg_test_random_below(300);
		message.params[i].b = (uint32_t)wg_test_random_below(300);
		message.params[i].offset = edge(arena_bytes);
		message.params[i].bytes = edge(arena_bytes);
	}
	return message;
}

/* Any part of the shared memory that the world may read, but the message that says where it is. */
static void scribble_somewhere(struct wg_control *control)
{
	switch (wg_test_random_below(8)) {
	case 0:
		scribble(&control->boot, sizeof(control->boot));
		break;
	case 1:
		scribble(&control->report, sizeof(control->report));
		break;
	case 2:
		scribble(&control->ledger, sizeof(control->ledger));
		break;
	case 3:
		scribble(&control->to_world.rpc, sizeof(control->to_world.rpc));
		break;
	case 4:
		scribble(&control->to_normal.message, sizeof(control->to_normal.message));
		break;
	case 5:
		scribble(control->rpc_buffer, 4096);
		break;
	case 6:
		scribble(&control->to_world.asleep, sizeof(control->to_world.asleep));
		scribble(&control->cancel, sizeof(control->cancel));
		break;
	default:
		break;
	}
}

/* Sends any message and waits for what the world makes of it. false: it has ended. */
static bool provoke(struct wg_remote *remote, uint64_t arena_bytes)
{
	struct wg_message message = some_message(arena_bytes);
	struct wg_rpc rpc = {.result = 0};

	scribble_somewhere(remote->control);
	scribble(&rpc, sizeof(rpc));
	if (wg_channel_send(&remote->channel, &message, &rpc, wg_test_random()) != WG_OK)
		return false;
	while (wg_channel_wait(&remote->channel) == WG_OK) {
		message = remote->control->to_normal.message;
		if (message.kind == WG_MESSAGE_DONE)
			return true;
		CHECK_EQ(message.kind, WG_MESSAGE_RPC);
		/* Its own request is answered with anything too. */
		message.kind = WG_MESSAGE_RPC_DONE;
		scribble(&rpc, sizeof(rpc));
		if (wg_channel_send(&remote->channel, &message, &rpc, wg_test_random()) != WG_OK)
			return false;
	}
	return false;
}

static void a_world_survives_any_normal_world_or_ends(void)
{
	unsigned survived = 0, ended = 0;

	wg_test_open_context("compartment", &peer.context);
	TEEC_FinalizeContext(&peer.context);
	CHECK_EQ(TEEC_InitializeContext("compartment:arena_bytes=1048576", &peer.context), TEEC_SUCCESS);
	wg_test_open_session(&peer, PROBE_EACH);
	for (uint64_t i = 0; i < cases(3000, 300000); i++) {
		struct wg_remote *remote = remote_of(&peer.session);

		alarm(30);
		if (provoke(remote, 1 << 20)) {
			survived++;
			continue;
		}
		ended++;
		/* A panic and QUIT end by themselves, without a signal. */
		CHECK(atomic_load(&remote->child.ended));
		if (WIFSIGNALED(remote->child.wait_status))
			printf("case %llu ended the world by signal %d\n", (unsigned long long)i,
			       WTERMSIG(remote->child.wait_status));
		CHECK(WIFEXITED(remote->child.wait_status));
		atomic_store(&remote->target.dead, true);
		TEEC_CloseSession(&peer.session);
		wg_test_open_session(&peer, PROBE_EACH);
	}
	printf("%u answers, %u ends\n", survived, ended);
	CHECK(survived > ended);
	atomic_store(&remote_of(&peer.session)->target.dead, true);
	wg_test_close(&peer);
}

/* A real session goes on after wrong messages that it was never told of. */
static void a_world_that_refused_goes_on_serving(void)
{
	static const struct wg_message wrong[] = {
		{.kind = WG_MESSAGE_NONE},
		{.kind = WG_MESSAGE_DONE},
		{.kind = 77},
		{.kind = WG_MESSAGE_INVOKE, .session = 63},
		{.kind = WG_MESSAGE_INVOKE, .session = 64},
		{.kind = WG_MESSAGE_INVOKE, .session = UINT32_MAX},
		{.kind = WG_MESSAGE_CLOSE, .session = 1},
		{.kind = WG_MESSAGE_INVOKE, .types = 4},
		{.kind = WG_MESSAGE_INVOKE, .types = 0x10000},
		{.kind = WG_MESSAGE_INVOKE, .types = 5, .params = {{.offset = (64u << 20) + 1}}},
		{.kind = WG_MESSAGE_INVOKE, .types = 5, .params = {{.offset = 1, .bytes = 64u << 20}}},
		{.kind = WG_MESSAGE_INVOKE, .types = 5, .params = {{.offset = WG_NULL_OFFSET, .bytes = 1}}},
		{.kind = WG_MESSAGE_INVOKE, .types = 5, .params = {{.offset = 8, .bytes = UINT64_MAX}}},
	};
	struct wg_remote *remote;

	wg_test_open("compartment", PROBE_EACH, &peer);
	remote = remote_of(&peer.session);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK_EQ(wg_channel_send(&remote->channel, &wrong[i], NULL, 0), WG_OK);
		CHECK_EQ(wg_channel_wait(&remote->channel), WG_OK);
		CHECK_EQ(remote->control->to_normal.message.kind, WG_MESSAGE_DONE);
		CHECK_EQ(remote->control->to_normal.message.result, TEEC_ERROR_BAD_PARAMETERS);
		CHECK_EQ(remote->control->to_normal.message.origin, TEEC_ORIGIN_TEE);
		CHECK_EQ(wg_test_command(&peer.session, PROBE_HEAP, 100, 1, NULL), TEEC_SUCCESS);
	}
	wg_test_close(&peer);
}

static const struct wg_test tests[] = {
	WG_TEST(the_client_survives_any_world),
	WG_TEST(a_world_survives_any_normal_world_or_ends),
	WG_TEST(a_world_that_refused_goes_on_serving),
};

WG_TEST_MAIN(tests)
