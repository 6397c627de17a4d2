/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded read cursor: the only way this code reads input that it did not make. Nothing is read outside the bytes
 * given at the start; a function that returns false has read nothing and moved nothing. */
#ifndef WG_CURSOR_H
#define WG_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wg_result.h"

/* Refers to the caller's bytes, which must stay and must not change meanwhile: copy out of shared memory first. */
struct wg_cursor {
	const uint8_t *data;
	size_t size;
	size_t at; /* never above size */
};

/* data may be NULL where size is 0. */
static inline struct wg_cursor wg_cursor_of(const void *data, size_t size)
{
	struct wg_cursor cursor = {(const uint8_t *)data, size, 0};

	return cursor;
}

static inline size_t wg_cursor_left(const struct wg_cursor *cursor)
{
	return cursor->size - cursor->at;
}

static inline bool wg_cursor_skip(struct wg_cursor *cursor, size_t bytes) WG_MUST_CHECK;
static inline bool wg_cursor_skip(struct wg_cursor *cursor, size_t bytes)
{
	if (bytes > wg_cursor_left(cursor))
		return false;
	cursor->at += bytes;
	return true;
}

/* The address of the next bytes, which are passed over; NULL where fewer are left. bytes > 0. */
static inline const uint8_t *wg_cursor_view(struct wg_cursor *cursor, size_t bytes) WG_MUST_CHECK;
static inline const uint8_t *wg_cursor_view(struct wg_cursor *cursor, size_t bytes)
{
	size_t at = cursor->at;

	if (!bytes || !wg_cursor_skip(cursor, bytes))
		return NULL;
	return &cursor->data[at];
}

/* Copies the next bytes to out. */
static inline bool wg_cursor_take(struct wg_cursor *cursor, void *out, size_t bytes) WG_MUST_CHECK;
static inline bool wg_cursor_take(struct wg_cursor *cursor, void *out, size_t bytes)
{
	const uint8_t *view;

	if (!bytes)
		return true;
	view = wg_cursor_view(cursor, bytes);
	if (!view)
		return false;
	memcpy(out, view, bytes);
	return true;
}

/* out becomes a cursor over the next bytes alone, which are passed over here. */
static inline bool wg_cursor_sub(struct wg_cursor *cursor, size_t bytes, struct wg_cursor *out) WG_MUST_CHECK;
static inline bool wg_cursor_sub(struct wg_cursor *cursor, size_t bytes, struct wg_cursor *out)
{
	size_t at = cursor->at;

	if (!wg_cursor_skip(cursor, bytes))
		return false;
	*out = wg_cursor_of(bytes ? &cursor->data[at] : NULL, bytes);
	return true;
}

/* From here on only the next bytes can be read; what lies behind them is out of reach. */
static inline bool wg_cursor_limit(struct wg_cursor *cursor, size_t bytes) WG_MUST_CHECK;
static inline bool wg_cursor_limit(struct wg_cursor *cursor, size_t bytes)
{
	if (bytes > wg_cursor_left(cursor))
		return false;
	cursor->size = cursor->at + bytes;
	return true;
}

static inline bool wg_cursor_u8(struct wg_cursor *cursor, uint8_t *out) WG_MUST_CHECK;
static inline bool wg_cursor_u8(struct wg_cursor *cursor, uint8_t *out)
{
	return wg_cursor_take(cursor, out, 1);
}

/* Integers of 16, 32 and 64 bits: _be is the network's byte order, _le the other one. */
#define WG_CURSOR_INTEGER(name, type, bytes, swap)                                  \
	static inline bool name(struct wg_cursor *cursor, type *out) WG_MUST_CHECK; \
	static inline bool name(struct wg_cursor *cursor, type *out)                \
	{                                                                           \
		type raw;                                                           \
                                                                                    \
		if (!wg_cursor_take(cursor, &raw, bytes))                           \
			return false;                                               \
		*out = swap(raw);                                                   \
		return true;                                                        \
	}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
WG_CURSOR_INTEGER(wg_cursor_u16_be, uint16_t, 2, __builtin_bswap16)
WG_CURSOR_INTEGER(wg_cursor_u32_be, uint32_t, 4, __builtin_bswap32)
WG_CURSOR_INTEGER(wg_cursor_u64_be, uint64_t, 8, __builtin_bswap64)
WG_CURSOR_INTEGER(wg_cursor_u16_le, uint16_t, 2, )
WG_CURSOR_INTEGER(wg_cursor_u32_le, uint32_t, 4, )
WG_CURSOR_INTEGER(wg_cursor_u64_le, uint64_t, 8, )
#else
WG_CURSOR_INTEGER(wg_cursor_u16_be, uint16_t, 2, )
WG_CURSOR_INTEGER(wg_cursor_u32_be, uint32_t, 4, )
WG_CURSOR_INTEGER(wg_cursor_u64_be, uint64_t, 8, )
WG_CURSOR_INTEGER(wg_cursor_u16_le, uint16_t, 2, __builtin_bswap16)
WG_CURSOR_INTEGER(wg_cursor_u32_le, uint32_t, 4, __builtin_bswap32)
WG_CURSOR_INTEGER(wg_cursor_u64_le, uint64_t, 8, __builtin_bswap64)
#endif
#undef WG_CURSOR_INTEGER

#endif
