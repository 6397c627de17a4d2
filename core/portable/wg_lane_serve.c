/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_lane_serve.h"

#include <stdbool.h>
#include <string.h>

#include "wg_relax.h"

#define BURST 32u
#define STEP  16u
#define SMALL 256u

/* As WG_COUNT of the ledger, which is not there in every world. */
#ifdef WG_NO_LEDGER
#define COUNT(counter, n) ((void)(counter), (void)(n))
#else
#define COUNT(counter, n) ((counter) += (n))
#endif

/* As memcpy. Small payloads in steps of 16 bytes: what is copied out was copied in just before, and a step that reads
 * what a step has written need not wait until that has reached the cache. */
static inline void copy(uint8_t *to, const uint8_t *from, size_t bytes)
{
	size_t at;

	if (bytes < STEP || bytes > SMALL) {
		if (bytes)
			memcpy(to, from, bytes);
		return;
	}
	for (at = 0; at + STEP < bytes; at += STEP)
		memcpy(&to[at], &from[at], STEP);
	memcpy(&to[bytes - STEP], &from[bytes - STEP], STEP);
}

/* Requests of one slot's size, from one slot to another, which may be the same. */
static wg_result serve_slot(const struct wg_lane_server *server, const void *from, void *to, size_t slot_bytes)
{
	const size_t most = slot_bytes - sizeof(struct wg_lane_slot);
	struct wg_lane_slot slot;
	uint32_t bytes;

	memcpy(&slot, from, sizeof(slot));
	if (slot.bytes > most || slot.bytes > server->capacity)
		return WG_ERR_SIZE;
	copy(server->payload, (const uint8_t *)from + sizeof(slot), slot.bytes);
	bytes = slot.bytes; /* so that the head itself stays in registers */
	slot.result = server->handle(server->context, slot.operation, server->payload,
				     most < server->capacity ? most : server->capacity, &bytes);
	slot.bytes = bytes;
	if (slot.bytes > most || slot.bytes > server->capacity)
		return WG_ERR_SIZE;
	wg_lane_slot_store(to, &slot);
	copy((uint8_t *)to + sizeof(slot), server->payload, slot.bytes);
	return WG_OK;
}

static bool slots_fit(size_t room, uint32_t count, size_t slot_bytes)
{
	return slot_bytes >= sizeof(struct wg_lane_slot) && slot_bytes % 16u == 0 && count <= room / slot_bytes;
}

wg_result wg_lane_serve_batch(const struct wg_lane_server *server, void *block, size_t block_bytes, uint32_t count,
			      size_t slot_bytes)
{
	uint8_t *slot = block;
	wg_result result = WG_OK;
	uint32_t i;

	if (!slots_fit(block_bytes, count, slot_bytes))
		return WG_ERR_INPUT;
	for (i = 0; i < count && result == WG_OK; i++)
		result = serve_slot(server, &slot[i * slot_bytes], &slot[i * slot_bytes], slot_bytes);
	return result;
}

/* One burst: as many requests as there are, and as there is room for answers. served: how many. */
static wg_result serve_burst(const struct wg_lane_server *server, struct wg_ring_consumer *requests,
			     struct wg_ring_producer *answers, uint32_t *served)
{
	wg_result result = wg_ring_peek(requests, BURST, served);
	uint32_t done = 0;

	if (result != WG_OK || *served == 0)
		return result;
	result = wg_ring_reserve(answers, *served, served);
	while (result == WG_OK && done < *served) {
		result = serve_slot(server, wg_ring_consumer_slot(requests, done), wg_ring_producer_slot(answers, done),
				    requests->slot_bytes);
		done++;
	}
	if (result == WG_OK && done) {
		wg_ring_publish(answers, done);
		wg_ring_release(requests, done);
	}
	return result;
}

static wg_result attach(uint8_t *block, size_t block_bytes, uint32_t count, size_t slot_bytes,
			struct wg_ring_consumer *requests, struct wg_ring_producer *answers)
{
	const size_t ring_bytes = wg_lane_ring_bytes(count, slot_bytes);
	const size_t head = sizeof(struct wg_lane_block);
	wg_result result;

	if (!slots_fit(SIZE_MAX, 1, slot_bytes) || ring_bytes == 0 || block_bytes < head ||
	    ring_bytes > (block_bytes - head) / 2)
		return WG_ERR_INPUT;
	result = wg_ring_consumer_attach(requests, block + head, ring_bytes, count, slot_bytes);
	if (result == WG_OK)
		result = wg_ring_producer_attach(answers, block + head + ring_bytes, ring_bytes, count, slot_bytes);
	return result;
}

wg_result wg_lane_serve_ring(const struct wg_lane_server *server, void *block, size_t block_bytes, uint32_t count,
			     size_t slot_bytes, uint32_t idle_polls, uint32_t *why)
{
	struct wg_lane_block *head = block;
	struct wg_ring_consumer requests;
	struct wg_ring_producer answers;
	uint64_t operations = 0;
	uint64_t polls = 0;
	uint32_t cpu = WG_RELAX_CPU_UNKNOWN;
	uint32_t empty = 0;
	uint32_t served;
	wg_result result = attach(block, block_bytes, count, slot_bytes, &requests, &answers);

	*why = WG_LANE_BROKEN;
	if (result != WG_OK)
		return result; /* the block may be too small for its head even */
	while (result == WG_OK) {
		result = serve_burst(server, &requests, &answers, &served);
		COUNT(operations, served);
		if (served) {
			empty = 0;
			continue;
		}
		/* Relaxed: the flag stands for itself. */
		if (atomic_load_explicit(&head->stop, memory_order_relaxed)) {
			*why = WG_LANE_STOPPED;
			break;
		}
		COUNT(polls, 1);
		if (empty >= idle_polls) {
			*why = WG_LANE_IDLE;
			break;
		}
		wg_relax_mark(&head->server_cpu, &cpu);
		empty = wg_relax(empty, atomic_load_explicit(&head->client_cpu, memory_order_relaxed));
	}
	COUNT(head->operations, operations);
	COUNT(head->polls, polls);
	return result;
}
