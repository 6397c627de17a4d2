/* SPDX-License-Identifier: Apache-2.0 */
/* One instance of a TA that stays between calls: its command runs a function of the test, and a function of the test
 * answers its requests. */
#ifndef WG_TEST_INSTANCE_H
#define WG_TEST_INSTANCE_H

#include "wg_instance.h"
#include "wg_test.h"

#define WG_TEST_HEAP_BYTES 65536u

struct wg_test_kept {
	struct wg_instance instance;
	atomic_uint cancel; /* relaxed: tests set it between calls */
	void (*body)(void);
	_Alignas(16) uint8_t heap[WG_TEST_HEAP_BYTES];
};

static struct wg_test_kept wg_test_kept;

static inline TEE_Result wg_test_kept_create(void)
{
	return TEE_SUCCESS;
}

static inline void wg_test_kept_destroy(void)
{
}

static inline TEE_Result wg_test_kept_open(uint32_t types, TEE_Param params[4], void **session)
{
	(void)types;
	(void)params;
	*session = NULL;
	return TEE_SUCCESS;
}

static inline void wg_test_kept_close(void *session)
{
	(void)session;
}

static inline TEE_Result wg_test_kept_invoke(void *session, uint32_t command, uint32_t types, TEE_Param params[4])
{
	(void)session;
	(void)command;
	(void)types;
	(void)params;
	wg_test_kept.body();
	return TEE_SUCCESS;
}

static struct wg_ta wg_test_kept_facts = {
	.uuid = {0x5a5a5a5a, 0x1234, 0x4321, {1, 2, 3, 4, 5, 6, 7, 8}},
	.name = "test",
	.stack_bytes = 4096,
	.data_bytes = WG_TEST_HEAP_BYTES,
	.create = wg_test_kept_create,
	.destroy = wg_test_kept_destroy,
	.open = wg_test_kept_open,
	.close = wg_test_kept_close,
	.invoke = wg_test_kept_invoke,
};

/* A fresh instance. */
static inline void wg_test_kept_start(wg_rpc_fn rpc, void *context)
{
	atomic_store_explicit(&wg_test_kept.cancel, 0, memory_order_relaxed);
	CHECK_EQ(wg_instance_start(&wg_test_kept.instance, &wg_test_kept_facts, wg_test_kept.heap,
				   sizeof(wg_test_kept.heap), rpc, context, &wg_test_kept.cancel),
		 WG_OK);
}

static inline TEE_Result wg_test_kept_run_with(void (*body)(void), uint32_t types, TEE_Param params[4])
{
	wg_test_kept.body = body;
	return wg_instance_invoke(&wg_test_kept.instance, NULL, 0, types, params);
}

/* TEE_SUCCESS, or TEE_ERROR_TARGET_DEAD where body panicked. */
static inline TEE_Result wg_test_kept_run(void (*body)(void))
{
	TEE_Param params[4];

	memset(params, 0, sizeof(params));
	return wg_test_kept_run_with(body, 0, params);
}

#endif
