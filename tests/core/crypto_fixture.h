/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the Internal Core API's states start from. Inside a TA only. */
#ifndef WG_CRYPTO_FIXTURE_H
#define WG_CRYPTO_FIXTURE_H

#include "wg_test_ta.h"

static const uint8_t key[64] = {1, 2, 3};
static const uint8_t nonce[16] = {4, 5, 6};

static inline TEE_ObjectHandle object_of(TEE_ObjectType type, uint32_t bits)
{
	TEE_ObjectHandle object = TEE_HANDLE_NULL;

	CHECK_EQ(TEE_AllocateTransientObject(type, bits, &object), TEE_SUCCESS);
	return object;
}

static inline TEE_Result populate(TEE_ObjectHandle object, size_t bytes)
{
	TEE_Attribute secret;

	TEE_InitRefAttribute(&secret, TEE_ATTR_SECRET_VALUE, key, bytes);
	return TEE_PopulateTransientObject(object, &secret, 1);
}

static inline TEE_OperationHandle operation_of(uint32_t algorithm, uint32_t mode, uint32_t bits)
{
	TEE_OperationHandle operation = TEE_HANDLE_NULL;

	CHECK_EQ(TEE_AllocateOperation(&operation, algorithm, mode, bits), TEE_SUCCESS);
	return operation;
}

static inline TEE_OperationHandle aes(uint32_t algorithm, uint32_t mode)
{
	return wg_test_ta_keyed(algorithm, mode, TEE_TYPE_AES, key, 16);
}

static inline TEE_OperationHandle gcm_begun(uint32_t mode)
{
	TEE_OperationHandle operation = aes(TEE_ALG_AES_GCM, mode);

	CHECK_EQ(TEE_AEInit(operation, nonce, 12, 128, 0, 0), TEE_SUCCESS);
	return operation;
}

#endif
