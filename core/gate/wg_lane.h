/* SPDX-License-Identifier: Apache-2.0 */
/* The client's side of a lane: operations for a TA that serves lanes (wg_lane_format.h), in any of the three modes and
 * in any world. Answers come in the order of the requests. One thread uses a lane. */
#ifndef WG_LANE_H
#define WG_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tee_client_api.h"
#include "wg_lane_format.h"
#include "wg_ledger.h"
#include "wg_result.h"

enum wg_lane_mode {
	WG_LANE_CALL,  /* one operation a crossing */
	WG_LANE_BATCH, /* count operations a crossing */
	WG_LANE_RING   /* one long crossing, made by a thread of the lane's own, serves a ring of count slots */
};

struct wg_lane_config {
	enum wg_lane_mode mode;
	uint32_t count;	      /* of a batch, or of a ring's slots: a power of two */
	size_t payload_bytes; /* the largest */
};

struct wg_lane;

/* context and session stay the caller's and outlive the lane. On failure wg_gate_reason() says why. */
wg_result wg_lane_open(TEEC_Context *context, TEEC_Session *session, const struct wg_lane_config *config,
		       struct wg_lane **out) WG_MUST_CHECK;

/* What was counted beyond the client's own thread. For the ledger, not to decide by. */
struct wg_lane_counts {
	/* What the TA of a ring says that it did; 0 for the other modes. */
	uint64_t operations, polls;
	/* What the TA copied out of the slots and into them: it copies what it is given and what it answers once, so
	 * this is counted here, where a count for each burst is enough. */
	uint64_t bytes;
	/* Of a ring: the lane's own thread, which makes the long crossing. */
	struct wg_ledger thread;
	double thread_cpu_ns; /* negative: no such thread, or unknown */
};

/* counts may be NULL. */
void wg_lane_close(struct wg_lane *lane, struct wg_lane_counts *counts);

/* Brings a ring to rest: its invocation has returned, and the lane's thread sleeps until the next request. All that
 * was counted so far is then set down. WG_ERR_STATE: requests are under way, or answers were not taken. The other
 * modes are always at rest. */
wg_result wg_lane_rest(struct wg_lane *lane) WG_MUST_CHECK;
/* Since the lane was opened; whole only while it is at rest. */
void wg_lane_count(const struct wg_lane *lane, struct wg_lane_counts *counts);

/* Where the payload of the next request goes; NULL where the lane is full, until answers are taken. Not to be read. */
void *wg_lane_payload(struct wg_lane *lane);
/* The next request, its payload in place. A batch crosses when it is full, a call at once, a ring with the next flush.
 * WG_ERR_STATE: full. WG_ERR_SYSTEM: the crossing failed, wg_lane_failure says how. */
wg_result wg_lane_submit(struct wg_lane *lane, uint32_t operation, uint32_t bytes, uint32_t tag) WG_MUST_CHECK;
/* What is submitted crosses now. */
wg_result wg_lane_flush(struct wg_lane *lane) WG_MUST_CHECK;

/* The next answer. payload: its bytes, valid until the next answer is taken, shared with the other side: copy once.
 * WG_ERR_STATE: there is none now. WG_ERR_SYSTEM: the lane has failed. WG_ERR_INPUT: the world broke the ring. */
wg_result wg_lane_answer(struct wg_lane *lane, struct wg_lane_slot *slot, const void **payload) WG_MUST_CHECK;
/* The same, but waits for it, and flushes where it has to wait; WG_ERR_STATE only where nothing is under way. */
wg_result wg_lane_wait(struct wg_lane *lane, struct wg_lane_slot *slot, const void **payload) WG_MUST_CHECK;

/* The same in bursts, which cost less for each: up to WG_LANE_BURST together. */
#define WG_LANE_BURST 32u

struct wg_lane_request {
	uint32_t operation, tag;
	const void *payload; /* copied */
	uint32_t bytes;
};

struct wg_lane_reply {
	struct wg_lane_slot slot;
	const void *payload; /* valid until answers are taken again; shared: copy once */
};

/* Submits as many of the requests as there is room for, at most WG_LANE_BURST. put: how many, also on failure. */
wg_result wg_lane_put(struct wg_lane *lane, const struct wg_lane_request *requests, uint32_t count,
		      uint32_t *put) WG_MUST_CHECK;
/* Waits for one answer as wg_lane_wait(), then takes those that are there too, at most `most` and WG_LANE_BURST. */
wg_result wg_lane_take(struct wg_lane *lane, struct wg_lane_reply *replies, uint32_t most,
		       uint32_t *taken) WG_MUST_CHECK;

/* What the Client API answered to the crossing that failed; TEEC_SUCCESS while none has. */
TEEC_Result wg_lane_failure(const struct wg_lane *lane);

#endif
