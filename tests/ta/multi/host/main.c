/* SPDX-License-Identifier: Apache-2.0 */
/* Two sessions at once, each with its own count; the panic of one leaves the other alone. */
#include <multi_ta.h>
#include <stdio.h>
#include <stdlib.h>
#include <tee_client_api.h>

static const TEEC_UUID uuid = MULTI_TA_UUID;

static void open_session(TEEC_Context *context, TEEC_Session *session)
{
	TEEC_Result result = TEEC_OpenSession(context, session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL);

	if (result == TEEC_SUCCESS)
		return;
	fprintf(stderr, "multi client: TEEC_OpenSession failed with 0x%08x\n", result);
	exit(1);
}

static void count(const char *name, TEEC_Session *session)
{
	TEEC_Operation operation = {.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_OUTPUT, TEEC_NONE, TEEC_NONE, TEEC_NONE)};
	TEEC_Result result = TEEC_InvokeCommand(session, MULTI_COUNT, &operation, NULL);

	printf("%s: 0x%08x %u %u\n", name, result, operation.params[0].value.a, operation.params[0].value.b);
}

int main(void)
{
	TEEC_Context context;
	TEEC_Session one, two;

	if (TEEC_InitializeContext(NULL, &context) != TEEC_SUCCESS) {
		fprintf(stderr, "multi client: TEEC_InitializeContext failed\n");
		return 1;
	}
	open_session(&context, &one);
	open_session(&context, &two);
	count("one", &one);
	count("one", &one);
	count("two", &two);
	printf("two.panic: 0x%08x\n", TEEC_InvokeCommand(&two, MULTI_PANIC, NULL, NULL));
	printf("two.dead: 0x%08x\n", TEEC_InvokeCommand(&two, MULTI_COUNT, NULL, NULL));
	count("one", &one);
	TEEC_CloseSession(&two);
	open_session(&context, &two);
	count("two", &two);
	TEEC_CloseSession(&one);
	TEEC_CloseSession(&two);
	TEEC_FinalizeContext(&context);
	return 0;
}
