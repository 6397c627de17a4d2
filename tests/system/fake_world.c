/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile world: the handshake of a real one, then whatever comes to mind: wrong answers, requests that nobody should
 * ask, sizes out of nowhere, bytes that change while they are read, silence, an end. The seed is the name of the AEAD
 * library that it was told to use. It ends by itself after 0.4 seconds. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wg_bell.h"
#include "wg_channel.h"
#include "wg_memory.h"

static struct wg_control *control;
static struct wg_channel channel;
static uint8_t *arena;
static size_t arena_bytes;
static uint64_t state;

static uint64_t random_of(uint64_t *of)
{
	uint64_t z = (*of += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t below(uint64_t bound)
{
	return random_of(&state) % bound;
}

static void fill(void *memory, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		((uint8_t *)memory)[i] = (uint8_t)random_of(&state);
}

/* Sizes and offsets that are on an edge more often than not. */
static uint64_t number(void)
{
	static const uint64_t edges[] = {0,	 1,	 4095,	  4096,	      65535,	  65536,     262143,
					 262144, 262145, 1 << 20, UINT32_MAX, UINT64_MAX, INT64_MAX, UINT64_MAX - 1};

	return below(2) ? edges[below(sizeof(edges) / sizeof(edges[0]))] : random_of(&state);
}

static struct wg_message some_message(void)
{
	struct wg_message message = control->to_world.message;

	if (below(4) == 0)
		fill(&message, sizeof(message));
	message.kind = below(8) ? WG_MESSAGE_DONE : (uint32_t)below(12);
	for (unsigned i = 0; i < WG_PARAMS && below(2); i++) {
		message.params[i].bytes = number();
		message.params[i].offset = number();
	}
	message.types = below(3) ? message.types : (uint32_t)number();
	message.session = below(3) ? message.session : (uint32_t)number();
	message.result = below(3) ? 0 : (uint32_t)number();
	message.origin = (uint32_t)below(6);
	return message;
}

static struct wg_rpc some_request(void)
{
	struct wg_rpc rpc;

	fill(&rpc, sizeof(rpc));
	rpc.operation = below(8) ? (uint32_t)below(13) : (uint32_t)number();
	for (unsigned i = 0; i < 6; i++)
		rpc.word[i] = below(3) ? (uint32_t)below(70) : (uint32_t)number();
	if (rpc.operation == WG_RPC_WAIT || rpc.operation == WG_RPC_SOCKET_SEND ||
	    rpc.operation == WG_RPC_SOCKET_RECV) {
		rpc.word[0] = (uint32_t)below(30);
		rpc.word[1] = (uint32_t)below(30);
	}
	rpc.data_bytes = below(2) ? (uint32_t)below(32) : (uint32_t)number();
	if (rpc.operation == WG_RPC_SOCKET_OPEN) {
		rpc.word[0] = 17;
		rpc.word[2] = 9;
		memcpy(control->rpc_buffer, "127.0.0.1", 10);
		rpc.data_bytes = (uint32_t)below(11);
	}
	return rpc;
}

/* Changes what lies in shared memory while the other side looks at it. */
static void *scribble(void *seed)
{
	uint64_t own = *(uint64_t *)seed;

	for (;;) {
		size_t at = random_of(&own) % (sizeof(control->to_normal) - 64);

		((volatile uint8_t *)&control->to_normal)[64 + at] = (uint8_t)random_of(&own);
		((volatile uint8_t *)&control->rpc_buffer)[random_of(&own) % 64] = (uint8_t)random_of(&own);
		((volatile uint8_t *)&control->ledger)[random_of(&own) % sizeof(control->ledger)] =
			(uint8_t)random_of(&own);
		if (random_of(&own) % 256 == 0)
			usleep(10);
	}
	return NULL;
}

static void report(void)
{
	if (below(6) == 0)
		fill(&control->report, sizeof(control->report));
	control->report.result = below(20) ? 0 : (uint32_t)number();
	control->report.flags = (uint32_t)random_of(&state);
}

static void answer(void)
{
	struct wg_message message = some_message();
	struct wg_rpc rpc;

	for (uint64_t requests = below(6); requests > 0; requests--) {
		const struct wg_message asking = {.kind = WG_MESSAGE_RPC};

		rpc = some_request();
		if (wg_channel_send(&channel, &asking, &rpc, number()) != WG_OK || wg_channel_wait(&channel) != WG_OK)
			_exit(1);
	}
	switch (below(24)) {
	case 0:
		_exit((int)below(256));
	case 1:
		raise(SIGSEGV);
		break;
	case 2:
		pause();
		break;
	case 3:
		fill(arena, arena_bytes < 65536 ? arena_bytes : 65536);
		break;
	default:
		break;
	}
	for (uint64_t rings = below(4) ? 0 : below(50); rings > 0; rings--)
		if (wg_bell_ring(WG_DESCRIPTOR_OUT) != WG_OK)
			_exit(1);
	if (wg_channel_send(&channel, &message, NULL, number()) != WG_OK)
		_exit(1);
}

int main(void)
{
	static uint64_t own;
	pthread_t thread;

	ualarm(400000, 0);
	control = wg_shared_map(WG_DESCRIPTOR_CONTROL, sizeof(*control));
	if (!control)
		return 1;
	state = strtoull(control->boot.aead + 1, NULL, 16);
	own = random_of(&state);
	arena_bytes = control->boot.arena_bytes;
	arena = wg_shared_map(WG_DESCRIPTOR_ARENA, arena_bytes);
	if (!arena)
		return 1;
	wg_channel_init(&channel, control, true, WG_DESCRIPTOR_IN, WG_DESCRIPTOR_OUT, false);
	report();
	if (below(3) == 0 && pthread_create(&thread, NULL, scribble, &own) != 0)
		return 1;
	if (below(3))
		control->to_world.message.kind = WG_MESSAGE_DONE;
	for (;;) {
		answer();
		if (wg_channel_wait(&channel) != WG_OK)
			return 1;
	}
}
