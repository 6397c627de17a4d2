/* SPDX-License-Identifier: Apache-2.0 */
/* notary [MESSAGE]: has the message signed, then verifies it and a forged one. */
#include <notary_ta.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tee_client_api.h>

static void need(const char *what, TEEC_Result result)
{
	if (result == TEEC_SUCCESS)
		return;
	fprintf(stderr, "notary: %s failed with 0x%08x\n", what, result);
	exit(1);
}

static TEEC_Result call(TEEC_Session *session, uint32_t command, char *message, uint8_t tag[NOTARY_TAG_BYTES])
{
	TEEC_Operation operation = {0};
	uint32_t tag_type = command == NOTARY_SIGN ? TEEC_MEMREF_TEMP_OUTPUT : TEEC_MEMREF_TEMP_INPUT;

	operation.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT, tag_type, TEEC_NONE, TEEC_NONE);
	operation.params[0].tmpref.buffer = message;
	operation.params[0].tmpref.size = strlen(message);
	operation.params[1].tmpref.buffer = tag;
	operation.params[1].tmpref.size = NOTARY_TAG_BYTES;
	return TEEC_InvokeCommand(session, command, &operation, NULL);
}

int main(int argc, char **argv)
{
	static const TEEC_UUID uuid = NOTARY_TA_UUID;
	char standard[] = "a message";
	char *message = argc > 1 ? argv[1] : standard;
	uint8_t tag[NOTARY_TAG_BYTES];
	TEEC_Context context;
	TEEC_Session session;

	need("TEEC_InitializeContext", TEEC_InitializeContext(NULL, &context));
	need("TEEC_OpenSession", TEEC_OpenSession(&context, &session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL));
	need("NOTARY_SIGN", call(&session, NOTARY_SIGN, message, tag));
	printf("signed: %s\n", message);
	need("NOTARY_VERIFY", call(&session, NOTARY_VERIFY, message, tag));
	printf("verified\n");
	tag[0] ^= 1;
	printf("forged: %s\n", call(&session, NOTARY_VERIFY, message, tag) == TEEC_SUCCESS ? "accepted" : "refused");
	TEEC_CloseSession(&session);
	TEEC_FinalizeContext(&context);
	return 0;
}
