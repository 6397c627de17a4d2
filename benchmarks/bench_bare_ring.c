/* SPDX-License-Identifier: Apache-2.0 */
/* The bare peer of `ring`: two processes and plain single-producer single-consumer rings in shared memory, written as a
 * program would that trusts its other side: no gate, no TA, no checks, indices cached, bursts of 32.
 *
 *     bench_bare_ring answered|oneway CALLER_CPU SERVER_CPU MILLISECONDS PAYLOAD_BYTES DEPTH
 *
 * answered: the same job as a lane's: the caller copies a payload into a request, the server copies the slot into an
 *           answer, the caller copies the answer's payload out. DEPTH requests are under way.
 * oneway:   half the job: the caller copies a payload into a slot, the server copies it out; nobody answers.
 *
 * Whoever finds nothing to do yields where both share a processor, and pauses where each has its own.
 * prints: operations, and the nanoseconds they took. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench_peer.h"

#define BURST	   32u
#define LINE	   128u
#define HEAD_BYTES 16u
#define WARM_NS	   5000000u
#define CPUS	   4096u
#define MS	   10000u

struct ring {
	_Alignas(LINE) _Atomic uint32_t produced; /* release by the producer pairs with the consumer's acquire */
	_Alignas(LINE) _Atomic uint32_t consumed; /* release by the consumer pairs with the producer's acquire */
	_Alignas(LINE) uint8_t slots[];
};

/* One side's private view. */
struct side {
	struct ring *ring;
	uint32_t own, peer;
};

struct job {
	uint32_t payload_bytes, slot_bytes, depth;
	bool same_cpu;
	uint8_t *payload;
};

static void idle(const struct job *job)
{
	if (job->same_cpu)
		sched_yield();
	else
#if defined(__x86_64__)
		__builtin_ia32_pause();
#else
		__asm__ volatile("yield" : : : "memory");
#endif
}

static uint8_t *slot_at(const struct job *job, const struct side *side, uint32_t i)
{
	return &side->ring->slots[((side->own + i) & (job->depth - 1)) * (size_t)job->slot_bytes];
}

static uint32_t room(const struct job *job, struct side *side)
{
	uint32_t used = side->own - side->peer;

	if (job->depth - used < BURST) {
		side->peer = atomic_load_explicit(&side->ring->consumed, memory_order_acquire);
		used = side->own - side->peer;
	}
	return job->depth - used < BURST ? job->depth - used : BURST;
}

static uint32_t ready(struct side *side)
{
	if (side->peer - side->own < BURST)
		side->peer = atomic_load_explicit(&side->ring->produced, memory_order_acquire);
	return side->peer - side->own < BURST ? side->peer - side->own : BURST;
}

static void publish(struct side *side, uint32_t count)
{
	side->own += count;
	atomic_store_explicit(&side->ring->produced, side->own, memory_order_release);
}

static void release(struct side *side, uint32_t count)
{
	side->own += count;
	atomic_store_explicit(&side->ring->consumed, side->own, memory_order_release);
}

/* One burst of requests into the ring. */
static uint32_t put(const struct job *job, struct side *requests, uint32_t most)
{
	uint32_t count = room(job, requests);
	uint32_t i;

	if (count > most)
		count = most;
	for (i = 0; i < count; i++) {
		uint8_t *slot = slot_at(job, requests, i);
		const uint32_t head[4] = {1, 0, job->payload_bytes, requests->own + i};

		memcpy(slot, head, HEAD_BYTES);
		memcpy(slot + HEAD_BYTES, job->payload, job->payload_bytes);
	}
	if (count)
		publish(requests, count);
	return count;
}

/* One burst out of the ring. */
static uint32_t take(const struct job *job, struct side *side, uint32_t *sum)
{
	uint32_t count = ready(side);
	uint32_t head[4];
	uint32_t i;

	for (i = 0; i < count; i++) {
		const uint8_t *slot = slot_at(job, side, i);

		memcpy(head, slot, HEAD_BYTES);
		*sum += head[3];
		memcpy(job->payload, slot + HEAD_BYTES, job->payload_bytes);
	}
	if (count)
		release(side, count);
	return count;
}

static _Noreturn void answer_all(const struct job *job, struct side requests, struct side answers)
{
	for (;;) {
		uint32_t count = ready(&requests);
		uint32_t most = room(job, &answers);
		uint32_t i;

		if (count > most)
			count = most;
		for (i = 0; i < count; i++)
			memcpy(slot_at(job, &answers, i), slot_at(job, &requests, i), HEAD_BYTES + job->payload_bytes);
		if (count) {
			publish(&answers, count);
			release(&requests, count);
		} else {
			idle(job);
		}
	}
}

static _Noreturn void take_all(const struct job *job, struct side requests, volatile uint32_t *sink)
{
	uint32_t sum = 0;

	for (;;) {
		if (!take(job, &requests, &sum))
			idle(job);
		*sink = sum;
	}
}

static uint64_t call_for(const struct job *job, struct side *requests, struct side *answers, uint64_t most_ns,
			 uint64_t *elapsed_ns)
{
	uint64_t began = peer_now_ns();
	uint64_t done = 0;
	uint32_t under_way = 0;
	uint32_t looks = 0;
	uint32_t sum = 0;

	for (;;) {
		uint32_t sent = put(job, requests, job->depth - under_way);
		uint32_t got;

		under_way += sent;
		got = take(job, answers, &sum);
		under_way -= got;
		done += got;
		if (!sent && !got)
			idle(job);
		if (++looks % 16 == 0) {
			*elapsed_ns = peer_now_ns() - began;
			if (*elapsed_ns > most_ns)
				break;
		}
	}
	while (under_way) {
		uint32_t got = take(job, answers, &sum);

		under_way -= got;
		if (!got)
			idle(job);
	}
	return done;
}

static uint64_t push_for(const struct job *job, struct side *requests, uint64_t most_ns, uint64_t *elapsed_ns)
{
	uint64_t began = peer_now_ns();
	uint64_t done = 0;
	uint32_t looks = 0;

	for (;;) {
		uint32_t sent = put(job, requests, BURST);

		done += sent;
		if (!sent)
			idle(job);
		if (++looks % 16 == 0) {
			*elapsed_ns = peer_now_ns() - began;
			if (*elapsed_ns > most_ns)
				return done;
		}
	}
}

static uint64_t load(const struct job *job, bool answered, struct side *requests, struct side *answers,
		     uint64_t most_ns, uint64_t *elapsed_ns)
{
	return answered ? call_for(job, requests, answers, most_ns, elapsed_ns)
			: push_for(job, requests, most_ns, elapsed_ns);
}

int main(int argc, char **argv)
{
	struct side requests = {NULL, 0, 0};
	struct side answers = {NULL, 0, 0};
	struct job job;
	bool answered;
	uint64_t most_ns, elapsed_ns, done;
	size_t ring_bytes;
	pid_t child;

	if (argc != 7 || (strcmp(argv[1], "answered") != 0 && strcmp(argv[1], "oneway") != 0)) {
		fprintf(stderr, "usage: bench_bare_ring answered|oneway CALLER_CPU SERVER_CPU MILLISECONDS "
				"PAYLOAD_BYTES DEPTH\n");
		return 2;
	}
	answered = strcmp(argv[1], "answered") == 0;
	most_ns = peer_number(argv[4], 1, MS) * 1000000u;
	job.payload_bytes = (uint32_t)peer_number(argv[5], 0, 1u << 20);
	job.slot_bytes = (HEAD_BYTES + job.payload_bytes + 15u) / 16u * 16u;
	job.depth = (uint32_t)peer_number(argv[6], 1, 65536);
	job.same_cpu = strcmp(argv[2], argv[3]) == 0;
	job.payload = calloc(1, job.payload_bytes + 1u);
	if (!job.payload || (job.depth & (job.depth - 1)) != 0) {
		fprintf(stderr, "DEPTH: give a power of two\n");
		return 2;
	}
	ring_bytes = sizeof(struct ring) + (size_t)job.depth * job.slot_bytes + LINE;
	requests.ring = peer_shared(ring_bytes);
	answers.ring = peer_shared(ring_bytes);
	child = peer_fork();
	if (child == 0) {
		static uint32_t sink;

		peer_pin((int)peer_number(argv[3], 0, CPUS));
		if (answered)
			answer_all(&job, requests, answers);
		take_all(&job, requests, &sink);
	}
	peer_pin((int)peer_number(argv[2], 0, CPUS));
	(void)load(&job, answered, &requests, &answers, WARM_NS, &elapsed_ns);
	done = load(&job, answered, &requests, &answers, most_ns, &elapsed_ns);
	printf("%llu %llu\n", (unsigned long long)done, (unsigned long long)elapsed_ns);
	peer_end(child);
	free(job.payload);
	return 0;
}
