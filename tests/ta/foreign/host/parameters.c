/* SPDX-License-Identifier: Apache-2.0 */
/* Values and memory of every kind in every direction. */
#include <foreign_ta.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

#define LARGE_BYTES 100000

static void fill(uint8_t *bytes, size_t size, unsigned from)
{
	size_t i;

	for (i = 0; i < size; i++)
		bytes[i] = (uint8_t)(from + i * 7);
}

/* out is the complement of in, and nothing behind it was touched */
static bool complemented(const uint8_t *in, const uint8_t *out, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if ((out[i] ^ in[i]) != 0xff)
			return false;
	return true;
}

static void values(TEEC_Session *session)
{
	TEEC_Operation operation = {0};

	operation.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, TEEC_VALUE_OUTPUT, TEEC_VALUE_INOUT, TEEC_NONE);
	operation.params[0].value = (TEEC_Value){1000, 58};
	operation.params[1].value = (TEEC_Value){77, 77};
	operation.params[2].value = (TEEC_Value){0xf0f0, 0x0f};
	say_code("values", invoke(session, FOREIGN_VALUES, &operation));
	say_pair("values.in", operation.params[0].value.a, operation.params[0].value.b);
	say_pair("values.out", operation.params[1].value.a, operation.params[1].value.b);
	say_pair("values.inout", operation.params[2].value.a, operation.params[2].value.b);
}

static TEEC_Result complement(TEEC_Session *session, TEEC_Operation *operation, const char *name)
{
	TEEC_Result result = invoke(session, FOREIGN_COMPLEMENT, operation);

	say_code(name, result);
	if (result == TEEC_SUCCESS)
		say_pair(name, operation->params[2].value.a, operation->params[2].value.b);
	return result;
}

static void temporary(TEEC_Session *session)
{
	uint8_t *in = malloc(LARGE_BYTES);
	uint8_t *out = calloc(1, LARGE_BYTES + 1);
	TEEC_Operation operation = {0};

	if (!in || !out)
		abort();
	fill(in, LARGE_BYTES, 3);
	operation.paramTypes =
		TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT, TEEC_MEMREF_TEMP_OUTPUT, TEEC_VALUE_OUTPUT, TEEC_NONE);
	operation.params[0].tmpref = (TEEC_TempMemoryReference){in, LARGE_BYTES};
	operation.params[1].tmpref = (TEEC_TempMemoryReference){out, LARGE_BYTES};
	complement(session, &operation, "temporary");
	say_bool("temporary.right", complemented(in, out, LARGE_BYTES) && out[LARGE_BYTES] == 0);
	operation.params[0].tmpref = (TEEC_TempMemoryReference){in, 1};
	operation.params[1].tmpref = (TEEC_TempMemoryReference){out, 500};
	complement(session, &operation, "temporary.smaller");
	say_number("temporary.smaller.size", operation.params[1].tmpref.size);
	operation.params[0].tmpref = (TEEC_TempMemoryReference){in, 300};
	operation.params[1].tmpref = (TEEC_TempMemoryReference){NULL, 0};
	complement(session, &operation, "temporary.none");
	say_number("temporary.none.size", operation.params[1].tmpref.size);
	operation.params[0].tmpref = (TEEC_TempMemoryReference){NULL, 0};
	operation.params[1].tmpref = (TEEC_TempMemoryReference){NULL, 0};
	complement(session, &operation, "temporary.empty");
	say_number("temporary.empty.size", operation.params[1].tmpref.size);
	free(in);
	free(out);
}

static void in_place(TEEC_Session *session)
{
	char text[] = "0123456789";
	TEEC_Operation operation = {0};

	operation.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INOUT, TEEC_VALUE_OUTPUT, TEEC_NONE, TEEC_NONE);
	operation.params[0].tmpref = (TEEC_TempMemoryReference){text, 10};
	say_code("reverse", invoke(session, FOREIGN_REVERSE, &operation));
	say_number("reverse.size", operation.params[0].tmpref.size);
	say_bool("reverse.right", memcmp(text, "98765", 5) == 0);
	operation.params[0].tmpref = (TEEC_TempMemoryReference){NULL, 0};
	say_code("reverse.null", invoke(session, FOREIGN_REVERSE, &operation));
	say_pair("reverse.null", operation.params[1].value.a, operation.params[1].value.b);
}

/* in, out and both: three shared blocks. registered: client memory, else the gate's. */
static void three_blocks(TEEC_Context *context, TEEC_Session *session, bool registered, const char *name)
{
	static const uint32_t flags[3] = {TEEC_MEM_INPUT, TEEC_MEM_OUTPUT, TEEC_MEM_INPUT | TEEC_MEM_OUTPUT};
	static uint8_t own[3][6000];
	TEEC_SharedMemory memory[3];
	TEEC_Operation operation = {0};
	uint8_t *both;
	unsigned i;

	memset(memory, 0, sizeof(memory));
	for (i = 0; i < 3; i++) {
		memory[i].size = sizeof(own[i]);
		memory[i].flags = flags[i];
		memory[i].buffer = registered ? own[i] : NULL;
		if (registered)
			need("TEEC_RegisterSharedMemory", TEEC_RegisterSharedMemory(context, &memory[i]));
		else
			need("TEEC_AllocateSharedMemory", TEEC_AllocateSharedMemory(context, &memory[i]));
		if (!registered)
			is_allocated(&memory[i]);
		fill(memory[i].buffer, memory[i].size, 5);
	}
	both = memory[2].buffer;
	operation.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_WHOLE, TEEC_MEMREF_WHOLE, TEEC_MEMREF_WHOLE, TEEC_NONE);
	for (i = 0; i < 3; i++)
		operation.params[i].memref.parent = &memory[i];
	say_code(name, invoke(session, FOREIGN_THREE, &operation));
	say_number(name, operation.params[1].memref.size);
	say_bool(name, both[0] == 10 && both[1] == 17 && memcmp(both, memory[1].buffer, 6000) == 0);
	/* Parts, which leave the rest alone. */
	operation.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INPUT, TEEC_MEMREF_PARTIAL_OUTPUT,
						TEEC_MEMREF_PARTIAL_INOUT, TEEC_NONE);
	operation.params[0].memref = (TEEC_RegisteredMemoryReference){&memory[0], 10, 1};
	operation.params[1].memref = (TEEC_RegisteredMemoryReference){&memory[1], 200, 5800};
	operation.params[2].memref = (TEEC_RegisteredMemoryReference){&memory[2], 100, 4000};
	fill(both, 6000, 5);
	say_code(name, invoke(session, FOREIGN_THREE, &operation));
	say_number(name, operation.params[1].memref.size);
	say_bool(name, both[4000] == (uint8_t)(5 + 4000 * 7 + 12) && both[3999] == (uint8_t)(5 + 3999 * 7) &&
			       both[4100] == (uint8_t)(5 + 4100 * 7) &&
			       memcmp(both + 4000, (uint8_t *)memory[1].buffer + 5800, 100) == 0);
	/* Refused by the Client API itself: beyond the block, against its direction. */
	operation.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_OUTPUT, TEEC_NONE, TEEC_NONE, TEEC_NONE);
	operation.params[0].memref = (TEEC_RegisteredMemoryReference){&memory[1], 100, 5901};
	say_code(name, TEEC_InvokeCommand(session, FOREIGN_ANY, &operation, NULL));
	operation.params[0].memref = (TEEC_RegisteredMemoryReference){&memory[0], 100, 0};
	say_code(name, TEEC_InvokeCommand(session, FOREIGN_ANY, &operation, NULL));
	for (i = 0; i < 3; i++) {
		is_released(&memory[i]);
		TEEC_ReleaseSharedMemory(&memory[i]);
	}
}

/* Memory of the gate that is too small by one byte for the answer. */
static void short_buffer(TEEC_Context *context, TEEC_Session *session)
{
	TEEC_SharedMemory memory = {.size = 4096, .flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT};
	TEEC_Operation operation = {0};

	need("TEEC_AllocateSharedMemory", TEEC_AllocateSharedMemory(context, &memory));
	is_allocated(&memory);
	operation.paramTypes =
		TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INPUT, TEEC_MEMREF_PARTIAL_OUTPUT, TEEC_VALUE_OUTPUT, TEEC_NONE);
	operation.params[0].memref = (TEEC_RegisteredMemoryReference){&memory, 2000, 0};
	operation.params[1].memref = (TEEC_RegisteredMemoryReference){&memory, 1999, 2000};
	complement(session, &operation, "short_buffer");
	say_number("short_buffer.needed", operation.params[1].memref.size);
	operation.params[1].memref.size = 2000;
	complement(session, &operation, "short_buffer.enough");
	is_released(&memory);
	TEEC_ReleaseSharedMemory(&memory);
}

static void refused(TEEC_Context *context, TEEC_Session *session)
{
	TEEC_SharedMemory memory = {.size = 16, .flags = 0x40};
	TEEC_Operation operation = {0};

	say_code("refused.flags", TEEC_AllocateSharedMemory(context, &memory));
	say_code("refused.command", invoke(session, 9999, NULL));
	say_code("refused.types", invoke(session, FOREIGN_VALUES, NULL));
	operation.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, TEEC_VALUE_INPUT, TEEC_VALUE_INPUT, TEEC_VALUE_INPUT);
	say_code("refused.any", invoke(session, FOREIGN_ANY, &operation));
	operation.paramTypes = 4;
	say_code("refused.unknown_type", TEEC_InvokeCommand(session, FOREIGN_ANY, &operation, NULL));
}

void parameter_steps(TEEC_Context *context, TEEC_Session *session)
{
	values(session);
	temporary(session);
	in_place(session);
	three_blocks(context, session, true, "registered");
	three_blocks(context, session, false, "allocated");
	short_buffer(context, session);
	refused(context, session);
}
