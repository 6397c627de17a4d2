/* SPDX-License-Identifier: Apache-2.0 */
/* Who owns which part of a shared memory. The book-keeping lies outside it, where the other side cannot write. */
#ifndef WG_ARENA_H
#define WG_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "wg_result.h"

struct wg_extent {
	uint64_t offset, bytes;
};

/* Free parts, sorted by offset. Not for two threads at once. */
struct wg_arena {
	struct wg_extent *free;
	size_t count, room; /* of free */
	size_t taken;
};

wg_result wg_arena_init(struct wg_arena *arena, uint64_t bytes) WG_MUST_CHECK;
void wg_arena_destroy(struct wg_arena *arena);
/* A part of at least bytes, aligned to a cache line, or to a page from a page on. bytes 0 takes the least there is. */
wg_result wg_arena_take(struct wg_arena *arena, uint64_t bytes, uint64_t *offset) WG_MUST_CHECK;
/* bytes as at the taking. Never fails: the room for the entry was reserved then. */
void wg_arena_give(struct wg_arena *arena, uint64_t offset, uint64_t bytes);
uint64_t wg_arena_free_bytes(const struct wg_arena *arena);

#endif
