/* SPDX-License-Identifier: Apache-2.0 */
/* The gate: which world the Client API of this process talks to, and what is known of it. The world is named by a
 * string, so that C, Python and an environment variable say it in the same way:
 *
 *     KIND[:KEY=VALUE[,KEY=VALUE...]]      KIND: normal | compartment | emulated | optee
 *
 * keys for all:   aead=auto|openssl|ipsecmb   arena_bytes=N (shared memory)   cpu=N (pins the world)
 *                 exe=PATH (the executable of a sealed world; the environment variable WORLDGATE_WORLD_EXE else)
 * for emulated:   profile=NAME (a label)   transition_ns=X   rpc_ns=X   copy_ns_per_kib=X
 *                 temporary_ns_per_kib=X   heap_bytes=N   fault_ns=X
 * for optee:      device=NAME   library=PATH
 *
 * TEEC_InitializeContext takes such a string as its name; NULL means the environment variable WORLDGATE_WORLD, and
 * "compartment" where that is unset. */
#ifndef WG_GATE_H
#define WG_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tee_client_api.h"
#include "wg_ledger.h"
#include "wg_result.h"

#define WG_REASON_BYTES 256u

enum wg_world_kind { WG_WORLD_NORMAL, WG_WORLD_COMPARTMENT, WG_WORLD_EMULATED, WG_WORLD_OPTEE };

/* Numbers of a profile. Negative: unknown, so not emulated. */
struct wg_costs {
	double transition_ns;	     /* an empty crossing there and back */
	double rpc_ns;		     /* a request of the world to the normal world, there and back */
	double copy_ns_per_kib;	     /* bounce copy of 1 KiB in one direction, of any memory reference */
	double temporary_ns_per_kib; /* copy of 1 KiB in one direction, of memory that is not shared: temporary,
					registered */
	double fault_ns;	     /* one page brought in while the protected memory is full */
	int64_t heap_bytes;	     /* protected memory; negative: without bound */
};

struct wg_world_spec {
	enum wg_world_kind kind;
	char profile[64];
	char aead[16];
	char exe[512];
	char device[128];
	char library[512];
	size_t arena_bytes;
	int cpu; /* -1: not pinned */
	struct wg_costs costs;
};

/* Never reads beyond the NUL. On WG_ERR_INPUT reason names the wrong part. */
wg_result wg_world_parse(const char *text, struct wg_world_spec *spec, char reason[WG_REASON_BYTES]) WG_MUST_CHECK;

/* What an open gate knows of its world. */
struct wg_world_info {
	enum wg_world_kind kind;
	char fidelity[16]; /* "none" for the normal world, else hardware, compartment, emulated */
	char aead[64];	   /* the AEAD library inside the world; empty when not asked yet or unknown */
	char memory[16];   /* "secret" (memfd_secret), "anonymous", "paged", "shared" (normal), "" unknown */
	char memory_reason[WG_REASON_BYTES]; /* why not secret */
	double transition_floor_ns;	     /* this machine's own cost of an empty crossing; negative: not measured */
	double fault_floor_ns;		     /* of a page fault; negative: not measured */
	int64_t process;		     /* the id of the world's newest process; 0 where it has none */
};

/* Why the last failing Client API call of this thread failed, in one line that says what to do. Never NULL. */
const char *wg_gate_reason(void);

/* Of an open session's instance: what its world counted so far, and what is known of the world.
 * WG_ERR_UNAVAILABLE where the transport cannot tell (optee). */
wg_result wg_gate_world_ledger(TEEC_Session *session, struct wg_ledger *out) WG_MUST_CHECK;
wg_result wg_gate_world_info(TEEC_Session *session, struct wg_world_info *out) WG_MUST_CHECK;
/* This thread's own ledger in the normal world, since it started. */
void wg_gate_own_ledger(struct wg_ledger *out);

/* Looks whether the world can be used here at all, without a TA: WG_OK or WG_ERR_UNAVAILABLE with the reason. Measures
 * the floors of an emulated world, which takes some tenths of a second the first time. */
wg_result wg_gate_probe(const char *world, struct wg_world_info *out, char reason[WG_REASON_BYTES]) WG_MUST_CHECK;

#endif
