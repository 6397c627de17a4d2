/* SPDX-License-Identifier: Apache-2.0 */
/* What a world asks of the normal world. The world side calls wg_rpc_call; the normal side answers in
 * wg_supplicant_serve. Each side treats all that the other wrote as hostile. */
#ifndef WG_RPC_H
#define WG_RPC_H

#include <stddef.h>
#include <stdint.h>

#include "tee_api_types.h"

#define WG_RPC_BUFFER_BYTES (256u * 1024u) /* the most data that one request carries */
#define WG_RPC_SOCKETS_MAX  64u		   /* open sockets of one instance */

enum wg_rpc_operation {
	WG_RPC_LOG = 1,	       /* word[0]: bytes of the TA's name; data out: that name, then text */
	WG_RPC_REE_TIME,       /* word[0..1] back: seconds, milliseconds */
	WG_RPC_WAIT,	       /* word[0]: milliseconds, TEE_TIMEOUT_INFINITE until cancelled */
	WG_RPC_PERSISTENT_GET, /* word[0..1] back: seconds, milliseconds of the TA's persistent time */
	WG_RPC_PERSISTENT_SET, /* word[0..1]: the same */
	WG_RPC_SOCKET_OPEN,    /* word[0]: 6 TCP, 17 UDP; [1]: TEE_ipSocket_ipVersion; [2]: port;
				  data out: host name; word[3] back: handle */
	WG_RPC_SOCKET_CLOSE,   /* word[0]: handle */
	WG_RPC_SOCKET_SEND,    /* word[0]: handle; [1]: timeout ms; data out; word[2] back: bytes sent */
	WG_RPC_SOCKET_RECV,    /* word[0]: handle; [1]: timeout ms; [2]: bytes wanted, 0: only tell what is there;
				  data in; word[2] back: bytes there were, more than the data where a datagram was cut */
	WG_RPC_SOCKET_IOCTL    /* word[0]: handle; [1]: command; [2]: value in and back; data out: the host name of
				  TEE_UDP_CHANGEADDR */
};

struct wg_rpc {
	uint32_t operation;
	TEE_Result result; /* written by the normal world */
	uint32_t word[6];
	uint32_t data_bytes;  /* out: bytes in the buffer; back: bytes that the answer put there */
	uint32_t cancellable; /* not 0: a cancellation request of the client ends the wait with TEE_ERROR_CANCEL */
};

struct wg_instance;

/* World side: sends out_bytes of out with the request, waits, and copies at most in_capacity bytes of the answer to in.
 * Returns rpc->result; TEE_ERROR_COMMUNICATION where the answer is malformed. */
TEE_Result wg_rpc_call(struct wg_instance *instance, struct wg_rpc *rpc, const void *out, size_t out_bytes, void *in,
		       size_t in_capacity);

/* Normal side. One supplicant per instance; not for two threads at once, except wg_supplicant_cancel. */
struct wg_supplicant;
struct wg_supplicant *wg_supplicant_new(const TEE_UUID *ta); /* NULL with errno where it fails */
void wg_supplicant_free(struct wg_supplicant *supplicant);   /* closes every socket of the instance; NULL is fine */
/* A wait ends with TEE_ERROR_TARGET_DEAD once descriptor is readable: the pidfd of the world's process. It stays the
 * caller's and open while requests are served; -1 watches nothing. */
void wg_supplicant_watch(struct wg_supplicant *supplicant, int descriptor);
/* rpc is a private copy; buffer (buffer_bytes of it) is shared with the world, so nothing in it is read twice. */
void wg_supplicant_serve(struct wg_supplicant *supplicant, struct wg_rpc *rpc, uint8_t *buffer, size_t buffer_bytes);
/* Ends a wait of the running request if it is cancellable, and of the following ones until reset. Any thread. */
void wg_supplicant_cancel(struct wg_supplicant *supplicant);
void wg_supplicant_cancel_reset(struct wg_supplicant *supplicant);

#endif
