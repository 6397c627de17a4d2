/* SPDX-License-Identifier: Apache-2.0 */
/* A single-producer single-consumer ring of equal slots in memory shared by two sides that need not trust each other.
 *
 * Only what must be shared is: one index of each side, each on its own cache lines, and the slots. All else is in the
 * private view of each side. A side reads the other's index once per question and believes it only if it lies between
 * its last value and the end of the ring: anything else is WG_ERR_INPUT. What lies in a slot is the other side's word:
 * copy it once, validate the copy.
 *
 * A burst costs one store: reserve, fill the slots, publish; peek, use the slots, release. What is published is
 * visible at once. publish and release are release stores: a side that goes to sleep behind a flag needs a
 * sequentially consistent fence between the flag and the ring, on both sides, in the code that sleeps. */
#ifndef WG_RING_H
#define WG_RING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wg_result.h"

#define WG_RING_ALIGN	  64u  /* of the memory */
#define WG_RING_GAP	  128u /* between the indices: processors fetch lines in pairs */
#define WG_RING_COUNT_MAX (UINT32_C(1) << 31)

/* Indices count slots and wrap at 2^32; a slot's place is its index modulo the count. */
struct wg_ring_shared {
	_Alignas(WG_RING_ALIGN) _Atomic uint32_t produced; /* written by the producer alone */
	uint8_t gap[WG_RING_GAP - sizeof(_Atomic uint32_t)];
	_Atomic uint32_t consumed; /* written by the consumer alone */
	uint8_t second_gap[WG_RING_GAP - sizeof(_Atomic uint32_t)];
};

/* One side's private view; never in shared memory. Both views have the same members, but are not interchangeable. */
struct wg_ring_producer {
	struct wg_ring_shared *shared;
	uint8_t *slots;
	size_t slot_bytes;
	uint32_t mask; /* count - 1 */
	uint32_t own;  /* as in shared->produced */
	uint32_t peer; /* the last believed value of shared->consumed */
};

struct wg_ring_consumer {
	struct wg_ring_shared *shared;
	const uint8_t *slots;
	size_t slot_bytes;
	uint32_t mask;
	uint32_t own;  /* as in shared->consumed */
	uint32_t peer; /* the last believed value of shared->produced */
};

/* Bytes of memory for count slots; 0 if there can be no such ring (count not a power of two up to 2^31, slot_bytes 0,
 * or more than a size_t holds). */
size_t wg_ring_bytes(uint32_t count, size_t slot_bytes);

/* Makes an empty ring; before either side attaches. The memory stays the caller's. WG_ERR_INPUT: count or slot_bytes
 * is impossible or the memory is not aligned; WG_ERR_SIZE: the memory is too small. */
wg_result wg_ring_init(void *memory, size_t bytes, uint32_t count, size_t slot_bytes) WG_MUST_CHECK;

/* Whether the memory can hold such a ring: WG_OK, WG_ERR_INPUT or WG_ERR_SIZE as above. Reads nothing in it. */
wg_result wg_ring_check(const void *memory, size_t bytes, uint32_t count, size_t slot_bytes) WG_MUST_CHECK;

/* A side goes on at its own index as it stands in the memory: 0 in a new ring, else where its predecessor stopped.
 * count and slot_bytes come from the agreement of the two sides, never from the shared memory. Also WG_ERR_INPUT: the
 * indices are further apart than the ring is long. Inline, so that a view that lives in a loop's function stays in
 * registers; a loop that gets its view by pointer does best to work on a local copy and to store it back. */
static inline wg_result wg_ring_producer_attach(struct wg_ring_producer *producer, void *memory, size_t bytes,
						uint32_t count, size_t slot_bytes) WG_MUST_CHECK;
static inline wg_result wg_ring_producer_attach(struct wg_ring_producer *producer, void *memory, size_t bytes,
						uint32_t count, size_t slot_bytes)
{
	struct wg_ring_shared *shared = (struct wg_ring_shared *)memory;
	wg_result result = wg_ring_check(memory, bytes, count, slot_bytes);

	if (result != WG_OK)
		return result;
	producer->shared = shared;
	producer->slots = (uint8_t *)&shared[1];
	producer->slot_bytes = slot_bytes;
	producer->mask = count - 1u;
	/* Acquire: pairs with wg_ring_init, or with the last wg_ring_publish of this side's predecessor. */
	producer->own = atomic_load_explicit(&shared->produced, memory_order_acquire);
	/* Acquire: pairs with the release store in wg_ring_release. */
	producer->peer = atomic_load_explicit(&shared->consumed, memory_order_acquire);
	return producer->own - producer->peer > count ? WG_ERR_INPUT : WG_OK;
}

static inline wg_result wg_ring_consumer_attach(struct wg_ring_consumer *consumer, void *memory, size_t bytes,
						uint32_t count, size_t slot_bytes) WG_MUST_CHECK;
static inline wg_result wg_ring_consumer_attach(struct wg_ring_consumer *consumer, void *memory, size_t bytes,
						uint32_t count, size_t slot_bytes)
{
	struct wg_ring_shared *shared = (struct wg_ring_shared *)memory;
	wg_result result = wg_ring_check(memory, bytes, count, slot_bytes);

	if (result != WG_OK)
		return result;
	consumer->shared = shared;
	consumer->slots = (const uint8_t *)&shared[1];
	consumer->slot_bytes = slot_bytes;
	consumer->mask = count - 1u;
	/* Acquire: pairs with wg_ring_init, or with the last wg_ring_release of this side's predecessor. */
	consumer->own = atomic_load_explicit(&shared->consumed, memory_order_acquire);
	/* Acquire: pairs with the release store in wg_ring_publish. */
	consumer->peer = atomic_load_explicit(&shared->produced, memory_order_acquire);
	return consumer->peer - consumer->own > count ? WG_ERR_INPUT : WG_OK;
}

/* got: how many slots may be filled, at most want. Fewer than want means that there were no more when it looked; the
 * shared memory is only looked at when the slots known to be free do not suffice. Changes nothing that is shared. */
static inline wg_result wg_ring_reserve(struct wg_ring_producer *producer, uint32_t want, uint32_t *got) WG_MUST_CHECK;
static inline wg_result wg_ring_reserve(struct wg_ring_producer *producer, uint32_t want, uint32_t *got)
{
	uint32_t used = producer->own - producer->peer;
	uint32_t free_count = producer->mask + 1u - used;
	uint32_t consumed;

	*got = want;
	if (__builtin_expect(free_count >= want, 1))
		return WG_OK;
	/* Acquire: pairs with the release store in wg_ring_release, so the consumer is done reading those slots. */
	consumed = atomic_load_explicit(&producer->shared->consumed, memory_order_acquire);
	if (__builtin_expect(producer->own - consumed > used, 0)) {
		*got = 0;
		return WG_ERR_INPUT;
	}
	producer->peer = consumed;
	free_count = producer->mask + 1u - (producer->own - consumed);
	*got = free_count < want ? free_count : want;
	return WG_OK;
}

/* The i-th reserved slot. To be written, not to be read: the other side can change it. */
static inline void *wg_ring_producer_slot(const struct wg_ring_producer *producer, uint32_t i)
{
	return &producer->slots[((producer->own + i) & producer->mask) * producer->slot_bytes];
}

/* Makes the first count reserved slots visible. count: at most what wg_ring_reserve said. */
static inline void wg_ring_publish(struct wg_ring_producer *producer, uint32_t count)
{
	producer->own += count;
	/* Release: pairs with the acquire load in wg_ring_peek, so the slots are filled before they are seen. */
	atomic_store_explicit(&producer->shared->produced, producer->own, memory_order_release);
}

/* got: how many slots may be read, at most want; else as wg_ring_reserve. */
static inline wg_result wg_ring_peek(struct wg_ring_consumer *consumer, uint32_t want, uint32_t *got) WG_MUST_CHECK;
static inline wg_result wg_ring_peek(struct wg_ring_consumer *consumer, uint32_t want, uint32_t *got)
{
	uint32_t ready = consumer->peer - consumer->own;
	uint32_t produced;

	*got = want;
	if (__builtin_expect(ready >= want, 1))
		return WG_OK;
	/* Acquire: pairs with the release store in wg_ring_publish, so the slots are seen as they were filled. */
	produced = atomic_load_explicit(&consumer->shared->produced, memory_order_acquire);
	if (__builtin_expect(produced - consumer->peer > consumer->mask + 1u - ready, 0)) {
		*got = 0;
		return WG_ERR_INPUT;
	}
	consumer->peer = produced;
	ready = produced - consumer->own;
	*got = ready < want ? ready : want;
	return WG_OK;
}

/* The i-th peeked slot. The other side can change it at any time: read each byte once. */
static inline const void *wg_ring_consumer_slot(const struct wg_ring_consumer *consumer, uint32_t i)
{
	return &consumer->slots[((consumer->own + i) & consumer->mask) * consumer->slot_bytes];
}

/* Gives the first count peeked slots back. count: at most what wg_ring_peek said. */
static inline void wg_ring_release(struct wg_ring_consumer *consumer, uint32_t count)
{
	consumer->own += count;
	/* Release: pairs with the acquire load in wg_ring_reserve, so the slots are read before they are refilled. */
	atomic_store_explicit(&consumer->shared->consumed, consumer->own, memory_order_release);
}

/* Slots from place on to the end of the ring, at most count: a burst is copied in at most two pieces. */
static inline uint32_t wg_ring_run(uint32_t own, uint32_t mask, uint32_t count)
{
	uint32_t to_end = mask + 1u - (own & mask);

	return count < to_end ? count : to_end;
}

/* Copies up to count items of slot_bytes each into the ring and publishes them at once. pushed: how many. */
static inline wg_result wg_ring_push(struct wg_ring_producer *producer, const void *items, uint32_t count,
				     uint32_t *pushed) WG_MUST_CHECK;
static inline wg_result wg_ring_push(struct wg_ring_producer *producer, const void *items, uint32_t count,
				     uint32_t *pushed)
{
	const uint8_t *from = (const uint8_t *)items;
	wg_result result = wg_ring_reserve(producer, count, pushed);
	uint32_t run;

	if (!*pushed)
		return result;
	run = wg_ring_run(producer->own, producer->mask, *pushed);
	memcpy(wg_ring_producer_slot(producer, 0), from, run * producer->slot_bytes);
	if (run < *pushed)
		memcpy(producer->slots, &from[run * producer->slot_bytes], (*pushed - run) * producer->slot_bytes);
	wg_ring_publish(producer, *pushed);
	return result;
}

/* Copies up to count items of slot_bytes each out of the ring and releases them at once. popped: how many. */
static inline wg_result wg_ring_pop(struct wg_ring_consumer *consumer, void *items, uint32_t count,
				    uint32_t *popped) WG_MUST_CHECK;
static inline wg_result wg_ring_pop(struct wg_ring_consumer *consumer, void *items, uint32_t count, uint32_t *popped)
{
	uint8_t *to = (uint8_t *)items;
	wg_result result = wg_ring_peek(consumer, count, popped);
	uint32_t run;

	if (!*popped)
		return result;
	run = wg_ring_run(consumer->own, consumer->mask, *popped);
	memcpy(to, wg_ring_consumer_slot(consumer, 0), run * consumer->slot_bytes);
	if (run < *popped)
		memcpy(&to[run * consumer->slot_bytes], consumer->slots, (*popped - run) * consumer->slot_bytes);
	wg_ring_release(consumer, *popped);
	return result;
}

#endif
