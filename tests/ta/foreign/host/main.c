/* SPDX-License-Identifier: Apache-2.0 */
/* The client of the foreign TA: asks it everything and prints each answer as a line "name: answer". All answers are the
 * same in every world and on every machine. */
#include <foreign_ta.h>
#include <stdio.h>
#include <string.h>

#include "client.h"

#define REPORT_BYTES 16384

static const struct {
	uint32_t command;
	const char *name;
} groups[] = {
	{FOREIGN_MEMORY, "memory"},   {FOREIGN_TIME, "time"},	    {FOREIGN_RANDOM, "random"},
	{FOREIGN_OBJECTS, "objects"}, {FOREIGN_DIGESTS, "digests"}, {FOREIGN_CIPHERS, "ciphers"},
	{FOREIGN_MACS, "macs"},	      {FOREIGN_AE, "ae"},
};

static void print_report(const char *name, TEEC_Result result, const char *text, size_t size)
{
	printf("%s: 0x%08x\n", name, result);
	if (result == TEEC_SUCCESS)
		fwrite(text, 1, size, stdout);
}

static void run_groups(TEEC_Session *session)
{
	char text[REPORT_BYTES];
	size_t i;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		TEEC_Operation operation = {0};
		TEEC_Result result;

		operation.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_OUTPUT, TEEC_NONE, TEEC_NONE, TEEC_NONE);
		operation.params[0].tmpref.buffer = text;
		operation.params[0].tmpref.size = sizeof(text);
		result = invoke(session, groups[i].command, &operation);
		print_report(groups[i].name, result, text, operation.params[0].tmpref.size);
	}
}

static void run_sockets(TEEC_Session *session)
{
	static struct peers peers;
	char text[REPORT_BYTES];
	char address[] = "127.0.0.1";
	unsigned i;

	start_peers(&peers);
	for (i = 0; i < 2; i++) {
		TEEC_Operation operation = {0};
		TEEC_Result result;

		operation.paramTypes =
			TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_OUTPUT, TEEC_MEMREF_TEMP_INPUT, TEEC_VALUE_INPUT, TEEC_NONE);
		operation.params[0].tmpref.buffer = text;
		operation.params[0].tmpref.size = sizeof(text);
		operation.params[1].tmpref.buffer = address;
		operation.params[1].tmpref.size = sizeof(address);
		operation.params[2].value.a = i == 0 ? peers.tcp_port : peers.udp_port;
		operation.params[2].value.b = peers.nobody_port;
		result = invoke(session, i == 0 ? FOREIGN_TCP : FOREIGN_UDP, &operation);
		print_report(i == 0 ? "tcp" : "udp", result, text, operation.params[0].tmpref.size);
	}
}

int main(void)
{
	TEEC_Context context;
	TEEC_Session session;

	need("TEEC_InitializeContext", TEEC_InitializeContext(NULL, &context));
	need("TEEC_OpenSession", open_session(&context, &session, NULL));
	run_groups(&session);
	run_sockets(&session);
	parameter_steps(&context, &session);
	cancellation_steps(&session);
	session_steps(&context, &session);
	close_session(&session);
	TEEC_FinalizeContext(&context);
	print_account();
	return 0;
}
