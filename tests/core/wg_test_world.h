/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions with the probe, for the tests of the gate. */
#ifndef WG_TEST_WORLD_H
#define WG_TEST_WORLD_H

#include <dirent.h>
#include <signal.h>

#include "probe_ta.h"
#include "tee_client_api.h"
#include "wg_gate.h"
#include "wg_test.h"

#define WG_TEST_TYPES(a, b, c, d) TEEC_PARAM_TYPES(TEEC_##a, TEEC_##b, TEEC_##c, TEEC_##d)

struct wg_test_peer {
	TEEC_Context context;
	TEEC_Session session;
};

static inline TEEC_UUID wg_test_probe(uint8_t kind)
{
	const TEEC_UUID uuid = PROBE_UUID(kind);

	return uuid;
}

/* Skips the test where that world cannot be had here; a test that hangs is ended. */
static inline void wg_test_open_context(const char *world, TEEC_Context *context)
{
	struct wg_world_info info;
	char reason[WG_REASON_BYTES];

	alarm(200);
	if (strcmp(world, "compartment") == 0 && !getenv("WORLDGATE_WORLD_EXE"))
		SKIP("WORLDGATE_WORLD_EXE does not name the executable of the tests' worlds");
	if (wg_gate_probe(world, &info, reason) != WG_OK)
		SKIP(reason);
	CHECK_EQ(TEEC_InitializeContext(world, context), TEEC_SUCCESS);
}

static inline void wg_test_open_session(struct wg_test_peer *peer, uint8_t kind)
{
	const TEEC_UUID uuid = wg_test_probe(kind);
	TEEC_Result result =
		TEEC_OpenSession(&peer->context, &peer->session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL);

	if (result != TEEC_SUCCESS)
		printf("0x%08x: %s\n", result, wg_gate_reason());
	CHECK_EQ(result, TEEC_SUCCESS);
}

static inline void wg_test_open(const char *world, uint8_t kind, struct wg_test_peer *peer)
{
	wg_test_open_context(world, &peer->context);
	wg_test_open_session(peer, kind);
}

static inline void wg_test_close(struct wg_test_peer *peer)
{
	TEEC_CloseSession(&peer->session);
	TEEC_FinalizeContext(&peer->context);
}

/* A command with two values at most: p0 in, and p0 out in its place where out is given. */
static inline TEEC_Result wg_test_command(TEEC_Session *session, uint32_t command, uint32_t a, uint32_t b,
					  TEEC_Value *out)
{
	TEEC_Operation operation;
	TEEC_Result result;

	memset(&operation, 0, sizeof(operation));
	operation.paramTypes = WG_TEST_TYPES(VALUE_INOUT, NONE, NONE, NONE);
	operation.params[0].value.a = a;
	operation.params[0].value.b = b;
	result = TEEC_InvokeCommand(session, command, &operation, NULL);
	if (out)
		*out = operation.params[0].value;
	return result;
}

static inline pid_t wg_test_process(TEEC_Session *session)
{
	struct wg_world_info info;

	CHECK_EQ(wg_gate_world_info(session, &info), WG_OK);
	return (pid_t)info.process;
}

static inline unsigned wg_test_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	CHECK(folder != NULL);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static inline double wg_test_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
