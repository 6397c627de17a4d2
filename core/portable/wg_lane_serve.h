/* SPDX-License-Identifier: Apache-2.0 */
/* The TA's side of a lane, whatever the world. Every slot is copied once into the TA's own memory before it is looked
 * at, and the answer is copied out when it is done. */
#ifndef WG_LANE_SERVE_H
#define WG_LANE_SERVE_H

#include <stddef.h>
#include <stdint.h>

#include "wg_lane_format.h"
#include "wg_result.h"

/* Carries out one operation on payload, private memory of capacity bytes of which *bytes are filled; leaves the answer
 * there and its size in *bytes. The return value is the answer's result. */
typedef uint32_t (*wg_lane_handler)(void *context, uint32_t operation, uint8_t *payload, size_t capacity,
				    uint32_t *bytes);

struct wg_lane_server {
	wg_lane_handler handle;
	void *context;
	uint8_t *payload; /* private memory for one payload */
	size_t capacity;  /* of it, in bytes */
};

/* WG_ERR_SIZE: a payload is larger than the slot, or than the server's own memory. */
wg_result wg_lane_serve_batch(const struct wg_lane_server *server, void *block, size_t block_bytes, uint32_t count,
			      size_t slot_bytes) WG_MUST_CHECK;
/* Serves the ring until it is stopped, broken, or was empty idle_polls times in a row. why: WG_LANE_*. */
wg_result wg_lane_serve_ring(const struct wg_lane_server *server, void *block, size_t block_bytes, uint32_t count,
			     size_t slot_bytes, uint32_t idle_polls, uint32_t *why) WG_MUST_CHECK;

#endif
