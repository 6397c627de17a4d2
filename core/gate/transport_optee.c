/* SPDX-License-Identifier: Apache-2.0 */
/* Real OP-TEE: the nine functions go to the platform's libteec, opened when the first context is. Its structures are
 * its own: only the members that the specification fixes are touched, and there is room for any others behind them. */
#include "wg_optee.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wg_marshal.h"
#include "wg_reason.h"
#include "wg_running.h"

#define PRIVATE_BYTES 512u

/* Its functions call each other by names that are also ours: the library's own come first, even in a client whose
 * symbols every library sees. AddressSanitizer refuses that. */
#ifdef __SANITIZE_ADDRESS__
#define OPEN_FLAGS (RTLD_NOW | RTLD_LOCAL)
#else
#define OPEN_FLAGS (RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND)
#endif

struct foreign_context {
	_Alignas(16) uint8_t bytes[PRIVATE_BYTES];
};

struct foreign_session {
	_Alignas(16) uint8_t bytes[PRIVATE_BYTES];
};

struct foreign_memory {
	void *buffer;
	size_t size;
	uint32_t flags;
	_Alignas(16) uint8_t rest[PRIVATE_BYTES];
};

/* A parameter's union has the same shape everywhere; a reference's parent is a foreign_memory. */
struct foreign_operation {
	uint32_t started;
	uint32_t paramTypes;
	TEEC_Parameter params[TEEC_CONFIG_PAYLOAD_REF_COUNT];
	_Alignas(16) uint8_t rest[PRIVATE_BYTES];
};

struct functions {
	TEEC_Result (*initialize)(const char *name, struct foreign_context *context);
	void (*finalize)(struct foreign_context *context);
	TEEC_Result (*register_memory)(struct foreign_context *context, struct foreign_memory *memory);
	TEEC_Result (*allocate_memory)(struct foreign_context *context, struct foreign_memory *memory);
	void (*release_memory)(struct foreign_memory *memory);
	TEEC_Result (*open_session)(struct foreign_context *context, struct foreign_session *session,
				    const TEEC_UUID *uuid, uint32_t method, const void *data,
				    struct foreign_operation *operation, uint32_t *origin);
	void (*close_session)(struct foreign_session *session);
	TEEC_Result (*invoke)(struct foreign_session *session, uint32_t command, struct foreign_operation *operation,
			      uint32_t *origin);
	void (*cancel)(struct foreign_operation *operation);
};

struct wg_optee {
	void *library;
	struct functions call;
	struct foreign_context context;
};

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
	{"TEEC_InitializeContext", offsetof(struct functions, initialize)},
	{"TEEC_FinalizeContext", offsetof(struct functions, finalize)},
	{"TEEC_RegisterSharedMemory", offsetof(struct functions, register_memory)},
	{"TEEC_AllocateSharedMemory", offsetof(struct functions, allocate_memory)},
	{"TEEC_ReleaseSharedMemory", offsetof(struct functions, release_memory)},
	{"TEEC_OpenSession", offsetof(struct functions, open_session)},
	{"TEEC_CloseSession", offsetof(struct functions, close_session)},
	{"TEEC_InvokeCommand", offsetof(struct functions, invoke)},
	{"TEEC_RequestCancellation", offsetof(struct functions, cancel)},
};

static void *open_library(const struct wg_world_spec *spec)
{
	static const char *const names[] = {"libteec.so.2", "libteec.so.1", "libteec.so"};
	void *library = NULL;

	if (spec->library[0])
		return dlopen(spec->library, OPEN_FLAGS);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !library; i++)
		library = dlopen(names[i], OPEN_FLAGS);
	return library;
}

static TEEC_Result resolve(struct wg_optee *optee, const struct wg_world_spec *spec)
{
	optee->library = open_library(spec);
	if (!optee->library)
		return wg_fail(TEEC_ERROR_NOT_SUPPORTED, "no %s on this machine: it comes with OP-TEE's client",
			       spec->library[0] ? spec->library : "libteec");
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *function = dlsym(optee->library, symbols[i].name);

		if (!function) {
			dlclose(optee->library);
			return wg_fail(TEEC_ERROR_NOT_SUPPORTED, "the libteec found here has no %s", symbols[i].name);
		}
		memcpy((char *)&optee->call + symbols[i].offset, &function, sizeof(function));
	}
	return TEEC_SUCCESS;
}

TEEC_Result wg_optee_open(struct wg_gate *gate)
{
	struct wg_optee *optee = calloc(1, sizeof(*optee));
	const char *device = gate->spec.device[0] ? gate->spec.device : NULL;
	TEEC_Result result;

	if (!optee)
		return wg_fail(TEEC_ERROR_OUT_OF_MEMORY, "no memory for a context");
	result = resolve(optee, &gate->spec);
	if (result == TEEC_SUCCESS) {
		result = optee->call.initialize(device, &optee->context);
		if (result != TEEC_SUCCESS) {
			dlclose(optee->library);
			wg_fail(result, "libteec found no TEE (0x%08x): is there a /dev/tee0 that this user may open?",
				result);
		}
	}
	if (result != TEEC_SUCCESS) {
		free(optee);
		return result;
	}
	gate->optee = optee;
	return TEEC_SUCCESS;
}

void wg_optee_close(struct wg_gate *gate)
{
	gate->optee->call.finalize(&gate->optee->context);
	dlclose(gate->optee->library);
	free(gate->optee);
}

/* What both kinds of shared memory do: imp.offset holds the foreign structure's address. */
static TEEC_Result take_memory(struct wg_gate *gate, TEEC_SharedMemory *memory, enum wg_shared_kind kind,
			       TEEC_Result (*take)(struct foreign_context *context, struct foreign_memory *memory))
{
	struct foreign_memory *foreign = calloc(1, sizeof(*foreign));
	TEEC_Result result;

	memset(&memory->imp, 0, sizeof(memory->imp));
	if (!foreign)
		return wg_fail(TEEC_ERROR_OUT_OF_MEMORY, "no memory for shared memory's own record");
	foreign->buffer = memory->buffer;
	foreign->size = memory->size;
	foreign->flags = memory->flags;
	result = take(&gate->optee->context, foreign);
	if (result != TEEC_SUCCESS) {
		free(foreign);
		return wg_fail(result, "libteec gave no shared memory of %zu bytes (0x%08x)", memory->size, result);
	}
	memory->buffer = foreign->buffer;
	memory->imp.gate = gate;
	memory->imp.offset = (uintptr_t)foreign;
	memory->imp.bytes = memory->size;
	memory->imp.kind = (uint32_t)kind;
	return TEEC_SUCCESS;
}

TEEC_Result wg_optee_register(struct wg_gate *gate, TEEC_SharedMemory *memory)
{
	return take_memory(gate, memory, WG_SHARED_REGISTERED, gate->optee->call.register_memory);
}

TEEC_Result wg_optee_allocate(struct wg_gate *gate, TEEC_SharedMemory *memory)
{
	return take_memory(gate, memory, WG_SHARED_ALLOCATED, gate->optee->call.allocate_memory);
}

void wg_optee_release(struct wg_gate *gate, TEEC_SharedMemory *memory)
{
	struct foreign_memory *foreign = (struct foreign_memory *)(uintptr_t)memory->imp.offset;

	gate->optee->call.release_memory(foreign);
	free(foreign);
}

static bool is_reference(uint32_t type)
{
	return type >= TEEC_MEMREF_WHOLE && type <= TEEC_MEMREF_PARTIAL_INOUT;
}

static TEEC_Result translate_in(struct wg_gate *gate, const TEEC_Operation *operation,
				struct foreign_operation *foreign)
{
	memset(foreign, 0, sizeof(*foreign));
	if (!operation)
		return TEEC_SUCCESS;
	foreign->paramTypes = operation->paramTypes;
	memcpy(foreign->params, operation->params, sizeof(foreign->params));
	for (unsigned i = 0; i < WG_PARAMS; i++) {
		TEEC_SharedMemory *parent = operation->params[i].memref.parent;

		if (!is_reference(TEEC_PARAM_TYPE_GET(operation->paramTypes, i)))
			continue;
		if (!parent || parent->imp.gate != gate)
			return wg_fail(TEEC_ERROR_BAD_PARAMETERS, "parameter %u: not shared memory of this context", i);
		foreign->params[i].memref.parent = (void *)(uintptr_t)parent->imp.offset;
	}
	return TEEC_SUCCESS;
}

static void translate_out(const struct foreign_operation *foreign, TEEC_Operation *operation)
{
	for (unsigned i = 0; operation && i < WG_PARAMS; i++) {
		uint32_t type = TEEC_PARAM_TYPE_GET(operation->paramTypes, i);

		if (is_reference(type))
			operation->params[i].memref.size = foreign->params[i].memref.size;
		else if (type != TEEC_NONE)
			operation->params[i] = foreign->params[i];
	}
}

struct cancellation {
	const struct wg_optee *optee;
	struct foreign_operation *operation;
};

static void cancel(void *context)
{
	struct cancellation *cancellation = context;

	cancellation->optee->call.cancel(cancellation->operation);
}

/* One call with an operation: to the session given, or the opening of one where uuid is. */
static TEEC_Result carry(struct wg_gate *gate, struct foreign_session *session, const TEEC_UUID *uuid, uint32_t number,
			 const void *data, TEEC_Operation *operation, uint32_t *origin)
{
	struct wg_optee *optee = gate->optee;
	struct foreign_operation foreign;
	struct cancellation cancellation = {optee, &foreign};
	struct wg_running running = {cancel, &cancellation};
	TEEC_Result result = translate_in(gate, operation, &foreign);

	if (result == TEEC_SUCCESS)
		result = wg_running_begin(operation, &running);
	if (result != TEEC_SUCCESS)
		return result;
	WG_COUNT(crossings, 1);
	if (uuid)
		result = optee->call.open_session(&optee->context, session, uuid, number, data,
						  operation ? &foreign : NULL, origin);
	else
		result = optee->call.invoke(session, number, operation ? &foreign : NULL, origin);
	wg_running_end(operation);
	translate_out(&foreign, operation);
	if (result != TEEC_SUCCESS)
		wg_fail(result, "OP-TEE answered 0x%08x", result);
	return result;
}

TEEC_Result wg_optee_open_session(struct wg_gate *gate, TEEC_Session *session, const TEEC_UUID *uuid, uint32_t method,
				  const void *data, TEEC_Operation *operation, uint32_t *origin)
{
	struct wg_session *opened = calloc(1, sizeof(*opened));
	struct foreign_session *foreign = calloc(1, sizeof(*foreign));
	TEEC_Result result;

	if (!opened || !foreign)
		result = wg_fail(TEEC_ERROR_OUT_OF_MEMORY, "no memory for a session");
	else
		result = carry(gate, foreign, uuid, method, data, operation, origin);
	if (result != TEEC_SUCCESS) {
		free(opened);
		free(foreign);
		return result;
	}
	opened->gate = gate;
	opened->foreign = foreign;
	session->imp.session = opened;
	return TEEC_SUCCESS;
}

TEEC_Result wg_optee_invoke(struct wg_session *session, uint32_t command, TEEC_Operation *operation, uint32_t *origin)
{
	return carry(session->gate, session->foreign, NULL, command, NULL, operation, origin);
}

void wg_optee_close_session(struct wg_session *session)
{
	WG_COUNT(crossings, 1);
	session->gate->optee->call.close_session(session->foreign);
	free(session->foreign);
	free(session);
}
