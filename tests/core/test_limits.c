/* SPDX-License-Identifier: Apache-2.0 */
/* The unit costs' loops: figures that can be, and refusals that say why. Not how large the figures are. */
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wg_limits.h"
#include "wg_test.h"

#define SHORT_NS UINT64_C(200000)

static struct wg_limit_plan short_plan(size_t bytes)
{
	const struct wg_limit_plan plan = {
		.bytes = bytes,
		.cpu = -1,
		.other_cpu = -1,
		.repetitions = 5,
		.repetition_ns = SHORT_NS,
	};

	return plan;
}

/* Skips where this machine lacks what the cause needs. */
static struct wg_limit measure(const char *cause, const struct wg_limit_plan *plan)
{
	char reason[WG_REASON_BYTES];
	struct wg_limit limit;
	wg_result result = wg_limit_measure(cause, plan, &limit, reason);

	if (result == WG_ERR_UNAVAILABLE)
		SKIP(reason);
	if (result != WG_OK)
		printf("%s: %s\n", cause, reason);
	CHECK_EQ(result, WG_OK);
	CHECK(limit.ns > 0);
	CHECK(limit.low_ns >= 0 && limit.low_ns <= limit.ns && limit.ns <= limit.high_ns);
	CHECK_EQ(limit.repetitions, plan->repetitions);
	CHECK(limit.turns > 0);
	return limit;
}

static void refused(const char *cause, const struct wg_limit_plan *plan, const char *says)
{
	char reason[WG_REASON_BYTES];
	struct wg_limit limit;

	CHECK_EQ(wg_limit_measure(cause, plan, &limit, reason), WG_ERR_INPUT);
	CHECK(strstr(reason, says) != NULL);
	CHECK_EQ(limit.repetitions, 0);
}

static void every_cause_without_a_size_has_a_figure(void)
{
	static const char *const causes[] = {"clock",	  "system call",    "poll",    "direct call",
					     "gate call", "spin hand-over", "wake-up", "page fault"};
	const struct wg_limit_plan plan = short_plan(0);
	size_t i;

	for (i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		(void)measure(causes[i], &plan);
}

static void a_protected_page_fault_has_a_figure(void)
{
	const struct wg_limit_plan plan = short_plan(0);

	(void)measure("protected page fault", &plan);
	/* A second one: the pager of the first is gone. */
	(void)measure("protected page fault", &plan);
}

static void copies_and_records_of_any_size_have_a_figure(void)
{
	static const char *const causes[] = {"copy", "seal", "open"};
	static const size_t sizes[] = {1, 63, 4096, 1u << 20};
	size_t i, j;

	for (i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		for (j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			const struct wg_limit_plan plan = short_plan(sizes[j]);

			(void)measure(causes[i], &plan);
		}
	}
}

static void a_cold_copy_is_not_cheaper_than_a_hot_one(void)
{
	struct wg_limit_plan plan = short_plan(256);
	double hot_ns;

	hot_ns = measure("copy", &plan).ns;
	plan.cold = true;
	CHECK(measure("copy", &plan).ns > hot_ns);
}

static void a_cause_that_does_not_exist_is_refused(void)
{
	const struct wg_limit_plan plan = short_plan(0);

	refused("copying", &plan, "no such cause");
	refused("", &plan, "no such cause");
}

static void a_plan_that_cannot_be_is_refused(void)
{
	struct wg_limit_plan plan = short_plan(0);

	refused("copy", &plan, "a copy has");
	refused("seal", &plan, "a record has");
	plan.bytes = SIZE_MAX;
	refused("copy", &plan, "a copy has");
	refused("open", &plan, "a record has");
	plan = short_plan(0);
	plan.repetitions = 0;
	refused("clock", &plan, "repetitions");
	plan.repetitions = WG_LIMIT_REPETITIONS_MAX + 1;
	refused("clock", &plan, "repetitions");
	plan = short_plan(0);
	plan.cpu = 1 << 20;
	refused("clock", &plan, "no processor");
}

static void one_repetition_is_its_own_median_and_quartiles(void)
{
	struct wg_limit_plan plan = short_plan(0);
	struct wg_limit limit;

	plan.repetitions = 1;
	limit = measure("clock", &plan);
	CHECK(limit.ns == limit.low_ns && limit.ns == limit.high_ns);
}

static void the_thread_goes_back_to_where_it_might_run(void)
{
	struct wg_limit_plan plan = short_plan(0);
	char reason[WG_REASON_BYTES];
	struct wg_limit limit;
	cpu_set_t before, after;
	int cpu = 0;

	CHECK_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
	while (!CPU_ISSET(cpu, &before))
		cpu++;
	plan.cpu = plan.other_cpu = cpu;
	(void)measure("wake-up", &plan);
	CHECK_EQ(sched_getaffinity(0, sizeof(after), &after), 0);
	CHECK(CPU_EQUAL(&before, &after));
	plan.bytes = 0; /* refused after the thread was moved */
	CHECK_EQ(wg_limit_measure("copy", &plan, &limit, reason), WG_ERR_INPUT);
	CHECK_EQ(sched_getaffinity(0, sizeof(after), &after), 0);
	CHECK(CPU_EQUAL(&before, &after));
}

/* A process that wants all of the processor that this thread is pinned to. */
static pid_t start_rival(void)
{
	pid_t rival = fork();

	if (rival == 0) {
		alarm(30);
		for (;;)
			__asm__ volatile("" : : : "memory");
	}
	return rival;
}

static void what_another_program_takes_of_a_shared_processor_is_no_cost(void)
{
	struct wg_limit_plan plan = short_plan(0);
	struct wg_limit alone, contended;
	cpu_set_t before, one;
	pid_t rival;
	int cpu = 0;

	CHECK_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
	while (!CPU_ISSET(cpu, &before))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	plan.cpu = plan.other_cpu = cpu;
	plan.repetition_ns = UINT64_C(20000000); /* longer than a turn of the scheduler */
	alone = measure("clock", &plan);
	CHECK_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
	rival = start_rival();
	CHECK_EQ(sched_setaffinity(0, sizeof(before), &before), 0);
	CHECK(rival > 0);
	contended = measure("clock", &plan);
	CHECK_EQ(kill(rival, SIGKILL), 0);
	CHECK_EQ(waitpid(rival, NULL, 0), rival);
	CHECK(contended.ns < alone.ns * 1.6); /* twice as long by the clock on the wall */
}

static const struct wg_test tests[] = {
	WG_TEST(every_cause_without_a_size_has_a_figure),
	WG_TEST(a_protected_page_fault_has_a_figure),
	WG_TEST(copies_and_records_of_any_size_have_a_figure),
	WG_TEST(a_cold_copy_is_not_cheaper_than_a_hot_one),
	WG_TEST(a_cause_that_does_not_exist_is_refused),
	WG_TEST(a_plan_that_cannot_be_is_refused),
	WG_TEST(one_repetition_is_its_own_median_and_quartiles),
	WG_TEST(the_thread_goes_back_to_where_it_might_run),
	WG_TEST(what_another_program_takes_of_a_shared_processor_is_no_cost),
};

WG_TEST_MAIN(tests)
