/* SPDX-License-Identifier: Apache-2.0 */
#include <foreign_ta.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "client.h"

#define ALLOCATED_MAX 8

static const TEEC_UUID uuid = FOREIGN_TA_UUID;
static const TEEC_SharedMemory *allocated[ALLOCATED_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long crossings;
static unsigned long long copied;

void say_code(const char *name, TEEC_Result code)
{
	printf("%s: 0x%08x\n", name, code);
}

void say_number(const char *name, unsigned long number)
{
	printf("%s: %lu\n", name, number);
}

void say_pair(const char *name, uint32_t a, uint32_t b)
{
	printf("%s: %u %u\n", name, a, b);
}

void say_bool(const char *name, bool answer)
{
	printf("%s: %s\n", name, answer ? "yes" : "no");
}

void need(const char *what, TEEC_Result result)
{
	if (result == TEEC_SUCCESS)
		return;
	fprintf(stderr, "foreign client: %s failed with 0x%08x\n", what, result);
	exit(1);
}

void is_allocated(const TEEC_SharedMemory *memory)
{
	size_t i;

	for (i = 0; i < ALLOCATED_MAX; i++) {
		if (allocated[i])
			continue;
		allocated[i] = memory;
		return;
	}
	abort();
}

void is_released(const TEEC_SharedMemory *memory)
{
	size_t i;

	for (i = 0; i < ALLOCATED_MAX; i++)
		if (allocated[i] == memory)
			allocated[i] = NULL;
}

static bool needs_copies(const TEEC_SharedMemory *memory)
{
	size_t i;

	for (i = 0; i < ALLOCATED_MAX; i++)
		if (allocated[i] == memory)
			return false;
	return true;
}

/* Bytes of one parameter that go in the direction given; reads the sizes as they are now. */
static size_t bytes_of(const TEEC_Operation *operation, unsigned i, uint32_t direction)
{
	const TEEC_Parameter *param = &operation->params[i];

	switch (TEEC_PARAM_TYPE_GET(operation->paramTypes, i)) {
	case TEEC_MEMREF_TEMP_INPUT:
		return direction == TEEC_MEM_INPUT && param->tmpref.buffer ? param->tmpref.size : 0;
	case TEEC_MEMREF_TEMP_OUTPUT:
		return direction == TEEC_MEM_OUTPUT && param->tmpref.buffer ? param->tmpref.size : 0;
	case TEEC_MEMREF_TEMP_INOUT:
		return param->tmpref.buffer ? param->tmpref.size : 0;
	case TEEC_MEMREF_WHOLE:
		if (!needs_copies(param->memref.parent) || !(param->memref.parent->flags & direction))
			return 0;
		return direction == TEEC_MEM_INPUT ? param->memref.parent->size : param->memref.size;
	case TEEC_MEMREF_PARTIAL_INPUT:
		return direction == TEEC_MEM_INPUT && needs_copies(param->memref.parent) ? param->memref.size : 0;
	case TEEC_MEMREF_PARTIAL_OUTPUT:
		return direction == TEEC_MEM_OUTPUT && needs_copies(param->memref.parent) ? param->memref.size : 0;
	case TEEC_MEMREF_PARTIAL_INOUT:
		return needs_copies(param->memref.parent) ? param->memref.size : 0;
	default:
		return 0;
	}
}

static void account(const TEEC_Operation *operation, uint32_t direction)
{
	unsigned i;

	pthread_mutex_lock(&lock);
	if (direction == TEEC_MEM_INPUT)
		crossings++;
	for (i = 0; operation && i < TEEC_CONFIG_PAYLOAD_REF_COUNT; i++)
		copied += bytes_of(operation, i, direction);
	pthread_mutex_unlock(&lock);
}

TEEC_Result open_session(TEEC_Context *context, TEEC_Session *session, TEEC_Operation *operation)
{
	TEEC_Result result;
	uint32_t origin;

	account(operation, TEEC_MEM_INPUT);
	result = TEEC_OpenSession(context, session, &uuid, TEEC_LOGIN_PUBLIC, NULL, operation, &origin);
	account(operation, TEEC_MEM_OUTPUT);
	return result;
}

TEEC_Result invoke(TEEC_Session *session, uint32_t command, TEEC_Operation *operation)
{
	TEEC_Result result;
	uint32_t origin;

	account(operation, TEEC_MEM_INPUT);
	result = TEEC_InvokeCommand(session, command, operation, &origin);
	account(operation, TEEC_MEM_OUTPUT);
	return result;
}

void close_session(TEEC_Session *session)
{
	account(NULL, TEEC_MEM_INPUT);
	TEEC_CloseSession(session);
}

void print_account(void)
{
	printf("account.crossings: %lu\n", crossings);
	printf("account.copied_bytes: %llu\n", copied);
}
