/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_arena.h"

#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 64u
#define PAGE_BYTES 4096u

static uint64_t rounded(uint64_t bytes)
{
	uint64_t unit = bytes >= PAGE_BYTES ? PAGE_BYTES : LINE_BYTES;

	return bytes ? (bytes + unit - 1) / unit * unit : LINE_BYTES;
}

/* Room for every entry that the taking of one more part, and the giving back of all, can bring. */
static wg_result grow(struct wg_arena *arena)
{
	size_t room = arena->room ? arena->room * 2 : 64;
	struct wg_extent *free_parts;

	if (arena->count + arena->taken + 2 <= arena->room)
		return WG_OK;
	free_parts = realloc(arena->free, room * sizeof(*free_parts));
	if (!free_parts)
		return WG_ERR_MEMORY;
	arena->free = free_parts;
	arena->room = room;
	return WG_OK;
}

static void insert(struct wg_arena *arena, size_t at, uint64_t offset, uint64_t bytes)
{
	memmove(&arena->free[at + 1], &arena->free[at], (arena->count - at) * sizeof(arena->free[0]));
	arena->free[at] = (struct wg_extent){offset, bytes};
	arena->count++;
}

static void erase(struct wg_arena *arena, size_t at)
{
	arena->count--;
	memmove(&arena->free[at], &arena->free[at + 1], (arena->count - at) * sizeof(arena->free[0]));
}

wg_result wg_arena_init(struct wg_arena *arena, uint64_t bytes)
{
	memset(arena, 0, sizeof(*arena));
	if (grow(arena) != WG_OK)
		return WG_ERR_MEMORY;
	insert(arena, 0, 0, bytes);
	return WG_OK;
}

void wg_arena_destroy(struct wg_arena *arena)
{
	free(arena->free);
	memset(arena, 0, sizeof(*arena));
}

wg_result wg_arena_take(struct wg_arena *arena, uint64_t bytes, uint64_t *offset)
{
	uint64_t align = bytes >= PAGE_BYTES ? PAGE_BYTES : LINE_BYTES;

	if (bytes > UINT64_MAX - PAGE_BYTES)
		return WG_ERR_SIZE;
	bytes = rounded(bytes);
	if (grow(arena) != WG_OK)
		return WG_ERR_MEMORY;
	for (size_t i = 0; i < arena->count; i++) {
		struct wg_extent part = arena->free[i];
		uint64_t start = (part.offset + align - 1) / align * align;
		uint64_t before = start - part.offset;

		if (part.bytes < before || part.bytes - before < bytes)
			continue;
		*offset = start;
		arena->free[i].offset = start + bytes;
		arena->free[i].bytes = part.bytes - before - bytes;
		if (arena->free[i].bytes == 0)
			erase(arena, i);
		if (before)
			insert(arena, i, part.offset, before);
		arena->taken++;
		return WG_OK;
	}
	return WG_ERR_MEMORY;
}

void wg_arena_give(struct wg_arena *arena, uint64_t offset, uint64_t bytes)
{
	size_t at = 0;

	bytes = rounded(bytes);
	arena->taken--;
	while (at < arena->count && arena->free[at].offset < offset)
		at++;
	if (at > 0 && arena->free[at - 1].offset + arena->free[at - 1].bytes == offset) {
		at--;
		arena->free[at].bytes += bytes;
	} else {
		insert(arena, at, offset, bytes);
	}
	if (at + 1 < arena->count && arena->free[at].offset + arena->free[at].bytes == arena->free[at + 1].offset) {
		arena->free[at].bytes += arena->free[at + 1].bytes;
		erase(arena, at + 1);
	}
}

uint64_t wg_arena_free_bytes(const struct wg_arena *arena)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < arena->count; i++)
		sum += arena->free[i].bytes;
	return sum;
}
