/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed key material, so that the answers are the same everywhere. */
#ifndef FOREIGN_KEYS_H
#define FOREIGN_KEYS_H

#include <tee_internal_api.h>

#define MESSAGE_BYTES 100

static const uint8_t test_key[32] = {
	0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
	0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f,
};

/* The bytes 0, 3, 6 and so on, modulo 256. */
static inline void test_message(uint8_t message[MESSAGE_BYTES])
{
	size_t i;

	for (i = 0; i < MESSAGE_BYTES; i++)
		message[i] = (uint8_t)(3 * i);
}

/* An operation with the first bits of test_key as its key; NULL where that fails. The key object is freed, as the
 * operation has its own copy. */
static inline TEE_OperationHandle keyed_operation(uint32_t algorithm, uint32_t mode, uint32_t type, uint32_t bits)
{
	TEE_OperationHandle operation = TEE_HANDLE_NULL;
	TEE_ObjectHandle key = TEE_HANDLE_NULL;
	TEE_Attribute attribute;
	TEE_Result result;

	TEE_InitRefAttribute(&attribute, TEE_ATTR_SECRET_VALUE, test_key, bits / 8);
	if (TEE_AllocateTransientObject(type, bits, &key) != TEE_SUCCESS)
		return TEE_HANDLE_NULL;
	result = TEE_PopulateTransientObject(key, &attribute, 1);
	if (result == TEE_SUCCESS)
		result = TEE_AllocateOperation(&operation, algorithm, mode, bits);
	if (result == TEE_SUCCESS)
		result = TEE_SetOperationKey(operation, key);
	TEE_FreeTransientObject(key);
	if (result == TEE_SUCCESS)
		return operation;
	TEE_FreeOperation(operation);
	return TEE_HANDLE_NULL;
}

#endif
