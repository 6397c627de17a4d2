/* SPDX-License-Identifier: Apache-2.0 */
/* The tracing library before a libteec of the tests, whose structures are its own. */
#include <pthread.h>
#include <sys/resource.h>

#include "../core/fake_libteec.h"
#include "trace_fixture.h"
#include "wg_trace_client.h"

#define THREADS	    8
#define CALLS	    1500 /* several blocks */
#define FEW_BLOCKS  3
#define BLOCK_CALLS (WG_TRACE_BLOCK_RECORDS - 1)

/* The public part, and room for what is private. */
struct context {
	_Alignas(16) char bytes[256];
};
struct memory {
	struct wg_teec_memory is;
	char bytes[256];
};
struct operation {
	struct wg_teec_operation is;
	char bytes[256];
};

static struct context context_room, session_room;
static struct wg_teec_context *const context = (void *)&context_room;
static struct wg_teec_session *const session = (void *)&session_room;
static const uint8_t uuid[16] = FAKE_TA_UUID_BYTES;

static void open_all(void)
{
	CHECK_EQ(TEEC_InitializeContext("the board", context), WG_TEEC_SUCCESS);
	CHECK_EQ(TEEC_OpenSession(context, session, uuid, 1, NULL, NULL, NULL), WG_TEEC_SUCCESS);
}

static void close_all(void)
{
	TEEC_CloseSession(session);
	TEEC_FinalizeContext(context);
}

static void call_nothing(unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		CHECK_EQ(TEEC_InvokeCommand(session, FAKE_NOTHING, NULL, NULL), WG_TEEC_SUCCESS);
}

static void every_kind_of_memory(void)
{
	static uint8_t buffer[3000];
	struct memory allocated = {.is = {.size = 2000, .flags = 3}};
	struct memory registered = {.is = {.buffer = buffer, .size = sizeof(buffer), .flags = 2}};
	struct operation operation = {.is = {.types = 0x3e6c}}; /* whole, temporary output, partial output, value */
	uint32_t origin = 0;

	open_all();
	CHECK_EQ(TEEC_AllocateSharedMemory(context, &allocated.is), WG_TEEC_SUCCESS);
	CHECK_EQ(TEEC_RegisterSharedMemory(context, &registered.is), WG_TEEC_SUCCESS);
	operation.is.params[0].reference.parent = &allocated.is;
	operation.is.params[1].temporary.buffer = buffer;
	operation.is.params[1].temporary.size = 500;
	operation.is.params[2].reference.parent = &registered.is;
	operation.is.params[2].reference.size = 1000;
	operation.is.params[2].reference.offset = 10;
	operation.is.params[3].value.b = 700;
	CHECK_EQ(TEEC_InvokeCommand(session, FAKE_SUM_AND_FILL, &operation.is, &origin), WG_TEEC_SUCCESS);
	CHECK_EQ(origin, FAKE_ORIGIN_TRUSTED_APP);
	CHECK_EQ(operation.is.params[0].reference.size, 700);
	CHECK_EQ(operation.is.params[1].temporary.size, 700);
	TEEC_ReleaseSharedMemory(&registered.is);
	TEEC_ReleaseSharedMemory(&allocated.is);
	close_all();
}

static void each_call_leaves_one_record_with_its_sizes(void)
{
	static const size_t expected[WG_TRACE_FUNCTIONS] = {
		[WG_TRACE_INITIALIZE_CONTEXT] = 1, [WG_TRACE_FINALIZE_CONTEXT] = 1, [WG_TRACE_REGISTER_MEMORY] = 1,
		[WG_TRACE_ALLOCATE_MEMORY] = 1,	   [WG_TRACE_RELEASE_MEMORY] = 2,   [WG_TRACE_OPEN_SESSION] = 1,
		[WG_TRACE_CLOSE_SESSION] = 1,	   [WG_TRACE_INVOKE_COMMAND] = 1};
	struct trace trace = trace_of(every_kind_of_memory);
	const struct wg_trace_record *invoke = trace_first(&trace, WG_TRACE_INVOKE_COMMAND);

	for (int function = 1; function < WG_TRACE_FUNCTIONS; function++)
		CHECK_EQ(trace_count(&trace, (enum wg_trace_function)function), expected[function]);
	CHECK_EQ(invoke->command, FAKE_SUM_AND_FILL);
	CHECK_EQ(invoke->types, 0x3e6c);
	CHECK_EQ(invoke->origin, FAKE_ORIGIN_TRUSTED_APP);
	CHECK_EQ(invoke->result, WG_TEEC_SUCCESS);
	CHECK(invoke->ended >= invoke->began);
	CHECK(invoke->params[0].before == 2000 && invoke->params[0].after == 700 && invoke->param_flags[0] == 3);
	CHECK(invoke->params[1].before == 500 && invoke->params[1].after == 700 && invoke->param_flags[1] == 2);
	CHECK(invoke->params[2].before == 1000 && invoke->params[2].after == 700 && invoke->param_flags[2] == 2);
	CHECK(invoke->params[0].memory == trace_first(&trace, WG_TRACE_ALLOCATE_MEMORY)->object);
	CHECK(invoke->params[2].memory == trace_first(&trace, WG_TRACE_REGISTER_MEMORY)->object);
	CHECK_EQ(trace_first(&trace, WG_TRACE_ALLOCATE_MEMORY)->detail[0], 2000);
	CHECK(invoke->object == trace_first(&trace, WG_TRACE_OPEN_SESSION)->object);
	CHECK_MEM_EQ(trace_first(&trace, WG_TRACE_OPEN_SESSION)->detail, uuid, 16);
}

static void the_header_says_whose_trace_it_is(void)
{
	struct trace trace = trace_of(every_kind_of_memory);
	const struct wg_trace_header *header = trace.header;
	const struct wg_trace_moment *last = &header->later[(header->moments - 1) % 2];

	CHECK_EQ(header->version, WG_TRACE_VERSION);
	CHECK_EQ(header->parent, getpid());
	CHECK_EQ(header->state, WG_TRACE_STATE_ENDED);
	CHECK(strstr(header->library, "fake_libteec") != NULL);
	CHECK_STR_EQ(header->world, "the board");
	CHECK(strstr(header->command, "test_trace") != NULL || header->command[0]);
	CHECK(header->moments > 0 && last->raw_ns > header->start.raw_ns && last->ticks > header->start.ticks);
	CHECK(header->capabilities == WG_TRACE_UNKNOWN || access("/dev/tee0", F_OK) == 0);
}

static void refused_calls(void)
{
	const uint8_t nobody[16] = {1};
	struct operation operation = {.is = {.types = 0x0005c}}; /* whole of nothing, temporary of nothing */

	open_all();
	CHECK_EQ(TEEC_OpenSession(context, session, nobody, 0, NULL, NULL, NULL), FAKE_ITEM_NOT_FOUND);
	CHECK_EQ(TEEC_InvokeCommand(session, 12345, &operation.is, NULL), FAKE_NOT_IMPLEMENTED);
	close_all();
}

static void the_result_and_the_origin_of_a_refusal_are_noted(void)
{
	struct trace trace = trace_of(refused_calls);
	const struct wg_trace_record *invoke = trace_first(&trace, WG_TRACE_INVOKE_COMMAND);
	size_t from = 0;
	const struct wg_trace_record *open;

	(void)trace_next(&trace, WG_TRACE_OPEN_SESSION, &from);
	open = trace_next(&trace, WG_TRACE_OPEN_SESSION, &from);
	CHECK(open && open->result == FAKE_ITEM_NOT_FOUND && open->origin == FAKE_ORIGIN_TEE);
	CHECK_EQ(invoke->result, FAKE_NOT_IMPLEMENTED);
	CHECK(invoke->param_flags[0] == WG_TRACE_PARAM_NULL);
	CHECK(invoke->param_flags[1] == (1 | WG_TRACE_PARAM_NULL));
}

static void *call_many(void *unused)
{
	call_nothing(CALLS);
	return unused;
}

static void many_threads(void)
{
	pthread_t threads[THREADS];

	open_all();
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, call_many, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	close_all();
}

static void threads_lose_no_record_and_keep_their_names(void)
{
	struct trace trace = trace_of(many_threads);
	uint32_t names[THREADS] = {0};
	size_t counts[THREADS] = {0}, from = 0;
	const struct wg_trace_record *record;

	CHECK_EQ(trace_count(&trace, WG_TRACE_INVOKE_COMMAND), THREADS * CALLS);
	while ((record = trace_next(&trace, WG_TRACE_INVOKE_COMMAND, &from))) {
		int i = 0;

		while (i < THREADS && names[i] && names[i] != record->thread)
			i++;
		CHECK(i < THREADS);
		names[i] = record->thread;
		counts[i]++;
	}
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(counts[i], CALLS);
}

static void *call_once(void *unused)
{
	call_nothing(1);
	return unused;
}

static void many_short_threads(void)
{
	pthread_t thread;

	open_all();
	for (int i = 0; i < 400; i++) {
		CHECK_EQ(pthread_create(&thread, NULL, call_once, NULL), 0);
		CHECK_EQ(pthread_join(thread, NULL), 0);
	}
	close_all();
}

static void threads_that_end_leave_their_room_to_others(void)
{
	struct trace trace = trace_of(many_short_threads);

	CHECK_EQ(trace_count(&trace, WG_TRACE_INVOKE_COMMAND), 400);
	CHECK_EQ(trace.count, 2 * WG_TRACE_BLOCK_RECORDS);
}

static void forks(void)
{
	char path[600];
	pid_t child;

	open_all();
	call_nothing(3);
	child = fork();
	CHECK(child >= 0);
	call_nothing(child == 0 ? 5 : 7);
	if (child == 0)
		_exit(0);
	CHECK_EQ(trace_wait(child), 0);
	close_all();
	/* The name says whose it is. */
	trace_path(path, child);
	CHECK_EQ(access(path, R_OK), 0);
	{
		struct trace of_child = trace_read(child);

		CHECK_EQ(of_child.header->parent, getpid());
		CHECK_EQ(trace_count(&of_child, WG_TRACE_INVOKE_COMMAND), 5);
		CHECK_EQ(of_child.header->state, 0);
	}
}

static void a_forked_child_has_a_file_of_its_own(void)
{
	struct trace trace = trace_of(forks);

	CHECK_EQ(trace_count(&trace, WG_TRACE_INVOKE_COMMAND), 3 + 7);
	CHECK_EQ(trace_count(&trace, WG_TRACE_OPEN_SESSION), 1);
}

static void is_killed(void)
{
	open_all();
	call_nothing(CALLS);
	kill(getpid(), SIGKILL);
}

static void a_kill_loses_no_call_that_came_back(void)
{
	pid_t process = trace_start(is_killed);
	struct trace trace;

	CHECK_EQ(trace_wait(process), SIGKILL);
	trace = trace_read(process);
	CHECK_EQ(trace_count(&trace, WG_TRACE_INVOKE_COMMAND), CALLS);
	CHECK_EQ(trace.header->state, 0);
	CHECK(trace.header->moments > 0);
}

static _Atomic uint32_t *returned; /* calls that came back, seen by both processes; relaxed: a count */

static void calls_for_ever(void)
{
	open_all();
	for (;;) {
		call_nothing(1);
		atomic_fetch_add_explicit(returned, 1, memory_order_relaxed);
	}
}

static void kills_at_random_moments_lose_nothing_and_leave_nothing_twice(void)
{
	returned = mmap(NULL, sizeof(*returned), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(returned != MAP_FAILED);
	for (uint64_t i = wg_test_cases(30); i > 0; i--) {
		pid_t process;
		struct trace trace;
		size_t kept;
		uint32_t came_back;

		atomic_store(returned, 0);
		process = trace_start(calls_for_ever);
		while (!atomic_load(returned))
			usleep(100);
		usleep((useconds_t)wg_test_random_below(3000));
		kill(process, SIGKILL);
		CHECK_EQ(trace_wait(process), SIGKILL);
		trace = trace_read(process);
		kept = trace_count(&trace, WG_TRACE_INVOKE_COMMAND);
		came_back = atomic_load(returned);
		CHECK(kept == came_back || kept == came_back + 1);
		munmap((void *)(uintptr_t)trace.header, WG_TRACE_HEADER_BYTES + trace.count * WG_TRACE_RECORD_BYTES);
	}
}

static void leaves_at_once(void)
{
	open_all();
	call_nothing(10);
	_exit(0);
}

static void leaving_without_exit_handlers_loses_nothing(void)
{
	struct trace trace = trace_of(leaves_at_once);

	CHECK_EQ(trace_count(&trace, WG_TRACE_INVOKE_COMMAND), 10);
	CHECK_EQ(trace.header->state, 0);
}

static void has_little_room(void)
{
	setenv("WORLDGATE_TRACE_BYTES", "200704", 1); /* the header and three blocks */
	open_all();
	call_nothing(5 * BLOCK_CALLS);
	close_all();
}

static void what_finds_no_room_is_counted(void)
{
	struct trace trace = trace_of(has_little_room);
	size_t kept = trace_count(&trace, WG_TRACE_INVOKE_COMMAND);

	CHECK_EQ(trace.count, FEW_BLOCKS * WG_TRACE_BLOCK_RECORDS);
	CHECK_EQ(kept, FEW_BLOCKS * BLOCK_CALLS - 2); /* initialize and open are there too */
	CHECK_EQ(kept + trace.header->dropped[WG_TRACE_INVOKE_COMMAND], 5 * BLOCK_CALLS);
	CHECK_EQ(trace.header->dropped[WG_TRACE_CLOSE_SESSION], 1);
	CHECK_EQ(trace.header->dropped[WG_TRACE_FINALIZE_CONTEXT], 1);
}

static void closes_all_files(void)
{
	struct rlimit limit;
	char other[600];
	int file;

	open_all();
	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	for (int i = 3; i < 1024 && (rlim_t)i < limit.rlim_cur; i++)
		close(i);
	snprintf(other, sizeof(other), "%s.other", trace_base());
	for (int i = 0; i < 300; i++) {
		file = open(other, O_RDWR | O_CREAT, 0600);
		CHECK(file >= 0);
	}
	call_nothing(3 * WG_TRACE_BLOCK_RECORDS);
	close_all();
	CHECK_EQ(lseek(file, 0, SEEK_END), 0);
	unlink(other);
}

static void a_program_that_closes_every_file_harms_neither_side(void)
{
	struct trace trace = trace_of(closes_all_files);

	CHECK_EQ(trace_count(&trace, WG_TRACE_INVOKE_COMMAND), 3 * WG_TRACE_BLOCK_RECORDS);
}

static void *wait_for_it(void *operation)
{
	CHECK_EQ(TEEC_InvokeCommand(session, FAKE_WAIT, operation, NULL), FAKE_CANCEL);
	return NULL;
}

static void cancels(void)
{
	static struct operation operation;
	pthread_t thread;

	open_all();
	CHECK_EQ(pthread_create(&thread, NULL, wait_for_it, &operation.is), 0);
	usleep(100000);
	TEEC_RequestCancellation(&operation.is);
	pthread_join(thread, NULL);
	close_all();
}

static void a_cancellation_is_a_call_beside_the_one_it_ends(void)
{
	struct trace trace = trace_of(cancels);
	const struct wg_trace_record *cancel = trace_first(&trace, WG_TRACE_REQUEST_CANCELLATION);
	const struct wg_trace_record *invoke = trace_first(&trace, WG_TRACE_INVOKE_COMMAND);

	CHECK(cancel->thread != invoke->thread);
	CHECK(cancel->began >= invoke->began && cancel->ended <= invoke->ended);
}

static void calls_nothing(void)
{
}

static void a_process_that_never_calls_leaves_no_file(void)
{
	pid_t process = trace_start(calls_nothing);
	char path[600];

	CHECK_EQ(trace_wait(process), 0);
	trace_path(path, process);
	CHECK(access(path, F_OK) != 0);
}

static const struct wg_test tests[] = {
	WG_TEST(each_call_leaves_one_record_with_its_sizes),
	WG_TEST(the_header_says_whose_trace_it_is),
	WG_TEST(the_result_and_the_origin_of_a_refusal_are_noted),
	WG_TEST(threads_lose_no_record_and_keep_their_names),
	WG_TEST(threads_that_end_leave_their_room_to_others),
	WG_TEST(a_forked_child_has_a_file_of_its_own),
	WG_TEST(a_kill_loses_no_call_that_came_back),
	WG_TEST(kills_at_random_moments_lose_nothing_and_leave_nothing_twice),
	WG_TEST(leaving_without_exit_handlers_loses_nothing),
	WG_TEST(what_finds_no_room_is_counted),
	WG_TEST(a_program_that_closes_every_file_harms_neither_side),
	WG_TEST(a_cancellation_is_a_call_beside_the_one_it_ends),
	WG_TEST(a_process_that_never_calls_leaves_no_file),
};

WG_TEST_MAIN(tests)
