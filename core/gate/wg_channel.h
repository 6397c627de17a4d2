/* SPDX-License-Identifier: Apache-2.0 */
/* The shared memory between the normal world and one sealed process, and the passing of messages through it: one
 * message is under way at a time, in one direction. A message is complete when its sequence number moves; whoever waits
 * sleeps on a bell (compartment) or spins for a while before it sleeps (emulated). */
#ifndef WG_CHANNEL_H
#define WG_CHANNEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "wg_gate.h"
#include "wg_proto.h"

/* Descriptors that a sealed process is started with. */
#define WG_DESCRIPTOR_CONTROL 3
#define WG_DESCRIPTOR_ARENA   4
#define WG_DESCRIPTOR_IN      5 /* the bell that the world waits for */
#define WG_DESCRIPTOR_OUT     6 /* the bell that the world rings */
#define WG_DESCRIPTOR_STORE   7 /* sealed pages; only where the heap is paged */

/* How a world ends whose stored pages were tampered with. */
#define WG_EXIT_BROKEN_PAGE 70

/* Written by the normal world before the process starts. */
struct wg_boot {
	TEE_UUID uuid; /* all zero: no TA, a world that answers empty crossings only */
	uint64_t arena_bytes;
	uint64_t store_bytes; /* 0: the heap is not paged */
	uint64_t heap_bytes;  /* resident bytes of a paged heap */
	double fault_ns;
	double rpc_ns;	      /* negative: as it comes */
	uint64_t enter_ticks; /* from wg_leg.ticks to the TA's first instruction; 0: as it comes */
	uint32_t spin;	      /* not 0: spin before sleeping */
	uint32_t rpc_refused; /* not 0: the profile knows no cost of a request, so there are none but the log */
	int32_t cpu;	      /* -1: not pinned */
	int32_t parent;	      /* process id of the normal world */
	char aead[16];
};

/* Written by the world once, before its first answer. */
struct wg_boot_report {
	uint32_t result; /* TEE_Result; nothing else counts unless TEE_SUCCESS */
	uint32_t flags;	 /* of the TA */
	double fault_floor_ns;
	char aead[64];
	char memory[16];
	char memory_reason[WG_REASON_BYTES];
	char reason[WG_REASON_BYTES]; /* for a result other than TEE_SUCCESS */
};

/* One direction. The sender fills in the message and ticks, then moves sequence. */
struct wg_leg {
	_Alignas(64) atomic_uint sequence; /* release by the sender pairs with the receiver's acquire */
	atomic_uint asleep;		   /* receiver: about to sleep; see wg_channel_send */
	_Atomic uint32_t cpu;		   /* the sender's processor, a hint for wg_relax */
	uint64_t ticks;			   /* when the sender began (request), or the TA's own ticks (answer) */
	struct wg_message message;
	struct wg_rpc rpc;
};

struct wg_control {
	struct wg_leg to_world;
	struct wg_leg to_normal;
	_Alignas(64) atomic_uint cancel; /* the client asks to cancel; a hint, no data hangs on it: relaxed */
	_Alignas(64) struct wg_ledger ledger;
	struct wg_boot boot;
	struct wg_boot_report report;
	_Alignas(4096) uint8_t rpc_buffer[WG_RPC_BUFFER_BYTES];
};

/* One side's private view. */
struct wg_channel {
	struct wg_control *control;
	struct wg_leg *out, *in;
	int bell_out, bell_in;
	unsigned sent, seen; /* sequence numbers */
	uint32_t marked_cpu; /* what this side left in out->cpu */
	bool spin;
	uint64_t spin_ticks; /* how long to spin before sleeping */
	const atomic_int
		*peer_dead; /* NULL, or not 0 once the peer has ended (acquire pairs with the keeper's release) */
};

/* side of the world: in is to_world. */
void wg_channel_init(struct wg_channel *channel, struct wg_control *control, bool world_side, int bell_in, int bell_out,
		     bool spin);

/* Makes message (and rpc, if not NULL) the peer's next. ticks: see struct wg_leg. */
wg_result wg_channel_send(struct wg_channel *channel, const struct wg_message *message, const struct wg_rpc *rpc,
			  uint64_t ticks) WG_MUST_CHECK;
/* Waits for the peer's next message. WG_ERR_STATE: the peer has ended. */
wg_result wg_channel_wait(struct wg_channel *channel) WG_MUST_CHECK;

#endif
