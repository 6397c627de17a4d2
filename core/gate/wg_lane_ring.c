/* SPDX-License-Identifier: Apache-2.0 */
/* ring: a thread of the lane's own makes the one long invocation in which the TA serves the ring; this thread fills it
 * and drains it. While nothing comes the TA returns, so that neither a secure thread nor a processor is held for
 * nothing, and the lane's thread sleeps until there is something to serve. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "wg_bell.h"
#include "wg_lane_state.h"
#include "wg_ledger.h"
#include "wg_reason.h"
#include "wg_relax.h"

#define IDLE_POLLS 20000u /* about a millisecond of pauses and yields */
#define BURST	   WG_LANE_BURST

/* Why it returned does not matter: whoever has stopped it says so by server_stop, and requests by themselves. */
static TEEC_Result serve_once(struct wg_lane *lane)
{
	TEEC_Operation operation;

	memset(&operation, 0, sizeof(operation));
	operation.paramTypes =
		TEEC_PARAM_TYPES(TEEC_VALUE_INOUT, TEEC_MEMREF_PARTIAL_INOUT, TEEC_VALUE_INOUT, TEEC_NONE);
	operation.params[0].value.a = lane->config.count;
	operation.params[0].value.b = (uint32_t)lane->slot_bytes;
	operation.params[1].memref.parent = &lane->memory;
	operation.params[1].memref.size = lane->memory.size;
	operation.params[2].value.a = IDLE_POLLS;
	return TEEC_InvokeCommand(lane->session, WG_LANE_COMMAND_RING, &operation, NULL);
}

/* Requests that the TA has not taken. The indices are hints here: a wrong one costs a needless invocation. */
static bool has_requests(const struct wg_lane *lane)
{
	struct wg_ring_shared *shared = lane->requests.shared;

	return atomic_load(&shared->produced) != atomic_load(&shared->consumed);
}

/* What this thread has counted, for whoever asks while it sleeps or once it has ended. */
static void set_down(struct wg_lane *lane)
{
	struct timespec used;

	lane->thread = *wg_ledger_here();
	lane->thread_cpu_ns = -1;
	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) == 0)
		lane->thread_cpu_ns = (double)used.tv_sec * 1e9 + (double)used.tv_nsec;
}

static wg_result sleep_until_needed(struct wg_lane *lane)
{
	wg_result result = WG_OK;

	set_down(lane);
	/* Sequentially consistent, then the ring: pairs with ring_flush(), which publishes, then looks at the flag, and
	 * with ring_rest(), which then reads what was set down. */
	atomic_store(&lane->server_asleep, 1);
	/* A bell that was rung for requests which were seen without it rings once for nothing. */
	while (result == WG_OK && !has_requests(lane) && !atomic_load(&lane->server_stop)) {
		WG_COUNT(system_calls, 1);
		result = wg_bell_wait(lane->bell);
	}
	atomic_store(&lane->server_asleep, 0);
	return result;
}

static void *serve(void *argument)
{
	struct wg_lane *lane = argument;
	TEEC_Result result = TEEC_SUCCESS;

	while (result == TEEC_SUCCESS && !atomic_load(&lane->server_stop)) {
		result = serve_once(lane);
		if (result == TEEC_SUCCESS && sleep_until_needed(lane) != WG_OK)
			result = TEEC_ERROR_GENERIC;
	}
	set_down(lane);
	/* Release pairs with the acquire in failed(). */
	if (result != TEEC_SUCCESS)
		atomic_store_explicit(&lane->server_failure, result, memory_order_release);
	return NULL;
}

static wg_result prepare(struct wg_lane *lane)
{
	const size_t ring_bytes = wg_lane_ring_bytes(lane->config.count, lane->slot_bytes);
	uint8_t *rings;
	wg_result result;

	if (ring_bytes == 0)
		return WG_ERR_INPUT;
	result = wg_lane_memory(lane, sizeof(struct wg_lane_block) + 2 * ring_bytes);
	if (result != WG_OK)
		return result;
	lane->block = lane->memory.buffer;
	lane->cpu = WG_RELAX_CPU_UNKNOWN;
	atomic_store_explicit(&lane->block->client_cpu, WG_RELAX_CPU_UNKNOWN, memory_order_relaxed);
	atomic_store_explicit(&lane->block->server_cpu, WG_RELAX_CPU_UNKNOWN, memory_order_relaxed);
	rings = (uint8_t *)lane->memory.buffer + sizeof(struct wg_lane_block);
	result = wg_ring_init(rings, ring_bytes, lane->config.count, lane->slot_bytes);
	if (result == WG_OK)
		result = wg_ring_init(rings + ring_bytes, ring_bytes, lane->config.count, lane->slot_bytes);
	if (result == WG_OK)
		result = wg_ring_producer_attach(&lane->requests, rings, ring_bytes, lane->config.count,
						 lane->slot_bytes);
	if (result == WG_OK)
		result = wg_ring_consumer_attach(&lane->answers, rings + ring_bytes, ring_bytes, lane->config.count,
						 lane->slot_bytes);
	return result;
}

static wg_result ring_open(struct wg_lane *lane)
{
	wg_result result = prepare(lane);
	int error;

	lane->bell = result == WG_OK ? wg_bell_create() : -1;
	if (result == WG_OK && lane->bell < 0)
		result = WG_ERR_SYSTEM;
	if (result == WG_OK) {
		error = pthread_create(&lane->server, NULL, serve, lane);
		if (error) {
			wg_fail(TEEC_ERROR_OUT_OF_MEMORY, "no thread for a ring: %s", strerror(error));
			result = WG_ERR_SYSTEM;
			close(lane->bell);
		}
	}
	if (result != WG_OK)
		TEEC_ReleaseSharedMemory(&lane->memory);
	return result;
}

/* Room for one more request. A burst is asked for at once, so that the ring is not looked at for each. */
static wg_result make_room(struct wg_lane *lane)
{
	wg_result result;

	if (lane->unpublished < lane->reserved)
		return WG_OK;
	result = wg_ring_reserve(&lane->requests, BURST, &lane->reserved);
	if (result != WG_OK)
		lane->reserved = 0;
	else if (lane->unpublished >= lane->reserved)
		result = WG_ERR_STATE;
	return result;
}

static void *ring_payload(struct wg_lane *lane)
{
	if (make_room(lane) != WG_OK)
		return NULL;
	return (uint8_t *)wg_ring_producer_slot(&lane->requests, lane->unpublished) + sizeof(struct wg_lane_slot);
}

static void publish(struct wg_lane *lane)
{
	wg_ring_publish(&lane->requests, lane->unpublished);
	lane->unpublished = 0;
	lane->reserved = 0;
	lane->unannounced = true;
}

/* The fence costs as much as several operations, so it comes with a flush or a wait, not with every burst. */
static wg_result ring_flush(struct wg_lane *lane)
{
	if (lane->unpublished)
		publish(lane);
	if (!lane->unannounced)
		return WG_OK;
	lane->unannounced = false;
	/* Pairs with sleep_until_needed(): either the flag is seen here, or the requests are seen there. */
	atomic_thread_fence(memory_order_seq_cst);
	if (!atomic_load_explicit(&lane->server_asleep, memory_order_relaxed))
		return WG_OK;
	WG_COUNT(system_calls, 1);
	WG_COUNT(wakeups, 1);
	return wg_bell_ring(lane->bell);
}

static wg_result ring_submit(struct wg_lane *lane, const struct wg_lane_slot *slot)
{
	wg_result result = make_room(lane);

	if (result != WG_OK)
		return result;
	wg_lane_slot_store(wg_ring_producer_slot(&lane->requests, lane->unpublished), slot);
	if (++lane->unpublished == BURST)
		publish(lane);
	return WG_OK;
}

static wg_result ring_put(struct wg_lane *lane, const struct wg_lane_request *requests, uint32_t count, uint32_t *put)
{
	wg_result result = make_room(lane);
	uint32_t room = lane->reserved - lane->unpublished;
	uint32_t i;

	if (result != WG_OK)
		return result;
	if (count > room)
		count = room;
	for (i = 0; i < count; i++) {
		const struct wg_lane_request *request = &requests[i];
		const struct wg_lane_slot slot = {request->operation, 0, request->bytes, request->tag};
		uint8_t *to = wg_ring_producer_slot(&lane->requests, lane->unpublished + i);

		wg_lane_slot_store(to, &slot);
		if (slot.bytes)
			memcpy(to + sizeof(slot), request->payload, slot.bytes);
	}
	lane->unpublished += count;
	*put = count;
	if (lane->unpublished == BURST)
		publish(lane);
	return WG_OK;
}

static wg_result failed(struct wg_lane *lane)
{
	/* Acquire pairs with the release in serve(). */
	lane->failure = atomic_load_explicit(&lane->server_failure, memory_order_acquire);
	return lane->failure == TEEC_SUCCESS ? WG_ERR_STATE : WG_ERR_SYSTEM;
}

/* Answers that were peeked and not used; gives the used ones back where there are none. */
static wg_result look_for_answers(struct wg_lane *lane)
{
	wg_result result;

	if (lane->used < lane->ready)
		return WG_OK;
	if (lane->used)
		wg_ring_release(&lane->answers, lane->used);
	lane->used = 0;
	result = wg_ring_peek(&lane->answers, BURST, &lane->ready);
	if (result != WG_OK)
		return result;
	return lane->ready ? WG_OK : failed(lane);
}

static wg_result ring_take(struct wg_lane *lane, struct wg_lane_reply *replies, uint32_t most, uint32_t *taken)
{
	wg_result result = look_for_answers(lane);
	uint32_t count = lane->ready - lane->used;
	uint32_t i;

	*taken = 0;
	if (result != WG_OK)
		return result;
	if (count > most)
		count = most;
	for (i = 0; i < count; i++) {
		const uint8_t *from = wg_ring_consumer_slot(&lane->answers, lane->used + i);

		memcpy(&replies[i].slot, from, sizeof(replies[i].slot));
		replies[i].payload = from + sizeof(replies[i].slot);
	}
	lane->used += count;
	*taken = count;
	return WG_OK;
}

static uint32_t ring_relax(struct wg_lane *lane, uint32_t empty)
{
	wg_relax_mark(&lane->block->client_cpu, &lane->cpu);
	return wg_relax(empty, atomic_load_explicit(&lane->block->server_cpu, memory_order_relaxed));
}

/* At rest or once the thread has ended. What the block holds is the world's word. */
static void ring_count(const struct wg_lane *lane, struct wg_lane_counts *counts)
{
	counts->operations = lane->block->operations;
	counts->polls = lane->block->polls;
	counts->thread = lane->thread;
	counts->thread_cpu_ns = lane->thread_cpu_ns;
}

static wg_result ring_rest(struct wg_lane *lane)
{
	wg_result result = ring_flush(lane);
	uint32_t empty = 0;

	/* Relaxed: the flag stands for itself; the TA looks at it when the ring is empty. */
	atomic_store_explicit(&lane->block->stop, 1, memory_order_relaxed);
	/* Sequentially consistent: pairs with sleep_until_needed(). */
	while (result == WG_OK && !atomic_load(&lane->server_asleep)) {
		result = failed(lane);
		if (result == WG_ERR_STATE)
			result = WG_OK;
		empty = ring_relax(lane, empty);
	}
	atomic_store_explicit(&lane->block->stop, 0, memory_order_relaxed);
	return result;
}

static void ring_close(struct wg_lane *lane, struct wg_lane_counts *counts)
{
	atomic_store(&lane->server_stop, 1);
	/* Relaxed: as in ring_rest(). */
	atomic_store_explicit(&lane->block->stop, 1, memory_order_relaxed);
	if (wg_bell_ring(lane->bell) == WG_OK)
		pthread_join(lane->server, NULL);
	close(lane->bell);
	if (counts)
		ring_count(lane, counts);
	TEEC_ReleaseSharedMemory(&lane->memory);
}

const struct wg_lane_way wg_lane_ring_way = {
	.open = ring_open,
	.close = ring_close,
	.count = ring_count,
	.rest = ring_rest,
	.payload = ring_payload,
	.submit = ring_submit,
	.flush = ring_flush,
	.put = ring_put,
	.take = ring_take,
	.relax = ring_relax,
};
