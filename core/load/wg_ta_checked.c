/* SPDX-License-Identifier: Apache-2.0 */
/* The heap of a TA that is built with AddressSanitizer: what the TA calls is renamed to these functions (objcopy
 * --redefine-sym). Each block lies between two zones that the sanitizer is told to guard, and is guarded as a whole
 * once it is freed, until the heap gives its memory out again. This file is compiled without the sanitizer, as it reads
 * its own guarded notes. */
#include <stdint.h>
#include <string.h>

#include "tee_internal_api.h"

#define ZONE_BYTES   32u
#define GRAIN_BYTES  16u /* a multiple of the sanitizer's 8; also what a block is aligned to */
#define LIVE	     0x77675f6c69766521ull
#define MAX_REQUEST  (SIZE_MAX - 4 * ZONE_BYTES)
#define FILL_UNKNOWN 0xbe /* what a block that nobody asked to be cleared holds */

void __asan_poison_memory_region(void const volatile *start, size_t bytes);
void __asan_unpoison_memory_region(void const volatile *start, size_t bytes);
void __asan_report_error(void *pc, void *frame, void *stack, void *address, int is_write, size_t bytes);

/* Directly before the TA's part of a block. */
struct zone {
	uint64_t live;
	uint64_t bytes; /* the TA's part */
	void *block;	/* what the heap gave */
	void *unused;
};
_Static_assert(sizeof(struct zone) == ZONE_BYTES, "the TA's part stays aligned");

void *wg_checked_TEE_Malloc(size_t bytes, uint32_t hint);
void *wg_checked_TEE_Realloc(void *block, size_t bytes);
void wg_checked_TEE_Free(void *block);
void *wg_checked_wg_ta_malloc(size_t bytes);
void *wg_checked_wg_ta_calloc(size_t count, size_t bytes);
void *wg_checked_wg_ta_realloc(void *block, size_t bytes);
void *wg_checked_wg_ta_memalign(size_t align, size_t bytes);
void wg_checked_wg_ta_free(void *block);
char *wg_checked_wg_ta_strdup(const char *text);
char *wg_checked_wg_ta_strndup(const char *text, size_t most);

static size_t padded(size_t bytes)
{
	return (bytes + GRAIN_BYTES - 1) / GRAIN_BYTES * GRAIN_BYTES;
}

/* The TA's part of a block that has room for two zones and, where align is more than a zone's, for that too. */
static void *guard(void *block, size_t align, size_t bytes)
{
	struct zone *zone;
	uintptr_t part;

	if (!block)
		return NULL;
	part = ((uintptr_t)block + ZONE_BYTES + align - 1) / align * align;
	zone = (struct zone *)(part - ZONE_BYTES);
	__asan_unpoison_memory_region(zone, 2 * ZONE_BYTES + padded(bytes));
	*zone = (struct zone){LIVE, bytes, block, NULL};
	__asan_poison_memory_region(zone, ZONE_BYTES);
	/* From the first byte behind the part: the sanitizer knows how many bytes of a grain are good. */
	__asan_poison_memory_region((uint8_t *)part + bytes, padded(bytes) - bytes + ZONE_BYTES);
	return (void *)part;
}

static struct zone *zone_of(void *block)
{
	struct zone *zone = (struct zone *)block - 1;

	/* Freed already, or never the TA's. */
	if (zone->live != LIVE)
		__asan_report_error(__builtin_return_address(0), __builtin_frame_address(0), __builtin_frame_address(0),
				    block, 1, 1);
	return zone;
}

void *wg_checked_TEE_Malloc(size_t bytes, uint32_t hint)
{
	return bytes > MAX_REQUEST ? NULL : guard(TEE_Malloc(2 * ZONE_BYTES + padded(bytes), hint), GRAIN_BYTES, bytes);
}

void wg_checked_TEE_Free(void *block)
{
	struct zone *zone;

	if (!block)
		return;
	zone = zone_of(block);
	zone->live = 0;
	__asan_poison_memory_region(zone, 2 * ZONE_BYTES + padded(zone->bytes));
	TEE_Free(zone->block);
}

static void *resize(void *block, size_t bytes)
{
	struct zone *zone = zone_of(block);
	void *moved = wg_checked_TEE_Malloc(bytes, TEE_MALLOC_FILL_ZERO);

	if (!moved)
		return NULL;
	memcpy(moved, block, zone->bytes < bytes ? zone->bytes : bytes);
	wg_checked_TEE_Free(block);
	return moved;
}

void *wg_checked_TEE_Realloc(void *block, size_t bytes)
{
	return block ? resize(block, bytes) : wg_checked_TEE_Malloc(bytes, TEE_MALLOC_FILL_ZERO);
}

void *wg_checked_wg_ta_malloc(size_t bytes)
{
	void *block = wg_checked_TEE_Malloc(bytes, TEE_MALLOC_FILL_ZERO);

	return block ? memset(block, FILL_UNKNOWN, bytes) : NULL;
}

void *wg_checked_wg_ta_calloc(size_t count, size_t bytes)
{
	size_t total;

	if (__builtin_mul_overflow(count, bytes, &total))
		return NULL;
	return wg_checked_TEE_Malloc(total, TEE_MALLOC_FILL_ZERO);
}

void *wg_checked_wg_ta_realloc(void *block, size_t bytes)
{
	if (!block)
		return wg_checked_wg_ta_malloc(bytes);
	if (bytes)
		return resize(block, bytes);
	wg_checked_TEE_Free(block);
	return NULL;
}

/* align: a power of two */
void *wg_checked_wg_ta_memalign(size_t align, size_t bytes)
{
	if (align <= GRAIN_BYTES)
		return wg_checked_wg_ta_malloc(bytes);
	if (bytes > MAX_REQUEST || align > MAX_REQUEST - bytes)
		return NULL;
	return guard(TEE_Malloc(2 * ZONE_BYTES + padded(bytes) + align, TEE_MALLOC_FILL_ZERO), align, bytes);
}

void wg_checked_wg_ta_free(void *block)
{
	wg_checked_TEE_Free(block);
}

char *wg_checked_wg_ta_strndup(const char *text, size_t most)
{
	size_t length = strnlen(text, most);
	char *copy = wg_checked_wg_ta_malloc(length + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *wg_checked_wg_ta_strdup(const char *text)
{
	return wg_checked_wg_ta_strndup(text, strlen(text));
}
