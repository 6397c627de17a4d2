/* SPDX-License-Identifier: Apache-2.0 */
/* The bare peer of `call`: two processes hand one eventfd each to and fro, and nothing else.
 *
 *     bench_bare_eventfd CALLER_CPU SERVER_CPU MILLISECONDS
 *
 * prints: round trips, the nanoseconds they took, and the median round trip in nanoseconds. */
#include <sys/eventfd.h>

#include "bench_peer.h"

#define MOST 1000000u
#define WARM 200u
#define CPUS 4096u
#define MS   10000u

static void ring(int bell)
{
	const uint64_t one = 1;

	if (write(bell, &one, sizeof(one)) != (ssize_t)sizeof(one))
		peer_stop("write");
}

static void wait_for(int bell)
{
	uint64_t count;

	if (read(bell, &count, sizeof(count)) != (ssize_t)sizeof(count))
		peer_stop("read");
}

static _Noreturn void serve(int request, int answer)
{
	for (;;) {
		wait_for(request);
		ring(answer);
	}
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t *trips;

static void round_trips(int request, int answer, uint64_t most_ns)
{
	uint64_t began = peer_now_ns();
	uint64_t before = began;
	uint64_t now = began;
	uint64_t done;

	for (done = 0; done < MOST && now - began < most_ns; done++) {
		ring(request);
		wait_for(answer);
		now = peer_now_ns();
		trips[done] = (uint32_t)(now - before);
		before = now;
	}
	qsort(trips, done, sizeof(*trips), by_size);
	printf("%llu %llu %u\n", (unsigned long long)done, (unsigned long long)(now - began), trips[done / 2]);
}

int main(int argc, char **argv)
{
	int request = eventfd(0, EFD_CLOEXEC);
	int answer = eventfd(0, EFD_CLOEXEC);
	pid_t child;
	unsigned i;

	if (argc != 4) {
		fprintf(stderr, "usage: bench_bare_eventfd CALLER_CPU SERVER_CPU MILLISECONDS\n");
		return 2;
	}
	trips = calloc(MOST, sizeof(*trips));
	if (request < 0 || answer < 0 || !trips)
		peer_stop("eventfd");
	child = peer_fork();
	if (child == 0) {
		peer_pin((int)peer_number(argv[2], 0, CPUS));
		serve(request, answer);
	}
	peer_pin((int)peer_number(argv[1], 0, CPUS));
	for (i = 0; i < WARM; i++) {
		ring(request);
		wait_for(answer);
	}
	round_trips(request, answer, peer_number(argv[3], 1, MS) * 1000000u);
	peer_end(child);
	free(trips);
	return 0;
}
