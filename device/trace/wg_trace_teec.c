/* SPDX-License-Identifier: Apache-2.0 */
/* The nine functions of the Client API, in front of those of the library that the program is linked with. Each call is
 * passed on as it came, and noted. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wg_trace_about.h"
#include "wg_trace_call.h"
#include "wg_trace_clock.h"

#define PUBLIC	  __attribute__((visibility("default")))
#define OUR_GATE  "libworldgate-teec"
#define OUR_OPTEE "optee"

static struct {
	TEEC_Result (*initialize)(const char *name, struct wg_teec_context *context);
	void (*finalize)(struct wg_teec_context *context);
	TEEC_Result (*register_memory)(struct wg_teec_context *context, struct wg_teec_memory *memory);
	TEEC_Result (*allocate_memory)(struct wg_teec_context *context, struct wg_teec_memory *memory);
	void (*release_memory)(struct wg_teec_memory *memory);
	TEEC_Result (*open_session)(struct wg_teec_context *context, struct wg_teec_session *session, const void *uuid,
				    uint32_t method, const void *data, struct wg_teec_operation *operation,
				    uint32_t *origin);
	void (*close_session)(struct wg_teec_session *session);
	TEEC_Result (*invoke)(struct wg_teec_session *session, uint32_t command, struct wg_teec_operation *operation,
			      uint32_t *origin);
	void (*cancel)(struct wg_teec_operation *operation);
} next;

/* The next function of that name; where the library was loaded for a plug-in alone, the one of a known libteec. */
static void *find(const char *name)
{
	static const char *const libraries[] = {"libteec.so.2", "libteec.so.1", "libteec.so", "libworldgate-teec.so"};
	static atomic_bool said; /* relaxed: a flag by itself */
	void *function = dlsym(RTLD_NEXT, name);

	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]) && !function; i++) {
		void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);

		if (library)
			function = dlsym(library, name);
	}
	if (!function && !atomic_exchange_explicit(&said, true, memory_order_relaxed))
		fprintf(stderr, "worldgate: trace: no library of this program has %s\n", name);
	return function;
}

/* Fills one member of next. Two threads that do so at once store the same. */
#define RESOLVE(member, name)                                          \
	do {                                                           \
		void *found_ = next.member ? NULL : find(name);        \
                                                                       \
		if (found_)                                            \
			memcpy(&next.member, &found_, sizeof(found_)); \
	} while (0)

/* Of the first context: which library answers, what the program calls the world, and what the TEE driver can do. */
static void describe_context(const char *name)
{
	struct wg_trace_header *header = wg_trace_header();
	const char *world = name ? name : getenv("WORLDGATE_WORLD");
	void *function = NULL;
	Dl_info info;

	if (!header || header->library[0])
		return;
	memcpy(&function, &next.initialize, sizeof(function));
	if (!dladdr(function, &info) || !info.dli_fname)
		return;
	snprintf(header->world, sizeof(header->world), "%s", world ? world : "");
	if (!strstr(info.dli_fname, OUR_GATE) || (world && strncmp(world, OUR_OPTEE, strlen(OUR_OPTEE)) == 0))
		header->capabilities = wg_trace_capabilities();
	snprintf(header->library, sizeof(header->library), "%s", info.dli_fname);
}

PUBLIC TEEC_Result TEEC_InitializeContext(const char *name, struct wg_teec_context *context)
{
	struct wg_trace_call call;
	TEEC_Result result = WG_TEEC_NOT_SUPPORTED;

	RESOLVE(initialize, "TEEC_InitializeContext");
	if (!next.initialize)
		return result;
	if (wg_trace_enter()) {
		describe_context(name);
		call.began = wg_trace_ticks();
		result = next.initialize(name, context);
		call.ended = wg_trace_ticks();
		wg_trace_note(WG_TRACE_INITIALIZE_CONTEXT, &call, context, result);
	} else {
		result = next.initialize(name, context);
	}
	wg_trace_leave();
	return result;
}

PUBLIC void TEEC_FinalizeContext(struct wg_teec_context *context)
{
	struct wg_trace_call call;

	RESOLVE(finalize, "TEEC_FinalizeContext");
	if (!next.finalize)
		return;
	if (wg_trace_enter()) {
		call.began = wg_trace_ticks();
		next.finalize(context);
		call.ended = wg_trace_ticks();
		wg_trace_note(WG_TRACE_FINALIZE_CONTEXT, &call, context, WG_TEEC_SUCCESS);
	} else {
		next.finalize(context);
	}
	wg_trace_leave();
}

PUBLIC TEEC_Result TEEC_RegisterSharedMemory(struct wg_teec_context *context, struct wg_teec_memory *memory)
{
	struct wg_trace_call call;
	TEEC_Result result = WG_TEEC_NOT_SUPPORTED;

	RESOLVE(register_memory, "TEEC_RegisterSharedMemory");
	if (!next.register_memory)
		return result;
	if (wg_trace_enter()) {
		call.began = wg_trace_ticks();
		result = next.register_memory(context, memory);
		call.ended = wg_trace_ticks();
		wg_trace_note_memory(WG_TRACE_REGISTER_MEMORY, &call, memory, context, result);
	} else {
		result = next.register_memory(context, memory);
	}
	wg_trace_leave();
	return result;
}

PUBLIC TEEC_Result TEEC_AllocateSharedMemory(struct wg_teec_context *context, struct wg_teec_memory *memory)
{
	struct wg_trace_call call;
	TEEC_Result result = WG_TEEC_NOT_SUPPORTED;

	RESOLVE(allocate_memory, "TEEC_AllocateSharedMemory");
	if (!next.allocate_memory)
		return result;
	if (wg_trace_enter()) {
		call.began = wg_trace_ticks();
		result = next.allocate_memory(context, memory);
		call.ended = wg_trace_ticks();
		wg_trace_note_memory(WG_TRACE_ALLOCATE_MEMORY, &call, memory, context, result);
	} else {
		result = next.allocate_memory(context, memory);
	}
	wg_trace_leave();
	return result;
}

PUBLIC void TEEC_ReleaseSharedMemory(struct wg_teec_memory *memory)
{
	struct wg_trace_call call;

	RESOLVE(release_memory, "TEEC_ReleaseSharedMemory");
	if (!next.release_memory)
		return;
	if (wg_trace_enter()) {
		call.began = wg_trace_ticks();
		next.release_memory(memory);
		call.ended = wg_trace_ticks();
		wg_trace_note(WG_TRACE_RELEASE_MEMORY, &call, memory, WG_TEEC_SUCCESS);
	} else {
		next.release_memory(memory);
	}
	wg_trace_leave();
}

PUBLIC TEEC_Result TEEC_OpenSession(struct wg_teec_context *context, struct wg_teec_session *session, const void *uuid,
				    uint32_t method, const void *data, struct wg_teec_operation *operation,
				    uint32_t *origin)
{
	struct wg_trace_call call;
	uint32_t own = WG_TEEC_ORIGIN_API;
	TEEC_Result result = WG_TEEC_NOT_SUPPORTED;

	RESOLVE(open_session, "TEEC_OpenSession");
	if (!next.open_session)
		return result;
	origin = origin ? origin : &own;
	if (wg_trace_enter()) {
		wg_trace_look_before(&call, operation);
		call.began = wg_trace_ticks();
		result = next.open_session(context, session, uuid, method, data, operation, origin);
		call.ended = wg_trace_ticks();
		wg_trace_look_after(&call, operation);
		wg_trace_note_open(&call, session, uuid, method, result, *origin);
	} else {
		result = next.open_session(context, session, uuid, method, data, operation, origin);
	}
	wg_trace_leave();
	return result;
}

PUBLIC void TEEC_CloseSession(struct wg_teec_session *session)
{
	struct wg_trace_call call;

	RESOLVE(close_session, "TEEC_CloseSession");
	if (!next.close_session)
		return;
	if (wg_trace_enter()) {
		call.began = wg_trace_ticks();
		next.close_session(session);
		call.ended = wg_trace_ticks();
		wg_trace_note(WG_TRACE_CLOSE_SESSION, &call, session, WG_TEEC_SUCCESS);
	} else {
		next.close_session(session);
	}
	wg_trace_leave();
}

PUBLIC TEEC_Result TEEC_InvokeCommand(struct wg_teec_session *session, uint32_t command,
				      struct wg_teec_operation *operation, uint32_t *origin)
{
	struct wg_trace_call call;
	uint32_t own = WG_TEEC_ORIGIN_API;
	TEEC_Result result = WG_TEEC_NOT_SUPPORTED;

	RESOLVE(invoke, "TEEC_InvokeCommand");
	if (!next.invoke)
		return result;
	origin = origin ? origin : &own;
	if (wg_trace_enter()) {
		wg_trace_look_before(&call, operation);
		call.began = wg_trace_ticks();
		result = next.invoke(session, command, operation, origin);
		call.ended = wg_trace_ticks();
		wg_trace_look_after(&call, operation);
		wg_trace_note_invoke(&call, session, command, result, *origin);
	} else {
		result = next.invoke(session, command, operation, origin);
	}
	wg_trace_leave();
	return result;
}

/* From any thread, of any call: it is noted even inside another, as from a signal handler. */
PUBLIC void TEEC_RequestCancellation(struct wg_teec_operation *operation)
{
	struct wg_trace_call call;

	RESOLVE(cancel, "TEEC_RequestCancellation");
	if (!next.cancel)
		return;
	call.began = wg_trace_ticks();
	next.cancel(operation);
	call.ended = wg_trace_ticks();
	wg_trace_note(WG_TRACE_REQUEST_CANCELLATION, &call, operation, WG_TEEC_SUCCESS);
}
