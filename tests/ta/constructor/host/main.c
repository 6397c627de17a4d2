/* SPDX-License-Identifier: Apache-2.0 */
#include <constructor_ta.h>
#include <stdio.h>
#include <tee_client_api.h>

int main(void)
{
	static const TEEC_UUID uuid = CONSTRUCTOR_TA_UUID;
	TEEC_Operation operation = {.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_OUTPUT, TEEC_NONE, TEEC_NONE, TEEC_NONE)};
	TEEC_Context context;
	TEEC_Session session;
	TEEC_Result result;

	if (TEEC_InitializeContext(NULL, &context) != TEEC_SUCCESS) {
		fprintf(stderr, "constructor client: TEEC_InitializeContext failed\n");
		return 1;
	}
	result = TEEC_OpenSession(&context, &session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL);
	printf("open: 0x%08x\n", result);
	if (result == TEEC_SUCCESS) {
		result = TEEC_InvokeCommand(&session, CONSTRUCTOR_ASK, &operation, NULL);
		printf("ask: 0x%08x %u %u\n", result, operation.params[0].value.a, operation.params[0].value.b);
		TEEC_CloseSession(&session);
	}
	TEEC_FinalizeContext(&context);
	return 0;
}
