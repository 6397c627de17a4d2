/* SPDX-License-Identifier: Apache-2.0 */
/* What an emulated platform's costs come to, as a client sees them. The medians hold where two processors are idle: a
 * disturbed measurement is repeated, and where this machine's own floor is above a cost the test says so. */
#include <math.h>
#include <sys/resource.h>
#include <unistd.h>

#include "wg_clock.h"
#include "wg_test_world.h"

#define CROSSINGS 4001
#define BURST	  200 /* requests in one crossing */
#define TRIES	  8
#define TOLERANCE 0.02
#define CLOCK_NS  12.0 /* what reading the clock twice adds; it decides below 600 ns only */

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a;
	double right = *(const double *)b;

	return (left > right) - (left < right);
}

/* How often this thread gave its processor away in the last measurement. */
static long switches;

static long switches_so_far(void)
{
	struct rusage usage;

	CHECK_EQ(getrusage(RUSAGE_THREAD, &usage), 0);
	return usage.ru_nvcsw + usage.ru_nivcsw;
}

/* The median time of a command with one value, in ns. */
static double median_ns(TEEC_Session *session, uint32_t command, uint32_t a, uint32_t b, unsigned count)
{
	static double times[CROSSINGS];
	TEEC_Operation operation;
	unsigned i;

	memset(&operation, 0, sizeof(operation));
	operation.paramTypes = TEEC_VALUE_INOUT;
	switches = -switches_so_far();
	for (i = 0; i < count; i++) {
		uint64_t began;
		TEEC_Result result;

		operation.params[0].value.a = a;
		operation.params[0].value.b = b;
		began = wg_ticks();
		result = TEEC_InvokeCommand(session, command, &operation, NULL);
		times[i] = wg_ticks_to_ns(wg_ticks() - began);
		CHECK_EQ(result, TEEC_SUCCESS);
	}
	switches += switches_so_far();
	qsort(times, count, sizeof(times[0]), compare);
	return times[count / 2];
}

static bool near(double seen, double wanted)
{
	return fabs(seen - wanted) <= fmax(wanted * TOLERANCE, CLOCK_NS);
}

/* A median that is off proves nothing where the two sides had to share a processor, as the switches between them tell,
 * or where every instruction is watched. */
static void check_near(double seen, double wanted, unsigned count)
{
	if (near(seen, wanted))
		return;
	printf("%.0f ns instead of %.0f ns, %ld switches in %u calls\n", seen, wanted, switches, count);
#ifdef __SANITIZE_ADDRESS__
	SKIP("the sanitizers take their own time");
#endif
	if (switches > (long)(count / 10))
		SKIP("both sides had to share a processor, other programs kept the rest busy");
	CHECK(near(seen, wanted));
}

/* Opens the world afresh for each try, since its own floor is measured at the opening. */
static void crossing_takes(double transition_ns)
{
	char world[128], said[128];
	struct wg_test_peer peer;
	double seen = 0;
	int tries;

	snprintf(world, sizeof(world), "emulated:transition_ns=%.0f,rpc_ns=%.0f", transition_ns, transition_ns);
	for (tries = 0; tries < TRIES; tries++) {
		wg_test_open(world, PROBE_EACH, &peer);
		seen = median_ns(&peer.session, PROBE_ANSWER, TEEC_SUCCESS, 0, CROSSINGS);
		wg_test_close(&peer);
		if (near(seen, transition_ns))
			break;
	}
	snprintf(said, sizeof(said), "a crossing of %.0f ns took %.0f ns, %+.2f %%", transition_ns, seen,
		 (seen / transition_ns - 1) * 100);
	puts(said);
	check_near(seen, transition_ns, CROSSINGS);
}

static void a_crossing_takes_what_sgx1_takes(void)
{
	crossing_takes(2929);
}

static void a_crossing_takes_what_sgx2_takes(void)
{
	crossing_takes(3730);
	crossing_takes(4530);
}

static void a_crossing_takes_what_an_exit_of_snp_takes(void)
{
	crossing_takes(3553);
}

static void a_crossing_takes_what_a_world_switch_of_a_small_core_takes(void)
{
	crossing_takes(3000);
}

static void a_crossing_takes_what_op_tee_counts(void)
{
	crossing_takes(39500);
	crossing_takes(56700);
}

static void a_crossing_takes_what_a_fast_world_switch_takes(void)
{
	crossing_takes(620);
}

static void a_crossing_takes_what_the_fastest_world_switch_takes(void)
{
	crossing_takes(230);
}

/* In the normal world a request costs the service alone, which the emulated one has too. */
static void a_request_takes_its_time_beside_its_service(void)
{
	struct wg_test_peer normal, emulated;
	const double rpc_ns = 5000;
	double service, seen = 0;
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		wg_test_open("normal", PROBE_EACH, &normal);
		service = median_ns(&normal.session, PROBE_RPCS, BURST, 0, 101) / BURST;
		wg_test_close(&normal);
		wg_test_open("emulated:transition_ns=5000,rpc_ns=5000", PROBE_EACH, &emulated);
		seen = median_ns(&emulated.session, PROBE_RPCS, BURST, 0, 101);
		seen = (seen - median_ns(&emulated.session, PROBE_RPCS, 0, 0, 101)) / BURST - service;
		wg_test_close(&emulated);
		if (near(seen, rpc_ns))
			break;
	}
	printf("a request of %.0f ns took %.0f ns beside a service of %.0f ns\n", rpc_ns, seen, service);
	check_near(seen, rpc_ns, 101);
}

/* Filled and read back by the TA, so that it touches all of its pages again and again. */
static void a_heap_that_is_paged_keeps_what_it_holds(void)
{
	struct wg_test_peer peer;
	struct wg_ledger ledger;
	struct wg_world_info info;
	TEEC_Value value;

	wg_test_open("emulated:transition_ns=5000,heap_bytes=131072,fault_ns=60000", PROBE_EACH, &peer);
	CHECK_EQ(wg_test_command(&peer.session, PROBE_HEAP, 400 * 1024, 3, &value), TEEC_SUCCESS);
	CHECK_EQ(wg_gate_world_ledger(&peer.session, &ledger), WG_OK);
	CHECK_EQ(wg_gate_world_info(&peer.session, &info), WG_OK);
	printf("%llu pages in, %llu out; the floor of a fault is %.0f ns\n", (unsigned long long)ledger.pages_in,
	       (unsigned long long)ledger.pages_out, info.fault_floor_ns);
	CHECK_STR_EQ(info.memory, "paged");
	CHECK(info.fault_floor_ns > 0 && info.fault_floor_ns < 60000);
	CHECK(ledger.pages_out > 2 * (400 - 128) / 4);
	wg_test_close(&peer);
}

static void a_heap_that_fits_is_not_paged(void)
{
	struct wg_test_peer peer;
	struct wg_world_info info;

	wg_test_open("emulated:transition_ns=5000,heap_bytes=4194304,fault_ns=60000", PROBE_EACH, &peer);
	CHECK_EQ(wg_gate_world_info(&peer.session, &info), WG_OK);
	CHECK(strcmp(info.memory, "paged") != 0);
	wg_test_close(&peer);
}

static void refused(const char *world, const char *because)
{
	TEEC_Context context;

	wg_test_open_context("compartment", &context); /* skips where no sealed process can be had */
	TEEC_FinalizeContext(&context);
	CHECK_EQ(TEEC_InitializeContext(world, &context), TEEC_ERROR_NOT_SUPPORTED);
	CHECK(strstr(wg_gate_reason(), because) != NULL);
}

static void a_cost_below_this_machines_own_is_refused(void)
{
	refused("emulated:transition_ns=5", "a crossing of the profile is 5 ns, this machine's own is");
	refused("emulated:transition_ns=900000,rpc_ns=5", "a request of the world");
	refused("emulated:transition_ns=900000,copy_ns_per_kib=0.001", "the copy of 1 KiB");
	refused("emulated:transition_ns=900000,temporary_ns_per_kib=0.001", "temporary memory");
}

static void a_fault_below_this_machines_own_is_refused_when_the_heap_is_made(void)
{
	const TEEC_UUID uuid = wg_test_probe(PROBE_EACH);
	TEEC_Context context;
	TEEC_Session session;

	wg_test_open_context("emulated:transition_ns=900000,heap_bytes=131072,fault_ns=50", &context);
	CHECK_EQ(TEEC_OpenSession(&context, &session, &uuid, 0, NULL, NULL, NULL), TEEC_ERROR_NOT_SUPPORTED);
	CHECK(strstr(wg_gate_reason(), "50") != NULL);
	TEEC_FinalizeContext(&context);
}

static void a_request_of_unknown_cost_is_refused(void)
{
	struct wg_test_peer peer;

	wg_test_open("emulated:transition_ns=900000", PROBE_EACH, &peer);
	CHECK_EQ(wg_test_command(&peer.session, PROBE_WAIT, 1, 0, NULL), TEEC_ERROR_TARGET_DEAD);
	CHECK(strstr(wg_gate_reason(), "knows no rpc_ns") != NULL);
	wg_test_close(&peer);
}

static const struct wg_test tests[] = {
	WG_TEST(a_crossing_takes_what_sgx1_takes),
	WG_TEST(a_crossing_takes_what_sgx2_takes),
	WG_TEST(a_crossing_takes_what_an_exit_of_snp_takes),
	WG_TEST(a_crossing_takes_what_a_world_switch_of_a_small_core_takes),
	WG_TEST(a_crossing_takes_what_op_tee_counts),
	WG_TEST(a_crossing_takes_what_a_fast_world_switch_takes),
	WG_TEST(a_crossing_takes_what_the_fastest_world_switch_takes),
	WG_TEST(a_request_takes_its_time_beside_its_service),
	WG_TEST(a_heap_that_is_paged_keeps_what_it_holds),
	WG_TEST(a_heap_that_fits_is_not_paged),
	WG_TEST(a_cost_below_this_machines_own_is_refused),
	WG_TEST(a_fault_below_this_machines_own_is_refused_when_the_heap_is_made),
	WG_TEST(a_request_of_unknown_cost_is_refused),
};

WG_TEST_MAIN(tests)
