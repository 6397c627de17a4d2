/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the parameter block of a crossing, which ends where a page begins that nobody may touch. The first bytes
 * say how large the arena is and how much of the block there is; what is accepted lies in the arena, whole. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tee_api_defines.h"
#include "wg_proto.h"

#define PAGE_BYTES 4096u
#define ARENA_MAX  (4u * PAGE_BYTES)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static uint8_t *block_page, *arena_pages;

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* Pages, and one after them that nobody may touch. */
static uint8_t *guarded(size_t bytes)
{
	uint8_t *memory = mmap(NULL, bytes + PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(memory != MAP_FAILED);
	must(mprotect(memory + bytes, PAGE_BYTES, PROT_NONE) == 0);
	return memory;
}

/* Reads and writes both ends. */
static void touch(volatile uint8_t *memory, size_t bytes)
{
	if (bytes == 0)
		return;
	memory[0] = (uint8_t)(memory[0] + 1);
	memory[bytes - 1] = (uint8_t)(memory[bytes - 1] + 1);
}

static void check_param(uint32_t type, const TEE_Param *param, uint8_t *arena, size_t arena_bytes)
{
	must(type <= TEE_PARAM_TYPE_VALUE_INOUT ||
	     (type >= TEE_PARAM_TYPE_MEMREF_INPUT && type <= TEE_PARAM_TYPE_MEMREF_INOUT));
	if (type <= TEE_PARAM_TYPE_VALUE_INOUT)
		return;
	if (!param->memref.buffer) {
		must(param->memref.size == 0);
		return;
	}
	must((uint8_t *)param->memref.buffer >= arena);
	must(param->memref.size <= arena_bytes);
	must((size_t)((uint8_t *)param->memref.buffer - arena) <= arena_bytes - param->memref.size);
	touch(param->memref.buffer, param->memref.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct wg_message message, again;
	TEE_Param params[WG_PARAMS];
	size_t arena_bytes = 0;
	uint8_t *block, *arena;
	TEE_Result result;

	if (!block_page) {
		block_page = guarded(PAGE_BYTES);
		arena_pages = guarded(ARENA_MAX);
	}
	if (bytes >= 2) {
		arena_bytes = (size_t)(data[0] | data[1] << 8) % (ARENA_MAX + 1);
		data += 2;
		bytes -= 2;
	}
	if (bytes > PAGE_BYTES)
		bytes = PAGE_BYTES;
	block = block_page + PAGE_BYTES - bytes;
	arena = arena_pages + ARENA_MAX - arena_bytes;
	memcpy(block, data, bytes);
	result = wg_message_decode(block, bytes, arena, arena_bytes, &message, params);
	must(memcmp(block, data, bytes) == 0);
	must(result == TEE_SUCCESS || result == TEE_ERROR_BAD_PARAMETERS || result == TEE_ERROR_BAD_FORMAT);
	must((result == TEE_ERROR_BAD_FORMAT) == (bytes < sizeof(message)));
	must(result != TEE_SUCCESS || message.types >> 16 == 0);
	for (unsigned i = 0; i < WG_PARAMS && result == TEE_SUCCESS; i++)
		check_param((message.types >> (4 * i)) & 0xf, &params[i], arena, arena_bytes);
	/* What goes out is what came in: no more than the message. */
	again = message;
	wg_message_encode(params, &again);
	for (unsigned i = 0; i < WG_PARAMS && result == TEE_SUCCESS; i++)
		must(again.params[i].offset == message.params[i].offset);
	return 0;
}
