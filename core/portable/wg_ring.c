/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_ring.h"

_Static_assert(sizeof(struct wg_ring_shared) == 2 * WG_RING_GAP, "the slots start on a line of their own");
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "an index that takes a lock cannot be shared by two processes");

size_t wg_ring_bytes(uint32_t count, size_t slot_bytes)
{
	if (!count || !slot_bytes || (count & (count - 1u)) || count > WG_RING_COUNT_MAX)
		return 0;
	if (slot_bytes > (SIZE_MAX - sizeof(struct wg_ring_shared)) / count)
		return 0;
	return sizeof(struct wg_ring_shared) + count * slot_bytes;
}

wg_result wg_ring_check(const void *memory, size_t bytes, uint32_t count, size_t slot_bytes)
{
	size_t needed = wg_ring_bytes(count, slot_bytes);

	if (!memory || (uintptr_t)memory % WG_RING_ALIGN || !needed)
		return WG_ERR_INPUT;
	return bytes < needed ? WG_ERR_SIZE : WG_OK;
}

wg_result wg_ring_init(void *memory, size_t bytes, uint32_t count, size_t slot_bytes)
{
	struct wg_ring_shared *shared = (struct wg_ring_shared *)memory;
	wg_result result = wg_ring_check(memory, bytes, count, slot_bytes);

	if (result != WG_OK)
		return result;
	memset(shared, 0, sizeof(*shared));
	/* Release: pairs with the acquire loads of the attach functions. */
	atomic_store_explicit(&shared->consumed, 0, memory_order_release);
	atomic_store_explicit(&shared->produced, 0, memory_order_release);
	return WG_OK;
}
