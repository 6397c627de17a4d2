/* SPDX-License-Identifier: Apache-2.0 */
/* What the bare peers have in common: two processes, pinned, that share memory, and a clock. Nothing of Worldgate's is
 * used, so that a peer shows what this machine can do without it. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline _Noreturn void peer_stop(const char *what)
{
	perror(what);
	exit(1);
}

static inline void peer_pin(int cpu)
{
	cpu_set_t processors;

	CPU_ZERO(&processors);
	CPU_SET((size_t)cpu, &processors);
	if (sched_setaffinity(0, sizeof(processors), &processors) < 0)
		peer_stop("sched_setaffinity");
}

static inline uint64_t peer_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void *peer_shared(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		peer_stop("mmap");
	return memory;
}

/* The second process; it ends with the first. */
static inline pid_t peer_fork(void)
{
	pid_t child = fork();

	if (child < 0)
		peer_stop("fork");
	if (child == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return child;
}

static inline void peer_end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static inline unsigned long peer_number(const char *text, unsigned long least, unsigned long most)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (end != text && !*end && number >= least && number <= most)
		return number;
	fprintf(stderr, "'%s': give a whole number from %lu to %lu\n", text, least, most);
	exit(2);
}

#endif
