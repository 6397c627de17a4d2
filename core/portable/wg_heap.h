/* SPDX-License-Identifier: Apache-2.0 */
/* A heap of exactly the bytes it is given: a TA's memory, and the sealed world's own. No system call, no growth. */
#ifndef WG_HEAP_H
#define WG_HEAP_H

#include <stddef.h>
#include <stdint.h>

#include "wg_result.h"

#define WG_HEAP_ALIGN 16u

#define WG_HEAP_CLASSES 248u

/* Opaque; the state lives here and in the memory it manages: each block has a header of 16 bytes before it, which
 * carries a check over itself and its place. Not for two threads at once. */
struct wg_heap {
	uint8_t *base;	    /* aligned */
	uint32_t units;	    /* of 16 bytes: all that is managed */
	uint32_t cookie;    /* part of every check, so that one heap's block is foreign to another */
	size_t used_bytes;  /* in live blocks, headers included */
	size_t peak_bytes;  /* the most that used_bytes ever was */
	uint32_t filled[8]; /* one bit for each list that is not empty */
	uint32_t free_lists[WG_HEAP_CLASSES];
};

/* memory stays the caller's. WG_ERR_SIZE: less than 32 bytes after alignment, or 64 GiB and more. */
wg_result wg_heap_init(struct wg_heap *heap, void *memory, size_t bytes) WG_MUST_CHECK;
/* NULL when nothing that large is left, or where all that is left has a damaged header. bytes 0 gives a pointer that
 * can be freed and not dereferenced. */
void *wg_heap_alloc(struct wg_heap *heap, size_t bytes);
/* As wg_heap_alloc; NULL also if align is not a power of two. */
void *wg_heap_alloc_aligned(struct wg_heap *heap, size_t align, size_t bytes);
/* As realloc(): NULL and the old block as it was where there is no room, or where block is not a live one. */
void *wg_heap_realloc(struct wg_heap *heap, void *block, size_t bytes) WG_MUST_CHECK;
/* WG_ERR_STATE, and nothing is changed: not a live block of this heap (double free, foreign pointer, overwritten
 * header), or the header of the block before or after it is overwritten. NULL is fine. */
wg_result wg_heap_free(struct wg_heap *heap, void *block) WG_MUST_CHECK;
/* Usable bytes of a live block, 0 for anything else. */
size_t wg_heap_block_bytes(const struct wg_heap *heap, const void *block);

#endif
