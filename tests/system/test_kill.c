/* SPDX-License-Identifier: Apache-2.0 */
/* The world's process is killed at a random moment of whatever the client is doing: the call ends at once, nothing
 * leaks, and the next session works. 100 kills, or 1 000 in the soak tier. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "../core/wg_test_afresh.h"
#include "../core/wg_test_world.h"
#include "wg_arena.h"
#include "wg_lane.h"
#include "wg_transport.h"

/* A busy machine may be late once; being late is a matter of the median. */
#define MOST_LATE_MEDIAN_S 0.05
#define MOST_LATE_S	   5
#define KILLS_MAX	   1000u
#ifdef __SANITIZE_ADDRESS__ /* keeps freed memory for a while */
#define PAGES_MORE 65536
#else
#define PAGES_MORE 64
#endif

enum deed { OPEN, INVOKE, WAIT, SPIN, REQUESTS, SERVE_RING, CLOSE, DEEDS };
static const char *const deed_names[] = {"open", "invoke", "wait", "spin", "requests", "ring", "close"};

static struct wg_test_peer peer;
static double lateness[KILLS_MAX]; /* in seconds, of the kills of a running call */
static size_t lateness_count;

/* What the killer is told and tells. */
struct killer {
	atomic_int process; /* of the world; 0 while it is not known (release by the client, acquire by the killer) */
	atomic_bool stop;   /* relaxed: looked at again and again */
	unsigned after_us;
	bool may_be_late; /* the process may have ended by itself */
	double killed_at; /* 0: there was no process */
};

/* Of a world that is only being opened, the parent's list of children tells the process. */
static pid_t newest_child(void)
{
	char path[64];
	int process = 0, next;
	DIR *threads = opendir("/proc/self/task");
	struct dirent *entry;
	FILE *file;

	while ((entry = readdir(threads)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%.20s/children", entry->d_name);
		file = fopen(path, "r");
		while (file && fscanf(file, "%d", &next) == 1)
			process = next > process ? next : process;
		if (file)
			fclose(file);
	}
	closedir(threads);
	return process;
}

static void *kill_it(void *argument)
{
	struct killer *killer = argument;
	int process = 0;

	usleep(killer->after_us);
	while (process == 0 && !atomic_load_explicit(&killer->stop, memory_order_relaxed)) {
		process = atomic_load_explicit(&killer->process, memory_order_acquire);
		if (process == 0)
			process = newest_child();
	}
	if (process == 0)
		return NULL;
	killer->killed_at = wg_test_seconds();
	CHECK(kill(process, SIGKILL) == 0 || (killer->may_be_late && errno == ESRCH));
	return NULL;
}

static TEEC_Result open_slowly(TEEC_Session *session)
{
	const TEEC_UUID uuid = wg_test_probe(PROBE_EACH);
	TEEC_Operation operation = {.paramTypes = TEEC_VALUE_INOUT};

	operation.params[0].value = (TEEC_Value){0, 300};
	return TEEC_OpenSession(&peer.context, session, &uuid, TEEC_LOGIN_PUBLIC, NULL, &operation, NULL);
}

static TEEC_Result invoke_until_it_fails(void)
{
	static uint8_t buffer[50000];
	TEEC_Operation operation;
	TEEC_Result result;

	do {
		memset(&operation, 0, sizeof(operation));
		operation.paramTypes = WG_TEST_TYPES(MEMREF_TEMP_INOUT, NONE, NONE, VALUE_INOUT);
		operation.params[0].tmpref = (TEEC_TempMemoryReference){buffer, sizeof(buffer)};
		result = TEEC_InvokeCommand(&peer.session, PROBE_SEE, &operation, NULL);
	} while (result == TEEC_SUCCESS);
	return result;
}

static TEEC_Result command_until_it_fails(uint32_t command, uint32_t a)
{
	TEEC_Result result;

	do
		result = wg_test_command(&peer.session, command, a, 0, NULL);
	while (result == TEEC_SUCCESS);
	return result;
}

static TEEC_Result serve_ring(void)
{
	const struct wg_lane_config config = {WG_LANE_RING, 64, 64};
	struct wg_lane_slot slot;
	struct wg_lane *lane;
	const void *payload;
	TEEC_Result result;
	wg_result got;
	uint32_t tag = 0;

	CHECK_EQ(wg_lane_open(&peer.context, &peer.session, &config, &lane), WG_OK);
	do {
		for (unsigned i = 0; i < 16 && wg_lane_payload(lane); i++) {
			memset(wg_lane_payload(lane), (int)tag, 64);
			if (wg_lane_submit(lane, 1, 64, tag++) != WG_OK)
				break;
		}
		got = wg_lane_wait(lane, &slot, &payload);
	} while (got == WG_OK);
	result = wg_lane_failure(lane);
	wg_lane_close(lane, NULL);
	return result;
}

/* Does the deed until the kill shows. TEEC_SUCCESS: the deed was over before. */
static TEEC_Result carry_out(enum deed deed, struct killer *killer)
{
	switch (deed) {
	case OPEN:
		return open_slowly(&peer.session);
	case INVOKE:
		return invoke_until_it_fails();
	case WAIT:
		return command_until_it_fails(PROBE_WAIT, 60000);
	case SPIN:
		return command_until_it_fails(PROBE_SPIN, 60000);
	case REQUESTS:
		return command_until_it_fails(PROBE_RPCS, 10000);
	case SERVE_RING:
		return serve_ring();
	case CLOSE:
	default:
		/* Comes and goes, so that the kill meets any part of it. */
		atomic_store_explicit(&killer->process, wg_test_process(&peer.session), memory_order_release);
		TEEC_CloseSession(&peer.session);
		return TEEC_ERROR_TARGET_DEAD;
	}
}

static void kill_once(enum deed deed, unsigned after_us)
{
	struct killer killer = {.after_us = after_us, .may_be_late = deed == CLOSE};
	TEEC_Result result;
	pthread_t thread;
	double late;

	if (deed != OPEN) {
		wg_test_open_session(&peer, PROBE_EACH);
		/* The killer of a closing world must not look at another's process: it gets the number first. */
		atomic_store_explicit(&killer.process, wg_test_process(&peer.session), memory_order_release);
	}
	CHECK_EQ(pthread_create(&thread, NULL, kill_it, &killer), 0);
	if (deed == CLOSE)
		usleep((useconds_t)wg_test_random_below(2000));
	result = carry_out(deed, &killer);
	late = wg_test_seconds();
	atomic_store_explicit(&killer.stop, true, memory_order_relaxed);
	pthread_join(thread, NULL);
	if (result != TEEC_ERROR_TARGET_DEAD)
		printf("%s after %u us: 0x%08x %s\n", deed_names[deed], after_us, result, wg_gate_reason());
	CHECK_EQ(result, TEEC_ERROR_TARGET_DEAD);
	if (deed != CLOSE) {
		late -= killer.killed_at;
		if (late > MOST_LATE_S)
			printf("%s after %u us: told %.3f s after the kill\n", deed_names[deed], after_us, late);
		CHECK(late < MOST_LATE_S);
		lateness[lateness_count++] = late;
	}
	if (deed != OPEN && deed != CLOSE)
		TEEC_CloseSession(&peer.session);
}

static void the_next_session_works(void)
{
	wg_test_open_session(&peer, PROBE_EACH);
	CHECK_EQ(wg_test_command(&peer.session, PROBE_HEAP, 1000, 1, NULL), TEEC_SUCCESS);
	TEEC_CloseSession(&peer.session);
}

/* Pages of this process that only it has. */
static long own_pages(void)
{
	long size, resident, shared;
	FILE *file = fopen("/proc/self/statm", "r");

	CHECK(file && fscanf(file, "%ld %ld %ld", &size, &resident, &shared) == 3);
	fclose(file);
	return resident - shared;
}

static int ascending(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static void kills_at_random_moments_leave_nothing_behind(void)
{
	uint64_t kills = getenv("WORLDGATE_SOAK") ? KILLS_MAX : 100;
	struct wg_gate *gate;
	uint64_t arena_before;
	unsigned descriptors;
	size_t used = 0;
	long pages = 0;

	wg_test_open_context("compartment", &peer.context);
	gate = peer.context.imp.gate;
	the_next_session_works();
	arena_before = wg_arena_free_bytes(&gate->arena);
	descriptors = wg_test_descriptors();
	for (uint64_t i = 0; i < kills; i++) {
		enum deed deed = (enum deed)(i % DEEDS);

		alarm(60);
		kill_once(deed, (unsigned)wg_test_random_below(deed == CLOSE ? 3000 : 30000));
		the_next_session_works();
		CHECK_EQ(wg_arena_free_bytes(&gate->arena), arena_before);
		CHECK_EQ(wg_test_descriptors(), descriptors);
		CHECK(gate->targets == NULL);
		if (i == 2 * DEEDS) { /* every deed has been done before */
			used = mallinfo2().uordblks;
			pages = own_pages();
		}
	}
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD); /* neither a zombie nor a world is left */
	qsort(lateness, lateness_count, sizeof(lateness[0]), ascending);
	printf("told %.6f s after the kill (median), %.6f s at most\n", lateness[lateness_count / 2],
	       lateness[lateness_count - 1]);
	CHECK(lateness[lateness_count / 2] < MOST_LATE_MEDIAN_S);
	CHECK(mallinfo2().uordblks <= used + 4096);
	CHECK(own_pages() <= pages + PAGES_MORE);
	TEEC_FinalizeContext(&peer.context);
}

/* The world's last deed is to fill its bell: who tells of its end must not wait for room there. */
static void a_world_that_fills_its_bell_and_dies_stops_nobody(void)
{
	wg_test_open_context("compartment", &peer.context);
	for (unsigned i = 0; i < 5; i++) {
		alarm(20);
		wg_test_open_session(&peer, PROBE_EACH);
		CHECK_EQ(wg_test_command(&peer.session, PROBE_FILL_BELL, 0, 0, NULL), TEEC_ERROR_TARGET_DEAD);
		CHECK(strstr(wg_gate_reason(), "SIGSYS") != NULL);
		TEEC_CloseSession(&peer.session);
		the_next_session_works();
	}
	TEEC_FinalizeContext(&peer.context);
}

static void a_stack_without_end_ends_the_world_alone(void)
{
	wg_test_open_context("compartment", &peer.context);
	wg_test_open_session(&peer, PROBE_EACH);
	CHECK_EQ(wg_test_command(&peer.session, PROBE_STACK, 16 * 1024, 0, NULL), TEEC_SUCCESS);
	CHECK_EQ(wg_test_command(&peer.session, PROBE_STACK, 64 << 20, 0, NULL), TEEC_ERROR_TARGET_DEAD);
	CHECK(strstr(wg_gate_reason(), "signal 11") != NULL);
	TEEC_CloseSession(&peer.session);
	the_next_session_works();
	TEEC_FinalizeContext(&peer.context);
}

static void no_other_sessions_world_is_harmed(void)
{
	struct wg_test_peer other;

	wg_test_open("compartment", PROBE_EACH, &other);
	wg_test_open_context("compartment", &peer.context);
	wg_test_open_session(&peer, PROBE_EACH);
	CHECK_EQ(kill(wg_test_process(&peer.session), SIGKILL), 0);
	CHECK_EQ(wg_test_command(&peer.session, PROBE_ANSWER, 0, 0, NULL), TEEC_ERROR_TARGET_DEAD);
	CHECK(strstr(wg_gate_reason(), "signal 9") != NULL);
	CHECK_EQ(wg_test_command(&other.session, PROBE_HEAP, 1000, 1, NULL), TEEC_SUCCESS);
	wg_test_close(&peer);
	wg_test_close(&other);
}

/* Of a client that is killed, no world is left. */
static void worlds_end_with_their_client(void)
{
	char number[16];
	int tell[2];
	pid_t client, world = 0;

	wg_test_open_context("compartment", &peer.context);
	TEEC_FinalizeContext(&peer.context);
	wg_test_need_afresh();
	CHECK_EQ(pipe(tell), 0);
	snprintf(number, sizeof(number), "%d", tell[1]);
	client = wg_test_start_afresh("a_client_for_worlds_end_with_their_client", "WG_TEST_TELL", number, NULL);
	close(tell[1]);
	CHECK_EQ(read(tell[0], &world, sizeof(world)), sizeof(world));
	close(tell[0]);
	CHECK_EQ(kill(world, 0), 0);
	CHECK_EQ(kill(client, SIGKILL), 0);
	CHECK_EQ(waitpid(client, NULL, 0), client);
	for (unsigned i = 0; kill(world, 0) == 0 && i < 500; i++)
		usleep(10000);
	CHECK(kill(world, 0) == -1 && errno == ESRCH);
}

static void a_client_for_worlds_end_with_their_client(void)
{
	const char *tell = getenv("WG_TEST_TELL");
	pid_t process;

	CHECK(tell != NULL);
	wg_test_open("compartment", PROBE_EACH, &peer);
	process = wg_test_process(&peer.session);
	CHECK_EQ(write(atoi(tell), &process, sizeof(process)), sizeof(process));
	(void)wg_test_command(&peer.session, PROBE_SPIN, 30000, 0, NULL);
}

static const struct wg_test tests[] = {
	WG_TEST(kills_at_random_moments_leave_nothing_behind),
	WG_TEST(a_world_that_fills_its_bell_and_dies_stops_nobody),
	WG_TEST(a_stack_without_end_ends_the_world_alone),
	WG_TEST(no_other_sessions_world_is_harmed),
	WG_TEST(worlds_end_with_their_client),
	WG_TEST(a_client_for_worlds_end_with_their_client),
};

/* The last one is a part of others, which start it. */
int main(int argc, char **argv)
{
	return wg_test_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]) - (getenv("WG_TEST_TELL") ? 0 : 1));
}
