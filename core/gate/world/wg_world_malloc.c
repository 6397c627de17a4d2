/* SPDX-License-Identifier: Apache-2.0 */
/* The C library's allocator, replaced for a world's whole process: behind the seal no memory can be asked of the
 * kernel, and what the crypto library keeps there is secret. Not to be confused with a TA's heap. */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wg_heap.h"

#define ARENA_BYTES (2560u * 1024u) /* OpenSSL, warmed up, takes about half of it */

static _Alignas(4096) uint8_t arena[ARENA_BYTES];
static struct wg_heap heap;

/* The dynamic linker allocates before any code of ours could prepare it. */
static struct wg_heap *ready(void)
{
	if (!heap.base && wg_heap_init(&heap, arena, sizeof(arena)) != WG_OK)
		abort();
	return &heap;
}

static void *checked(void *block)
{
	if (!block)
		errno = ENOMEM;
	return block;
}

void *malloc(size_t bytes)
{
	return checked(wg_heap_alloc(ready(), bytes));
}

void *calloc(size_t count, size_t bytes)
{
	void *block;

	if (bytes && count > SIZE_MAX / bytes)
		return checked(NULL);
	/* Not malloc: the compiler would make a call of calloc of the two. */
	block = checked(wg_heap_alloc(ready(), count * bytes));
	return block ? memset(block, 0, count * bytes) : NULL;
}

/* The dynamic linker may give back what it got before this allocator was there; that is left alone. */
static int is_ours(const void *block)
{
	return (const uint8_t *)block >= arena && (const uint8_t *)block < arena + sizeof(arena);
}

void free(void *block)
{
	if (is_ours(block) && wg_heap_free(ready(), block) != WG_OK)
		abort();
}

void *realloc(void *block, size_t bytes)
{
	if (!block)
		return malloc(bytes);
	return is_ours(block) ? checked(wg_heap_realloc(ready(), block, bytes)) : checked(NULL);
}

void *aligned_alloc(size_t align, size_t bytes)
{
	return checked(wg_heap_alloc_aligned(ready(), align, bytes));
}

void *memalign(size_t align, size_t bytes)
{
	return aligned_alloc(align, bytes);
}

int posix_memalign(void **out, size_t align, size_t bytes)
{
	*out = wg_heap_alloc_aligned(ready(), align, bytes);
	return *out ? 0 : ENOMEM;
}

size_t malloc_usable_size(void *block)
{
	return wg_heap_block_bytes(ready(), block);
}
