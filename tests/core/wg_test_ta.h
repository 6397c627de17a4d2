/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a piece of a test as the code of a TA, in an instance of its own in this thread. */
#ifndef WG_TEST_TA_H
#define WG_TEST_TA_H

#include "tee_internal_api.h"
#include "wg_instance.h"
#include "wg_test.h"

#define WG_TEST_TA_HEAP_BYTES 65536u

struct wg_test_ta_end {
	bool panicked;
	TEE_Result code; /* of the panic, or what body returned */
	struct wg_ledger ledger;
};

static inline struct wg_test_ta_end wg_test_ta_run(TEE_Result (*body)(void))
{
	static uint8_t heap[WG_TEST_TA_HEAP_BYTES];
	const struct wg_ta ta = {.name = "test", .create = body};
	struct wg_instance instance;
	struct wg_test_ta_end end;
	TEE_Result result;

	CHECK_EQ(wg_instance_start(&instance, &ta, heap, sizeof(heap), NULL, NULL, NULL), WG_OK);
	result = wg_instance_create(&instance);
	end.panicked = instance.panicked;
	end.code = instance.panicked ? instance.panic_code : result;
	end.ledger = instance.ledger;
	wg_instance_stop(&instance);
	CHECK(instance.objects == NULL && instance.operations == NULL);
	return end;
}

/* The body comes to its end without a panic. */
static inline void wg_test_ta_passes(TEE_Result (*body)(void))
{
	struct wg_test_ta_end end = wg_test_ta_run(body);

	if (end.panicked)
		printf("panicked with 0x%08x\n", (unsigned)end.code);
	CHECK(!end.panicked);
	CHECK_EQ(end.code, TEE_SUCCESS);
}

static inline TEE_OperationHandle wg_test_ta_keyed(uint32_t algorithm, uint32_t mode, TEE_ObjectType type,
						   const uint8_t *key, size_t key_bytes)
{
	TEE_OperationHandle operation = TEE_HANDLE_NULL;
	TEE_ObjectHandle object = TEE_HANDLE_NULL;
	uint32_t bits = (uint32_t)key_bytes * 8u;
	TEE_Attribute secret;

	CHECK_EQ(TEE_AllocateTransientObject(type, bits, &object), TEE_SUCCESS);
	TEE_InitRefAttribute(&secret, TEE_ATTR_SECRET_VALUE, key, key_bytes);
	CHECK_EQ(TEE_PopulateTransientObject(object, &secret, 1), TEE_SUCCESS);
	CHECK_EQ(TEE_AllocateOperation(&operation, algorithm, mode, bits), TEE_SUCCESS);
	CHECK_EQ(TEE_SetOperationKey(operation, object), TEE_SUCCESS);
	TEE_FreeTransientObject(object);
	return operation;
}

#endif
