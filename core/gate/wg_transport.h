/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the gate: what an open gate is, and what a transport does for it. A transport starts instances of TAs
 * ("targets") and carries calls to them; sessions, shared memory and the rules of the Client API lie above it. */
#ifndef WG_TRANSPORT_H
#define WG_TRANSPORT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tee_client_api.h"
#include "wg_arena.h"
#include "wg_gate.h"
#include "wg_proto.h"

/* One parameter on its way: a value, or memory that the TA will see at pointer (normal) or offset (sealed). */
struct wg_call_param {
	uint32_t a, b;
	void *pointer;
	uint64_t offset; /* WG_NULL_OFFSET: a null reference */
	uint64_t bytes;
	bool copied; /* the memory is not shared: a copy of it crosses */
};

struct wg_call {
	uint32_t kind; /* WG_MESSAGE_OPEN, INVOKE or CLOSE */
	uint32_t session;
	uint32_t command;
	uint32_t types; /* as the TA sees them */
	struct wg_call_param params[WG_PARAMS];
	uint64_t entered; /* wg_ticks() when the crossing began; copies made for it do not count */
	TEEC_Result result;
	uint32_t origin;
};

struct wg_gate;

/* One instance of a TA. A transport embeds it at the start of its own structure. */
struct wg_target {
	struct wg_gate *gate;
	struct wg_target *next;
	TEE_UUID uuid;
	uint32_t flags;	       /* TA_FLAG_* */
	unsigned sessions;     /* under the gate's lock */
	atomic_bool dead;      /* relaxed: a hint for the next OpenSession */
	pthread_mutex_t calls; /* one call at a time, as a TA instance has it */
};

struct wg_transport {
	const char *fidelity;
	bool shares_memory; /* the TA sees the client's own addresses */
	bool wants_ticks;   /* uses wg_call.entered */
	TEEC_Result (*open)(struct wg_gate *gate);
	void (*close)(struct wg_gate *gate);
	/* A new instance, its create entry point done. The target is freed by stop. */
	TEEC_Result (*start)(struct wg_gate *gate, const TEE_UUID *uuid, struct wg_target **out);
	/* Destroy entry point and end. */
	void (*stop)(struct wg_target *target);
	/* Carries the call; fills in result, origin and the parameters that come back. Under target->calls. */
	void (*call)(struct wg_target *target, struct wg_call *call);
	/* requested: the running operation shall end; else a new one begins. Any thread. */
	void (*cancel)(struct wg_target *target, bool requested);
	/* The target has ended without a call that could have told. NULL: it cannot. */
	bool (*ended)(const struct wg_target *target);
	void (*ledger)(struct wg_target *target, struct wg_ledger *out);
	void (*info)(struct wg_target *target, struct wg_world_info *out);
};

extern const struct wg_transport wg_transport_normal;
extern const struct wg_transport wg_transport_compartment;
extern const struct wg_transport wg_transport_emulated;

/* One open context. */
struct wg_gate {
	const struct wg_transport *transport; /* NULL for optee */
	struct wg_optee *optee;
	struct wg_world_spec spec;
	pthread_mutex_t lock; /* targets and arena */
	pthread_cond_t changed;
	struct wg_target *targets;
	bool starting;	       /* an instance is being started */
	struct wg_arena arena; /* of shared memory; sealed worlds only */
	int arena_descriptor;
	uint8_t *arena_memory;
};

/* What a session's imp points to. */
struct wg_session {
	struct wg_gate *gate;
	struct wg_target *target; /* NULL for optee */
	uint32_t handle;	  /* the world's own number for it */
	void *foreign;		  /* optee: the platform's session */
};

/* What can be said of a gate's world before there is one. */
void wg_gate_describe(const struct wg_gate *gate, struct wg_world_info *out);

void wg_target_init(struct wg_target *target, struct wg_gate *gate, const TEE_UUID *uuid);

#endif
