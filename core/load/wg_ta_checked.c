/* SPDX-License-Identifier: Apache-2.0 */
/* The heap of a TA that is built with AddressSanitizer: what the TA calls is renamed to these functions (objcopy
 * --redefine-sym). Each block lies between two zones that the sanitizer guards. A freed block is guarded as a whole and
 * held back for a while. The heap itself never gets guarded memory back, as the gate uses it too. This file is compiled
 * without the sanitizer, as it reads its own guarded notes. */
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "tee_internal_api.h"
#include "tee_internal_api_extensions.h"
#include "wg_instance.h"

#define ZONE_BYTES   32u
#define GRAIN_BYTES  16u /* a multiple of the sanitizer's 8; also what a block is aligned to */
#define LIVE	     0x77675f6c69766521ull
#define MAX_REQUEST  (SIZE_MAX - 4 * ZONE_BYTES)
#define FILL_UNKNOWN 0xbe /* what a block that nobody asked to be cleared holds */
#define NOT_FILLED   (TEE_MALLOC_NO_FILL | TEE_MALLOC_NO_SHARE)
#define HELD_MAX     128u /* freed blocks of one instance */
#define HEAPS_MAX    64u  /* instances that can hold blocks back at once */

void __asan_poison_memory_region(void const volatile *start, size_t bytes);
void __asan_unpoison_memory_region(void const volatile *start, size_t bytes);
void __asan_report_error(void *pc, void *frame, void *stack, void *address, int is_write, size_t bytes);

/* Directly before the TA's part of a block. */
struct zone {
	uint64_t live;
	uint64_t bytes;	   /* the TA's part */
	void *block;	   /* what the heap gave */
	struct zone *next; /* of the blocks held back */
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

/* The freed blocks of one instance, the oldest first. */
struct held {
	uint8_t *heap; /* NULL: not in use */
	struct zone *first, *last;
	size_t count;
};

static struct held holders[HEAPS_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards which of the holders is whose */

void __real_wg_instance_stop(struct wg_instance *instance);
void __wrap_wg_instance_stop(struct wg_instance *instance);

/* Of the running instance; NULL: too many instances, so nothing is held back. */
static struct held *held_here(void)
{
	uint8_t *heap = wg_instance_here()->heap.base;
	struct held *found = NULL;
	size_t i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < HEAPS_MAX; i++) {
		if (holders[i].heap == heap || (!holders[i].heap && !found))
			found = &holders[i];
		if (holders[i].heap == heap)
			break;
	}
	if (found)
		found->heap = heap;
	pthread_mutex_unlock(&lock);
	return found;
}

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
	*zone = (struct zone){.live = LIVE, .bytes = bytes, .block = block};
	__asan_poison_memory_region(zone, ZONE_BYTES);
	/* From the first byte behind the part: the sanitizer knows how many bytes of a grain are good. */
	__asan_poison_memory_region((uint8_t *)part + bytes, padded(bytes) - bytes + ZONE_BYTES);
	return (void *)part;
}

static void give_back(struct zone *zone)
{
	void *block = zone->block;

	__asan_unpoison_memory_region(zone, 2 * ZONE_BYTES + padded(zone->bytes));
	TEE_Free(block);
}

static void give_back_oldest(struct held *held)
{
	struct zone *zone = held->first;

	held->first = zone->next;
	held->count--;
	give_back(zone);
}

static void hold(struct zone *zone)
{
	struct held *held = held_here();

	if (!held) {
		give_back(zone);
		return;
	}
	zone->next = NULL;
	if (held->count++)
		held->last->next = zone;
	else
		held->first = zone;
	held->last = zone;
	if (held->count > HELD_MAX)
		give_back_oldest(held);
}

/* At the end of an instance, a panic's too: its memory may be somebody else's next. */
void __wrap_wg_instance_stop(struct wg_instance *instance)
{
	size_t i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < HEAPS_MAX; i++)
		if (holders[i].heap == instance->heap.base)
			memset(&holders[i], 0, sizeof(holders[i]));
	pthread_mutex_unlock(&lock);
	__asan_unpoison_memory_region(instance->heap.base, instance->ta->data_bytes);
	__real_wg_instance_stop(instance);
}

/* Not filled: where there is too little memory, with what was held back. */
static void *take(size_t bytes)
{
	struct held *held = held_here();
	void *block = TEE_Malloc(bytes, NOT_FILLED);

	while (!block && held && held->count) {
		give_back_oldest(held);
		block = TEE_Malloc(bytes, NOT_FILLED);
	}
	return block;
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

static void *allocate(size_t align, size_t bytes, int fill)
{
	size_t room = align > GRAIN_BYTES ? align : 0;
	void *part;

	if (bytes > MAX_REQUEST || room > MAX_REQUEST - bytes)
		return NULL;
	part = guard(take(2 * ZONE_BYTES + padded(bytes) + room), align, bytes);
	return part ? memset(part, fill, bytes) : NULL;
}

void *wg_checked_TEE_Malloc(size_t bytes, uint32_t hint)
{
	switch (hint) {
	case TEE_MALLOC_FILL_ZERO:
	case TEE_MALLOC_NO_SHARE:
		return allocate(GRAIN_BYTES, bytes, 0);
	case NOT_FILLED:
	case TEE_USER_MEM_HINT_NO_FILL_ZERO:
		return allocate(GRAIN_BYTES, bytes, FILL_UNKNOWN);
	default:
		return TEE_Malloc(bytes, hint); /* refused there */
	}
}

void wg_checked_TEE_Free(void *block)
{
	struct zone *zone;

	if (!block)
		return;
	zone = zone_of(block);
	zone->live = 0;
	__asan_poison_memory_region(zone, 2 * ZONE_BYTES + padded(zone->bytes));
	hold(zone);
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
	return allocate(GRAIN_BYTES, bytes, FILL_UNKNOWN);
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
	return allocate(align > GRAIN_BYTES ? align : GRAIN_BYTES, bytes, FILL_UNKNOWN);
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
