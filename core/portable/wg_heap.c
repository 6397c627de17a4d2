/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks lie side by side and cover the memory; two free neighbours never stay apart. Places and sizes are counted in
 * units of 16 bytes. Free blocks are in a list by size: one size a list up to 31 units, then eight lists for each
 * power of two. Everything in the memory may have been overwritten by the user of a block, so it is checked before it
 * is followed. */
#include "wg_heap.h"

#include <stdbool.h>
#include <string.h>

#define UNIT	   WG_HEAP_ALIGN
#define NONE	   UINT32_MAX
#define UNITS_MAX  (UINT32_MAX - 1u)
#define BLOCK_MIN  2u /* the header and room for the links */
#define EXACT	   32u
#define WALK_COUNT 8u /* of blocks of about the right size that are tried before a larger one is split */

enum block_state { BLOCK_USED = 0x55534544, BLOCK_FREE = 0x46524545 };

/* The same bytes are a user's at other times, of any type. */
struct __attribute__((may_alias)) block {
	uint32_t units;
	uint32_t previous; /* units of the block before this one, 0 at the start of the memory */
	uint32_t state;
	uint32_t check;
	/* from here on the user's bytes; while free: */
	uint32_t next_free;
	uint32_t previous_free;
};

_Static_assert(offsetof(struct block, next_free) == UNIT, "a header is one unit");
_Static_assert(sizeof(struct block) <= BLOCK_MIN * UNIT, "the links fit the smallest block");

static struct block *block_at(const struct wg_heap *heap, uint32_t place)
{
	return (struct block *)(void *)&heap->base[(size_t)place * UNIT];
}

static void *user_bytes(const struct wg_heap *heap, uint32_t place)
{
	return &heap->base[((size_t)place + 1u) * UNIT];
}

static uint32_t check_of(const struct wg_heap *heap, uint32_t place)
{
	const struct block *block = block_at(heap, place);
	uint32_t check = heap->cookie ^ place;

	check = (check ^ block->units) * 0x9e3779b1u;
	check = (check ^ (check >> 15) ^ block->previous) * 0x85ebca77u;
	check = (check ^ (check >> 13) ^ block->state) * 0xc2b2ae3du;
	return check ^ (check >> 16);
}

static void write_header(struct wg_heap *heap, uint32_t place, uint32_t units, uint32_t previous,
			 enum block_state state)
{
	struct block *block = block_at(heap, place);

	block->units = units;
	block->previous = previous;
	block->state = state;
	block->check = check_of(heap, place);
}

/* A header that is no more must not look like one. */
static void wipe_header(struct wg_heap *heap, uint32_t place)
{
	memset(block_at(heap, place), 0, UNIT);
}

static bool header_ok(const struct wg_heap *heap, uint32_t place)
{
	const struct block *block;

	if (place >= heap->units)
		return false;
	block = block_at(heap, place);
	return block->check == check_of(heap, place) && (block->state == BLOCK_USED || block->state == BLOCK_FREE) &&
	       block->units >= BLOCK_MIN && block->units <= heap->units - place && block->previous <= place;
}

/* Given a good header: there is no block after it, or a good one that agrees. */
static bool next_ok(const struct wg_heap *heap, uint32_t place)
{
	uint32_t next = place + block_at(heap, place)->units;

	return next == heap->units || (header_ok(heap, next) && block_at(heap, next)->previous == next - place);
}

static bool previous_ok(const struct wg_heap *heap, uint32_t place)
{
	uint32_t units = block_at(heap, place)->previous;

	if (!units)
		return place == 0;
	return header_ok(heap, place - units) && block_at(heap, place - units)->units == units;
}

static bool is_free(const struct wg_heap *heap, uint32_t place)
{
	return header_ok(heap, place) && block_at(heap, place)->state == BLOCK_FREE;
}

static uint32_t class_of(uint32_t units)
{
	uint32_t log;

	if (units < EXACT)
		return units;
	log = 31u - (uint32_t)__builtin_clz(units);
	return EXACT + (log - 5u) * 8u + ((units >> (log - 3u)) & 7u);
}

static void list_insert(struct wg_heap *heap, uint32_t place)
{
	struct block *block = block_at(heap, place);
	uint32_t class = class_of(block->units);
	uint32_t head = heap->free_lists[class];

	block->previous_free = NONE;
	block->next_free = NONE;
	/* Behind a damaged head nothing can be reached: those blocks are lost, this one need not be. */
	if (head != NONE && is_free(heap, head)) {
		block->next_free = head;
		block_at(heap, head)->previous_free = place;
	}
	heap->free_lists[class] = place;
	heap->filled[class / 32u] |= 1u << (class % 32u);
}

/* Given a good free block: its neighbours in the list agree that it lies between them. */
static bool links_ok(const struct wg_heap *heap, uint32_t place)
{
	const struct block *block = block_at(heap, place);

	if (block->next_free != NONE &&
	    (!is_free(heap, block->next_free) || block_at(heap, block->next_free)->previous_free != place))
		return false;
	if (block->previous_free == NONE)
		return heap->free_lists[class_of(block->units)] == place;
	return is_free(heap, block->previous_free) && block_at(heap, block->previous_free)->next_free == place;
}

/* links_ok(place) holds. */
static void list_remove(struct wg_heap *heap, uint32_t place)
{
	struct block *block = block_at(heap, place);
	uint32_t class = class_of(block->units);

	if (block->next_free != NONE)
		block_at(heap, block->next_free)->previous_free = block->previous_free;
	if (block->previous_free != NONE) {
		block_at(heap, block->previous_free)->next_free = block->next_free;
		return;
	}
	heap->free_lists[class] = block->next_free;
	if (block->next_free == NONE)
		heap->filled[class / 32u] &= ~(1u << (class % 32u));
}

/* The block after place shall know that place now has so many units. */
static void tell_next(struct wg_heap *heap, uint32_t place, uint32_t units)
{
	struct block *next;

	if (place + units == heap->units)
		return;
	next = block_at(heap, place + units);
	next->previous = units;
	next->check = check_of(heap, place + units);
}

wg_result wg_heap_init(struct wg_heap *heap, void *memory, size_t bytes)
{
	size_t skip = (UNIT - (uintptr_t)memory % UNIT) % UNIT;
	size_t units;

	if (!memory || bytes < skip)
		return WG_ERR_SIZE;
	units = (bytes - skip) / UNIT;
	if (units < BLOCK_MIN || units > UNITS_MAX)
		return WG_ERR_SIZE;
	memset(heap, 0, sizeof(*heap));
	memset(heap->free_lists, 0xff, sizeof(heap->free_lists));
	heap->base = (uint8_t *)memory + skip;
	heap->units = (uint32_t)units;
	heap->cookie = (uint32_t)((uintptr_t)heap->base / UNIT) * 0x27d4eb2fu ^ 0x57476865u;
	write_header(heap, 0, heap->units, 0, BLOCK_FREE);
	list_insert(heap, 0);
	return WG_OK;
}

/* Units of a block for that many bytes of the user; 0: more than any heap has. */
static uint32_t units_for(const struct wg_heap *heap, size_t bytes)
{
	size_t units;

	if (bytes > (size_t)heap->units * UNIT)
		return 0;
	units = 1u + (bytes + UNIT - 1u) / UNIT;
	return units < BLOCK_MIN ? BLOCK_MIN : (uint32_t)units;
}

/* Units to leave free at the start of the block, so that the user's bytes are aligned; 0 or enough for a block. */
static uint32_t gap_for(const struct wg_heap *heap, uint32_t place, size_t align)
{
	uintptr_t mask = (uintptr_t)align - 1u;
	uintptr_t at = (uintptr_t)user_bytes(heap, place);
	size_t gap = (size_t)((0u - at) & mask) / UNIT;

	if (gap && gap < BLOCK_MIN)
		gap += align / UNIT;
	return gap > heap->units ? heap->units : (uint32_t)gap;
}

static bool fits(const struct wg_heap *heap, uint32_t place, uint32_t units, size_t align)
{
	uint32_t has = block_at(heap, place)->units;
	uint32_t gap = gap_for(heap, place, align);

	return gap <= has && units <= has - gap && links_ok(heap, place) && next_ok(heap, place);
}

/* The first block of a list that fits, among the first most; NONE if there is none or the list is damaged. */
static uint32_t search_list(const struct wg_heap *heap, uint32_t class, uint32_t units, size_t align, uint32_t most)
{
	uint32_t place = heap->free_lists[class];

	while (place != NONE && most-- && is_free(heap, place)) {
		if (fits(heap, place, units, align))
			return place;
		place = block_at(heap, place)->next_free;
	}
	return NONE;
}

static uint32_t next_filled(const struct wg_heap *heap, uint32_t class)
{
	uint32_t word = class / 32u, bits;

	if (class >= WG_HEAP_CLASSES)
		return WG_HEAP_CLASSES;
	bits = heap->filled[word] & (UINT32_MAX << (class % 32u));
	while (!bits && ++word < 8u)
		bits = heap->filled[word];
	return bits ? word * 32u + (uint32_t)__builtin_ctz(bits) : WG_HEAP_CLASSES;
}

/* A few of about the right size, then any larger one, then all: what is there is found. A damaged list can be a
 * circle; no list is longer than the heap. */
static uint32_t search(const struct wg_heap *heap, uint32_t units, size_t align)
{
	static const uint32_t most_blocks[2] = {WALK_COUNT, UINT32_MAX};
	uint32_t class, place, pass, most;

	for (pass = 0; pass < 2; pass++) {
		most = most_blocks[pass] < heap->units ? most_blocks[pass] : heap->units;
		class = next_filled(heap, class_of(units));
		while (class < WG_HEAP_CLASSES) {
			place = search_list(heap, class, units, align, most);
			if (place != NONE)
				return place;
			class = next_filled(heap, class + 1u);
		}
	}
	return NONE;
}

/* Gives what a used block has beyond units back; with a free block after it as one. next_ok(place) holds. */
static void trim(struct wg_heap *heap, uint32_t place, uint32_t units)
{
	uint32_t has = block_at(heap, place)->units, previous = block_at(heap, place)->previous;
	uint32_t rest = place + units, rest_units = has - units, next = place + has;

	if (!rest_units)
		return;
	if (next < heap->units && is_free(heap, next) && links_ok(heap, next) && next_ok(heap, next)) {
		rest_units += block_at(heap, next)->units;
		list_remove(heap, next);
		wipe_header(heap, next);
	}
	if (rest_units < BLOCK_MIN)
		return;
	write_header(heap, place, units, previous, BLOCK_USED);
	write_header(heap, rest, rest_units, units, BLOCK_FREE);
	tell_next(heap, rest, rest_units);
	list_insert(heap, rest);
}

static void count_used(struct wg_heap *heap, uint32_t before, uint32_t after)
{
	heap->used_bytes += ((size_t)after - before) * UNIT;
	if (heap->used_bytes > heap->peak_bytes)
		heap->peak_bytes = heap->used_bytes;
}

static void *allocate(struct wg_heap *heap, size_t align, size_t bytes)
{
	uint32_t units = units_for(heap, bytes), place, gap, has, previous;

	if (!units)
		return NULL;
	place = search(heap, units, align);
	if (place == NONE)
		return NULL;
	gap = gap_for(heap, place, align);
	has = block_at(heap, place)->units - gap;
	previous = block_at(heap, place)->previous;
	list_remove(heap, place);
	if (gap) {
		write_header(heap, place, gap, previous, BLOCK_FREE);
		list_insert(heap, place);
		place += gap;
		previous = gap;
	}
	write_header(heap, place, has, previous, BLOCK_USED);
	tell_next(heap, place, has);
	trim(heap, place, units);
	count_used(heap, 0, block_at(heap, place)->units);
	return user_bytes(heap, place);
}

void *wg_heap_alloc(struct wg_heap *heap, size_t bytes)
{
	return allocate(heap, UNIT, bytes);
}

void *wg_heap_alloc_aligned(struct wg_heap *heap, size_t align, size_t bytes)
{
	if (!align || (align & (align - 1u)))
		return NULL;
	return allocate(heap, align < UNIT ? UNIT : align, bytes);
}

/* The place of a live block, NONE for anything else. */
static uint32_t find_live(const struct wg_heap *heap, const void *user)
{
	uintptr_t at = (uintptr_t)user, start = (uintptr_t)heap->base;
	size_t place;

	if (at < start + UNIT || (at - start) % UNIT)
		return NONE;
	place = (at - start) / UNIT - 1u;
	if (place >= heap->units || !header_ok(heap, (uint32_t)place))
		return NONE;
	return block_at(heap, (uint32_t)place)->state == BLOCK_USED ? (uint32_t)place : NONE;
}

size_t wg_heap_block_bytes(const struct wg_heap *heap, const void *block)
{
	uint32_t place = find_live(heap, block);

	return place == NONE ? 0 : ((size_t)block_at(heap, place)->units - 1u) * UNIT;
}

/* place holds a live block. */
static wg_result release(struct wg_heap *heap, uint32_t place)
{
	uint32_t units = block_at(heap, place)->units, previous = block_at(heap, place)->previous;
	uint32_t next = place + units;
	bool join_next, join_previous;

	if (!next_ok(heap, place) || !previous_ok(heap, place))
		return WG_ERR_STATE;
	join_next = next < heap->units && is_free(heap, next);
	join_previous = previous && is_free(heap, place - previous);
	if (join_next && (!links_ok(heap, next) || !next_ok(heap, next)))
		return WG_ERR_STATE;
	if (join_previous && (!links_ok(heap, place - previous) || !previous_ok(heap, place - previous)))
		return WG_ERR_STATE;
	count_used(heap, units, 0);
	if (join_next) {
		units += block_at(heap, next)->units;
		list_remove(heap, next);
		wipe_header(heap, next);
	}
	if (join_previous) {
		list_remove(heap, place - previous);
		wipe_header(heap, place);
		place -= previous;
		units += previous;
		previous = block_at(heap, place)->previous;
	}
	write_header(heap, place, units, previous, BLOCK_FREE);
	tell_next(heap, place, units);
	list_insert(heap, place);
	return WG_OK;
}

wg_result wg_heap_free(struct wg_heap *heap, void *block)
{
	uint32_t place = find_live(heap, block);

	if (!block)
		return WG_OK;
	return place == NONE ? WG_ERR_STATE : release(heap, place);
}

/* Takes the free block after place into it, if that makes it large enough. */
static bool grow(struct wg_heap *heap, uint32_t place, uint32_t units)
{
	uint32_t has = block_at(heap, place)->units, next = place + has, both;

	if (next >= heap->units || !is_free(heap, next) || !links_ok(heap, next) || !next_ok(heap, next))
		return false;
	both = has + block_at(heap, next)->units;
	if (both < units)
		return false;
	list_remove(heap, next);
	wipe_header(heap, next);
	write_header(heap, place, both, block_at(heap, place)->previous, BLOCK_USED);
	tell_next(heap, place, both);
	trim(heap, place, units);
	return true;
}

void *wg_heap_realloc(struct wg_heap *heap, void *block, size_t bytes)
{
	uint32_t place, has, units = units_for(heap, bytes);
	void *moved;

	if (!block)
		return wg_heap_alloc(heap, bytes);
	place = find_live(heap, block);
	if (place == NONE || !units || !next_ok(heap, place) || !previous_ok(heap, place))
		return NULL;
	has = block_at(heap, place)->units;
	if (units <= has || grow(heap, place, units)) {
		if (units <= has)
			trim(heap, place, units);
		count_used(heap, has, block_at(heap, place)->units);
		return block;
	}
	moved = wg_heap_alloc(heap, bytes);
	if (!moved)
		return NULL;
	memcpy(moved, block, ((size_t)has - 1u) * UNIT);
	/* Where a neighbour is damaged the old block is lost; the user's bytes are not. */
	(void)release(heap, place);
	return moved;
}
