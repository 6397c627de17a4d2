/* SPDX-License-Identifier: Apache-2.0 */
/* The three functions of the Client API that deal with shared memory. */
#include <stdlib.h>
#include <string.h>

#include "wg_keeper.h"
#include "wg_marshal.h"
#include "wg_memory.h"
#include "wg_optee.h"
#include "wg_reason.h"

#define PAGE_BYTES 4096u /* so that it is aligned as in a sealed world */
#define DIRECTIONS (TEEC_MEM_INPUT | TEEC_MEM_OUTPUT)

static TEEC_Result check(TEEC_Context *context, TEEC_SharedMemory *memory)
{
	wg_reason_clear();
	if (!context || !memory || !context->imp.gate)
		return wg_fail(TEEC_ERROR_BAD_PARAMETERS, "no context or no shared memory given");
	if (wg_keeper_forked())
		return wg_fail(TEEC_ERROR_BAD_STATE, "the context belongs to the process this one was forked from");
	if (memory->flags == 0 || (memory->flags & ~(uint32_t)DIRECTIONS))
		return wg_fail(TEEC_ERROR_BAD_PARAMETERS, "flags of shared memory are TEEC_MEM_INPUT, _OUTPUT or both");
	return TEEC_SUCCESS;
}

/* Reserves the part of the arena that the memory is, or that stands for it. */
static TEEC_Result reserve(struct wg_gate *gate, TEEC_SharedMemory *memory, enum wg_shared_kind kind)
{
	uint64_t offset = 0;
	wg_result result = WG_OK;

	memset(&memory->imp, 0, sizeof(memory->imp));
	if (!gate->transport->shares_memory) {
		pthread_mutex_lock(&gate->lock);
		result = wg_arena_take(&gate->arena, memory->size, &offset);
		pthread_mutex_unlock(&gate->lock);
	}
	if (result != WG_OK)
		return wg_fail(TEEC_ERROR_OUT_OF_MEMORY,
			       "no %zu bytes of shared memory left; give arena_bytes=", memory->size);
	memory->imp.gate = gate;
	memory->imp.offset = offset;
	memory->imp.bytes = memory->size;
	memory->imp.kind = (uint32_t)kind;
	return TEEC_SUCCESS;
}

TEEC_Result TEEC_RegisterSharedMemory(TEEC_Context *context, TEEC_SharedMemory *memory)
{
	TEEC_Result result = check(context, memory);
	struct wg_gate *gate;

	if (result != TEEC_SUCCESS)
		return result;
	if (!memory->buffer)
		return wg_fail(TEEC_ERROR_BAD_PARAMETERS, "no buffer to register");
	gate = context->imp.gate;
	return gate->optee ? wg_optee_register(gate, memory) : reserve(gate, memory, WG_SHARED_REGISTERED);
}

TEEC_Result TEEC_AllocateSharedMemory(TEEC_Context *context, TEEC_SharedMemory *memory)
{
	TEEC_Result result = check(context, memory);
	struct wg_gate *gate;

	if (result != TEEC_SUCCESS)
		return result;
	gate = context->imp.gate;
	memory->buffer = NULL;
	if (gate->optee)
		return wg_optee_allocate(gate, memory);
	result = reserve(gate, memory, WG_SHARED_ALLOCATED);
	if (result != TEEC_SUCCESS)
		return result;
	if (!gate->transport->shares_memory)
		memory->buffer = gate->arena_memory + memory->imp.offset;
	else if (memory->size <= PTRDIFF_MAX - PAGE_BYTES) /* above, rounding up could wrap around */
		memory->buffer = aligned_alloc(PAGE_BYTES, wg_page_round_up(memory->size ? memory->size : 1));
	if (!memory->buffer) {
		memset(&memory->imp, 0, sizeof(memory->imp));
		return wg_fail(TEEC_ERROR_OUT_OF_MEMORY, "no %zu bytes of memory left", memory->size);
	}
	memset(memory->buffer, 0, memory->size);
	return TEEC_SUCCESS;
}

void TEEC_ReleaseSharedMemory(TEEC_SharedMemory *memory)
{
	struct wg_gate *gate = memory ? memory->imp.gate : NULL;

	if (!gate || wg_keeper_forked())
		return;
	if (gate->optee) {
		wg_optee_release(gate, memory);
	} else if (gate->transport->shares_memory) {
		if (memory->imp.kind == WG_SHARED_ALLOCATED)
			free(memory->buffer);
	} else {
		pthread_mutex_lock(&gate->lock);
		wg_arena_give(&gate->arena, memory->imp.offset, memory->imp.bytes);
		pthread_mutex_unlock(&gate->lock);
	}
	if (memory->imp.kind == WG_SHARED_ALLOCATED)
		memory->buffer = NULL;
	memory->size = 0;
	memset(&memory->imp, 0, sizeof(memory->imp));
}
