/* SPDX-License-Identifier: Apache-2.0 */
/* The supplicant against requests of a hostile world. An input is a row of requests:
 *
 *     operation 1 | flags 1 | six words of 4 | bytes of data 2 | data
 *
 * Numbers are little-endian. Nothing leaves the machine: a host is one of ours on loopback or no name at all, a port is
 * one of ours, and no wait is longer than a millisecond. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tee_udpsocket.h"
#include "wg_rpc.h"
#include "wg_supplicant_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#define HEAD_BYTES     28u
#define BUFFER_BYTES   4096u
#define REQUESTS_MAX   48u
#define TCP_OPENS_MAX  2u
#define FLAG_CANCEL    1u  /* may be cancelled */
#define FLAG_CANCELLED 2u  /* the client cancels before it */
#define FLAG_RAW_WORD  4u  /* word[0] is the handle as it stands */
#define FLAG_OVERSIZE  8u  /* claims more data than there is room */
#define FLAG_NO_BUFFER 16u /* there is no room at all */

static struct {
	int listener, datagrams, closed; /* -1 before the first case */
	uint16_t ports[3];
	int null;
	int lowest; /* the first free descriptor between cases */
} ours = {.listener = -1};

struct state {
	struct wg_supplicant *supplicant;
	uint8_t *buffer;
	uint32_t handles[4];
	unsigned handle_count, tcp_opens;
};

static void must(bool condition)
{
	if (!condition)
		abort();
}

static int bind_one(int type, uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t bytes = sizeof(address);
	int descriptor = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	must(descriptor >= 0 && bind(descriptor, (struct sockaddr *)&address, bytes) == 0);
	must(getsockname(descriptor, (struct sockaddr *)&address, &bytes) == 0);
	*port = ntohs(address.sin_port);
	return descriptor;
}

static int lowest_free(void)
{
	int descriptor = dup(ours.null);

	must(descriptor >= 0 && close(descriptor) == 0);
	return descriptor;
}

static void open_ours(void)
{
	ours.null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	must(ours.null >= 0);
	ours.listener = bind_one(SOCK_STREAM, &ours.ports[0]);
	must(listen(ours.listener, 16) == 0);
	ours.datagrams = bind_one(SOCK_DGRAM, &ours.ports[1]);
	ours.closed = bind_one(SOCK_STREAM, &ours.ports[2]);
	ours.lowest = lowest_free();
}

/* Ends the connections by a reset, so that no port stays taken, and empties the queue of datagrams. */
static void drain_ours(void)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	uint8_t ignored[16];
	int descriptor;

	while ((descriptor = accept(ours.listener, NULL, NULL)) >= 0) {
		must(setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) == 0);
		must(close(descriptor) == 0);
	}
	while (recv(ours.datagrams, ignored, sizeof(ignored), 0) >= 0)
		continue;
}

static uint32_t word_at(const uint8_t *at)
{
	return (uint32_t)at[0] | ((uint32_t)at[1] << 8) | ((uint32_t)at[2] << 16) | ((uint32_t)at[3] << 24);
}

/* What is not a loopback address becomes a name that no resolver is asked for. */
static void tame_host(struct state *state, const struct wg_rpc *rpc)
{
	static const char *const allowed[] = {"127.0.0.1", "::1"};
	size_t i;

	for (i = 0; i < 2; i++)
		if (rpc->data_bytes == strlen(allowed[i]) && memcmp(state->buffer, allowed[i], rpc->data_bytes) == 0)
			return;
	if (rpc->data_bytes > 0 && rpc->data_bytes <= BUFFER_BYTES)
		state->buffer[0] = '!';
}

static uint32_t tame_port(uint32_t port)
{
	return port > UINT16_MAX ? port : ours.ports[port % 3];
}

static bool tame(struct state *state, struct wg_rpc *rpc, uint8_t flags)
{
	switch (rpc->operation) {
	case WG_RPC_WAIT:
		rpc->word[0] %= 2;
		break;
	case WG_RPC_SOCKET_OPEN:
		if (rpc->word[0] == IPPROTO_TCP && state->tcp_opens++ >= TCP_OPENS_MAX)
			return false;
		rpc->word[2] = tame_port(rpc->word[2]);
		tame_host(state, rpc);
		return true;
	case WG_RPC_SOCKET_SEND:
	case WG_RPC_SOCKET_RECV:
		rpc->word[1] %= 2;
		break;
	case WG_RPC_SOCKET_IOCTL:
		if (rpc->word[1] == TEE_UDP_CHANGEPORT)
			rpc->word[2] = tame_port(rpc->word[2]);
		tame_host(state, rpc);
		break;
	default:
		break;
	}
	if (rpc->operation >= WG_RPC_SOCKET_CLOSE && !(flags & FLAG_RAW_WORD) && state->handle_count > 0)
		rpc->word[0] = state->handles[rpc->word[0] % state->handle_count];
	return true;
}

static void serve(struct state *state, struct wg_rpc *rpc, uint8_t flags)
{
	size_t room = flags & FLAG_NO_BUFFER ? 0 : BUFFER_BYTES;
	uint32_t operation = rpc->operation;

	if (!tame(state, rpc, flags))
		return;
	if (flags & FLAG_CANCELLED)
		wg_supplicant_cancel(state->supplicant);
	if (flags & FLAG_OVERSIZE)
		rpc->data_bytes += BUFFER_BYTES + 1;
	rpc->cancellable = flags & FLAG_CANCEL;
	wg_supplicant_serve(state->supplicant, rpc, room > 0 ? state->buffer : NULL, room);
	must(rpc->data_bytes <= room && rpc->operation == operation);
	if (flags & FLAG_CANCELLED)
		wg_supplicant_cancel_reset(state->supplicant);
	if (operation == WG_RPC_SOCKET_OPEN && rpc->result == TEE_SUCCESS)
		state->handles[state->handle_count++ % 4] = rpc->word[3];
	if (state->handle_count > 4)
		state->handle_count = 4;
}

/* Serves the first request of the input; bytes that it took, 0 at the end. */
static size_t take(struct state *state, const uint8_t *data, size_t bytes)
{
	struct wg_rpc rpc;
	size_t i, data_bytes;

	if (bytes < HEAD_BYTES)
		return 0;
	memset(&rpc, 0, sizeof(rpc));
	rpc.operation = data[0];
	for (i = 0; i < 6; i++)
		rpc.word[i] = word_at(data + 2 + 4 * i);
	data_bytes = (size_t)data[26] | ((size_t)data[27] << 8);
	if (data_bytes > bytes - HEAD_BYTES)
		data_bytes = bytes - HEAD_BYTES;
	if (data_bytes > BUFFER_BYTES)
		data_bytes = BUFFER_BYTES;
	if (data_bytes > 0)
		memcpy(state->buffer, data + HEAD_BYTES, data_bytes);
	rpc.data_bytes = (uint32_t)data_bytes;
	serve(state, &rpc, data[1]);
	return HEAD_BYTES + data_bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const TEE_UUID ta = {0x66757a7a, 0, 0, {0}};
	struct state state = {.handle_count = 0};
	size_t at = 0, taken = 1;
	unsigned i;

	if (ours.listener < 0)
		open_ours();
	state.supplicant = wg_supplicant_new(&ta);
	state.buffer = calloc(1, BUFFER_BYTES);
	must(state.supplicant && state.buffer);
	state.supplicant->log.descriptor = ours.null;
	for (i = 0; i < REQUESTS_MAX && taken > 0; i++) {
		taken = take(&state, data + at, bytes - at);
		at += taken;
	}
	drain_ours();
	wg_supplicant_free(state.supplicant);
	free(state.buffer);
	must(lowest_free() == ours.lowest);
	return 0;
}
