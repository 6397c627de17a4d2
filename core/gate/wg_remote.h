/* SPDX-License-Identifier: Apache-2.0 */
/* An instance of a TA in a sealed process, seen from the normal world: what compartment and emulated share. */
#ifndef WG_REMOTE_H
#define WG_REMOTE_H

#include "wg_channel.h"
#include "wg_keeper.h"
#include "wg_transport.h"

struct wg_remote {
	struct wg_target target; /* first: a target is cast to its remote */
	struct wg_child child;
	struct wg_channel channel;
	struct wg_control *control;
	struct wg_boot_report report; /* a private, terminated copy */
	struct wg_supplicant *supplicant;
	void *store; /* sealed pages of a paged heap */
	size_t store_bytes;
	int bell_in, bell_out;	 /* as the normal world sees them */
	uint64_t half_rpc_ticks; /* emulated: either half of an RPC's delay */
};

/* Opens the shared memory of a gate, which every world of it maps. */
TEEC_Result wg_remote_open(struct wg_gate *gate);
void wg_remote_close(struct wg_gate *gate);

/* Starts the process and waits until it is sealed and its TA created. uuid NULL: without a TA. timing gives the fields
 * enter_ticks, rpc_ns, spin and, for a paged heap, heap_bytes and fault_ns of the boot block. */
TEEC_Result wg_remote_start(struct wg_gate *gate, const TEE_UUID *uuid, const struct wg_boot *timing,
			    struct wg_remote **out);
void wg_remote_stop(struct wg_target *target);

/* Carries the call and serves the world's requests meanwhile. The TA's own time in ticks comes back where wanted; no
 * more than has passed, whatever the world says. */
void wg_remote_call(struct wg_remote *remote, struct wg_call *call, uint64_t *ta_ticks);

void wg_remote_cancel(struct wg_target *target, bool requested);
bool wg_remote_ended(const struct wg_target *target);
void wg_remote_ledger(struct wg_target *target, struct wg_ledger *out);
void wg_remote_info(struct wg_target *target, struct wg_world_info *out);

#endif
