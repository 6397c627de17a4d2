/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of the Internal Core API: the TA's heap, and moving, comparing and filling. */
#include <stdint.h>
#include <string.h>

#include "string_ext.h"
#include "tee_internal_api.h"
#include "tee_internal_api_extensions.h"
#include "wg_internal.h"

/* The room between the bytes asked for and the end of the block stays zero, so that growing in place shows zeros. */
void *wg_ta_alloc(size_t align, size_t bytes, enum wg_fill fill)
{
	struct wg_heap *heap = &wg_instance_must()->heap;
	uint8_t *block = wg_heap_alloc_aligned(heap, align, bytes);
	size_t clean = fill == WG_FILL_ZERO ? 0 : bytes;

	if (block)
		memset(block + clean, 0, wg_heap_block_bytes(heap, block) - clean);
	return block;
}

void *wg_ta_resize(void *block, size_t bytes)
{
	struct wg_heap *heap = &wg_instance_must()->heap;
	size_t before = wg_heap_block_bytes(heap, block);
	size_t after;
	uint8_t *resized;

	if (before == 0)
		wg_instance_panic(TEE_ERROR_BAD_PARAMETERS);
	resized = wg_heap_realloc(heap, block, bytes);
	if (!resized)
		return NULL;
	after = wg_heap_block_bytes(heap, resized);
	if (before > bytes)
		before = bytes;
	memset(resized + before, 0, after - before);
	return resized;
}

void wg_ta_release(void *block)
{
	if (wg_heap_free(&wg_instance_must()->heap, block) != WG_OK)
		wg_instance_panic(TEE_ERROR_BAD_PARAMETERS);
}

void *TEE_Malloc(size_t size, uint32_t hint)
{
	switch (hint) {
	case TEE_MALLOC_FILL_ZERO:
	case TEE_MALLOC_NO_SHARE:
		return wg_ta_alloc(WG_HEAP_ALIGN, size, WG_FILL_ZERO);
	case TEE_MALLOC_NO_FILL | TEE_MALLOC_NO_SHARE:
	case TEE_USER_MEM_HINT_NO_FILL_ZERO:
		return wg_ta_alloc(WG_HEAP_ALIGN, size, WG_FILL_NONE);
	case TEE_MALLOC_NO_FILL: /* only together with TEE_MALLOC_NO_SHARE */
		wg_instance_panic(TEE_ERROR_BAD_PARAMETERS);
	default:
		return NULL;
	}
}

void *TEE_Realloc(void *buffer, size_t newSize)
{
	if (!buffer)
		return TEE_Malloc(newSize, TEE_MALLOC_FILL_ZERO);
	return wg_ta_resize(buffer, newSize);
}

void TEE_Free(void *buffer)
{
	wg_ta_release(buffer);
}

void TEE_MemMove(void *dest, const void *src, size_t size)
{
	if (size > 0)
		memmove(dest, src, size);
}

int32_t TEE_MemCompare(const void *buffer1, const void *buffer2, size_t size)
{
	return consttime_memcmp(buffer1, buffer2, size);
}

void TEE_MemFill(void *buffer, uint32_t x, size_t size)
{
	if (size > 0)
		memset(buffer, (int)(x & 0xff), size);
}
