/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of a world. Each is tried first and waited for only where the kernel says so; none blocks in the kernel, so
 * that a timeout, a cancellation and the end of the world always count. */
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "__tee_tcpsocket_defines_extensions.h"
#include "tee_isocket.h"
#include "tee_udpsocket.h"
#include "wg_ledger.h"
#include "wg_supplicant_state.h"

#define CONNECT_MS 30000u /* for all addresses of a name together */

static uint32_t handle_of(const struct wg_supplicant *supplicant, const struct wg_supplicant_socket *entry)
{
	return entry->generation * WG_RPC_SOCKETS_MAX + (uint32_t)(entry - supplicant->sockets);
}

/* NULL: not an open socket of this instance. */
static struct wg_supplicant_socket *find(struct wg_supplicant *supplicant, uint32_t handle)
{
	struct wg_supplicant_socket *entry = &supplicant->sockets[handle % WG_RPC_SOCKETS_MAX];

	return entry->descriptor >= 0 && handle_of(supplicant, entry) == handle ? entry : NULL;
}

static struct wg_supplicant_socket *find_free(struct wg_supplicant *supplicant)
{
	size_t i;

	for (i = 0; i < WG_RPC_SOCKETS_MAX; i++)
		if (supplicant->sockets[i].descriptor < 0)
			return &supplicant->sockets[i];
	return NULL;
}

static void close_entry(struct wg_supplicant_socket *entry)
{
	(void)close(entry->descriptor);
	WG_COUNT(system_calls, 1);
	entry->descriptor = -1;
	entry->generation++;
}

void wg_supplicant_sockets_close(struct wg_supplicant *supplicant)
{
	size_t i;

	for (i = 0; i < WG_RPC_SOCKETS_MAX; i++)
		if (supplicant->sockets[i].descriptor >= 0)
			close_entry(&supplicant->sockets[i]);
}

static bool choose_family(uint32_t version, int *family)
{
	switch (version) {
	case TEE_IP_VERSION_DC:
		*family = AF_UNSPEC;
		return true;
	case TEE_IP_VERSION_4:
		*family = AF_INET;
		return true;
	case TEE_IP_VERSION_6:
		*family = AF_INET6;
		return true;
	default:
		return false;
	}
}

static bool choose_type(uint32_t protocol, int *type)
{
	*type = protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

static TEE_Result finish_connect(struct wg_supplicant *supplicant, int descriptor, int64_t deadline, bool cancellable)
{
	TEE_Result result = wg_supplicant_wait(supplicant, descriptor, POLLOUT, deadline, cancellable);
	int error = 0;
	socklen_t bytes = sizeof(error);

	if (result != TEE_SUCCESS)
		return result;
	if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &bytes) != 0)
		error = errno;
	WG_COUNT(system_calls, 1);
	return error == 0 ? TEE_SUCCESS : wg_supplicant_error(error);
}

/* On TEE_SUCCESS *out is an open descriptor, else none is left. */
static TEE_Result connect_one(struct wg_supplicant *supplicant, const struct addrinfo *address, int64_t deadline,
			      bool cancellable, int *out)
{
	TEE_Result result = TEE_SUCCESS;
	int descriptor =
		socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol);

	WG_COUNT(system_calls, 2);
	if (descriptor < 0)
		return wg_supplicant_error(errno);
	if (connect(descriptor, address->ai_addr, address->ai_addrlen) != 0) {
		if (errno == EINPROGRESS || errno == EINTR)
			result = finish_connect(supplicant, descriptor, deadline, cancellable);
		else
			result = wg_supplicant_error(errno);
	}
	if (result != TEE_SUCCESS)
		(void)close(descriptor);
	else
		*out = descriptor;
	return result;
}

/* Each address gets an equal share of the time that is left, so that one that never answers does not use up all. */
static TEE_Result connect_any(struct wg_supplicant *supplicant, const struct addrinfo *list, bool cancellable, int *out)
{
	int64_t end = wg_deadline_after(CONNECT_MS);
	TEE_Result result = TEE_ISOCKET_ERROR_HOSTNAME;
	const struct addrinfo *address;
	int64_t left = 0;
	int64_t now;

	for (address = list; address; address = address->ai_next)
		left++;
	for (address = list; address; address = address->ai_next) {
		now = wg_deadline_after(0);
		result = connect_one(supplicant, address, now + (end - now) / left--, cancellable, out);
		if (result == TEE_SUCCESS || result == TEE_ERROR_CANCEL || result == TEE_ERROR_TARGET_DEAD)
			break;
	}
	return result;
}

TEE_Result wg_supplicant_socket_open(struct wg_supplicant *supplicant, struct wg_rpc *rpc, const uint8_t *host,
				     size_t host_bytes)
{
	struct wg_supplicant_socket *entry = find_free(supplicant);
	struct addrinfo *list;
	TEE_Result result;
	int family, type;

	if (!choose_type(rpc->word[0], &type) || !choose_family(rpc->word[1], &family) || rpc->word[2] > UINT16_MAX)
		return TEE_ERROR_BAD_PARAMETERS;
	if (!entry)
		return TEE_ISOCKET_ERROR_OUT_OF_RESOURCES;
	result = wg_supplicant_resolve(host, host_bytes, family, type, (uint16_t)rpc->word[2], &list);
	if (result != TEE_SUCCESS)
		return result;
	result = connect_any(supplicant, list, rpc->cancellable != 0, &entry->descriptor);
	freeaddrinfo(list);
	if (result != TEE_SUCCESS)
		return result;
	entry->type = type;
	rpc->word[3] = handle_of(supplicant, entry);
	return TEE_SUCCESS;
}

TEE_Result wg_supplicant_socket_close(struct wg_supplicant *supplicant, const struct wg_rpc *rpc)
{
	struct wg_supplicant_socket *entry = find(supplicant, rpc->word[0]);

	if (!entry)
		return TEE_ERROR_BAD_PARAMETERS;
	close_entry(entry);
	return TEE_SUCCESS;
}

/* After a failed send or recv: TEE_SUCCESS means try again. deadline 0: not computed yet. */
static TEE_Result retry(struct wg_supplicant *supplicant, const struct wg_rpc *rpc, int descriptor, short events,
			int64_t *deadline)
{
	if (errno == EINTR)
		return TEE_SUCCESS;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return wg_supplicant_error(errno);
	if (rpc->word[1] == 0)
		return TEE_ISOCKET_ERROR_TIMEOUT;
	if (*deadline == 0)
		*deadline = wg_deadline_after(rpc->word[1]);
	return wg_supplicant_wait(supplicant, descriptor, events, *deadline, rpc->cancellable != 0);
}

/* The kernel reads the shared bytes once, whatever the world makes of them meanwhile. */
TEE_Result wg_supplicant_socket_send(struct wg_supplicant *supplicant, struct wg_rpc *rpc, const uint8_t *data,
				     size_t bytes)
{
	const struct wg_supplicant_socket *entry = find(supplicant, rpc->word[0]);
	TEE_Result result = TEE_SUCCESS;
	int64_t deadline = 0;
	ssize_t sent;

	rpc->word[2] = 0;
	if (!entry)
		return TEE_ERROR_BAD_PARAMETERS;
	while (result == TEE_SUCCESS) {
		sent = send(entry->descriptor, data, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
		WG_COUNT(system_calls, 1);
		if (sent >= 0) {
			rpc->word[2] = (uint32_t)sent;
			return TEE_SUCCESS;
		}
		result = retry(supplicant, rpc, entry->descriptor, POLLOUT, &deadline);
	}
	return result;
}

/* A pending error of the socket is not lost: the next request meets it. */
static TEE_Result tell_available(int descriptor, uint32_t *available)
{
	int bytes = 0;

	WG_COUNT(system_calls, 1);
	if (ioctl(descriptor, FIONREAD, &bytes) != 0)
		return wg_supplicant_error(errno);
	*available = (uint32_t)bytes;
	return TEE_SUCCESS;
}

static TEE_Result take_received(const struct wg_supplicant_socket *entry, struct wg_rpc *rpc, size_t wanted, size_t got)
{
	if (got == 0 && entry->type == SOCK_STREAM)
		return TEE_ISOCKET_ERROR_REMOTE_CLOSED;
	rpc->data_bytes = (uint32_t)(got < wanted ? got : wanted);
	rpc->word[2] = (uint32_t)got;
	return TEE_SUCCESS;
}

TEE_Result wg_supplicant_socket_recv(struct wg_supplicant *supplicant, struct wg_rpc *rpc, uint8_t *buffer,
				     size_t buffer_bytes)
{
	const struct wg_supplicant_socket *entry = find(supplicant, rpc->word[0]);
	size_t wanted = rpc->word[2];
	TEE_Result result = TEE_SUCCESS;
	int64_t deadline = 0;
	ssize_t got;
	int flags;

	rpc->word[2] = 0;
	if (!entry || wanted > buffer_bytes)
		return TEE_ERROR_BAD_PARAMETERS;
	if (wanted == 0)
		return tell_available(entry->descriptor, &rpc->word[2]);
	/* With MSG_TRUNC a datagram's whole size comes back; a stream would throw the bytes away. */
	flags = MSG_DONTWAIT | (entry->type == SOCK_DGRAM ? MSG_TRUNC : 0);
	while (result == TEE_SUCCESS) {
		got = recv(entry->descriptor, buffer, wanted, flags);
		WG_COUNT(system_calls, 1);
		if (got >= 0)
			return take_received(entry, rpc, wanted, (size_t)got);
		result = retry(supplicant, rpc, entry->descriptor, POLLIN, &deadline);
	}
	return result;
}

/* Sets a buffer's size and tells which one the kernel chose. */
static TEE_Result set_buffer(int descriptor, int option, uint32_t *value)
{
	int size = (int)*value;
	socklen_t bytes = sizeof(size);

	WG_COUNT(system_calls, 2);
	if (*value > INT_MAX || setsockopt(descriptor, SOL_SOCKET, option, &size, sizeof(size)) != 0 ||
	    getsockopt(descriptor, SOL_SOCKET, option, &size, &bytes) != 0)
		return TEE_ERROR_BAD_PARAMETERS;
	*value = (uint32_t)size;
	return TEE_SUCCESS;
}

union peer {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static in_port_t *port_of(union peer *peer)
{
	return peer->any.sa_family == AF_INET6 ? &peer->v6.sin6_port : &peer->v4.sin_port;
}

static TEE_Result change_address(int descriptor, union peer *peer, const uint8_t *host, size_t host_bytes)
{
	struct addrinfo *list;
	const struct addrinfo *address;
	TEE_Result result =
		wg_supplicant_resolve(host, host_bytes, peer->any.sa_family, SOCK_DGRAM, ntohs(*port_of(peer)), &list);

	if (result != TEE_SUCCESS)
		return result;
	for (address = list; address; address = address->ai_next) {
		WG_COUNT(system_calls, 1);
		result = TEE_SUCCESS;
		if (connect(descriptor, address->ai_addr, address->ai_addrlen) == 0)
			break;
		result = wg_supplicant_error(errno);
	}
	freeaddrinfo(list);
	return result;
}

static TEE_Result change_port(int descriptor, union peer *peer, socklen_t bytes, uint32_t port)
{
	if (port > UINT16_MAX)
		return TEE_ERROR_BAD_PARAMETERS;
	*port_of(peer) = htons((uint16_t)port);
	WG_COUNT(system_calls, 1);
	return connect(descriptor, &peer->any, bytes) == 0 ? TEE_SUCCESS : wg_supplicant_error(errno);
}

static TEE_Result udp_ioctl(int descriptor, const struct wg_rpc *rpc, const uint8_t *host, size_t host_bytes)
{
	union peer peer;
	socklen_t bytes = sizeof(peer);

	memset(&peer, 0, sizeof(peer));
	WG_COUNT(system_calls, 1);
	if (getpeername(descriptor, &peer.any, &bytes) != 0)
		return wg_supplicant_error(errno);
	if (rpc->word[1] == TEE_UDP_CHANGEADDR)
		return change_address(descriptor, &peer, host, host_bytes);
	if (rpc->word[1] == TEE_UDP_CHANGEPORT)
		return change_port(descriptor, &peer, bytes, rpc->word[2]);
	return TEE_ERROR_NOT_SUPPORTED;
}

TEE_Result wg_supplicant_socket_ioctl(struct wg_supplicant *supplicant, struct wg_rpc *rpc, const uint8_t *host,
				      size_t host_bytes)
{
	const struct wg_supplicant_socket *entry = find(supplicant, rpc->word[0]);

	if (!entry)
		return TEE_ERROR_BAD_PARAMETERS;
	if (entry->type == SOCK_DGRAM)
		return udp_ioctl(entry->descriptor, rpc, host, host_bytes);
	if (rpc->word[1] == TEE_TCP_SET_RECVBUF)
		return set_buffer(entry->descriptor, SO_RCVBUF, &rpc->word[2]);
	if (rpc->word[1] == TEE_TCP_SET_SENDBUF)
		return set_buffer(entry->descriptor, SO_SNDBUF, &rpc->word[2]);
	return TEE_ERROR_NOT_SUPPORTED;
}
