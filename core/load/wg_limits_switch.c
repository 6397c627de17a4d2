/* SPDX-License-Identifier: Apache-2.0 */
/* Loops that reach no TA: system call, clock, poll, and the two ways in which one thread brings another on. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wg_bell.h"
#include "wg_clock.h"
#include "wg_limits_loop.h"
#include "wg_relax.h"
#include "wg_ring.h"

#define POLL_SLOTS	8u
#define POLL_SLOT_BYTES 64u

/* The cheapest there is: what a call costs before it does anything. */
static wg_result system_call_turns(struct wg_limit_run *run, uint64_t count, double *ns)
{
	const uint64_t began = wg_ticks();

	(void)run;
	while (count--)
		(void)syscall(SYS_getppid);
	*ns = wg_ticks_to_ns(wg_ticks() - began);
	return WG_OK;
}

static wg_result clock_turns(struct wg_limit_run *run, uint64_t count, double *ns)
{
	const uint64_t began = wg_ticks();

	(void)run;
	while (count--)
		(void)wg_ticks();
	*ns = wg_ticks_to_ns(wg_ticks() - began);
	return WG_OK;
}

struct poll {
	void *memory;
	struct wg_ring_consumer consumer;
};

static wg_result poll_open(struct wg_limit_run *run)
{
	const size_t bytes = wg_ring_bytes(POLL_SLOTS, POLL_SLOT_BYTES);
	struct poll *poll = run->state = calloc(1, sizeof(*poll));
	wg_result result;

	if (!poll)
		return WG_ERR_MEMORY;
	poll->memory = aligned_alloc(WG_RING_ALIGN, (bytes + WG_RING_ALIGN - 1) / WG_RING_ALIGN * WG_RING_ALIGN);
	if (!poll->memory)
		return WG_ERR_MEMORY;
	result = wg_ring_init(poll->memory, bytes, POLL_SLOTS, POLL_SLOT_BYTES);
	if (result == WG_OK)
		result = wg_ring_consumer_attach(&poll->consumer, poll->memory, bytes, POLL_SLOTS, POLL_SLOT_BYTES);
	return result;
}

/* A look and what comes between two looks: a pause, and a yield where the other side is said to run here. */
static wg_result poll_turns(struct wg_limit_run *run, uint64_t count, double *ns)
{
	struct poll *poll = run->state;
	const int other = run->plan->other_cpu;
	const uint32_t other_cpu = other < 0 ? WG_RELAX_CPU_UNKNOWN : (uint32_t)other;
	const uint64_t began = wg_ticks();
	wg_result result = WG_OK;
	uint32_t empty = 0;
	uint32_t got;

	while (count-- && result == WG_OK) {
		result = wg_ring_peek(&poll->consumer, 1, &got);
		empty = wg_relax(empty, other_cpu);
	}
	*ns = wg_ticks_to_ns(wg_ticks() - began);
	return result;
}

static void poll_close(struct wg_limit_run *run)
{
	struct poll *poll = run->state;

	if (poll)
		free(poll->memory);
	free(poll);
}

/* Two threads that take turns. mine: the turn of the thread that measures is even, the partner's is odd. */
struct pair {
	_Alignas(128) _Atomic uint64_t turn;
	_Alignas(128) atomic_bool stop;
	int bell, partner_bell; /* -1: spinning ones have none */
	bool yields;
	bool started;
	pthread_t partner;
};

static void wait_for_turn(struct pair *pair, uint64_t turn)
{
	/* Acquire pairs with the release in hand_over(). */
	while (atomic_load_explicit(&pair->turn, memory_order_acquire) < turn) {
		if (atomic_load_explicit(&pair->stop, memory_order_relaxed))
			return;
		if (pair->yields)
			wg_yield();
		else
			wg_pause();
	}
}

static void hand_over(struct pair *pair, uint64_t turn)
{
	/* Release pairs with the acquire in wait_for_turn(). */
	atomic_store_explicit(&pair->turn, turn, memory_order_release);
}

static void *spin_partner(void *argument)
{
	struct pair *pair = argument;
	uint64_t turn;

	/* stop is a hint of its own: relaxed. */
	for (turn = 1; !atomic_load_explicit(&pair->stop, memory_order_relaxed); turn += 2) {
		wait_for_turn(pair, turn);
		hand_over(pair, turn + 1);
	}
	return NULL;
}

static void *bell_partner(void *argument)
{
	struct pair *pair = argument;

	while (wg_bell_wait(pair->partner_bell) == WG_OK) {
		/* Relaxed: the bell, a system call on both sides, orders it. */
		if (atomic_load_explicit(&pair->stop, memory_order_relaxed))
			break;
		if (wg_bell_ring(pair->bell) != WG_OK)
			break;
	}
	return NULL;
}

/* A thread that runs on its processor from its first instruction on. */
static int start(struct pair *pair, int cpu, void *(*partner)(void *))
{
	pthread_attr_t attributes;
	cpu_set_t set;
	int error = pthread_attr_init(&attributes);

	if (error)
		return error;
	CPU_ZERO(&set);
	if (cpu >= 0 && cpu < CPU_SETSIZE) {
		CPU_SET(cpu, &set);
		error = pthread_attr_setaffinity_np(&attributes, sizeof(set), &set);
	}
	if (!error)
		error = pthread_create(&pair->partner, &attributes, partner, pair);
	pair->started = !error;
	pthread_attr_destroy(&attributes);
	return error;
}

static wg_result pair_open(struct wg_limit_run *run, void *(*partner)(void *))
{
	struct pair *pair = run->state = aligned_alloc(128, sizeof(*pair));
	int error;

	if (!pair)
		return WG_ERR_MEMORY;
	memset(pair, 0, sizeof(*pair));
	pair->yields = run->plan->cpu < 0 || run->plan->cpu == run->plan->other_cpu;
	pair->bell = partner == bell_partner ? wg_bell_create() : -1;
	pair->partner_bell = partner == bell_partner ? wg_bell_create() : -1;
	if (partner == bell_partner && (pair->bell < 0 || pair->partner_bell < 0))
		return wg_limit_fail(run, WG_ERR_SYSTEM, "no more descriptors; raise ulimit -n");
	error = start(pair, run->plan->other_cpu, partner);
	if (error)
		return wg_limit_fail(run, WG_ERR_UNAVAILABLE, "no thread on processor %d: %s", run->plan->other_cpu,
				     strerror(error));
	return WG_OK;
}

static wg_result spin_open(struct wg_limit_run *run)
{
	return pair_open(run, spin_partner);
}

static wg_result bell_open(struct wg_limit_run *run)
{
	return pair_open(run, bell_partner);
}

/* Half of a round trip: one turn there or back. */
static wg_result spin_turns(struct wg_limit_run *run, uint64_t count, double *ns)
{
	struct pair *pair = run->state;
	uint64_t turn = atomic_load_explicit(&pair->turn, memory_order_relaxed); /* this thread's turn: it is still */
	const uint64_t began = wg_ticks();

	for (; count--; turn += 2) {
		hand_over(pair, turn + 1);
		wait_for_turn(pair, turn + 2);
	}
	*ns = wg_ticks_to_ns(wg_ticks() - began) / 2;
	return WG_OK;
}

static wg_result bell_turns(struct wg_limit_run *run, uint64_t count, double *ns)
{
	struct pair *pair = run->state;
	const uint64_t began = wg_ticks();
	wg_result result = WG_OK;

	while (count-- && result == WG_OK) {
		result = wg_bell_ring(pair->partner_bell);
		if (result == WG_OK)
			result = wg_bell_wait(pair->bell);
	}
	*ns = wg_ticks_to_ns(wg_ticks() - began) / 2;
	return result;
}

static void pair_close(struct wg_limit_run *run)
{
	struct pair *pair = run->state;

	if (!pair)
		return;
	atomic_store_explicit(&pair->stop, true, memory_order_relaxed);
	if (pair->started && (pair->partner_bell < 0 || wg_bell_ring(pair->partner_bell) == WG_OK))
		pthread_join(pair->partner, NULL);
	if (pair->bell >= 0)
		close(pair->bell);
	if (pair->partner_bell >= 0)
		close(pair->partner_bell);
	free(pair);
}

const struct wg_limit_loop wg_limit_switch_loops[] = {
	{"system call", NULL, system_call_turns, NULL}, {"clock", NULL, clock_turns, NULL},
	{"poll", poll_open, poll_turns, poll_close},	{"spin hand-over", spin_open, spin_turns, pair_close},
	{"wake-up", bell_open, bell_turns, pair_close}, {NULL, NULL, NULL, NULL},
};
