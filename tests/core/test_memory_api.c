/* SPDX-License-Identifier: Apache-2.0 */
/* Memory and access rights of the Internal Core API. */
#include <sys/mman.h>
#include <sys/wait.h>

#include "internal/wg_memory_map.h"
#include "tee_internal_api.h"
#include "tee_internal_api_extensions.h"
#include "user_ta_header.h"
#include "wg_test_instance.h"

/* Last: from here on malloc and the like are the TA's. */
#include "wg_ta_libc.h"

static void expect_success(void (*body)(void))
{
	wg_test_kept_start(NULL, NULL);
	CHECK_EQ(wg_test_kept_run(body), TEE_SUCCESS);
}

static void expect_panic(void (*body)(void))
{
	wg_test_kept_start(NULL, NULL);
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

	wg_test_kept_start(NULL, NULL);
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
};

WG_TEST_MAIN(tests)
