/* SPDX-License-Identifier: Apache-2.0 */
/* A client that forks while it has worlds open: the child is refused, whatever it calls, and the parent is not harmed.
 */
#include <sys/wait.h>

#include "wg_test_world.h"

static struct wg_test_peer peer;

static void the_child_is_refused_and_the_parent_goes_on(void)
{
	TEEC_SharedMemory memory = {.size = 4096, .flags = TEEC_MEM_INPUT}, another = memory;
	const TEEC_UUID uuid = wg_test_probe(PROBE_EACH);
	TEEC_Session session;
	TEEC_Context context;
	int status;
	pid_t child;

	wg_test_open("compartment", PROBE_EACH, &peer);
	CHECK_EQ(TEEC_AllocateSharedMemory(&peer.context, &memory), TEEC_SUCCESS);
	memset(memory.buffer, 0x5a, 4096);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		alarm(10);
		CHECK_EQ(TEEC_InitializeContext("compartment", &context), TEEC_ERROR_BAD_STATE);
		CHECK_EQ(TEEC_OpenSession(&peer.context, &session, &uuid, 0, NULL, NULL, NULL), TEEC_ERROR_BAD_STATE);
		CHECK_EQ(TEEC_InvokeCommand(&peer.session, PROBE_ANSWER, NULL, NULL), TEEC_ERROR_BAD_STATE);
		CHECK(strstr(wg_gate_reason(), "forked") != NULL);
		CHECK_EQ(TEEC_AllocateSharedMemory(&peer.context, &another), TEEC_ERROR_BAD_STATE);
		another.buffer = &status;
		CHECK_EQ(TEEC_RegisterSharedMemory(&peer.context, &another), TEEC_ERROR_BAD_STATE);
		TEEC_ReleaseSharedMemory(&memory);
		TEEC_CloseSession(&peer.session);
		TEEC_FinalizeContext(&peer.context);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	for (unsigned i = 0; i < 4096; i++)
		CHECK_EQ(((uint8_t *)memory.buffer)[i], 0x5a);
	CHECK_EQ(wg_test_command(&peer.session, PROBE_HEAP, 1000, 1, NULL), TEEC_SUCCESS);
	TEEC_ReleaseSharedMemory(&memory);
	wg_test_close(&peer);
}

static const struct wg_test tests[] = {
	WG_TEST(the_child_is_refused_and_the_parent_goes_on),
};

WG_TEST_MAIN(tests)
