/* SPDX-License-Identifier: Apache-2.0 */
/* The TA's side of a lane on a block of any bytes, in memory of exactly that size: what the client shares is hostile.
 * The input is struct head, then the block. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "wg_lane_serve.h"

#define TOO_LARGE  0xBADu /* an operation whose handler claims more than there is room for */
#define LOOKS_MASK 7u

struct head {
	uint8_t ring;  /* bit 0: a ring, else a batch */
	uint8_t looks; /* at an empty ring */
	uint16_t count;
	uint16_t slot_bytes;
	uint16_t capacity; /* of the server's private memory */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static uint32_t handle(void *context, uint32_t operation, uint8_t *payload, size_t capacity, uint32_t *bytes)
{
	uint32_t i;

	(void)context;
	must(*bytes <= capacity);
	for (i = 0; i < *bytes; i++)
		payload[i]++;
	if (operation == TOO_LARGE)
		*bytes = (uint32_t)capacity + 1;
	return operation;
}

static void *exactly(size_t bytes)
{
	void *memory = NULL;

	must(posix_memalign(&memory, WG_RING_ALIGN, bytes ? bytes : 1) == 0);
	return memory;
}

static void serve(const struct head *head, void *block, size_t block_bytes)
{
	uint8_t *payload = exactly(head->capacity);
	const struct wg_lane_server server = {handle, NULL, payload, head->capacity};
	uint32_t why = 0;
	wg_result result;

	if (head->ring & 1) {
		result = wg_lane_serve_ring(&server, block, block_bytes, head->count, head->slot_bytes,
					    head->looks & LOOKS_MASK, &why);
		must(result == WG_OK ? why == WG_LANE_IDLE || why == WG_LANE_STOPPED : why == WG_LANE_BROKEN);
	} else {
		result = wg_lane_serve_batch(&server, block, block_bytes, head->count, head->slot_bytes);
	}
	must(result == WG_OK || result == WG_ERR_INPUT || result == WG_ERR_SIZE);
	free(payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct head head;
	uint8_t *block;

	if (bytes < sizeof(head))
		return 0;
	memcpy(&head, data, sizeof(head));
	bytes -= sizeof(head);
	block = exactly(bytes);
	if (bytes)
		memcpy(block, data + sizeof(head), bytes);
	serve(&head, block, bytes);
	free(block);
	return 0;
}
