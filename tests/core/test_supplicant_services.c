/* SPDX-License-Identifier: Apache-2.0 */
/* The supplicant's clocks, its log, and requests that make no sense. */
#include <fcntl.h>

#include "tee_api_defines.h"
#include "wg_rpc.h"
#include "wg_test.h"

static const TEE_UUID uuid = {1, 2, 3, {4}};
static uint8_t buffer[WG_RPC_BUFFER_BYTES];
static struct wg_supplicant *supplicant;

static void start(void)
{
	supplicant = wg_supplicant_new(&uuid);
	CHECK(supplicant != NULL);
}

static void stop(void)
{
	wg_supplicant_free(supplicant);
	supplicant = NULL;
}

static TEE_Result serve(struct wg_rpc *rpc)
{
	wg_supplicant_serve(supplicant, rpc, buffer, sizeof(buffer));
	return rpc->result;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void what_is_not_known_or_too_large_is_refused(void)
{
	struct wg_rpc rpc = {.operation = 999};

	start();
	CHECK_EQ(serve(&rpc), TEE_ERROR_NOT_SUPPORTED);
	rpc.operation = WG_RPC_LOG;
	rpc.data_bytes = sizeof(buffer) + 1;
	CHECK_EQ(serve(&rpc), TEE_ERROR_BAD_PARAMETERS);
	CHECK_EQ(rpc.data_bytes, 0);
	rpc.data_bytes = 10;
	rpc.word[0] = 11;
	CHECK_EQ(serve(&rpc), TEE_ERROR_BAD_PARAMETERS);
	rpc.data_bytes = 100;
	rpc.word[0] = 65;
	CHECK_EQ(serve(&rpc), TEE_ERROR_BAD_PARAMETERS);
	stop();
}

static void the_normal_worlds_time_is_the_machines(void)
{
	struct wg_rpc rpc = {.operation = WG_RPC_REE_TIME};
	time_t before = time(NULL);

	start();
	CHECK_EQ(serve(&rpc), TEE_SUCCESS);
	CHECK(rpc.word[0] >= (uint32_t)before && rpc.word[0] <= (uint32_t)before + 2);
	CHECK(rpc.word[1] < 1000);
	stop();
}

static void persistent_time_goes_on_beyond_the_instance(void)
{
	struct wg_rpc get = {.operation = WG_RPC_PERSISTENT_GET};
	struct wg_rpc set = {.operation = WG_RPC_PERSISTENT_SET, .word = {1000, 500}};

	start();
	CHECK_EQ(serve(&get), TEE_ERROR_TIME_NOT_SET);
	CHECK_EQ(serve(&set), TEE_SUCCESS);
	stop();
	usleep(20000);
	start();
	CHECK_EQ(serve(&get), TEE_SUCCESS);
	CHECK(get.word[0] * 1000u + get.word[1] >= 1000520 && get.word[0] * 1000u + get.word[1] < 1010000);
	set.word[0] = UINT32_MAX;
	set.word[1] = 999;
	CHECK_EQ(serve(&set), TEE_SUCCESS);
	usleep(20000);
	CHECK_EQ(serve(&get), TEE_ERROR_OVERFLOW);
	CHECK(get.word[0] < 10);
	set.word[1] = 1000;
	CHECK_EQ(serve(&set), TEE_ERROR_BAD_PARAMETERS);
	stop();
}

static void times_of_many_tas_are_bounded(void)
{
	struct wg_rpc set = {.operation = WG_RPC_PERSISTENT_SET};
	TEE_UUID many = {0x77, 0, 0, {0}};
	TEE_Result result = TEE_SUCCESS;
	unsigned i;

	for (i = 0; i < 300 && result == TEE_SUCCESS; i++) {
		many.timeMid = (uint16_t)i;
		supplicant = wg_supplicant_new(&many);
		CHECK(supplicant != NULL);
		result = serve(&set);
		stop();
	}
	CHECK_EQ(result, TEE_ERROR_STORAGE_NO_SPACE);
}

static void a_wait_lasts_as_long_as_asked(void)
{
	struct wg_rpc rpc = {.operation = WG_RPC_WAIT, .word = {50}};
	uint64_t begin = now_ms();

	start();
	CHECK_EQ(serve(&rpc), TEE_SUCCESS);
	CHECK(now_ms() - begin + 1 >= 50);
	CHECK(now_ms() - begin < 550);
	stop();
}

static void log_text(const char *text, size_t bytes)
{
	struct wg_rpc rpc = {.operation = WG_RPC_LOG, .word = {2}};

	rpc.data_bytes = (uint32_t)bytes + 2;
	memcpy(buffer, "ta", 2);
	memcpy(buffer + 2, text, bytes);
	CHECK_EQ(serve(&rpc), TEE_SUCCESS);
}

/* What the supplicant writes to standard error while body runs. */
static size_t capture(void (*body)(void), char *text, size_t room)
{
	int saved = dup(STDERR_FILENO);
	size_t used = 0;
	ssize_t got;
	int ends[2];

	CHECK(saved >= 0);
	CHECK_EQ(pipe2(ends, O_NONBLOCK), 0);
	CHECK(dup2(ends[1], STDERR_FILENO) >= 0);
	body();
	CHECK(dup2(saved, STDERR_FILENO) >= 0);
	CHECK_EQ(close(saved), 0);
	CHECK_EQ(close(ends[1]), 0);
	while ((got = read(ends[0], text + used, room - 1 - used)) > 0)
		used += (size_t)got;
	text[used] = '\0';
	CHECK_EQ(close(ends[0]), 0);
	return used;
}

static void log_some(void)
{
	start();
	log_text("one\ntwo", 7);
	log_text(" and more\n", 10);
	log_text("\x1b[31m\tred\x00\xff\n\n", 13);
	log_text("no end", 6);
	stop();
}

static void the_log_is_whole_harmless_lines(void)
{
	char text[1024];

	unsetenv("WORLDGATE_TA_LOG");
	(void)capture(log_some, text, sizeof(text));
	CHECK_STR_EQ(text,
		     "TA ta: one\nTA ta: two and more\nTA ta: \\x1b[31m\tred\\x00\\xff\nTA ta: \nTA ta: no end\n");
}

static void the_log_can_be_switched_off(void)
{
	char text[1024];

	setenv("WORLDGATE_TA_LOG", "off", 1);
	CHECK_EQ(capture(log_some, text, sizeof(text)), 0);
	unsetenv("WORLDGATE_TA_LOG");
}

static void log_a_long_line(void)
{
	static char line[1200];

	start();
	memset(line, 'x', sizeof(line));
	log_text(line, sizeof(line));
	stop();
}

static void a_long_line_is_split(void)
{
	static char text[4096];

	unsetenv("WORLDGATE_TA_LOG");
	CHECK_EQ(capture(log_a_long_line, text, sizeof(text)), 1200 + 3 * 8);
	CHECK_EQ(text[7 + 512], '\n');
}

static const struct wg_test tests[] = {
	WG_TEST(what_is_not_known_or_too_large_is_refused),
	WG_TEST(the_normal_worlds_time_is_the_machines),
	WG_TEST(persistent_time_goes_on_beyond_the_instance),
	WG_TEST(times_of_many_tas_are_bounded),
	WG_TEST(a_wait_lasts_as_long_as_asked),
	WG_TEST(the_log_is_whole_harmless_lines),
	WG_TEST(the_log_can_be_switched_off),
	WG_TEST(a_long_line_is_split),
};

WG_TEST_MAIN(tests)
