/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of every C test. A test is a function whose name reads as a sentence; a file has one constant table:
 *
 *     static const struct wg_test tests[] = {WG_TEST(a_freed_block_can_be_used_again), ...};
 *     WG_TEST_MAIN(tests)
 *
 * A failing CHECK ends its test, not the file. Arguments are filters: a test runs if its name contains one of them.
 * Exit status: 0 passed, 1 something failed, 2 no test matches, 77 everything was skipped.
 * WG_TEST_SEED sets the seed of random tests, WG_TEST_CASES replaces their number of cases (the soak tier). */
#ifndef WG_TEST_H
#define WG_TEST_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct wg_test {
	const char *name;
	void (*run)(void);
};

#define WG_TEST(function)           \
	{                           \
#function, function \
	}

enum wg_test_outcome { WG_TEST_PASSED, WG_TEST_FAILED, WG_TEST_SKIPPED };

struct wg_test_frame {
	jmp_buf exit;
	pid_t process; /* a forked child must not go on as if it were the runner */
	uint64_t seed;
	uint64_t random;
};

static struct wg_test_frame wg_test_frame;
static _Thread_local bool wg_test_on_runner; /* true only on the thread that runs the table */

/* In another thread or a forked child there is nothing to come back to: the process ends. */
static _Noreturn inline void wg_test_end(enum wg_test_outcome outcome)
{
	fflush(stdout);
	if (!wg_test_on_runner || wg_test_frame.process != getpid())
		_exit(outcome == WG_TEST_SKIPPED ? 77 : 1);
	longjmp(wg_test_frame.exit, (int)outcome);
}

static _Noreturn inline void wg_test_fail(const char *file, int line, const char *what)
{
	printf("%s:%d: failed: %s\n", file, line, what);
	wg_test_end(WG_TEST_FAILED);
}

static inline void wg_test_eq(const char *file, int line, const char *what, long long a, long long b)
{
	if (a == b)
		return;
	printf("%s:%d: %lld (0x%llx) is not %lld (0x%llx)\n", file, line, a, (unsigned long long)a, b,
	       (unsigned long long)b);
	wg_test_fail(file, line, what);
}

static inline void wg_test_str_eq(const char *file, int line, const char *what, const char *a, const char *b)
{
	if (a && b && strcmp(a, b) == 0)
		return;
	printf("%s:%d: \"%s\" is not \"%s\"\n", file, line, a ? a : "(null)", b ? b : "(null)");
	wg_test_fail(file, line, what);
}

static inline void wg_test_mem_eq(const char *file, int line, const char *what, const void *a, const void *b,
				  size_t bytes)
{
	const uint8_t *x = (const uint8_t *)a;
	const uint8_t *y = (const uint8_t *)b;
	size_t i;

	for (i = 0; i < bytes; i++) {
		if (x[i] == y[i])
			continue;
		printf("%s:%d: byte %zu of %zu is 0x%02x, not 0x%02x\n", file, line, i, bytes, x[i], y[i]);
		wg_test_fail(file, line, what);
	}
}

static _Noreturn inline void wg_test_skip(const char *reason)
{
	printf("skipped: %s\n", reason);
	wg_test_end(WG_TEST_SKIPPED);
}

#define CHECK(condition)                                              \
	do {                                                          \
		if (!(condition))                                     \
			wg_test_fail(__FILE__, __LINE__, #condition); \
	} while (0)
/* Integers, enumerations and booleans. */
#define CHECK_EQ(a, b)		  wg_test_eq(__FILE__, __LINE__, #a " == " #b, (long long)(a), (long long)(b))
#define CHECK_STR_EQ(a, b)	  wg_test_str_eq(__FILE__, __LINE__, #a " equals " #b, (a), (b))
#define CHECK_MEM_EQ(a, b, bytes) wg_test_mem_eq(__FILE__, __LINE__, #a " holds the bytes of " #b, (a), (b), (bytes))
/* Ends the test as skipped; reason: one line that says what is missing. */
#define SKIP(reason) wg_test_skip(reason)

/* The seed of this run; printed by the runner. */
static inline uint64_t wg_test_seed(void)
{
	return wg_test_frame.seed;
}

/* splitmix64 with a state of the caller: for threads, and for cases that must be repeatable alone. */
static inline uint64_t wg_test_random_of(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* The next number of the running test's own sequence. Runner thread only. */
static inline uint64_t wg_test_random(void)
{
	return wg_test_random_of(&wg_test_frame.random);
}

/* 0 <= result < bound; bound > 0. */
static inline uint64_t wg_test_random_below(uint64_t bound)
{
	return wg_test_random() % bound;
}

/* How many random cases to try: count, unless the soak tier asks for more. */
static inline uint64_t wg_test_cases(uint64_t count)
{
	const char *text = getenv("WG_TEST_CASES");

	return text && *text ? strtoull(text, NULL, 0) : count;
}

static inline bool wg_test_wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strstr(name, argv[i]))
			return true;
	return argc < 2;
}

static inline int wg_test_run(const struct wg_test *test)
{
	int outcome;

	wg_test_frame.random = wg_test_frame.seed;
	outcome = setjmp(wg_test_frame.exit);
	if (outcome == WG_TEST_PASSED) {
		test->run();
		printf("ok      %s\n", test->name);
		return WG_TEST_PASSED;
	}
	printf("%s %s (seed %" PRIu64 ")\n", outcome == WG_TEST_FAILED ? "FAILED " : "skipped", test->name,
	       wg_test_frame.seed);
	return outcome;
}

static inline int wg_test_main(int argc, char **argv, const struct wg_test *tests, size_t count)
{
	const char *seed = getenv("WG_TEST_SEED");
	unsigned counts[3] = {0, 0, 0};
	struct timespec now;
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	clock_gettime(CLOCK_REALTIME, &now);
	wg_test_on_runner = true;
	wg_test_frame.process = getpid();
	wg_test_frame.seed = seed && *seed ? strtoull(seed, NULL, 0)
					   : (uint64_t)now.tv_nsec ^ ((uint64_t)wg_test_frame.process << 32);
	printf("seed %" PRIu64 "\n", wg_test_frame.seed);
	for (i = 0; i < count; i++)
		if (wg_test_wanted(tests[i].name, argc, argv))
			counts[wg_test_run(&tests[i])]++;
	printf("%u passed, %u failed, %u skipped\n", counts[WG_TEST_PASSED], counts[WG_TEST_FAILED],
	       counts[WG_TEST_SKIPPED]);
	if (counts[WG_TEST_FAILED])
		return 1;
	if (counts[WG_TEST_PASSED])
		return 0;
	return counts[WG_TEST_SKIPPED] ? 77 : 2;
}

#define WG_TEST_MAIN(tests)                                                                 \
	int main(int argc, char **argv)                                                     \
	{                                                                                   \
		return wg_test_main(argc, argv, tests, sizeof(tests) / sizeof((tests)[0])); \
	}

#endif
