/* SPDX-License-Identifier: Apache-2.0 */
/* The TEE Sockets API: every call becomes one request to the supplicant of the normal world, a long TCP send several.
 * What comes back is checked: a count above what was asked for, or a code that no socket has, is
 * TEE_ERROR_COMMUNICATION. */
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "__tee_tcpsocket_defines_extensions.h"
#include "tee_internal_api.h"
#include "tee_tcpsocket.h"
#include "tee_udpsocket.h"
#include "wg_internal.h"

#define SOCKET_MAGIC   0x57675363u
#define HOST_BYTES_MAX 253u

/* What a TA's handle points to, in the TA's heap. */
struct socket {
	uint32_t magic;
	uint32_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	uint32_t handle;   /* the supplicant's */
	uint32_t error;	   /* of the last call */
};

/* A programmer's error is a panic. */
static void require(bool condition)
{
	if (!condition)
		wg_instance_panic(TEE_ERROR_BAD_PARAMETERS);
}

static struct socket *socket_of(TEE_iSocketHandle ctx)
{
	struct socket *socket = (struct socket *)ctx;

	require(socket && wg_heap_block_bytes(&wg_instance_must()->heap, socket) >= sizeof(*socket) &&
		socket->magic == SOCKET_MAGIC);
	return socket;
}

/* Codes that the normal world may answer with; any other is its fault. */
static TEE_Result known(TEE_Result result, bool cancellable)
{
	switch (result) {
	case TEE_SUCCESS:
	case TEE_ERROR_GENERIC:
	case TEE_ERROR_BAD_PARAMETERS:
	case TEE_ERROR_NOT_SUPPORTED:
	case TEE_ERROR_OUT_OF_MEMORY:
	case TEE_ISOCKET_ERROR_REMOTE_CLOSED:
	case TEE_ISOCKET_ERROR_TIMEOUT:
	case TEE_ISOCKET_ERROR_OUT_OF_RESOURCES:
	case TEE_ISOCKET_ERROR_LARGE_BUFFER:
	case TEE_ISOCKET_ERROR_HOSTNAME:
		return result;
	case TEE_ERROR_CANCEL:
		return cancellable ? result : TEE_ERROR_COMMUNICATION;
	default:
		return TEE_ERROR_COMMUNICATION;
	}
}

static TEE_Result ask(struct wg_rpc *rpc, const void *out, size_t out_bytes, void *in, size_t in_capacity)
{
	struct wg_instance *instance = wg_instance_must();

	rpc->cancellable = !instance->cancel_masked;
	if (wg_cancel_pending(instance))
		return TEE_ERROR_CANCEL;
	return known(wg_rpc_call(instance, rpc, out, out_bytes, in, in_capacity), rpc->cancellable);
}

static TEE_Result ask_open(struct socket *socket, TEE_ipSocket_ipVersion version, const char *host, uint16_t port)
{
	struct wg_rpc rpc = {.operation = WG_RPC_SOCKET_OPEN, .word = {socket->protocol, (uint32_t)version, port}};
	size_t host_bytes = strnlen(host, HOST_BYTES_MAX + 1);
	TEE_Result result;

	if (host_bytes == 0 || host_bytes > HOST_BYTES_MAX)
		return TEE_ISOCKET_ERROR_HOSTNAME;
	result = ask(&rpc, host, host_bytes, NULL, 0);
	socket->handle = rpc.word[3];
	return result;
}

static TEE_Result open_socket(TEE_iSocketHandle *ctx, uint32_t protocol, TEE_ipSocket_ipVersion version,
			      const char *host, uint16_t port, uint32_t *error)
{
	struct socket *socket;
	TEE_Result result;

	*ctx = TEE_HANDLE_NULL;
	*error = TEE_SUCCESS;
	if (!host || version > TEE_IP_VERSION_6)
		return TEE_ERROR_BAD_PARAMETERS;
	socket = TEE_Malloc(sizeof(*socket), TEE_MALLOC_FILL_ZERO);
	if (!socket)
		return TEE_ERROR_OUT_OF_MEMORY;
	socket->magic = SOCKET_MAGIC;
	socket->protocol = protocol;
	result = ask_open(socket, version, host, port);
	if (result == TEE_SUCCESS) {
		*ctx = socket;
		return TEE_SUCCESS;
	}
	TEE_Free(socket);
	if (result != TEE_ISOCKET_ERROR_HOSTNAME)
		return result;
	*error = result;
	return TEE_ISOCKET_ERROR_PROTOCOL;
}

static TEE_Result tcp_open(TEE_iSocketHandle *ctx, void *setup, uint32_t *protocolError)
{
	const TEE_tcpSocket_Setup *tcp = (const TEE_tcpSocket_Setup *)setup;

	require(ctx && tcp && protocolError);
	return open_socket(ctx, IPPROTO_TCP, tcp->ipVersion, tcp->server_addr, tcp->server_port, protocolError);
}

static TEE_Result udp_open(TEE_iSocketHandle *ctx, void *setup, uint32_t *protocolError)
{
	const TEE_udpSocket_Setup *udp = (const TEE_udpSocket_Setup *)setup;

	require(ctx && udp && protocolError);
	return open_socket(ctx, IPPROTO_UDP, udp->ipVersion, udp->server_addr, udp->server_port, protocolError);
}

/* Never cancelled: the handle is gone afterwards. */
static TEE_Result socket_close(TEE_iSocketHandle ctx)
{
	struct wg_rpc rpc = {.operation = WG_RPC_SOCKET_CLOSE};
	struct socket *socket;
	TEE_Result result;

	if (!ctx)
		return TEE_SUCCESS;
	socket = socket_of(ctx);
	rpc.word[0] = socket->handle;
	result = known(wg_rpc_call(wg_instance_must(), &rpc, NULL, 0, NULL, 0), false);
	socket->magic = 0;
	TEE_Free(socket);
	return result;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		wg_instance_panic(TEE_ERROR_GENERIC);
	return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* One request; *sent is not above bytes. */
static TEE_Result send_piece(const struct socket *socket, const uint8_t *data, uint32_t bytes, uint32_t timeout,
			     uint32_t *sent)
{
	struct wg_rpc rpc = {.operation = WG_RPC_SOCKET_SEND, .word = {socket->handle, timeout}};
	TEE_Result result = ask(&rpc, data, bytes, NULL, 0);

	*sent = 0;
	if (result != TEE_SUCCESS)
		return result;
	if (rpc.word[2] > bytes || (bytes > 0 && rpc.word[2] == 0))
		return TEE_ERROR_COMMUNICATION;
	*sent = rpc.word[2];
	WG_COUNT(socket_bytes, *sent);
	return TEE_SUCCESS;
}

/* In pieces that a request carries, until one is sent in part, fails or the time is over. */
static TEE_Result send_stream(const struct socket *socket, const uint8_t *data, uint32_t *length, uint32_t timeout)
{
	bool endless = timeout == TEE_TIMEOUT_INFINITE;
	bool several = *length > WG_RPC_BUFFER_BYTES;
	uint64_t end = several && !endless ? now_ms() + timeout : 0;
	TEE_Result result = TEE_SUCCESS;
	uint32_t done = 0;
	uint32_t piece, sent;
	uint64_t now;

	while (done < *length) {
		piece = *length - done < WG_RPC_BUFFER_BYTES ? *length - done : WG_RPC_BUFFER_BYTES;
		result = send_piece(socket, data + done, piece, timeout, &sent);
		done += sent;
		if (result != TEE_SUCCESS || sent < piece)
			break;
		if (several && !endless) {
			now = now_ms();
			timeout = now < end ? (uint32_t)(end - now) : 0;
		}
	}
	*length = done;
	return done > 0 ? TEE_SUCCESS : result;
}

static TEE_Result send_datagram(const struct socket *socket, const uint8_t *data, uint32_t *length, uint32_t timeout)
{
	uint32_t bytes = *length;
	TEE_Result result;

	if (bytes > WG_RPC_BUFFER_BYTES) {
		*length = 0;
		return TEE_ISOCKET_ERROR_LARGE_BUFFER;
	}
	result = send_piece(socket, data, bytes, timeout, length);
	return result == TEE_SUCCESS && *length != bytes ? TEE_ERROR_COMMUNICATION : result;
}

static TEE_Result socket_send(TEE_iSocketHandle ctx, const void *buf, uint32_t *length, uint32_t timeout)
{
	struct socket *socket = socket_of(ctx);

	require(length && (buf || *length == 0));
	if (socket->protocol == IPPROTO_UDP)
		socket->error = send_datagram(socket, buf, length, timeout);
	else
		socket->error = send_stream(socket, buf, length, timeout);
	return socket->error;
}

static TEE_Result socket_recv(TEE_iSocketHandle ctx, void *buf, uint32_t *length, uint32_t timeout)
{
	struct socket *socket = socket_of(ctx);
	struct wg_rpc rpc = {.operation = WG_RPC_SOCKET_RECV, .word = {socket->handle, timeout}};
	uint32_t room;
	TEE_Result result;

	require(length && (buf || *length == 0));
	room = *length < WG_RPC_BUFFER_BYTES ? *length : WG_RPC_BUFFER_BYTES;
	*length = 0;
	rpc.word[2] = room;
	result = ask(&rpc, NULL, 0, buf, room);
	/* A stream that gives nothing has ended or timed out, and would say so. */
	if (result == TEE_SUCCESS && socket->protocol == IPPROTO_TCP && room > 0 && rpc.data_bytes == 0)
		result = TEE_ERROR_COMMUNICATION;
	socket->error = result;
	if (result != TEE_SUCCESS)
		return result;
	*length = room > 0 ? rpc.data_bytes : rpc.word[2];
	WG_COUNT(socket_bytes, rpc.data_bytes);
	if (socket->protocol == IPPROTO_UDP && room > 0 && rpc.word[2] > rpc.data_bytes)
		socket->error = TEE_ISOCKET_ERROR_LARGE_BUFFER;
	return TEE_SUCCESS;
}

static uint32_t socket_error(TEE_iSocketHandle ctx)
{
	return socket_of(ctx)->error;
}

static TEE_Result ask_ioctl(struct socket *socket, uint32_t command, uint32_t value, const void *out, size_t out_bytes)
{
	struct wg_rpc rpc = {.operation = WG_RPC_SOCKET_IOCTL, .word = {socket->handle, command, value}};

	socket->error = ask(&rpc, out, out_bytes, NULL, 0);
	return socket->error;
}

/* Commands of no protocol are there for every one, and there are none yet. */
static bool is_generic(uint32_t command)
{
	return command >> 24 == 0;
}

static TEE_Result tcp_ioctl(TEE_iSocketHandle ctx, uint32_t commandCode, void *buf, uint32_t *length)
{
	struct socket *socket = socket_of(ctx);
	uint32_t value;

	require(length && (buf || *length == 0));
	if (is_generic(commandCode))
		return TEE_SUCCESS;
	require(commandCode == TEE_TCP_SET_RECVBUF || commandCode == TEE_TCP_SET_SENDBUF);
	if (*length < sizeof(value))
		return socket->error = TEE_ERROR_BAD_PARAMETERS;
	memcpy(&value, buf, sizeof(value));
	return ask_ioctl(socket, commandCode, value, NULL, 0);
}

static TEE_Result udp_ioctl(TEE_iSocketHandle ctx, uint32_t commandCode, void *buf, uint32_t *length)
{
	struct socket *socket = socket_of(ctx);
	uint16_t port;
	size_t host_bytes;

	require(length && (buf || *length == 0));
	if (is_generic(commandCode))
		return TEE_SUCCESS;
	require(commandCode == TEE_UDP_CHANGEADDR || commandCode == TEE_UDP_CHANGEPORT);
	if (commandCode == TEE_UDP_CHANGEPORT) {
		if (*length != sizeof(port))
			return socket->error = TEE_ERROR_BAD_PARAMETERS;
		memcpy(&port, buf, sizeof(port));
		return ask_ioctl(socket, commandCode, port, NULL, 0);
	}
	host_bytes = *length > 0 ? strnlen(buf, *length) : 0;
	if (host_bytes == 0 || host_bytes == *length || host_bytes > HOST_BYTES_MAX)
		return socket->error = TEE_ISOCKET_ERROR_HOSTNAME;
	return ask_ioctl(socket, commandCode, 0, buf, host_bytes);
}

static TEE_iSocket tcp = {
	.TEE_iSocketVersion = TEE_ISOCKET_VERSION,
	.protocolID = TEE_ISOCKET_PROTOCOLID_TCP,
	.open = tcp_open,
	.close = socket_close,
	.send = socket_send,
	.recv = socket_recv,
	.error = socket_error,
	.ioctl = tcp_ioctl,
};

static TEE_iSocket udp = {
	.TEE_iSocketVersion = TEE_ISOCKET_VERSION,
	.protocolID = TEE_ISOCKET_PROTOCOLID_UDP,
	.open = udp_open,
	.close = socket_close,
	.send = socket_send,
	.recv = socket_recv,
	.error = socket_error,
	.ioctl = udp_ioctl,
};

TEE_iSocket *const TEE_tcpSocket = &tcp;
TEE_iSocket *const TEE_udpSocket = &udp;
