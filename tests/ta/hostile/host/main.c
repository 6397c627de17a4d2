/* SPDX-License-Identifier: Apache-2.0 */
/* hostile PATH COMMAND [FIRST LAST]: has the TA do one thing, or a system call of each number from FIRST to LAST, and
 * prints for each, in a session of its own: its number, the return code, the milliseconds until that; at last "next"
 * and the return code of a harmless command in the session after that. */
#include <hostile_ta.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tee_client_api.h>
#include <time.h>

static const TEEC_UUID uuid = HOSTILE_TA_UUID;

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

/* In a session of its own. */
static TEEC_Result act(TEEC_Context *context, char *path, uint32_t command, uint32_t number)
{
	TEEC_Operation operation = {0};
	TEEC_Session session;
	TEEC_Result result = TEEC_OpenSession(context, &session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL);

	if (result != TEEC_SUCCESS) {
		fprintf(stderr, "hostile client: TEEC_OpenSession failed with 0x%08x\n", result);
		exit(1);
	}
	operation.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT, TEEC_VALUE_INPUT, TEEC_NONE, TEEC_NONE);
	operation.params[0].tmpref.buffer = path;
	operation.params[0].tmpref.size = strlen(path) + 1;
	operation.params[1].value.a = number;
	result = TEEC_InvokeCommand(&session, command, &operation, NULL);
	TEEC_CloseSession(&session);
	return result;
}

static void show(TEEC_Context *context, char *path, uint32_t command, uint32_t number)
{
	double began = milliseconds();
	TEEC_Result result = act(context, path, command, number);

	printf("%u 0x%08x %.0f\n", command == HOSTILE_SYSTEM_CALL ? number : command, result, milliseconds() - began);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	TEEC_Context context;
	uint32_t command, number, last;

	if (argc != 3 && argc != 5)
		return 2;
	command = (uint32_t)strtoul(argv[2], NULL, 0);
	number = argc == 5 ? (uint32_t)strtoul(argv[3], NULL, 0) : 0;
	last = argc == 5 ? (uint32_t)strtoul(argv[4], NULL, 0) : 0;
	if (TEEC_InitializeContext(NULL, &context) != TEEC_SUCCESS) {
		fprintf(stderr, "hostile client: TEEC_InitializeContext failed\n");
		return 1;
	}
	for (; number <= last; number++)
		show(&context, argv[1], command, number);
	printf("next 0x%08x\n", act(&context, argv[1], HOSTILE_NOTHING, 0));
	TEEC_FinalizeContext(&context);
	return 0;
}
