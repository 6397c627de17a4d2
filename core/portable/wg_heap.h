/* SPDX-License-Identifier: Apache-2.0 */
/* A heap of exactly the bytes it is given: a TA's memory, and the sealed world's own. No system call, no growth. */
#ifndef WG_HEAP_H
#define WG_HEAP_H

#include <stddef.h>
#include <stdint.h>

#include "wg_result.h"

#define WG_HEAP_ALIGN 16u

/* Opaque but for its size; the state lives here and in the memory it manages. Not for two threads at once. */
struct wg_heap {
	uint8_t *base;
	size_t bytes;
	void *free_lists[32];
	size_t used_bytes;
	size_t peak_bytes;
};

/* memory stays the caller's. */
wg_result wg_heap_init(struct wg_heap *heap, void *memory, size_t bytes) WG_MUST_CHECK;
/* NULL when nothing that large is left. bytes 0 gives a pointer that can be freed and not dereferenced. */
void *wg_heap_alloc(struct wg_heap *heap, size_t bytes);
void *wg_heap_alloc_aligned(struct wg_heap *heap, size_t align, size_t bytes);
/* As realloc(): the old block stays where there is no room. */
void *wg_heap_realloc(struct wg_heap *heap, void *block, size_t bytes) WG_MUST_CHECK;
/* WG_ERR_STATE: not a live block of this heap (double free, foreign pointer, overwritten header). NULL is fine. */
wg_result wg_heap_free(struct wg_heap *heap, void *block) WG_MUST_CHECK;
/* Usable bytes of a live block, 0 for anything else. */
size_t wg_heap_block_bytes(const struct wg_heap *heap, const void *block);

#endif
