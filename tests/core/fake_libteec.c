/* SPDX-License-Identifier: Apache-2.0 */
/* A libteec of the tests: the functions of the platform's library, with private members of its own in places and sizes
 * that are not ours, and one TA built in. It remembers what it holds, so that a leak or a wrong address ends the test.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_libteec.h"

/* Public members as the specification has them, private ones as nobody else. */
struct context {
	uint64_t magic;
	char device[40];
	int memories, sessions;
};

struct memory {
	void *buffer;
	size_t size;
	uint32_t flags;
	struct {
		uint64_t magic;
		struct context *context;
		char padding[72];
		bool allocated;
	} own;
};

struct session {
	uint64_t magic[3];
	struct context *context;
	uint32_t opened_with;
};

struct value {
	uint32_t a, b;
};

union parameter {
	struct {
		void *buffer;
		size_t size;
	} temporary;
	struct {
		struct memory *parent;
		size_t size, offset;
	} reference;
	struct value value;
};

struct operation {
	uint32_t started;
	uint32_t types;
	union parameter params[4];
	struct {
		struct session *session;
		uint64_t padding[6];
		volatile uint32_t cancelled;
	} own;
};

#define CONTEXT_MAGIC UINT64_C(0x636f6e7465787421)
#define MEMORY_MAGIC  UINT64_C(0x6d656d6f72792121)
#define SESSION_MAGIC UINT64_C(0x73657373696f6e21)
#define PUBLIC	      __attribute__((visibility("default")))

static const uint8_t known[16] = FAKE_TA_UUID_BYTES;

static void must(bool condition)
{
	if (!condition)
		abort();
}

PUBLIC uint32_t TEEC_InitializeContext(const char *name, struct context *context);
PUBLIC void TEEC_FinalizeContext(struct context *context);
PUBLIC uint32_t TEEC_RegisterSharedMemory(struct context *context, struct memory *memory);
PUBLIC uint32_t TEEC_AllocateSharedMemory(struct context *context, struct memory *memory);
PUBLIC void TEEC_ReleaseSharedMemory(struct memory *memory);
PUBLIC uint32_t TEEC_OpenSession(struct context *context, struct session *session, const uint8_t *uuid, uint32_t method,
				 const void *data, struct operation *operation, uint32_t *origin);
PUBLIC void TEEC_CloseSession(struct session *session);
#ifndef FAKE_WITHOUT_INVOKE
PUBLIC uint32_t TEEC_InvokeCommand(struct session *session, uint32_t command, struct operation *operation,
				   uint32_t *origin);
#endif
PUBLIC void TEEC_RequestCancellation(struct operation *operation);

uint32_t TEEC_InitializeContext(const char *name, struct context *context)
{
	memset(context, 0, sizeof(*context));
	if (name && strcmp(name, "none") == 0)
		return FAKE_ITEM_NOT_FOUND;
	context->magic = CONTEXT_MAGIC;
	strncpy(context->device, name ? name : "", sizeof(context->device) - 1);
	return 0;
}

void TEEC_FinalizeContext(struct context *context)
{
	must(context->magic == CONTEXT_MAGIC && context->memories == 0 && context->sessions == 0);
	context->magic = 0;
}

uint32_t TEEC_RegisterSharedMemory(struct context *context, struct memory *memory)
{
	must(context->magic == CONTEXT_MAGIC);
	if (memory->size > 1u << 30)
		return FAKE_OUT_OF_MEMORY;
	memory->own.magic = MEMORY_MAGIC;
	memory->own.context = context;
	memory->own.allocated = false;
	context->memories++;
	return 0;
}

uint32_t TEEC_AllocateSharedMemory(struct context *context, struct memory *memory)
{
	uint32_t result = TEEC_RegisterSharedMemory(context, memory);

	if (result)
		return result;
	memory->own.allocated = true;
	memory->buffer = calloc(1, memory->size ? memory->size : 1);
	must(memory->buffer != NULL);
	return 0;
}

void TEEC_ReleaseSharedMemory(struct memory *memory)
{
	must(memory->own.magic == MEMORY_MAGIC);
	memory->own.context->memories--;
	memory->own.magic = 0;
	if (memory->own.allocated)
		free(memory->buffer);
	memory->buffer = NULL;
	memory->size = 0;
}

uint32_t TEEC_OpenSession(struct context *context, struct session *session, const uint8_t *uuid, uint32_t method,
			  const void *data, struct operation *operation, uint32_t *origin)
{
	must(context->magic == CONTEXT_MAGIC && data == NULL);
	*origin = FAKE_ORIGIN_TEE;
	if (memcmp(uuid, known, sizeof(known)) != 0)
		return FAKE_ITEM_NOT_FOUND;
	*origin = FAKE_ORIGIN_TRUSTED_APP;
	if (operation && (operation->types & 0xf) == 3 && operation->params[0].value.a)
		return operation->params[0].value.a;
	for (unsigned i = 0; i < 3; i++)
		session->magic[i] = SESSION_MAGIC;
	session->context = context;
	session->opened_with = method;
	context->sessions++;
	return 0;
}

void TEEC_CloseSession(struct session *session)
{
	must(session->magic[0] == SESSION_MAGIC && session->magic[2] == SESSION_MAGIC);
	session->context->sessions--;
	session->magic[0] = 0;
}

/* The bytes of one parameter that refers to memory; NULL: it does not. */
static uint8_t *bytes_of(struct operation *operation, unsigned i, size_t *bytes, size_t **size_out, uint32_t *direction)
{
	uint32_t type = (operation->types >> (4 * i)) & 0xf;
	union parameter *param = &operation->params[i];
	bool whole = type == 0xc;

	*direction = type & 3;
	if (type >= 5 && type <= 7) {
		*bytes = param->temporary.size;
		*size_out = &param->temporary.size;
		return param->temporary.buffer;
	}
	if (type < 0xc)
		return NULL;
	must(param->reference.parent->own.magic == MEMORY_MAGIC);
	*direction = whole ? param->reference.parent->flags & 3 : type & 3;
	*bytes = whole ? param->reference.parent->size : param->reference.size;
	*size_out = &param->reference.size;
	return (uint8_t *)param->reference.parent->buffer + (whole ? 0 : param->reference.offset);
}

/* Sums what comes in, and fills what goes out with the command's number; p3 value inout has sum and fill size. */
static uint32_t sum_and_fill(struct operation *operation)
{
	uint32_t fill = operation->params[3].value.a, wanted = operation->params[3].value.b, sum = 0;

	for (unsigned i = 0; i < 3; i++) {
		size_t bytes = 0, *size_out = NULL;
		uint32_t direction;
		uint8_t *at = bytes_of(operation, i, &bytes, &size_out, &direction);

		for (size_t k = 0; at && (direction & 1) && k < bytes; k++)
			sum += at[k];
		for (size_t k = 0; at && (direction & 2) && k < bytes && k < wanted; k++)
			at[k] = (uint8_t)(fill + i);
		if (size_out && (direction & 2))
			*size_out = wanted;
		if (((operation->types >> (4 * i)) & 0xf) == 2)
			operation->params[i].value = (struct value){fill, i};
	}
	operation->params[3].value.a = sum;
	return 0;
}

/* The call command of a lane: adds one to each byte. */
static uint32_t lane_call(struct operation *operation)
{
	size_t room = 0, *size_out;
	uint32_t direction;
	uint8_t *at = bytes_of(operation, 1, &room, &size_out, &direction);
	uint32_t bytes = operation->params[0].value.b;

	if (bytes > room)
		return FAKE_BAD_PARAMETERS;
	for (uint32_t i = 0; i < bytes; i++)
		at[i]++;
	return 0;
}

static uint32_t wait_for_cancellation(struct operation *operation)
{
	for (unsigned i = 0; i < 10000 && !operation->own.cancelled; i++)
		usleep(1000);
	return operation->own.cancelled ? FAKE_CANCEL : 0;
}

static uint32_t invoke(struct session *session, uint32_t command, struct operation *operation, uint32_t *origin)
{
	must(session->magic[0] == SESSION_MAGIC && session->magic[1] == SESSION_MAGIC);
	*origin = FAKE_ORIGIN_TRUSTED_APP;
	if (operation)
		operation->own.session = session;
	switch (command) {
	case FAKE_SUM_AND_FILL:
		return sum_and_fill(operation);
	case FAKE_LANE_CALL:
		return lane_call(operation);
	case FAKE_WAIT:
		return wait_for_cancellation(operation);
	case FAKE_METHOD:
		operation->params[0].value.a = session->opened_with;
		return 0;
	case FAKE_NOTHING:
		return 0;
	case FAKE_DIE:
		*origin = FAKE_ORIGIN_TEE;
		return FAKE_TARGET_DEAD;
	default:
		return FAKE_NOT_IMPLEMENTED;
	}
}

#ifndef FAKE_WITHOUT_INVOKE
uint32_t TEEC_InvokeCommand(struct session *session, uint32_t command, struct operation *operation, uint32_t *origin)
{
	return invoke(session, command, operation, origin);
}
#else
extern uint32_t (*const fake_invoke)(struct session *, uint32_t, struct operation *, uint32_t *);
uint32_t (*const fake_invoke)(struct session *, uint32_t, struct operation *, uint32_t *) = invoke;
#endif

void TEEC_RequestCancellation(struct operation *operation)
{
	must(operation->own.session != NULL);
	operation->own.cancelled = 1;
}
