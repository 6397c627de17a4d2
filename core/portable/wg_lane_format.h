/* SPDX-License-Identifier: Apache-2.0 */
/* How operations cross to a TA that serves a lane: one for each call, several in a batch, or any number through a ring.
 * A TA that serves lanes has the three commands below; what an operation means is the TA's own. */
#ifndef WG_LANE_FORMAT_H
#define WG_LANE_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wg_ring.h"

/* One operation. value inout: a = the operation, b = bytes in, then result and bytes out; memref inout or none: the
 * payload, changed in place. */
#define WG_LANE_COMMAND_CALL 0x574C0001u
/* memref inout: a batch block; value inout: a = operations, b = bytes of a slot. */
#define WG_LANE_COMMAND_BATCH 0x574C0002u
/* memref inout: a ring block; value inout: a = slots of a ring, b = bytes of a slot; value inout: a = how often the TA
 * looks at an empty ring before it returns, then why it returned. */
#define WG_LANE_COMMAND_RING 0x574C0003u

/* Why a ring's invocation returned. */
#define WG_LANE_IDLE	1u /* nothing came; invoke again when something does */
#define WG_LANE_STOPPED 2u
#define WG_LANE_BROKEN	3u /* the ring's indices or an entry made no sense */

/* Heads every slot; the payload follows. All of it is the other side's word. */
struct wg_lane_slot {
	uint32_t operation; /* of a request */
	uint32_t result;    /* of an answer */
	uint32_t bytes;	    /* of the payload */
	uint32_t tag;	    /* the client's, handed back */
};

/* Writes a slot's head. In two halves that are put together in registers: a head that was put together in memory would
 * be read back before its parts have arrived there, and such a read waits until every earlier store has reached the
 * other processor's cache. to need not be aligned. */
static inline void wg_lane_slot_store(void *to, const struct wg_lane_slot *slot)
{
	const uint64_t first = slot->operation | (uint64_t)slot->result << 32;
	const uint64_t second = slot->bytes | (uint64_t)slot->tag << 32;

	_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the halves are put together for that order");
	memcpy(to, &first, sizeof(first));
	memcpy((uint8_t *)to + sizeof(first), &second, sizeof(second));
}

/* The head of a ring block; the request ring and the answer ring follow, each rounded up to WG_RING_ALIGN. */
struct wg_lane_block {
	/* Written by the client. Relaxed, as no data hangs on them. */
	_Alignas(WG_RING_ALIGN) _Atomic uint32_t stop;
	_Atomic uint32_t client_cpu; /* where it waits for answers: a hint for wg_relax() */
	/* Written by the TA. */
	_Alignas(WG_RING_ALIGN) _Atomic uint32_t server_cpu; /* where it waits for requests: relaxed, a hint */
	uint64_t operations;				     /* for the ledger; nobody decides by them */
	uint64_t polls;
};

static inline size_t wg_lane_ring_bytes(uint32_t count, size_t slot_bytes)
{
	size_t bytes = wg_ring_bytes(count, slot_bytes);

	return (bytes + WG_RING_ALIGN - 1) / WG_RING_ALIGN * WG_RING_ALIGN;
}

/* Of a slot that holds a payload of at most that size. */
static inline size_t wg_lane_slot_bytes(size_t payload_bytes)
{
	size_t bytes = sizeof(struct wg_lane_slot) + payload_bytes;

	return (bytes + 15u) / 16u * 16u;
}

#endif
