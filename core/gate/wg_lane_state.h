/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a lane, for its own files only. */
#ifndef WG_LANE_STATE_H
#define WG_LANE_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "wg_lane.h"

/* What each mode does; a constant table in wg_lane.c. */
struct wg_lane_way {
	wg_result (*open)(struct wg_lane *lane);
	void (*close)(struct wg_lane *lane, struct wg_lane_counts *counts);
	void (*count)(const struct wg_lane *lane, struct wg_lane_counts *counts); /* NULL: nothing beyond the lane's */
	wg_result (*rest)(struct wg_lane *lane);				  /* NULL: always at rest */
	void *(*payload)(struct wg_lane *lane);
	wg_result (*submit)(struct wg_lane *lane, const struct wg_lane_slot *slot);
	wg_result (*flush)(struct wg_lane *lane);
	/* As wg_lane_put() and wg_lane_take(), but take does not wait: WG_ERR_STATE where there is no answer. taken:
	 * also on failure. */
	wg_result (*put)(struct wg_lane *lane, const struct wg_lane_request *requests, uint32_t count, uint32_t *put);
	wg_result (*take)(struct wg_lane *lane, struct wg_lane_reply *replies, uint32_t most, uint32_t *taken);
	/* Passes the time until the next look for an answer, as wg_relax(). NULL: answers do not come by themselves. */
	uint32_t (*relax)(struct wg_lane *lane, uint32_t empty);
};

extern const struct wg_lane_way wg_lane_block_way; /* call and batch */
extern const struct wg_lane_way wg_lane_ring_way;

struct wg_lane {
	const struct wg_lane_way *way;
	struct wg_lane_config config;
	TEEC_Context *context;
	TEEC_Session *session;
	TEEC_SharedMemory memory;
	size_t slot_bytes;
	uint64_t under_way;  /* requests whose answers were not taken */
	uint64_t bytes;	     /* of payloads there and back */
	TEEC_Result failure; /* of this thread's crossings */

	/* call and batch */
	uint32_t filled;	    /* requests in the block, not crossed yet */
	uint32_t answered;	    /* answers in the block */
	uint32_t taken;		    /* of them */
	struct wg_lane_slot answer; /* of a call */

	/* ring */
	struct wg_lane_block *block;
	struct wg_ring_producer requests;
	struct wg_ring_consumer answers;
	uint32_t reserved;    /* slots for requests that are free for sure */
	uint32_t unpublished; /* requests in them */
	bool unannounced;     /* requests were published, and nobody looked whether the server sleeps */
	uint32_t ready;	      /* answers peeked */
	uint32_t used;	      /* of them */
	uint32_t cpu;	      /* what block->client_cpu holds */
	pthread_t server;
	int bell;
	atomic_uint server_asleep; /* sequentially consistent, pairs with the fence in the client's flush */
	struct wg_ledger thread;   /* of the server: read only once it sleeps or has ended */
	double thread_cpu_ns;
	atomic_uint server_failure; /* a TEEC_Result: release by the server pairs with the client's acquire */
	atomic_uint server_stop;    /* release by the client pairs with the server's acquire */
};

wg_result wg_lane_memory(struct wg_lane *lane, size_t bytes) WG_MUST_CHECK;

#endif
