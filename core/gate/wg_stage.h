/* SPDX-License-Identifier: Apache-2.0 */
/* Stage times: where the time of an operation goes, as the normal world sees it, from the cycle counter on a sampled
 * share of the operations. One table a thread. The TA's own time is what its world says, never more than passed while
 * this side waited. */
#ifndef WG_STAGE_H
#define WG_STAGE_H

#include <stddef.h>
#include <stdint.h>

/* name, what the time went into. The first six are of a crossing, the last three of a lane. */
#define WG_STAGE_FIELDS(X)                                                             \
	X(marshal, "checks, locks and copies of parameters on the way in")             \
	X(send, "passing the message on and waking the world")                         \
	X(wait, "waiting for the world, asleep or spinning, while the TA did not run") \
	X(inside, "inside the TA, as its world says")                                  \
	X(request, "serving requests of the world")                                    \
	X(unmarshal, "copies and sizes on the way back")                               \
	X(put, "writing requests into a lane")                                         \
	X(answer, "waiting for an answer of a ring, with the look that finds it")      \
	X(take, "reading answers that are there")

#define WG_STAGE_NUMBER(name, text) WG_STAGE_##name,
enum wg_stage_name { WG_STAGE_FIELDS(WG_STAGE_NUMBER) WG_STAGES };
#undef WG_STAGE_NUMBER

/* ticks of all sampled operations together, and how many they are: their ratio is the mean of one operation. */
struct wg_stage {
	uint64_t operations;
	uint64_t ticks;
};

/* While a sample is taken: the thread's table, and where this sample stands. */
struct wg_stages {
	struct wg_stage stage[WG_STAGES];
	uint64_t last;		    /* wg_ticks() at the last lap */
	uint64_t waited, requested; /* ticks of this crossing */
	uint32_t operations;	    /* that this crossing carries */
	uint32_t random;	    /* of the next interval */
	uint64_t lap_ticks;	    /* what a lap itself takes; 0: not measured yet */
};

/* The running thread's table so far. */
void wg_stage_own(struct wg_stage out[WG_STAGES]);

#ifdef WG_NO_LEDGER

static inline struct wg_stages *wg_stage_begin(void)
{
	return NULL;
}

static inline struct wg_stages *wg_stage_here(void)
{
	return NULL;
}

static inline void wg_stage_end(void)
{
}

#else

/* Where the running thread stands; here so that a begin and an end need no call where nothing is sampled. */
struct wg_sampling {
	uint32_t depth; /* begins without their end */
	uint32_t until; /* outermost begins before the next sample */
	struct wg_stages *now;
};

extern _Thread_local struct wg_sampling wg_sampling;

/* Starts a sample. Out of line: one operation in 128. */
void wg_stage_start(void);

/* An operation begins, or a part of one: only the outermost begin decides whether it is sampled. NULL: it is not.
 * Which one is sampled is random, one of 128 on average, so that no period of the operations hides from it. */
static inline struct wg_stages *wg_stage_begin(void)
{
	if (wg_sampling.depth++ == 0 && wg_sampling.until-- == 0)
		wg_stage_start();
	return wg_sampling.now;
}

/* The sample that is being taken; NULL where there is none. */
static inline struct wg_stages *wg_stage_here(void)
{
	return wg_sampling.now;
}

/* Once for each begin, in the same thread. */
static inline void wg_stage_end(void)
{
	if (--wg_sampling.depth == 0)
		wg_sampling.now = NULL;
}

#endif

/* Time since the last lap, less what a lap takes, went into that stage, for so many operations: 0 where a later lap
 * tells. */
void wg_stage_add(struct wg_stages *stages, enum wg_stage_name stage, uint32_t operations);

static inline void wg_stage_lap(struct wg_stages *stages, enum wg_stage_name stage, uint32_t operations)
{
	if (stages)
		wg_stage_add(stages, stage, operations);
}

/* The same for all that the crossing carries. */
static inline void wg_stage_crossing(struct wg_stages *stages, enum wg_stage_name stage)
{
	if (stages)
		wg_stage_add(stages, stage, stages->operations);
}

/* The crossing is over: of what was waited the TA took that long, less what was spent on its requests. */
void wg_stage_inside(struct wg_stages *stages, uint64_t ta_ticks);

#endif
