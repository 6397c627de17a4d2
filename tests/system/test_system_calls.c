/* SPDX-License-Identifier: Apache-2.0 */
/* From inside a world: every system call that is not on the short list ends it, by number, by convention and by
 * argument; the caller is told at once. */
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../core/wg_test_afresh.h"
#include "../core/wg_test_world.h"
#include "wg_channel.h"

#define NUMBERS	  601u
#define WORKERS	  4u
#define ANSWERED  0
#define DESTROYED 1

static struct wg_test_peer peer;

struct attempt {
	uint32_t convention, number;
	uint32_t a, b, c;
};

/* uretprobe and uprobe of x86-64: Linux from 6.12 on keeps them from every filter, as they are only the landing of a
 * probe of its own. From anywhere else they end the process by SIGILL or answer an error. */
static bool is_kept_from_filters(uint32_t number)
{
#if defined(__x86_64__)
	return number == 335 || number == 336;
#else
	(void)number;
	return false;
#endif
}

/* One system call in a world of its own. answer: what the kernel said where the world lived. */
static int attempt_in_fresh_world(const struct attempt *attempt, int32_t *answer)
{
	TEEC_Operation operation = {.paramTypes = WG_TEST_TYPES(VALUE_INPUT, VALUE_INPUT, VALUE_INPUT, VALUE_OUTPUT)};
	TEEC_Result result;

	wg_test_open_session(&peer, PROBE_EACH);
	operation.params[0].value = (TEEC_Value){attempt->number, attempt->convention};
	operation.params[1].value = (TEEC_Value){attempt->a, attempt->b};
	operation.params[2].value.a = attempt->c;
	result = TEEC_InvokeCommand(&peer.session, PROBE_SYSTEM_CALL, &operation, NULL);
	if (result == TEEC_ERROR_TARGET_DEAD && !strstr(wg_gate_reason(), "SIGSYS") &&
	    !is_kept_from_filters(attempt->number)) {
		printf("call %u: %s\n", attempt->number, wg_gate_reason());
		result = TEEC_ERROR_GENERIC;
	}
	TEEC_CloseSession(&peer.session);
	CHECK(result == TEEC_SUCCESS || result == TEEC_ERROR_TARGET_DEAD);
	*answer = (int32_t)operation.params[3].value.a;
	return result == TEEC_SUCCESS ? ANSWERED : DESTROYED;
}

static bool is_allowed(uint32_t number)
{
	static const uint32_t allowed[] = {SYS_getrandom, SYS_sched_yield, SYS_clock_gettime};

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (allowed[i] == number)
			return true;
	return false;
}

/* Ends the world too, but by what it is for, not by the seal. */
static bool ends_by_itself(uint32_t number)
{
	return number == SYS_exit_group || number == SYS_rt_sigreturn;
}

static void try_all_of(uint32_t convention, unsigned worker)
{
	int32_t answer;

	wg_test_open_context("compartment", &peer.context);
	for (uint32_t number = worker; number < NUMBERS; number += WORKERS) {
		const struct attempt attempt = {.convention = convention, .number = number};
		bool allowed = convention == PROBE_CALL_NATIVE && is_allowed(number);
		int end;

		alarm(60);
		if (convention == PROBE_CALL_NATIVE && ends_by_itself(number))
			continue;
		end = attempt_in_fresh_world(&attempt, &answer);
		if (convention == PROBE_CALL_NATIVE && is_kept_from_filters(number)) {
			CHECK(end == DESTROYED || answer < 0);
			continue;
		}
		if ((end == ANSWERED) != allowed)
			printf("call %u of convention %u: %s\n", number, convention,
			       end == ANSWERED ? "answered" : "ended the world");
		CHECK_EQ(end == ANSWERED, allowed);
	}
	TEEC_FinalizeContext(&peer.context);
}

/* Several processes at once. */
static void in_parallel(uint32_t convention)
{
	pid_t workers[WORKERS];
	char text[32];

	wg_test_open_context("compartment", &peer.context);
	TEEC_FinalizeContext(&peer.context);
	wg_test_need_afresh();
	for (unsigned i = 0; i < WORKERS; i++) {
		snprintf(text, sizeof(text), "%u %u", convention, i);
		workers[i] = wg_test_start_afresh("a_worker_of_the_others", "WG_TEST_WORKER", text, NULL);
	}
	for (unsigned i = 0; i < WORKERS; i++)
		CHECK_EQ(wg_test_wait(workers[i]), 0);
}

static void a_worker_of_the_others(void)
{
	const char *text = getenv("WG_TEST_WORKER");
	unsigned convention, worker;

	CHECK(text != NULL);
	CHECK_EQ(sscanf(text, "%u %u", &convention, &worker), 2);
	try_all_of(convention, worker);
}

static void every_call_that_is_not_allowed_ends_the_world(void)
{
	in_parallel(PROBE_CALL_NATIVE);
}

#if defined(__x86_64__)
static void every_call_of_the_32_bit_convention_ends_the_world(void)
{
	in_parallel(PROBE_CALL_INT80);
}

static void every_call_of_the_x32_convention_ends_the_world(void)
{
	in_parallel(PROBE_CALL_X32);
}
#endif

static void allowed_calls_are_fatal_with_any_other_descriptor(void)
{
	static const struct attempt fatal[] = {
		{.number = SYS_read, .a = 0},
		{.number = SYS_read, .a = WG_DESCRIPTOR_CONTROL},
		{.number = SYS_read, .a = WG_DESCRIPTOR_OUT},
		{.number = SYS_read, .a = 7},
		{.number = SYS_read, .a = UINT32_MAX},
		{.number = SYS_write, .a = 1},
		{.number = SYS_write, .a = 2},
		{.number = SYS_write, .a = WG_DESCRIPTOR_IN},
		{.number = SYS_write, .a = WG_DESCRIPTOR_ARENA},
		{.number = SYS_write, .a = UINT32_MAX},
		{.number = SYS_ioctl, .a = WG_DESCRIPTOR_IN},
		{.number = SYS_madvise, .c = 4},
		{.number = SYS_mprotect, .c = 7},
		{.number = SYS_prctl, .a = 4, .b = 1},
		{.number = SYS_process_vm_readv},
		{.number = SYS_ptrace},
	};
	int32_t answer;

	wg_test_open_context("compartment", &peer.context);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		int end = attempt_in_fresh_world(&fatal[i], &answer);

		if (end != DESTROYED)
			printf("call %u with %u: answered %d\n", fatal[i].number, fatal[i].a, answer);
		CHECK_EQ(end, DESTROYED);
	}
	TEEC_FinalizeContext(&peer.context);
}

/* The attempt itself works: the same call with the bell as its descriptor is answered by the kernel. */
static void the_bells_own_calls_are_answered(void)
{
	static const struct attempt fine[] = {
		{.number = SYS_write, .a = WG_DESCRIPTOR_OUT, .c = 1}, /* EINVAL: a bell takes eight bytes */
		{.number = SYS_read, .a = WG_DESCRIPTOR_IN, .c = 1},
	};
	int32_t answer;

	wg_test_open_context("compartment", &peer.context);
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		CHECK_EQ(attempt_in_fresh_world(&fine[i], &answer), ANSWERED);
		CHECK(answer < 0);
	}
	TEEC_FinalizeContext(&peer.context);
}

static void a_paged_world_may_page_and_no_more(void)
{
	static const struct attempt fatal[] = {
		{.number = SYS_ioctl, .a = WG_DESCRIPTOR_IN, .b = 0x5401},
		{.number = SYS_ioctl, .a = 0, .b = 0x5401},
		{.number = SYS_ioctl, .a = 3, .b = 0x5401},
		{.number = SYS_madvise, .c = 0},
		{.number = SYS_madvise, .c = 8},
		{.number = SYS_read, .a = 0},
		{.number = SYS_read, .a = 3},
		{.number = SYS_userfaultfd},
		{.number = SYS_mmap},
	};
	int32_t answer;

	alarm(100);
	if (!getenv("WORLDGATE_WORLD_EXE"))
		SKIP("WORLDGATE_WORLD_EXE does not name the executable of the tests' worlds");
	if (TEEC_InitializeContext("emulated:transition_ns=2000000,heap_bytes=131072,fault_ns=500000", &peer.context) !=
	    TEEC_SUCCESS)
		SKIP(wg_gate_reason());
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		CHECK_EQ(attempt_in_fresh_world(&fatal[i], &answer), DESTROYED);
	TEEC_FinalizeContext(&peer.context);
}

static const struct wg_test tests[] = {
	WG_TEST(every_call_that_is_not_allowed_ends_the_world),
#if defined(__x86_64__)
	WG_TEST(every_call_of_the_32_bit_convention_ends_the_world),
	WG_TEST(every_call_of_the_x32_convention_ends_the_world),
#endif
	WG_TEST(allowed_calls_are_fatal_with_any_other_descriptor),
	WG_TEST(the_bells_own_calls_are_answered),
	WG_TEST(a_paged_world_may_page_and_no_more),
	WG_TEST(a_worker_of_the_others),
};

/* The last one is a part of others, which start it. */
int main(int argc, char **argv)
{
	return wg_test_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]) - (getenv("WG_TEST_WORKER") ? 0 : 1));
}
