/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts, sessions and instances of the Client API: who shares what, cancelling, and how things end. */
#include <pthread.h>
#include <sys/wait.h>

#include "wg_proto.h"
#include "wg_test_world.h"

static const char *world;
static struct wg_test_peer peer;

static TEEC_Result open_with(TEEC_Context *context, TEEC_Session *session, uint8_t kind, uint32_t a, uint32_t b,
			     uint32_t *origin)
{
	const TEEC_UUID uuid = wg_test_probe(kind);
	TEEC_Operation operation = {.paramTypes = TEEC_VALUE_INOUT};

	operation.params[0].value = (TEEC_Value){a, b};
	return TEEC_OpenSession(context, session, &uuid, TEEC_LOGIN_PUBLIC, NULL, &operation, origin);
}

static TEEC_Value count(TEEC_Session *session)
{
	TEEC_Value value;

	CHECK_EQ(wg_test_command(session, PROBE_COUNT, 0, 0, &value), TEEC_SUCCESS);
	return value;
}

static void nothing_works_without_what_it_needs(void)
{
	const TEEC_UUID uuid = wg_test_probe(PROBE_MANY), nobody = {1, 2, 3, {4}};
	TEEC_Session session = {{NULL}};
	uint32_t origin = 0;

	wg_test_open_context(world, &peer.context);
	CHECK_EQ(TEEC_InitializeContext(world, NULL), TEEC_ERROR_BAD_PARAMETERS);
	CHECK_EQ(TEEC_InitializeContext("nowhere", &(TEEC_Context){{NULL}}), TEEC_ERROR_ITEM_NOT_FOUND);
	CHECK(strstr(wg_gate_reason(), "nowhere") != NULL);
	CHECK_EQ(TEEC_OpenSession(NULL, &session, &uuid, 0, NULL, NULL, &origin), TEEC_ERROR_BAD_PARAMETERS);
	CHECK_EQ(TEEC_OpenSession(&peer.context, NULL, &uuid, 0, NULL, NULL, &origin), TEEC_ERROR_BAD_PARAMETERS);
	CHECK_EQ(TEEC_OpenSession(&peer.context, &session, NULL, 0, NULL, NULL, &origin), TEEC_ERROR_BAD_PARAMETERS);
	CHECK_EQ(origin, TEEC_ORIGIN_API);
	CHECK_EQ(TEEC_OpenSession(&peer.context, &session, &uuid, 3, NULL, NULL, NULL), TEEC_ERROR_BAD_PARAMETERS);
	CHECK_EQ(TEEC_OpenSession(&peer.context, &session, &nobody, 0, NULL, NULL, &origin), TEEC_ERROR_ITEM_NOT_FOUND);
	CHECK_EQ(origin, TEEC_ORIGIN_TEE);
	CHECK(strstr(wg_gate_reason(), "no TA of that UUID") != NULL);
	CHECK_EQ(TEEC_InvokeCommand(&session, 1, NULL, &origin), TEEC_ERROR_BAD_PARAMETERS);
	CHECK_EQ(TEEC_InvokeCommand(NULL, 1, NULL, NULL), TEEC_ERROR_BAD_PARAMETERS);
	TEEC_CloseSession(&session);
	TEEC_CloseSession(NULL);
	TEEC_RequestCancellation(NULL);
	TEEC_FinalizeContext(&peer.context);
	TEEC_FinalizeContext(&peer.context);
	TEEC_FinalizeContext(NULL);
}

static void an_answer_and_its_origin_come_from_the_TA(void)
{
	static const TEEC_Result answers[] = {TEEC_SUCCESS, TEEC_ERROR_ACCESS_DENIED, 0x12345678, TEEC_ERROR_BUSY};
	TEEC_Operation operation = {.paramTypes = TEEC_VALUE_INPUT};
	TEEC_Session session;
	uint32_t origin;

	wg_test_open(world, PROBE_MANY, &peer);
	for (unsigned i = 0; i < 4; i++) {
		operation.params[0].value.a = answers[i];
		CHECK_EQ(TEEC_InvokeCommand(&peer.session, PROBE_ANSWER, &operation, &origin), answers[i]);
		CHECK_EQ(origin, TEEC_ORIGIN_TRUSTED_APP);
	}
	CHECK_EQ(open_with(&peer.context, &session, PROBE_MANY, TEEC_ERROR_ACCESS_DENIED, 0, &origin),
		 TEEC_ERROR_ACCESS_DENIED);
	CHECK_EQ(origin, TEEC_ORIGIN_TRUSTED_APP);
	CHECK(session.imp.session == NULL);
	CHECK_EQ(open_with(&peer.context, &session, PROBE_EACH, 0xabcdef01, 0, &origin), 0xabcdef01);
	wg_test_close(&peer);
}

static void instances_are_shared_as_the_flags_say(void)
{
	TEEC_Session sessions[2];

	wg_test_open(world, PROBE_MANY, &peer);
	CHECK_EQ(open_with(&peer.context, &sessions[0], PROBE_MANY, 0, 0, NULL), TEEC_SUCCESS);
	CHECK_EQ(count(&peer.session).a, 2);
	CHECK_EQ(wg_test_process(&sessions[0]), wg_test_process(&peer.session));
	TEEC_CloseSession(&sessions[0]);
	CHECK_EQ(count(&peer.session).a, 1);
	CHECK_EQ(open_with(&peer.context, &sessions[0], PROBE_EACH, 0, 0, NULL), TEEC_SUCCESS);
	CHECK_EQ(open_with(&peer.context, &sessions[1], PROBE_EACH, 0, 0, NULL), TEEC_SUCCESS);
	if (strcmp(world, "normal") != 0) {
		CHECK(wg_test_process(&sessions[0]) != wg_test_process(&sessions[1]));
		CHECK_EQ(count(&sessions[0]).a, 1);
	}
	TEEC_CloseSession(&sessions[0]);
	TEEC_CloseSession(&sessions[1]);
	CHECK_EQ(open_with(&peer.context, &sessions[0], PROBE_LONE, 0, 0, NULL), TEEC_SUCCESS);
	CHECK_EQ(open_with(&peer.context, &sessions[1], PROBE_LONE, 0, 0, NULL), TEEC_ERROR_BUSY);
	TEEC_CloseSession(&sessions[0]);
	CHECK_EQ(open_with(&peer.context, &sessions[1], PROBE_LONE, 0, 0, NULL), TEEC_SUCCESS);
	TEEC_CloseSession(&sessions[1]);
	wg_test_close(&peer);
}

static void a_kept_instance_outlives_its_sessions_and_no_other_does(void)
{
	uint32_t created;
	pid_t process;

	wg_test_open(world, PROBE_KEPT, &peer);
	created = count(&peer.session).b;
	process = wg_test_process(&peer.session);
	TEEC_CloseSession(&peer.session);
	wg_test_open_session(&peer, PROBE_KEPT);
	CHECK_EQ(count(&peer.session).b, created);
	CHECK_EQ(wg_test_process(&peer.session), process);
	wg_test_close(&peer);
	wg_test_open(world, PROBE_MANY, &peer);
	process = wg_test_process(&peer.session);
	TEEC_CloseSession(&peer.session);
	wg_test_open_session(&peer, PROBE_MANY);
	CHECK(process == 0 || wg_test_process(&peer.session) != process);
	wg_test_close(&peer);
}

static void a_kept_instance_that_was_killed_while_idle_is_replaced_at_once(void)
{
	TEEC_Value value;
	siginfo_t info;
	pid_t process;

	wg_test_open(world, PROBE_KEPT, &peer);
	process = wg_test_process(&peer.session);
	TEEC_CloseSession(&peer.session);
	CHECK_EQ(kill(process, SIGKILL), 0);
	/* Until it is reaped its end may not be known yet. */
	while (waitid(P_PID, (id_t)process, &info, WEXITED | WNOWAIT) == 0)
		usleep(1000);
	usleep(20000);
	wg_test_open_session(&peer, PROBE_KEPT);
	CHECK_EQ(wg_test_command(&peer.session, PROBE_COUNT, 0, 0, &value), TEEC_SUCCESS);
	CHECK_EQ(value.b, 1);
	wg_test_close(&peer);
}

static void an_instance_has_64_sessions_and_says_so_at_the_next(void)
{
	TEEC_Session sessions[WG_SESSIONS_MAX];
	uint32_t origin;

	wg_test_open(world, PROBE_MANY, &peer);
	for (unsigned i = 1; i < WG_SESSIONS_MAX; i++)
		CHECK_EQ(open_with(&peer.context, &sessions[i], PROBE_MANY, 0, 0, NULL), TEEC_SUCCESS);
	CHECK_EQ(open_with(&peer.context, &sessions[0], PROBE_MANY, 0, 0, &origin), TEEC_ERROR_BUSY);
	CHECK_EQ(origin, TEEC_ORIGIN_TEE);
	TEEC_CloseSession(&sessions[5]);
	CHECK_EQ(open_with(&peer.context, &sessions[5], PROBE_MANY, 0, 0, NULL), TEEC_SUCCESS);
	CHECK_EQ(count(&peer.session).a, WG_SESSIONS_MAX);
	for (unsigned i = 1; i < WG_SESSIONS_MAX; i++)
		TEEC_CloseSession(&sessions[i]);
	wg_test_close(&peer);
}

static void seventy_instances_live_side_by_side(void)
{
	TEEC_Session sessions[70];

	wg_test_open_context(world, &peer.context);
	for (unsigned i = 0; i < 70; i++)
		CHECK_EQ(open_with(&peer.context, &sessions[i], PROBE_EACH, 0, 0, NULL), TEEC_SUCCESS);
	for (unsigned i = 0; i < 70; i++)
		CHECK_EQ(wg_test_command(&sessions[i], PROBE_HEAP, 1000, 1, NULL), TEEC_SUCCESS);
	for (unsigned i = 0; i < 70; i++)
		TEEC_CloseSession(&sessions[i]);
	TEEC_FinalizeContext(&peer.context);
}

static void a_panic_ends_the_instance_for_all_its_sessions(void)
{
	TEEC_Operation operation = {.paramTypes = TEEC_VALUE_INPUT};
	TEEC_Session second;
	uint32_t origin;

	wg_test_open(world, PROBE_MANY, &peer);
	CHECK_EQ(open_with(&peer.context, &second, PROBE_MANY, 0, 0, NULL), TEEC_SUCCESS);
	operation.params[0].value.a = 0xdead;
	CHECK_EQ(TEEC_InvokeCommand(&peer.session, PROBE_PANIC, &operation, &origin), TEEC_ERROR_TARGET_DEAD);
	CHECK_EQ(origin, TEEC_ORIGIN_TEE);
	CHECK(strstr(wg_gate_reason(), "0x0000dead") != NULL);
	CHECK_EQ(TEEC_InvokeCommand(&second, PROBE_ANSWER, &operation, &origin), TEEC_ERROR_TARGET_DEAD);
	CHECK_EQ(origin, TEEC_ORIGIN_TEE);
	TEEC_CloseSession(&second);
	TEEC_CloseSession(&peer.session);
	wg_test_open_session(&peer, PROBE_MANY);
	CHECK_EQ(wg_test_command(&peer.session, PROBE_ANSWER, 0, 0, NULL), TEEC_SUCCESS);
	wg_test_close(&peer);
}

static void the_heap_and_the_requests_of_a_TA_work(void)
{
	struct wg_ledger before, after;

	wg_test_open(world, PROBE_MANY, &peer);
	CHECK_EQ(wg_test_command(&peer.session, PROBE_HEAP, 400 * 1024, 3, NULL), TEEC_SUCCESS);
	CHECK_EQ(wg_test_command(&peer.session, PROBE_HEAP, 600 * 1024, 1, NULL), TEEC_ERROR_OUT_OF_MEMORY);
	CHECK_EQ(wg_gate_world_ledger(&peer.session, &before), WG_OK);
	CHECK_EQ(wg_test_command(&peer.session, PROBE_RPCS, 1000, 0, NULL), TEEC_SUCCESS);
	CHECK_EQ(wg_gate_world_ledger(&peer.session, &after), WG_OK);
	CHECK_EQ(after.rpcs - before.rpcs, 1000);
	wg_test_close(&peer);
}

/* Cancelling */

struct cancelling {
	TEEC_Operation operation;
	uint32_t command;
	TEEC_Result result;
	uint32_t origin;
};

static void *invoke(void *argument)
{
	struct cancelling *cancelling = argument;

	cancelling->result =
		TEEC_InvokeCommand(&peer.session, cancelling->command, &cancelling->operation, &cancelling->origin);
	return NULL;
}

static struct cancelling cancel_after(uint32_t command, unsigned ms)
{
	static struct cancelling cancelling;
	double began = wg_test_seconds();
	pthread_t thread;

	memset(&cancelling, 0, sizeof(cancelling));
	cancelling.command = command;
	cancelling.operation.paramTypes = TEEC_VALUE_INPUT;
	cancelling.operation.params[0].value = (TEEC_Value){20000, 1};
	CHECK_EQ(pthread_create(&thread, NULL, invoke, &cancelling), 0);
	usleep(ms * 1000);
	TEEC_RequestCancellation(&cancelling.operation);
	pthread_join(thread, NULL);
	CHECK(wg_test_seconds() - began < 10);
	return cancelling;
}

static void a_waiting_and_a_spinning_operation_can_be_cancelled(void)
{
	wg_test_open(world, PROBE_MANY, &peer);
	for (unsigned i = 0; i < 5; i++) {
		CHECK_EQ(cancel_after(PROBE_WAIT, i * 10).result, TEEC_ERROR_CANCEL);
		CHECK_EQ(cancel_after(PROBE_SPIN, i * 10).result, TEEC_ERROR_CANCEL);
		CHECK_EQ(wg_test_command(&peer.session, PROBE_WAIT, 1, 1, NULL), TEEC_SUCCESS);
	}
	wg_test_close(&peer);
}

static void an_operation_cancelled_before_it_begins_changes_nothing(void)
{
	TEEC_Operation operation = {.paramTypes = WG_TEST_TYPES(MEMREF_TEMP_OUTPUT, VALUE_OUTPUT, NONE, VALUE_INOUT)};
	struct wg_ledger before, after;
	uint8_t buffer[100];
	uint32_t origin;

	wg_test_open(world, PROBE_MANY, &peer);
	memset(buffer, 0x77, sizeof(buffer));
	operation.params[0].tmpref = (TEEC_TempMemoryReference){buffer, sizeof(buffer)};
	operation.params[1].value = (TEEC_Value){8, 9};
	wg_gate_own_ledger(&before);
	TEEC_RequestCancellation(&operation);
	CHECK_EQ(TEEC_InvokeCommand(&peer.session, PROBE_SEE, &operation, &origin), TEEC_ERROR_CANCEL);
	CHECK_EQ(origin, TEEC_ORIGIN_API);
	wg_gate_own_ledger(&after);
	CHECK_EQ(after.crossings, before.crossings);
	for (unsigned i = 0; i < sizeof(buffer); i++)
		CHECK_EQ(buffer[i], 0x77);
	CHECK(operation.params[1].value.a == 8 && operation.params[1].value.b == 9);
	operation.started = 0;
	CHECK_EQ(TEEC_InvokeCommand(&peer.session, PROBE_SEE, &operation, &origin), TEEC_SUCCESS);
	wg_test_close(&peer);
}

/* Threads */

static void *open_use_close(void *argument)
{
	TEEC_Context *context = argument;
	TEEC_Session session;
	TEEC_Value value;

	for (unsigned i = 0; i < 15; i++) {
		CHECK_EQ(open_with(context, &session, i % 2 ? PROBE_MANY : PROBE_KEPT, 0, 0, NULL), TEEC_SUCCESS);
		CHECK_EQ(wg_test_command(&session, PROBE_COUNT, 0, 0, &value), TEEC_SUCCESS);
		CHECK(value.a >= 1 && value.a <= 4);
		CHECK_EQ(wg_test_command(&session, PROBE_RPCS, 20, 0, NULL), TEEC_SUCCESS);
		TEEC_CloseSession(&session);
	}
	return NULL;
}

static void four_threads_share_a_context(void)
{
	pthread_t threads[4];

	wg_test_open_context(world, &peer.context);
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, open_use_close, &peer.context), 0);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	TEEC_FinalizeContext(&peer.context);
}

/* What a world was given */

static void a_compartment_is_told_apart_and_pinned(void)
{
	struct wg_world_info info;

	wg_test_open_context("compartment", &peer.context);
	TEEC_FinalizeContext(&peer.context);
	CHECK_EQ(TEEC_InitializeContext("compartment:cpu=0,arena_bytes=1048576,aead=openssl", &peer.context),
		 TEEC_SUCCESS);
	wg_test_open_session(&peer, PROBE_EACH);
	CHECK_EQ(wg_gate_world_info(&peer.session, &info), WG_OK);
	CHECK_STR_EQ(info.fidelity, "compartment");
	CHECK(strstr(info.aead, "OpenSSL") != NULL);
	CHECK(info.process > 0);
	CHECK(strcmp(info.memory, "secret") == 0 || info.memory_reason[0] != '\0');
	wg_test_close(&peer);
	CHECK_EQ(TEEC_InitializeContext("compartment:cpu=4000", &peer.context), TEEC_SUCCESS);
	CHECK_EQ(open_with(&peer.context, &peer.session, PROBE_EACH, 0, 0, NULL), TEEC_ERROR_BAD_PARAMETERS);
	CHECK(strstr(wg_gate_reason(), "cpu=4000") != NULL);
	TEEC_FinalizeContext(&peer.context);
	CHECK_EQ(TEEC_InitializeContext("compartment:aead=rot13", &peer.context), TEEC_SUCCESS);
	CHECK_EQ(open_with(&peer.context, &peer.session, PROBE_EACH, 0, 0, NULL), TEEC_ERROR_NOT_SUPPORTED);
	CHECK(strstr(wg_gate_reason(), "rot13") != NULL);
	TEEC_FinalizeContext(&peer.context);
}

#define IN_BOTH(test)                                \
	static void in_the_normal_world_##test(void) \
	{                                            \
		world = "normal";                    \
		test();                              \
	}                                            \
	static void in_a_compartment_##test(void)    \
	{                                            \
		world = "compartment";               \
		test();                              \
	}
#define BOTH(test) WG_TEST(in_the_normal_world_##test), WG_TEST(in_a_compartment_##test)

IN_BOTH(nothing_works_without_what_it_needs)
IN_BOTH(an_answer_and_its_origin_come_from_the_TA)
IN_BOTH(instances_are_shared_as_the_flags_say)
IN_BOTH(a_kept_instance_outlives_its_sessions_and_no_other_does)
IN_BOTH(an_instance_has_64_sessions_and_says_so_at_the_next)
IN_BOTH(seventy_instances_live_side_by_side)
IN_BOTH(a_panic_ends_the_instance_for_all_its_sessions)
IN_BOTH(the_heap_and_the_requests_of_a_TA_work)
IN_BOTH(a_waiting_and_a_spinning_operation_can_be_cancelled)
IN_BOTH(an_operation_cancelled_before_it_begins_changes_nothing)
IN_BOTH(four_threads_share_a_context)

static void in_a_compartment_a_kept_instance_that_was_killed_while_idle_is_replaced_at_once(void)
{
	world = "compartment";
	a_kept_instance_that_was_killed_while_idle_is_replaced_at_once();
}

static const struct wg_test tests[] = {
	BOTH(nothing_works_without_what_it_needs),
	BOTH(an_answer_and_its_origin_come_from_the_TA),
	BOTH(instances_are_shared_as_the_flags_say),
	BOTH(a_kept_instance_outlives_its_sessions_and_no_other_does),
	WG_TEST(in_a_compartment_a_kept_instance_that_was_killed_while_idle_is_replaced_at_once),
	BOTH(an_instance_has_64_sessions_and_says_so_at_the_next),
	BOTH(seventy_instances_live_side_by_side),
	BOTH(a_panic_ends_the_instance_for_all_its_sessions),
	BOTH(the_heap_and_the_requests_of_a_TA_work),
	BOTH(a_waiting_and_a_spinning_operation_can_be_cancelled),
	BOTH(an_operation_cancelled_before_it_begins_changes_nothing),
	BOTH(four_threads_share_a_context),
	WG_TEST(a_compartment_is_told_apart_and_pinned),
};

WG_TEST_MAIN(tests)
