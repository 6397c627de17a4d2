/* SPDX-License-Identifier: Apache-2.0 */
/* The normal side of a world's requests: one supplicant per instance, served by the thread that waits for the world.
 * Everything in a request is hostile: each operation checks its own words. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "tee_isocket.h"
#include "wg_ledger.h"
#include "wg_supplicant_state.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

static int log_descriptor(void)
{
	const char *wanted = getenv("WORLDGATE_TA_LOG");

	return wanted && strcmp(wanted, "off") == 0 ? -1 : STDERR_FILENO;
}

struct wg_supplicant *wg_supplicant_new(const TEE_UUID *ta)
{
	struct wg_supplicant *supplicant = calloc(1, sizeof(*supplicant));
	size_t i;

	if (!supplicant)
		return NULL;
	supplicant->ta = *ta;
	supplicant->watched = -1;
	supplicant->log.descriptor = log_descriptor();
	for (i = 0; i < WG_RPC_SOCKETS_MAX; i++)
		supplicant->sockets[i].descriptor = -1;
	supplicant->cancel_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (supplicant->cancel_event < 0) {
		free(supplicant);
		return NULL;
	}
	return supplicant;
}

void wg_supplicant_free(struct wg_supplicant *supplicant)
{
	if (!supplicant)
		return;
	wg_supplicant_log_flush(&supplicant->log);
	wg_supplicant_sockets_close(supplicant);
	(void)close(supplicant->cancel_event);
	free(supplicant);
}

void wg_supplicant_watch(struct wg_supplicant *supplicant, int descriptor)
{
	supplicant->watched = descriptor;
}

void wg_supplicant_cancel(struct wg_supplicant *supplicant)
{
	/* The event before the flag: a reset in between then leaves a flag that the next reset sees, never an event
	 * that none does. The write fails only where the event is at its maximum already. */
	(void)eventfd_write(supplicant->cancel_event, 1);
	atomic_store_explicit(&supplicant->cancelled, 1, memory_order_relaxed);
}

void wg_supplicant_cancel_reset(struct wg_supplicant *supplicant)
{
	eventfd_t ignored;

	/* Most operations are never cancelled: no system call for those. */
	if (atomic_exchange_explicit(&supplicant->cancelled, 0, memory_order_relaxed) == 0)
		return;
	(void)eventfd_read(supplicant->cancel_event, &ignored);
}

static int64_t now_ns(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) != 0)
		abort();
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t wg_deadline_after(uint32_t ms)
{
	if (ms == TEE_TIMEOUT_INFINITE)
		return WG_NO_DEADLINE;
	return now_ns(CLOCK_MONOTONIC) + ms * NS_PER_MS;
}

/* Time that is left, or NULL without a deadline. */
static const struct timespec *time_left(int64_t deadline, struct timespec *left)
{
	int64_t ns;

	if (deadline == WG_NO_DEADLINE)
		return NULL;
	ns = deadline - now_ns(CLOCK_MONOTONIC);
	if (ns < 0)
		ns = 0;
	left->tv_sec = ns / NS_PER_S;
	left->tv_nsec = ns % NS_PER_S;
	return left;
}

TEE_Result wg_supplicant_wait(struct wg_supplicant *supplicant, int descriptor, short events, int64_t deadline,
			      bool cancellable)
{
	struct pollfd polled[3] = {{.fd = descriptor, .events = events},
				   {.fd = supplicant->watched, .events = POLLIN},
				   {.fd = cancellable ? supplicant->cancel_event : -1, .events = POLLIN}};
	struct timespec left;
	int ready;

	do {
		ready = ppoll(polled, 3, time_left(deadline, &left), NULL);
		WG_COUNT(system_calls, 1);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return TEE_ERROR_GENERIC;
	if (ready == 0)
		return TEE_ISOCKET_ERROR_TIMEOUT;
	if (polled[1].revents)
		return TEE_ERROR_TARGET_DEAD;
	if (polled[2].revents)
		return TEE_ERROR_CANCEL;
	return TEE_SUCCESS;
}

static TEE_Result serve_wait(struct wg_supplicant *supplicant, const struct wg_rpc *rpc)
{
	int64_t deadline = wg_deadline_after(rpc->word[0]);
	TEE_Result result = wg_supplicant_wait(supplicant, -1, 0, deadline, rpc->cancellable != 0);

	return result == TEE_ISOCKET_ERROR_TIMEOUT ? TEE_SUCCESS : result;
}

static TEE_Result serve_ree_time(struct wg_rpc *rpc)
{
	int64_t now = now_ns(CLOCK_REALTIME);

	rpc->word[0] = (uint32_t)(now / NS_PER_S);
	rpc->word[1] = (uint32_t)(now % NS_PER_S / NS_PER_MS);
	return TEE_SUCCESS;
}

static TEE_Result serve(struct wg_supplicant *supplicant, struct wg_rpc *rpc, uint8_t *buffer, size_t buffer_bytes,
			size_t bytes)
{
	switch (rpc->operation) {
	case WG_RPC_LOG:
		return wg_supplicant_log(&supplicant->log, rpc, buffer, bytes);
	case WG_RPC_REE_TIME:
		return serve_ree_time(rpc);
	case WG_RPC_WAIT:
		return serve_wait(supplicant, rpc);
	case WG_RPC_PERSISTENT_GET:
		return wg_supplicant_time_get(&supplicant->ta, rpc);
	case WG_RPC_PERSISTENT_SET:
		return wg_supplicant_time_set(&supplicant->ta, rpc);
	case WG_RPC_SOCKET_OPEN:
		return wg_supplicant_socket_open(supplicant, rpc, buffer, bytes);
	case WG_RPC_SOCKET_CLOSE:
		return wg_supplicant_socket_close(supplicant, rpc);
	case WG_RPC_SOCKET_SEND:
		return wg_supplicant_socket_send(supplicant, rpc, buffer, bytes);
	case WG_RPC_SOCKET_RECV:
		return wg_supplicant_socket_recv(supplicant, rpc, buffer, buffer_bytes);
	case WG_RPC_SOCKET_IOCTL:
		return wg_supplicant_socket_ioctl(supplicant, rpc, buffer, bytes);
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}

void wg_supplicant_serve(struct wg_supplicant *supplicant, struct wg_rpc *rpc, uint8_t *buffer, size_t buffer_bytes)
{
	/* In the normal world the TA's own thread comes here: this work is not the TA's. */
	struct wg_ledger *before = wg_ledger_enter(NULL);
	size_t bytes = rpc->data_bytes;

	rpc->data_bytes = 0;
	if (bytes > buffer_bytes)
		rpc->result = TEE_ERROR_BAD_PARAMETERS;
	else if (rpc->cancellable && atomic_load_explicit(&supplicant->cancelled, memory_order_relaxed) != 0)
		rpc->result = TEE_ERROR_CANCEL;
	else
		rpc->result = serve(supplicant, rpc, buffer, buffer_bytes, bytes);
	(void)wg_ledger_enter(before);
}
