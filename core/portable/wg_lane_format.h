/* SPDX-License-Identifier: Apache-2.0 */
/* How operations cross to a TA that serves a lane: one for each call, several in a batch, or any number through a ring.
 * A TA that serves lanes has the three commands below; what an operation means is the TA's own. */
#ifndef WG_LANE_FORMAT_H
#define WG_LANE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

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

/* The head of a ring block; the request ring and the answer ring follow, each rounded up to WG_RING_ALIGN. */
struct wg_lane_block {
	_Alignas(WG_RING_ALIGN) _Atomic uint32_t stop; /* set by the client: relaxed, no data hangs on it */
	_Alignas(WG_RING_ALIGN) uint64_t operations;   /* counted by the TA, for the ledger; nobody decides by them */
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
