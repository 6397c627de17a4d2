/* SPDX-License-Identifier: Apache-2.0 */
/* The optee transport against a libteec of the tests, whose structures are laid out otherwise than ours. */
#include <dlfcn.h>
#include <pthread.h>

#include "fake_libteec.h"
#include "wg_lane.h"
#include "wg_test_world.h"

static const TEEC_UUID fake_ta = {0x11223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}};
static struct wg_test_peer peer;
static TEEC_Operation operation;

static const char *library(const char *variable)
{
	static char world[600];
	const char *path = getenv(variable);

	alarm(60);
	if (!path)
		SKIP("WG_TEST_LIBTEEC does not name the libteec of the tests");
	snprintf(world, sizeof(world), "optee:library=%s", path);
	return world;
}

static void start(void)
{
	CHECK_EQ(TEEC_InitializeContext(library("WG_TEST_LIBTEEC"), &peer.context), TEEC_SUCCESS);
	CHECK_EQ(TEEC_OpenSession(&peer.context, &peer.session, &fake_ta, TEEC_LOGIN_USER, NULL, NULL, NULL),
		 TEEC_SUCCESS);
	memset(&operation, 0, sizeof(operation));
}

static TEEC_Result sum_and_fill(uint32_t types, uint8_t fill, uint32_t bytes)
{
	operation.paramTypes = types | TEEC_VALUE_INOUT << 12;
	operation.params[3].value = (TEEC_Value){fill, bytes};
	return TEEC_InvokeCommand(&peer.session, FAKE_SUM_AND_FILL, &operation, NULL);
}

static bool all(const void *memory, size_t bytes, uint8_t value)
{
	for (size_t i = 0; i < bytes; i++)
		if (((const uint8_t *)memory)[i] != value)
			return false;
	return true;
}

static void temporary_memory_and_values_arrive_and_come_back(void)
{
	uint8_t in[500], out[500];

	start();
	memset(in, 2, sizeof(in));
	memset(out, 9, sizeof(out));
	operation.params[0].tmpref = (TEEC_TempMemoryReference){in, sizeof(in)};
	operation.params[1].tmpref = (TEEC_TempMemoryReference){out, sizeof(out)};
	CHECK_EQ(sum_and_fill(WG_TEST_TYPES(MEMREF_TEMP_INPUT, MEMREF_TEMP_OUTPUT, VALUE_OUTPUT, NONE), 40, 100),
		 TEEC_SUCCESS);
	CHECK_EQ(operation.params[3].value.a, 1000);
	CHECK(all(out, 100, 41) && all(out + 100, 400, 9));
	CHECK_EQ(operation.params[1].tmpref.size, 100);
	CHECK(operation.params[2].value.a == 40 && operation.params[2].value.b == 2);
	wg_test_close(&peer);
}

static void shared_memory_of_both_kinds_is_the_platforms(void)
{
	static uint8_t buffer[3000];
	TEEC_SharedMemory allocated = {.size = 2000, .flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT};
	TEEC_SharedMemory registered = {.buffer = buffer, .size = sizeof(buffer), .flags = TEEC_MEM_OUTPUT};
	struct wg_ledger before, after;

	start();
	CHECK_EQ(TEEC_AllocateSharedMemory(&peer.context, &allocated), TEEC_SUCCESS);
	CHECK_EQ(TEEC_RegisterSharedMemory(&peer.context, &registered), TEEC_SUCCESS);
	memset(allocated.buffer, 1, 2000);
	wg_gate_own_ledger(&before);
	operation.params[0].memref = (TEEC_RegisteredMemoryReference){&allocated, 0, 0};
	operation.params[1].memref = (TEEC_RegisteredMemoryReference){&registered, 1000, 500};
	operation.params[2].memref = (TEEC_RegisteredMemoryReference){&allocated, 10, 1990};
	CHECK_EQ(sum_and_fill(WG_TEST_TYPES(MEMREF_WHOLE, MEMREF_PARTIAL_OUTPUT, MEMREF_PARTIAL_INPUT, NONE), 60, 700),
		 TEEC_SUCCESS);
	wg_gate_own_ledger(&after);
	CHECK_EQ(after.crossings - before.crossings, 1);
	CHECK_EQ(operation.params[3].value.a, 2000 + 10);
	CHECK(all(allocated.buffer, 700, 60) && all((uint8_t *)allocated.buffer + 700, 1300, 1));
	CHECK(all(buffer, 500, 0) && all(buffer + 500, 700, 61) && all(buffer + 1200, 1800, 0));
	CHECK_EQ(operation.params[0].memref.size, 700);
	CHECK_EQ(operation.params[1].memref.size, 700);
	CHECK(operation.params[0].memref.parent == &allocated);
	TEEC_ReleaseSharedMemory(&registered);
	CHECK(registered.buffer == buffer && registered.size == 0);
	TEEC_ReleaseSharedMemory(&allocated);
	CHECK(allocated.buffer == NULL);
	TEEC_ReleaseSharedMemory(&allocated);
	wg_test_close(&peer);
}

static void memory_of_another_context_is_refused(void)
{
	TEEC_SharedMemory memory = {.size = 100, .flags = TEEC_MEM_INPUT};
	TEEC_Context second;

	start();
	CHECK_EQ(TEEC_InitializeContext(library("WG_TEST_LIBTEEC"), &second), TEEC_SUCCESS);
	CHECK_EQ(TEEC_AllocateSharedMemory(&second, &memory), TEEC_SUCCESS);
	operation.params[0].memref = (TEEC_RegisteredMemoryReference){&memory, 10, 0};
	CHECK_EQ(sum_and_fill(WG_TEST_TYPES(MEMREF_PARTIAL_INPUT, NONE, NONE, NONE), 1, 1), TEEC_ERROR_BAD_PARAMETERS);
	CHECK(strstr(wg_gate_reason(), "not shared memory of this context") != NULL);
	TEEC_ReleaseSharedMemory(&memory);
	TEEC_FinalizeContext(&second);
	wg_test_close(&peer);
}

static void results_and_origins_are_the_platforms(void)
{
	const TEEC_UUID nobody = {1, 2, 3, {4}};
	TEEC_SharedMemory huge = {.size = (size_t)2 << 30, .flags = TEEC_MEM_INPUT};
	TEEC_Session session;
	uint32_t origin = 0;

	start();
	CHECK_EQ(TEEC_InvokeCommand(&peer.session, 12345, NULL, &origin), TEEC_ERROR_NOT_IMPLEMENTED);
	CHECK_EQ(origin, TEEC_ORIGIN_TRUSTED_APP);
	CHECK_EQ(TEEC_InvokeCommand(&peer.session, FAKE_DIE, NULL, &origin), TEEC_ERROR_TARGET_DEAD);
	CHECK_EQ(origin, TEEC_ORIGIN_TEE);
	CHECK_EQ(TEEC_InvokeCommand(&peer.session, FAKE_NOTHING, NULL, NULL), TEEC_SUCCESS);
	CHECK_EQ(TEEC_OpenSession(&peer.context, &session, &nobody, 0, NULL, NULL, &origin), TEEC_ERROR_ITEM_NOT_FOUND);
	CHECK_EQ(origin, TEEC_ORIGIN_TEE);
	CHECK(strstr(wg_gate_reason(), "0xffff0008") != NULL);
	operation.paramTypes = TEEC_VALUE_INOUT;
	operation.params[0].value.a = 0x1234;
	CHECK_EQ(TEEC_OpenSession(&peer.context, &session, &fake_ta, 0, NULL, &operation, &origin), 0x1234);
	CHECK_EQ(TEEC_AllocateSharedMemory(&peer.context, &huge), TEEC_ERROR_OUT_OF_MEMORY);
	operation.params[0].value.a = 0;
	CHECK_EQ(TEEC_InvokeCommand(&peer.session, FAKE_METHOD, &operation, NULL), TEEC_SUCCESS);
	CHECK_EQ(operation.params[0].value.a, TEEC_LOGIN_USER);
	wg_test_close(&peer);
}

static void a_lane_of_calls_works_through_it(void)
{
	const struct wg_lane_config config = {WG_LANE_CALL, 1, 64};
	struct wg_lane *lane;
	uint8_t payload[64] = {0};

	start();
	CHECK_EQ(wg_lane_open(&peer.context, &peer.session, &config, &lane), WG_OK);
	wg_lane_close(lane, NULL);
	operation.paramTypes = WG_TEST_TYPES(VALUE_INOUT, MEMREF_TEMP_INOUT, NONE, NONE);
	operation.params[0].value = (TEEC_Value){1, 64};
	operation.params[1].tmpref = (TEEC_TempMemoryReference){payload, sizeof(payload)};
	CHECK_EQ(TEEC_InvokeCommand(&peer.session, WG_LANE_COMMAND_CALL, &operation, NULL), TEEC_SUCCESS);
	CHECK(all(payload, 64, 1));
	wg_test_close(&peer);
}

static void *wait_to_be_cancelled(void *result)
{
	*(TEEC_Result *)result = TEEC_InvokeCommand(&peer.session, FAKE_WAIT, &operation, NULL);
	return NULL;
}

static void cancelling_reaches_the_running_operation(void)
{
	TEEC_Result result = TEEC_SUCCESS;
	pthread_t thread;

	start();
	CHECK_EQ(pthread_create(&thread, NULL, wait_to_be_cancelled, &result), 0);
	usleep(50000);
	TEEC_RequestCancellation(&operation);
	pthread_join(thread, NULL);
	CHECK_EQ(result, TEEC_ERROR_CANCEL);
	wg_test_close(&peer);
}

static void the_world_says_no_more_than_it_knows(void)
{
	struct wg_world_info info;
	struct wg_ledger ledger;
	char reason[WG_REASON_BYTES];

	start();
	CHECK_EQ(wg_gate_world_info(&peer.session, &info), WG_ERR_UNAVAILABLE);
	CHECK_EQ(wg_gate_world_ledger(&peer.session, &ledger), WG_ERR_UNAVAILABLE);
	CHECK_EQ(wg_gate_probe(library("WG_TEST_LIBTEEC"), &info, reason), WG_OK);
	CHECK_STR_EQ(info.fidelity, "hardware");
	CHECK_STR_EQ(info.aead, "");
	CHECK_EQ(info.process, 0);
	CHECK(info.transition_floor_ns < 0);
	wg_test_close(&peer);
}

/* The two libraries have functions of the same names. */
static void their_functions_and_ours_do_not_mix(void)
{
	struct wg_test_peer ours;
	TEEC_Value value;

	start();
	CHECK_EQ(TEEC_InitializeContext("normal", &ours.context), TEEC_SUCCESS);
	wg_test_open_session(&ours, PROBE_EACH);
	CHECK_EQ(wg_test_command(&ours.session, PROBE_COUNT, 0, 0, &value), TEEC_SUCCESS);
	CHECK_EQ(TEEC_InvokeCommand(&peer.session, FAKE_NOTHING, NULL, NULL), TEEC_SUCCESS);
	CHECK(dlsym(RTLD_DEFAULT, "fake_invoke") == NULL);
	wg_test_close(&ours);
	wg_test_close(&peer);
}

static void what_is_missing_is_said_in_one_line(void)
{
	static const char *const without[][2] = {
		{"optee:library=/nowhere/libteec.so.9", "no /nowhere/libteec.so.9 on this machine"},
		{"optee:library=/etc/passwd", "no /etc/passwd on this machine"},
	};
	char world[700];
	struct wg_world_info info;
	char reason[WG_REASON_BYTES];

	for (size_t i = 0; i < 2; i++) {
		CHECK_EQ(TEEC_InitializeContext(without[i][0], &peer.context), TEEC_ERROR_NOT_SUPPORTED);
		CHECK(strstr(wg_gate_reason(), without[i][1]) != NULL);
		CHECK(strchr(wg_gate_reason(), '\n') == NULL);
	}
	CHECK_EQ(TEEC_InitializeContext(library("WG_TEST_LIBTEEC_BROKEN"), &peer.context), TEEC_ERROR_NOT_SUPPORTED);
	CHECK(strstr(wg_gate_reason(), "has no TEEC_InvokeCommand") != NULL);
	snprintf(world, sizeof(world), "%s,device=none", library("WG_TEST_LIBTEEC"));
	CHECK_EQ(TEEC_InitializeContext(world, &peer.context), TEEC_ERROR_ITEM_NOT_FOUND);
	CHECK(strstr(wg_gate_reason(), "found no TEE (0xffff0008)") != NULL);
	CHECK_EQ(wg_gate_probe(world, &info, reason), WG_ERR_UNAVAILABLE);
	CHECK(strstr(reason, "/dev/tee0") != NULL);
}

static const struct wg_test tests[] = {
	WG_TEST(temporary_memory_and_values_arrive_and_come_back),
	WG_TEST(shared_memory_of_both_kinds_is_the_platforms),
	WG_TEST(memory_of_another_context_is_refused),
	WG_TEST(results_and_origins_are_the_platforms),
	WG_TEST(a_lane_of_calls_works_through_it),
	WG_TEST(cancelling_reaches_the_running_operation),
	WG_TEST(the_world_says_no_more_than_it_knows),
	WG_TEST(their_functions_and_ours_do_not_mix),
	WG_TEST(what_is_missing_is_said_in_one_line),
};

WG_TEST_MAIN(tests)
