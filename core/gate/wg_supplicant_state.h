/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the supplicant share. */
#ifndef WG_SUPPLICANT_STATE_H
#define WG_SUPPLICANT_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wg_rpc.h"

#define WG_LOG_NAME_BYTES  64u
#define WG_LOG_LINE_BYTES  512u			/* of text in one line; a longer one is split */
#define WG_LOG_TOTAL_BYTES (4u * 1024u * 1024u) /* of one instance; the rest is dropped */
#define WG_NO_DEADLINE	   INT64_MAX

struct wg_supplicant_socket {
	int descriptor;	     /* -1: free */
	int type;	     /* SOCK_STREAM or SOCK_DGRAM */
	uint32_t generation; /* part of the handle, so that an old handle finds nothing */
};

struct wg_supplicant_log {
	int descriptor; /* standard error; -1: off */
	char name[WG_LOG_NAME_BYTES + 1];
	char line[WG_LOG_LINE_BYTES]; /* what has no line end yet */
	size_t used;
	size_t total;
};

struct wg_supplicant {
	TEE_UUID ta;
	int watched;	       /* -1: nothing */
	int cancel_event;      /* an eventfd, readable while cancelled */
	atomic_uint cancelled; /* the same without a system call; relaxed, the event carries the wake-up */
	struct wg_supplicant_socket sockets[WG_RPC_SOCKETS_MAX];
	struct wg_supplicant_log log;
};

/* Nanoseconds of CLOCK_MONOTONIC; ms TEE_TIMEOUT_INFINITE: WG_NO_DEADLINE. */
int64_t wg_deadline_after(uint32_t ms);

/* Waits until descriptor (-1: none) has events or an error. TEE_ISOCKET_ERROR_TIMEOUT at the deadline,
 * TEE_ERROR_CANCEL, TEE_ERROR_TARGET_DEAD. */
TEE_Result wg_supplicant_wait(struct wg_supplicant *supplicant, int descriptor, short events, int64_t deadline,
			      bool cancellable);

/* One operation each. Their words and buffer are not yet checked; data_bytes is at most buffer_bytes. They set the
 * answer's words and data_bytes, which is 0 before. */
TEE_Result wg_supplicant_socket_open(struct wg_supplicant *supplicant, struct wg_rpc *rpc, const uint8_t *host,
				     size_t host_bytes);
TEE_Result wg_supplicant_socket_close(struct wg_supplicant *supplicant, const struct wg_rpc *rpc);
TEE_Result wg_supplicant_socket_send(struct wg_supplicant *supplicant, struct wg_rpc *rpc, const uint8_t *data,
				     size_t bytes);
TEE_Result wg_supplicant_socket_recv(struct wg_supplicant *supplicant, struct wg_rpc *rpc, uint8_t *buffer,
				     size_t buffer_bytes);
TEE_Result wg_supplicant_socket_ioctl(struct wg_supplicant *supplicant, struct wg_rpc *rpc, const uint8_t *host,
				      size_t host_bytes);
void wg_supplicant_sockets_close(struct wg_supplicant *supplicant);

TEE_Result wg_supplicant_log(struct wg_supplicant_log *log, const struct wg_rpc *rpc, const uint8_t *data,
			     size_t bytes);
/* Shows what has no line end yet. */
void wg_supplicant_log_flush(struct wg_supplicant_log *log);

TEE_Result wg_supplicant_time_get(const TEE_UUID *ta, struct wg_rpc *rpc);
TEE_Result wg_supplicant_time_set(const TEE_UUID *ta, const struct wg_rpc *rpc);

/* Name resolution. list is freed by freeaddrinfo. */
struct addrinfo;
TEE_Result wg_supplicant_resolve(const uint8_t *host, size_t host_bytes, int family, int type, uint16_t port,
				 struct addrinfo **list);
TEE_Result wg_supplicant_error(int error);

#endif
