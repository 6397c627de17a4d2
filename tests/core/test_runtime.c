/* SPDX-License-Identifier: Apache-2.0 */
/* Cancellation, time, text and output of the Internal Core API, against a normal world that answers what a test tells
 * it to. */
#include "stdlib_ext.h"
#include "tee_internal_api.h"
#include "tee_internal_api_extensions.h"
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
