/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "tee_internal_api.h"
#include "wg_test_instance.h"

static unsigned calls;

static void start(void)
{
	calls = 0;
	wg_test_kept_start(NULL, NULL);
}

static void panic(void)
{
	calls++;
	TEE_Panic(0x1234);
}

static void look_around(void)
{
	calls++;
	CHECK(wg_instance_here() == &wg_test_kept.instance);
	CHECK(wg_ledger_here() == &wg_test_kept.instance.ledger);
}

static void an_entry_point_makes_its_instance_the_threads(void)
{
	start();
	CHECK_EQ(wg_test_kept_run(look_around), TEE_SUCCESS);
	CHECK_EQ(calls, 1);
	CHECK(wg_instance_here() == NULL);
	CHECK(wg_ledger_here() != &wg_test_kept.instance.ledger);
}

static void count_poll(void)
{
	WG_COUNT(polls, 3);
}

static void counts_go_to_the_instance_while_its_ta_runs(void)
{
	uint64_t before = wg_ledger_here()->polls;

	start();
	CHECK_EQ(wg_test_kept_run(count_poll), TEE_SUCCESS);
	CHECK_EQ(wg_test_kept.instance.ledger.polls, 3);
	CHECK_EQ(wg_ledger_here()->polls, before);
}

static void a_panic_ends_the_instance_for_ever(void)
{
	void *session = NULL;
	TEE_Param params[4];

	memset(params, 0, sizeof(params));
	start();
	CHECK_EQ(wg_test_kept_run(panic), TEE_ERROR_TARGET_DEAD);
	CHECK(wg_test_kept.instance.panicked);
	CHECK_EQ(wg_test_kept.instance.panic_code, 0x1234);
	CHECK(wg_instance_here() == NULL);
	CHECK_EQ(wg_test_kept_run(panic), TEE_ERROR_TARGET_DEAD);
	CHECK_EQ(wg_instance_create(&wg_test_kept.instance), TEE_ERROR_TARGET_DEAD);
	CHECK_EQ(wg_instance_open(&wg_test_kept.instance, 0, params, &session), TEE_ERROR_TARGET_DEAD);
	wg_instance_close(&wg_test_kept.instance, session);
	wg_instance_destroy(&wg_test_kept.instance);
	CHECK_EQ(calls, 1);
}

static TEE_Result panicking_create(void)
{
	TEE_Panic(1);
	return TEE_SUCCESS;
}

static void panicking_destroy(void)
{
	TEE_Panic(2);
}

static TEE_Result panicking_open(uint32_t types, TEE_Param params[4], void **session)
{
	(void)types;
	(void)params;
	(void)session;
	TEE_Panic(3);
	return TEE_SUCCESS;
}

static void panicking_close(void *session)
{
	(void)session;
	TEE_Panic(4);
}

static void start_panicking(struct wg_instance *instance, uint8_t heap[1024])
{
	static const struct wg_ta ta = {.name = "panicking",
					.create = panicking_create,
					.destroy = panicking_destroy,
					.open = panicking_open,
					.close = panicking_close};

	CHECK_EQ(wg_instance_start(instance, &ta, heap, 1024, NULL, NULL, NULL), WG_OK);
}

static void a_panic_is_caught_in_every_entry_point(void)
{
	struct wg_instance instance;
	uint8_t heap[1024];
	void *session = NULL;
	TEE_Param params[4];

	memset(params, 0, sizeof(params));
	start_panicking(&instance, heap);
	CHECK_EQ(wg_instance_create(&instance), TEE_ERROR_TARGET_DEAD);
	CHECK_EQ(instance.panic_code, 1);
	start_panicking(&instance, heap);
	wg_instance_destroy(&instance);
	CHECK_EQ(instance.panic_code, 2);
	start_panicking(&instance, heap);
	CHECK_EQ(wg_instance_open(&instance, 0, params, &session), TEE_ERROR_TARGET_DEAD);
	CHECK_EQ(instance.panic_code, 3);
	start_panicking(&instance, heap);
	wg_instance_close(&instance, NULL);
	CHECK_EQ(instance.panic_code, 4);
	CHECK(wg_instance_here() == NULL);
}

static struct wg_instance inner;

static void call_the_inner_instance(void)
{
	CHECK_EQ(wg_instance_create(&inner), TEE_ERROR_TARGET_DEAD);
	look_around();
}

static void a_panic_of_an_inner_instance_leaves_the_outer_one_running(void)
{
	uint8_t heap[1024];

	start();
	start_panicking(&inner, heap);
	CHECK_EQ(wg_test_kept_run(call_the_inner_instance), TEE_SUCCESS);
	CHECK_EQ(calls, 1);
	CHECK(inner.panicked);
	CHECK(!wg_test_kept.instance.panicked);
}

static void enter_again_and_panic(void)
{
	CHECK_EQ(wg_test_kept_run(panic), TEE_ERROR_TARGET_DEAD);
	look_around();
}

static void a_panic_of_a_call_within_a_call_is_the_end_of_both(void)
{
	start();
	CHECK_EQ(wg_test_kept_run(enter_again_and_panic), TEE_ERROR_TARGET_DEAD);
	CHECK_EQ(calls, 2);
}

static void unmask_and_enter_again(void)
{
	calls++;
	CHECK(TEE_UnmaskCancellation());
	if (calls == 1)
		CHECK_EQ(wg_test_kept_run(unmask_and_enter_again), TEE_SUCCESS);
	CHECK(!wg_test_kept.instance.cancel_masked);
}

static void every_entry_starts_with_cancellation_masked(void)
{
	start();
	CHECK_EQ(wg_test_kept_run(unmask_and_enter_again), TEE_SUCCESS);
	CHECK_EQ(calls, 2);
	CHECK(wg_test_kept.instance.cancel_masked);
}

static TEE_Result expect_open(uint32_t types, TEE_Param params[4], void **session)
{
	CHECK_EQ(types, 0x21);
	CHECK_EQ(params[0].value.a, 7);
	params[1].value.b = 8;
	*session = &calls;
	return TEE_ERROR_NO_DATA;
}

static TEE_Result expect_invoke(void *session, uint32_t command, uint32_t types, TEE_Param params[4])
{
	CHECK(session == &calls);
	CHECK_EQ(command, 99);
	CHECK_EQ(types, 0x21);
	params[1].value.a = params[0].value.a + 1;
	return TEE_ERROR_SHORT_BUFFER;
}

static void entry_points_get_their_arguments_and_give_their_results(void)
{
	const struct wg_ta ta = {.name = "expecting", .open = expect_open, .invoke = expect_invoke};
	struct wg_instance instance;
	uint8_t heap[1024];
	void *session = NULL;
	TEE_Param params[4];

	memset(params, 0, sizeof(params));
	params[0].value.a = 7;
	CHECK_EQ(wg_instance_start(&instance, &ta, heap, sizeof(heap), NULL, NULL, NULL), WG_OK);
	CHECK_EQ(wg_instance_open(&instance, 0x21, params, &session), TEE_ERROR_NO_DATA);
	CHECK_EQ(params[1].value.b, 8);
	CHECK_EQ(wg_instance_invoke(&instance, session, 99, 0x21, params), TEE_ERROR_SHORT_BUFFER);
	CHECK_EQ(params[1].value.a, 8);
}

static void a_heap_that_is_too_small_is_refused(void)
{
	struct wg_instance instance;
	uint8_t heap[16];

	CHECK_EQ(wg_instance_start(&instance, &wg_test_kept_facts, heap, 0, NULL, NULL, NULL), WG_ERR_SIZE);
}

static void keep_data(void)
{
	CHECK(TEE_GetInstanceData() == NULL);
	TEE_SetInstanceData(&calls);
}

static void find_data(void)
{
	CHECK(TEE_GetInstanceData() == &calls);
}

static void instance_data_stays_between_calls(void)
{
	start();
	CHECK_EQ(wg_test_kept_run(keep_data), TEE_SUCCESS);
	CHECK_EQ(wg_test_kept_run(find_data), TEE_SUCCESS);
	start();
	CHECK_EQ(wg_test_kept_run(keep_data), TEE_SUCCESS);
}

struct worker {
	struct wg_instance instance;
	uint8_t heap[4096];
	unsigned panics;
};

static TEE_Result allocate_and_panic(void)
{
	uint8_t *block = TEE_Malloc(100, TEE_MALLOC_FILL_ZERO);

	if (!block || wg_instance_here()->heap.base > block)
		return TEE_ERROR_GENERIC;
	TEE_Panic(5);
	return TEE_SUCCESS;
}

static void *work(void *context)
{
	static const struct wg_ta ta = {.name = "worker", .create = allocate_and_panic};
	struct worker *worker = context;
	unsigned i;

	for (i = 0; i < 1000; i++) {
		if (wg_instance_start(&worker->instance, &ta, worker->heap, sizeof(worker->heap), NULL, NULL, NULL) !=
		    WG_OK)
			return NULL;
		if (wg_instance_create(&worker->instance) == TEE_ERROR_TARGET_DEAD)
			worker->panics++;
	}
	return NULL;
}

static void two_threads_run_and_panic_apart(void)
{
	static struct worker workers[2];
	pthread_t threads[2];
	unsigned i;

	for (i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	for (i = 0; i < 2; i++) {
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
		CHECK_EQ(workers[i].panics, 1000);
	}
}

static const struct wg_test tests[] = {
	WG_TEST(an_entry_point_makes_its_instance_the_threads),
	WG_TEST(counts_go_to_the_instance_while_its_ta_runs),
	WG_TEST(a_panic_ends_the_instance_for_ever),
	WG_TEST(a_panic_is_caught_in_every_entry_point),
	WG_TEST(a_panic_of_an_inner_instance_leaves_the_outer_one_running),
	WG_TEST(a_panic_of_a_call_within_a_call_is_the_end_of_both),
	WG_TEST(every_entry_starts_with_cancellation_masked),
	WG_TEST(entry_points_get_their_arguments_and_give_their_results),
	WG_TEST(a_heap_that_is_too_small_is_refused),
	WG_TEST(instance_data_stays_between_calls),
	WG_TEST(two_threads_run_and_panic_apart),
};

WG_TEST_MAIN(tests)
