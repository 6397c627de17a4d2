/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, access rights, cancellation, time, text and output of the Internal Core API, against a normal world that
 * answers what a test tells it to. */
#include <sys/mman.h>
#include <sys/wait.h>

#include "internal/wg_memory_map.h"
#include "stdlib_ext.h"
#include "tee_internal_api.h"
#include "tee_internal_api_extensions.h"
#include "user_ta_header.h"
#include "wg_test_instance.h"

/* Last: from here on malloc and the like are the TA's. */
#include "wg_ta_libc.h"

/* The normal world of the tests. */
static struct {
	struct wg_rpc answer; /* its result, words and data_bytes go back */
	struct wg_rpc asked;  /* the last request */
	unsigned requests;
	char text[4096]; /* of all logs, the name before each */
	size_t text_bytes;
} ree;

static TEE_Result answer(void *context, struct wg_rpc *rpc, const void *out, size_t out_bytes, void *in,
			 size_t in_capacity)
{
	(void)context;
	(void)in;
	(void)in_capacity;
	ree.asked = *rpc;
	ree.requests++;
	if (rpc->operation == WG_RPC_LOG) {
		CHECK(ree.text_bytes + out_bytes < sizeof(ree.text));
		memcpy(ree.text + ree.text_bytes, out, out_bytes);
		ree.text_bytes += out_bytes;
		ree.text[ree.text_bytes] = '\0';
	}
	rpc->result = ree.answer.result;
	memcpy(rpc->word, ree.answer.word, sizeof(rpc->word));
	rpc->data_bytes = ree.answer.data_bytes;
	return TEE_SUCCESS;
}

static void start(void)
{
	memset(&ree, 0, sizeof(ree));
	wg_test_kept_start(answer, NULL);
}

static void expect_success(void (*body)(void))
{
	start();
	CHECK_EQ(wg_test_kept_run(body), TEE_SUCCESS);
}

static void expect_panic(void (*body)(void))
{
	start();
	CHECK_EQ(wg_test_kept_run(body), TEE_ERROR_TARGET_DEAD);
}

static bool all_zero(const uint8_t *memory, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i++)
		if (memory[i])
			return false;
	return true;
}

/* Memory */

static void allocate_by_each_hint(void)
{
	static const uint32_t zeroing[] = {TEE_MALLOC_FILL_ZERO, TEE_MALLOC_NO_SHARE};
	uint8_t *block;
	unsigned i;

	memset(wg_test_kept.instance.heap.base + 1024, 0xa5, 16384);
	for (i = 0; i < 2; i++) {
		block = TEE_Malloc(5000, zeroing[i]);
		CHECK(block && all_zero(block, 5000));
		memset(block, 0xa5, 5000);
		TEE_Free(block);
	}
	block = TEE_Malloc(5000, TEE_MALLOC_NO_FILL | TEE_MALLOC_NO_SHARE);
	CHECK(block && !all_zero(block, 5000));
	CHECK(TEE_Malloc(100, TEE_USER_MEM_HINT_NO_FILL_ZERO) != NULL);
	CHECK(TEE_Malloc(100, 0x70) == NULL);
	CHECK(TEE_Malloc(0, TEE_MALLOC_FILL_ZERO) != NULL);
	CHECK(TEE_Malloc(SIZE_MAX, TEE_MALLOC_FILL_ZERO) == NULL);
	TEE_Free(NULL);
}

static void a_hint_decides_whether_memory_is_zero(void)
{
	expect_success(allocate_by_each_hint);
}

static void allocate_unfilled_shared(void)
{
	(void)TEE_Malloc(100, TEE_MALLOC_NO_FILL);
}

static void no_fill_alone_is_a_panic(void)
{
	expect_panic(allocate_unfilled_shared);
}

static void resize_at_random(void)
{
	size_t bytes = 0, wanted, i;
	uint8_t *block = NULL, *resized;
	uint64_t round;

	for (round = 0; round < wg_test_cases(3000); round++) {
		wanted = 1 + wg_test_random_below(round % 2 ? 300 : 20000);
		resized = TEE_Realloc(block, wanted);
		CHECK(resized != NULL);
		for (i = 0; i < bytes && i < wanted; i++)
			CHECK_EQ(resized[i], (uint8_t)(bytes + i));
		CHECK(wanted <= bytes || all_zero(resized + bytes, wanted - bytes));
		for (i = 0; i < wanted; i++)
			resized[i] = (uint8_t)(wanted + i);
		block = resized;
		bytes = wanted;
	}
	CHECK(TEE_Realloc(block, WG_TEST_HEAP_BYTES) == NULL);
	CHECK_EQ(block[bytes - 1], (uint8_t)(bytes + bytes - 1));
}

static void growing_shows_zeros_and_keeps_the_rest(void)
{
	expect_success(resize_at_random);
}

static void free_what_is_not_a_block(void)
{
	uint8_t *block = TEE_Malloc(64, TEE_MALLOC_FILL_ZERO);

	TEE_Free(block + 16);
}

static void free_twice(void)
{
	uint8_t *block = TEE_Malloc(64, TEE_MALLOC_FILL_ZERO);

	TEE_Free(block);
	TEE_Free(block);
}

static void resize_what_is_not_a_block(void)
{
	int on_stack = 0;

	(void)TEE_Realloc(&on_stack, 10);
}

static void a_bad_pointer_is_a_panic(void)
{
	expect_panic(free_what_is_not_a_block);
	expect_panic(free_twice);
	expect_panic(resize_what_is_not_a_block);
}

static void use_up_the_heap(void)
{
	size_t taken = 0;

	while (malloc(1000))
		taken += 1000;
	CHECK(taken < WG_TEST_HEAP_BYTES);
	CHECK(taken > WG_TEST_HEAP_BYTES * 9 / 10);
	CHECK(calloc(SIZE_MAX / 2, 3) == NULL);
}

static void the_heap_is_exactly_the_tas(void)
{
	expect_success(use_up_the_heap);
}

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void comparing_orders_as_memcmp_does(void)
{
	uint8_t a[32], b[32];
	uint64_t round;
	size_t bytes, i;

	for (round = 0; round < wg_test_cases(20000); round++) {
		bytes = wg_test_random_below(sizeof(a) + 1);
		for (i = 0; i < sizeof(a); i++) {
			a[i] = (uint8_t)wg_test_random();
			b[i] = wg_test_random_below(8) ? a[i] : (uint8_t)wg_test_random();
		}
		CHECK_EQ(sign(TEE_MemCompare(a, b, bytes)), sign(memcmp(a, b, bytes)));
	}
}

static void filling_and_moving_overlap_as_they_should(void)
{
	char text[] = "abcdefgh";

	TEE_MemMove(text + 1, text, 6);
	CHECK_STR_EQ(text, "aabcdefh");
	TEE_MemFill(text, 0x1ff00 + 'x', 3);
	CHECK_STR_EQ(text, "xxxcdefh");
	TEE_MemMove(NULL, NULL, 0);
	TEE_MemFill(NULL, 1, 0);
}

/* Access rights */

#define READ  TEE_MEMORY_ACCESS_READ
#define WRITE TEE_MEMORY_ACCESS_WRITE
#define ANY   TEE_MEMORY_ACCESS_ANY_OWNER

static uint8_t shared_in[100], shared_out[100];
static const uint8_t constant[4] = {1, 2, 3, 4};
static uint8_t variable[4];

static TEE_Result check(uint32_t flags, const void *memory, size_t bytes)
{
	return TEE_CheckMemoryAccessRights(flags, (void *)(uintptr_t)memory, bytes);
}

static void check_references(void)
{
	CHECK_EQ(check(READ | ANY, shared_in, 100), TEE_SUCCESS);
	CHECK_EQ(check(READ | ANY, shared_in + 10, 90), TEE_SUCCESS);
	CHECK_EQ(check(READ, shared_in, 100), TEE_ERROR_ACCESS_DENIED);
	CHECK_EQ(check(WRITE | ANY, shared_in, 1), TEE_ERROR_ACCESS_DENIED);
	CHECK_EQ(check(READ | ANY, shared_in, 101), TEE_ERROR_ACCESS_DENIED);
	CHECK_EQ(check(READ | WRITE | ANY, shared_out, 100), TEE_SUCCESS);
	CHECK_EQ(check(READ | WRITE, shared_out + 99, 1), TEE_ERROR_ACCESS_DENIED);
}

static void a_memory_reference_is_the_clients_in_its_direction(void)
{
	TEE_Param params[4] = {{.memref = {shared_in, 100}}, {.memref = {shared_out, 100}}};

	start();
	CHECK_EQ(wg_test_kept_run_with(check_references,
				       TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_MEMREF_OUTPUT, 0, 0),
				       params),
		 TEE_SUCCESS);
}

static void check_own_memory(void)
{
	uint8_t on_stack[64];
	uint8_t *block = TEE_Malloc(100, TEE_MALLOC_FILL_ZERO);

	CHECK_EQ(check(READ | WRITE, block, 100), TEE_SUCCESS);
	CHECK_EQ(check(READ | WRITE, on_stack, sizeof(on_stack)), TEE_SUCCESS);
	CHECK_EQ(check(READ | WRITE, variable, sizeof(variable)), TEE_SUCCESS);
	CHECK_EQ(check(READ, constant, sizeof(constant)), TEE_SUCCESS);
	CHECK_EQ(check(WRITE, constant, sizeof(constant)), TEE_ERROR_ACCESS_DENIED);
	CHECK_EQ(check(READ, (const void *)(uintptr_t)check_own_memory, 1), TEE_SUCCESS);
}

static void a_ta_may_use_its_heap_its_stack_and_its_data(void)
{
	expect_success(check_own_memory);
}

static void check_nowhere(void)
{
	uint8_t *hole = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *other = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(hole != MAP_FAILED && other != MAP_FAILED);
	CHECK_EQ(check(READ | WRITE, hole, 8192), TEE_SUCCESS);
	CHECK_EQ(mprotect(hole + 4096, 4096, PROT_NONE), 0);
	CHECK_EQ(check(READ, hole, 4096), TEE_SUCCESS);
	CHECK_EQ(check(READ, hole, 4097), TEE_ERROR_ACCESS_DENIED);
	CHECK_EQ(check(READ | WRITE, other, 1), TEE_ERROR_ACCESS_DENIED);
	CHECK_EQ(check(READ, NULL, 1), TEE_ERROR_ACCESS_DENIED);
	CHECK_EQ(check(READ, NULL, 0), TEE_SUCCESS);
	CHECK_EQ(check(READ, variable, SIZE_MAX), TEE_ERROR_ACCESS_DENIED);
	CHECK_EQ(check(READ, (const void *)(uintptr_t)16, 16), TEE_ERROR_ACCESS_DENIED);
	CHECK_EQ(check(READ, wg_test_kept.heap + WG_TEST_HEAP_BYTES - 8, 16), TEE_ERROR_ACCESS_DENIED);
	CHECK_EQ(munmap(hole, 8192), 0);
	CHECK_EQ(munmap(other, 4096), 0);
}

static void what_is_not_mapped_for_the_process_alone_is_refused(void)
{
	expect_success(check_nowhere);
}

static void check_kept(void)
{
	uint8_t *late = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t deep[60000];

	CHECK(late != MAP_FAILED);
	check_own_memory();
	CHECK_EQ(check(READ | WRITE, deep, sizeof(deep)), TEE_SUCCESS);
	CHECK_EQ(check(READ, late, 1), TEE_ERROR_ACCESS_DENIED);
	CHECK_EQ(munmap(late, 4096), 0);
}

/* In a child: what is kept is kept for ever. */
static void a_kept_map_knows_nothing_that_came_later(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		CHECK_EQ(wg_memory_map_keep(), WG_OK);
		expect_success(check_kept);
		_exit(0);
	}
	CHECK(child > 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

static void maintain_caches(void)
{
	char memory[16];

	wg_test_kept_facts.flags = 0;
	CHECK_EQ(TEE_CacheClean(memory, sizeof(memory)), TEE_ERROR_NOT_SUPPORTED);
	wg_test_kept_facts.flags = TA_FLAG_CACHE_MAINTENANCE;
	CHECK_EQ(TEE_CacheFlush(memory, sizeof(memory)), TEE_SUCCESS);
	CHECK_EQ(TEE_CacheInvalidate((char *)(uintptr_t)constant, sizeof(constant)), TEE_ERROR_ACCESS_DENIED);
	wg_test_kept_facts.flags = 0;
}

static void cache_maintenance_needs_its_flag_and_the_rights(void)
{
	expect_success(maintain_caches);
}

/* Cancellation */

static void mask_and_look(void)
{
	CHECK(!TEE_GetCancellationFlag());
	CHECK(TEE_UnmaskCancellation());
	CHECK(!TEE_UnmaskCancellation());
	CHECK(TEE_GetCancellationFlag());
	CHECK_EQ(TEE_Wait(1000), TEE_ERROR_CANCEL);
	CHECK_EQ(ree.requests, 0);
	CHECK(!TEE_MaskCancellation());
	CHECK(!TEE_GetCancellationFlag());
	CHECK_EQ(TEE_Wait(1000), TEE_SUCCESS);
	CHECK_EQ(ree.asked.cancellable, 0);
}

static void a_request_to_cancel_is_seen_only_unmasked(void)
{
	start();
	atomic_store(&wg_test_kept.cancel, 1);
	CHECK_EQ(wg_test_kept_run(mask_and_look), TEE_SUCCESS);
}

/* Time */

static void read_clocks(void)
{
	TEE_Time a, b;

	TEE_GetSystemTime(&a);
	TEE_GetSystemTime(&b);
	CHECK(a.millis < 1000 && b.millis < 1000);
	CHECK((uint64_t)b.seconds * 1000 + b.millis >= (uint64_t)a.seconds * 1000 + a.millis);
	CHECK_EQ(ree.requests, 0);
	ree.answer.word[0] = 1700000000;
	ree.answer.word[1] = 999;
	TEE_GetREETime(&a);
	CHECK_EQ(a.seconds, 1700000000);
	CHECK_EQ(a.millis, 999);
	CHECK_EQ(wg_test_kept.instance.ledger.rpcs, 1);
}

static void the_system_time_is_the_worlds_own(void)
{
	expect_success(read_clocks);
}

static void read_ree_time(void)
{
	TEE_Time time;

	TEE_GetREETime(&time);
}

static void a_malformed_time_of_the_normal_world_is_a_panic(void)
{
	start();
	ree.answer.word[1] = 1000;
	CHECK_EQ(wg_test_kept_run(read_ree_time), TEE_ERROR_TARGET_DEAD);
	CHECK_EQ(wg_test_kept.instance.panic_code, TEE_ERROR_COMMUNICATION);
	start();
	ree.answer.result = TEE_ERROR_GENERIC;
	CHECK_EQ(wg_test_kept_run(read_ree_time), TEE_ERROR_TARGET_DEAD);
	start();
	ree.answer.data_bytes = 1;
	CHECK_EQ(wg_test_kept_run(read_ree_time), TEE_ERROR_TARGET_DEAD);
}

static void wait_masked(void)
{
	(void)TEE_Wait(1);
}

static void a_cancellation_that_was_not_asked_for_is_a_panic(void)
{
	start();
	ree.answer.result = TEE_ERROR_CANCEL;
	CHECK_EQ(wg_test_kept_run(wait_masked), TEE_ERROR_TARGET_DEAD);
}

static void read_persistent_time(void)
{
	static const struct {
		TEE_Result answered;
		uint32_t millis;
		TEE_Result result;
		uint32_t seconds;
	} cases[] = {
		{TEE_SUCCESS, 5, TEE_SUCCESS, 77},
		{TEE_SUCCESS, 1000, TEE_ERROR_TIME_NEEDS_RESET, 0},
		{TEE_ERROR_OVERFLOW, 5, TEE_ERROR_OVERFLOW, 77},
		{TEE_ERROR_OVERFLOW, 4000, TEE_ERROR_TIME_NEEDS_RESET, 0},
		{TEE_ERROR_TIME_NOT_SET, 5, TEE_ERROR_TIME_NOT_SET, 0},
		{TEE_ERROR_TIME_NEEDS_RESET, 5, TEE_ERROR_TIME_NEEDS_RESET, 0},
		{TEE_ERROR_OUT_OF_MEMORY, 5, TEE_ERROR_OUT_OF_MEMORY, 0},
		{TEE_ERROR_CANCEL, 5, TEE_ERROR_TIME_NEEDS_RESET, 0},
		{0x12345678, 5, TEE_ERROR_TIME_NEEDS_RESET, 0},
	};
	TEE_Time time;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ree.answer.result = cases[i].answered;
		ree.answer.word[0] = 77;
		ree.answer.word[1] = cases[i].millis;
		CHECK_EQ(TEE_GetTAPersistentTime(&time), cases[i].result);
		CHECK_EQ(time.seconds, cases[i].seconds);
	}
}

static void only_well_formed_persistent_times_reach_the_ta(void)
{
	expect_success(read_persistent_time);
}

static void set_persistent_time(void)
{
	const TEE_Time time = {.seconds = 5, .millis = 6};

	CHECK_EQ(TEE_SetTAPersistentTime(&time), TEE_SUCCESS);
	CHECK_EQ(ree.asked.word[0], 5);
	CHECK_EQ(ree.asked.word[1], 6);
	ree.answer.result = TEE_ERROR_STORAGE_NO_SPACE;
	CHECK_EQ(TEE_SetTAPersistentTime(&time), TEE_ERROR_STORAGE_NO_SPACE);
	ree.answer.result = TEE_ERROR_BUSY;
	(void)TEE_SetTAPersistentTime(&time);
}

static void an_unknown_failure_to_set_the_time_is_a_panic(void)
{
	expect_panic(set_persistent_time);
}

/* Text and output */

static int by_value(const void *a, const void *b)
{
	const int32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void sorting_gives_the_same_elements_in_order(void)
{
	int32_t values[200];
	int64_t sum, sorted_sum;
	uint64_t round;
	size_t count, i;

	for (round = 0; round < wg_test_cases(2000); round++) {
		count = wg_test_random_below(200);
		sum = 0;
		for (i = 0; i < count; i++)
			sum += values[i] = (int32_t)wg_test_random_below(round % 2 ? 7 : 1000000);
		wg_ta_qsort(values, count, sizeof(values[0]), by_value);
		sorted_sum = count > 0 ? values[0] : 0;
		for (i = 1; i < count; i++) {
			CHECK(values[i - 1] <= values[i]);
			sorted_sum += values[i];
		}
		CHECK_EQ(sum, sorted_sum);
	}
}

static void bounded_copies_end_with_a_nul_and_tell_the_length(void)
{
	char text[6];

	CHECK_EQ(strlcpy(text, "abcdefgh", sizeof(text)), 8);
	CHECK_STR_EQ(text, "abcde");
	CHECK_EQ(strlcpy(text, "ab", sizeof(text)), 2);
	CHECK_EQ(strlcat(text, "cdefg", sizeof(text)), 7);
	CHECK_STR_EQ(text, "abcde");
	CHECK_EQ(strlcat(text, "z", 3), 4);
	CHECK_EQ(strlcpy(NULL, "abc", 0), 3);
}

static void only_a_whole_uuid_is_taken(void)
{
	static const char *const bad[] = {"",
					  "8aaaf200-2450-11e4-abe2-0002a5d5c51",
					  "8aaaf200-2450-11e4-abe2-0002a5d5c51b0",
					  "8aaaf200x2450-11e4-abe2-0002a5d5c51b",
					  "8aaaf200-2450-11e4-abe2-0002a5d5c51g",
					  "8aaaf2002450-11e4-abe2-0002a5d5c51b-"};
	const TEE_UUID expected = {0x8aaaf200, 0x2450, 0x11e4, {0xab, 0xe2, 0x00, 0x02, 0xa5, 0xd5, 0xc5, 0x1b}};
	TEE_UUID uuid;
	size_t i;

	CHECK_EQ(tee_uuid_from_str(&uuid, "8aaaF200-2450-11e4-abe2-0002a5d5c51B"), TEE_SUCCESS);
	CHECK_MEM_EQ(&uuid, &expected, sizeof(uuid));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_EQ(tee_uuid_from_str(&uuid, bad[i]), TEE_ERROR_BAD_FORMAT);
}

static void print_in_every_way(void)
{
	CHECK_EQ(printf("%d-%s\n", 5, "five"), 7);
	puts("line");
	putchar('c');
	fputs("text", stdout);
	fputc('!', stderr);
	CHECK_EQ(fwrite("bytes", 1, 5, stdout), 5);
	IMSG("level %d", 2);
	EMSG_RAW("raw\n");
	CHECK(strstr(ree.text, "test5-five\ntestline\ntestctesttexttest!testbytestestI/print_in_every_way:"));
	CHECK(strstr(ree.text, ": level 2\ntestraw\n"));
	CHECK(!strstr(ree.text, "raw\n\n"));
	CHECK_EQ(ree.asked.word[0], 4);
}

static void output_goes_to_the_log_under_the_tas_name(void)
{
	expect_success(print_in_every_way);
}

static void print_too_much(void)
{
	static char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	CHECK_EQ(printf("%s", text), 2999);
	CHECK_EQ(ree.text_bytes, 4 + 1023);
	EMSG_RAW("%s", text);
	CHECK_EQ(ree.text_bytes, 4 + 1023 + 4 + 255);
	CHECK_EQ(ree.text[ree.text_bytes - 1], '\n');
	fputs(text + 999, stdout);
	CHECK_EQ(ree.text_bytes, 4 + 1023 + 4 + 255 + 2 * 4 + 2000);
}

static void long_output_is_cut_or_sent_in_pieces(void)
{
	expect_success(print_too_much);
}

static void duplicate_text(void)
{
	char *copy = strndup("abcdef", 3);

	CHECK_STR_EQ(copy, "abc");
	copy = realloc(copy, 100);
	CHECK_STR_EQ(copy, "abc");
	CHECK_EQ((uintptr_t)memalign(256, 10) % 256, 0);
	free_wipe(copy);
	CHECK(all_zero((uint8_t *)copy + 16, 80));
	free_wipe(NULL);
	copy = strdup("xyz");
	CHECK_STR_EQ(copy, "xyz");
	CHECK(copy > (char *)wg_test_kept.heap && copy < (char *)wg_test_kept.heap + WG_TEST_HEAP_BYTES);
	CHECK(realloc(copy, 0) == NULL);
}

static void copies_of_text_lie_in_the_tas_heap(void)
{
	expect_success(duplicate_text);
}

static void write_to_another_file(void)
{
	fputs("x", stdin);
}

static void assert_what_is_false(void)
{
	assert(ree.requests == 77);
}

static void give_up(void)
{
	abort();
}

static void what_op_tee_would_abort_is_a_panic(void)
{
	expect_panic(write_to_another_file);
	expect_panic(give_up);
	expect_panic(assert_what_is_false);
	CHECK(strstr(ree.text, "assertion 'ree.requests == 77' failed"));
}

static const struct wg_test tests[] = {
	WG_TEST(a_hint_decides_whether_memory_is_zero),
	WG_TEST(no_fill_alone_is_a_panic),
	WG_TEST(growing_shows_zeros_and_keeps_the_rest),
	WG_TEST(a_bad_pointer_is_a_panic),
	WG_TEST(the_heap_is_exactly_the_tas),
	WG_TEST(comparing_orders_as_memcmp_does),
	WG_TEST(filling_and_moving_overlap_as_they_should),
	WG_TEST(a_memory_reference_is_the_clients_in_its_direction),
	WG_TEST(a_ta_may_use_its_heap_its_stack_and_its_data),
	WG_TEST(what_is_not_mapped_for_the_process_alone_is_refused),
	WG_TEST(a_kept_map_knows_nothing_that_came_later),
	WG_TEST(cache_maintenance_needs_its_flag_and_the_rights),
	WG_TEST(a_request_to_cancel_is_seen_only_unmasked),
	WG_TEST(the_system_time_is_the_worlds_own),
	WG_TEST(a_malformed_time_of_the_normal_world_is_a_panic),
	WG_TEST(a_cancellation_that_was_not_asked_for_is_a_panic),
	WG_TEST(only_well_formed_persistent_times_reach_the_ta),
	WG_TEST(an_unknown_failure_to_set_the_time_is_a_panic),
	WG_TEST(sorting_gives_the_same_elements_in_order),
	WG_TEST(bounded_copies_end_with_a_nul_and_tell_the_length),
	WG_TEST(only_a_whole_uuid_is_taken),
	WG_TEST(output_goes_to_the_log_under_the_tas_name),
	WG_TEST(long_output_is_cut_or_sent_in_pieces),
	WG_TEST(copies_of_text_lie_in_the_tas_heap),
	WG_TEST(what_op_tee_would_abort_is_a_panic),
};

WG_TEST_MAIN(tests)
