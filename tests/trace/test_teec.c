/* SPDX-License-Identifier: Apache-2.0 */
/* The gate as a shared library, traced, in front of a platform's libteec: three libraries with functions of the same
 * names in one process. */
#include "tee_client_api.h"
#include "trace_fixture.h"
#include "wg_gate.h"

static TEEC_Context context;
static TEEC_Session session;
static const TEEC_UUID fake_ta = {0x11223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}};

static const char *world(void)
{
	static char text[600];
	const char *library = getenv("WG_TEST_LIBTEEC");

	if (!library)
		SKIP("WG_TEST_LIBTEEC does not name the libteec of the tests");
	snprintf(text, sizeof(text), "optee:library=%s", library);
	return text;
}

/* The fake library's allocation calls its own registration, and it ends the process where that is another's. */
static void uses_the_platforms_library(void)
{
	TEEC_SharedMemory memory = {.size = 100, .flags = TEEC_MEM_INPUT};

	CHECK_EQ(TEEC_InitializeContext(world(), &context), TEEC_SUCCESS);
	CHECK_EQ(TEEC_OpenSession(&context, &session, &fake_ta, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL), TEEC_SUCCESS);
	CHECK_EQ(TEEC_AllocateSharedMemory(&context, &memory), TEEC_SUCCESS);
	CHECK_EQ(TEEC_InvokeCommand(&session, 0, NULL, NULL), TEEC_SUCCESS);
	TEEC_ReleaseSharedMemory(&memory);
	TEEC_CloseSession(&session);
	TEEC_FinalizeContext(&context);
}

static void calls_within_the_platforms_library_stay_there(void)
{
	struct trace trace;

	(void)world();
	trace = trace_of(uses_the_platforms_library);
	CHECK_EQ(trace_count(&trace, WG_TRACE_ALLOCATE_MEMORY), 1);
	CHECK_EQ(trace_count(&trace, WG_TRACE_REGISTER_MEMORY), 0);
	CHECK_EQ(trace_count(&trace, WG_TRACE_INITIALIZE_CONTEXT), 1);
	CHECK_EQ(trace_count(&trace, WG_TRACE_INVOKE_COMMAND), 1);
	CHECK(strstr(trace.header->library, "libworldgate-teec.so") != NULL);
	CHECK_STR_EQ(trace.header->world, world());
}

static void looks_for_a_ta_in_the_normal_world(void)
{
	CHECK_EQ(TEEC_InitializeContext("normal", &context), TEEC_SUCCESS);
	CHECK_EQ(TEEC_OpenSession(&context, &session, &fake_ta, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL),
		 TEEC_ERROR_ITEM_NOT_FOUND);
	CHECK(strstr(wg_gate_reason(), "no TA of that UUID") != NULL);
	TEEC_FinalizeContext(&context);
}

static void the_shared_gate_has_no_ta_in_the_normal_world(void)
{
	struct trace trace = trace_of(looks_for_a_ta_in_the_normal_world);

	CHECK_EQ(trace_first(&trace, WG_TRACE_OPEN_SESSION)->result, TEEC_ERROR_ITEM_NOT_FOUND);
}

static const struct wg_test tests[] = {
	WG_TEST(calls_within_the_platforms_library_stay_there),
	WG_TEST(the_shared_gate_has_no_ta_in_the_normal_world),
};

WG_TEST_MAIN(tests)
