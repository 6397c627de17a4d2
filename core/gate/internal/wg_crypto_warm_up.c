/* SPDX-License-Identifier: Apache-2.0 */
/* Before a world is sealed: everything that OpenSSL does at a first use (its configuration, its tables, its first
 * allocations) happens here. It is a TA like any other, so that what is warmed up is what will run. */
#include <string.h>

#include "tee_internal_api.h"
#include "wg_aead.h"
#include "wg_crypto.h"

static const uint8_t zeros[64];

static TEE_Result one_digest(TEE_OperationHandle operation)
{
	uint8_t out[WG_DIGEST_MAX_BYTES];
	size_t bytes = sizeof(out);

	return TEE_DigestDoFinal(operation, zeros, sizeof(zeros), out, &bytes);
}

static TEE_Result one_cipher(TEE_OperationHandle operation, uint32_t algorithm)
{
	uint8_t out[sizeof(zeros)];
	size_t bytes = sizeof(out);

	TEE_CipherInit(operation, zeros, algorithm == TEE_ALG_AES_ECB_NOPAD ? 0 : WG_AES_BLOCK_BYTES);
	return TEE_CipherDoFinal(operation, zeros, sizeof(zeros), out, &bytes);
}

static TEE_Result one_mac(TEE_OperationHandle operation)
{
	uint8_t out[WG_DIGEST_MAX_BYTES];
	size_t bytes = sizeof(out);

	TEE_MACInit(operation, NULL, 0);
	return TEE_MACComputeFinal(operation, zeros, sizeof(zeros), out, &bytes);
}

static TEE_Result one_ae(TEE_OperationHandle operation, uint32_t mode)
{
	uint8_t out[sizeof(zeros)], tag[16] = {0};
	size_t bytes = sizeof(out);
	size_t tag_bytes = sizeof(tag);
	TEE_Result result = TEE_AEInit(operation, zeros, 12, 128, 16, sizeof(zeros));

	if (result != TEE_SUCCESS)
		return result;
	TEE_AEUpdateAAD(operation, zeros, 16);
	if (mode == TEE_MODE_ENCRYPT)
		return TEE_AEEncryptFinal(operation, zeros, sizeof(zeros), out, &bytes, tag, &tag_bytes);
	/* A wrong tag: what fails is warmed up too. */
	result = TEE_AEDecryptFinal(operation, zeros, sizeof(zeros), out, &bytes, tag, tag_bytes);
	return result == TEE_ERROR_MAC_INVALID ? TEE_SUCCESS : TEE_ERROR_GENERIC;
}

static TEE_Result set_key(TEE_OperationHandle operation, TEE_ObjectType type, uint32_t bits)
{
	TEE_ObjectHandle key = TEE_HANDLE_NULL;
	TEE_Result result = TEE_AllocateTransientObject(type, bits, &key);

	if (result != TEE_SUCCESS)
		return result;
	result = TEE_GenerateKey(key, bits, NULL, 0);
	if (result == TEE_SUCCESS)
		result = TEE_SetOperationKey(operation, key);
	TEE_FreeTransientObject(key);
	return result;
}

static TEE_Result exercise(const struct wg_algorithm *algorithm, uint32_t mode, uint32_t bits)
{
	TEE_OperationHandle operation = TEE_HANDLE_NULL, copy = TEE_HANDLE_NULL;
	TEE_Result result = TEE_AllocateOperation(&operation, algorithm->id, mode, bits);

	if (result == TEE_SUCCESS && algorithm->key_type)
		result = set_key(operation, algorithm->key_type, bits);
	if (result == TEE_SUCCESS)
		result = TEE_AllocateOperation(&copy, algorithm->id, mode, bits);
	if (result == TEE_SUCCESS) {
		TEE_CopyOperation(copy, operation);
		switch (algorithm->operation) {
		case TEE_OPERATION_DIGEST:
			result = one_digest(operation);
			break;
		case TEE_OPERATION_CIPHER:
			result = one_cipher(operation, algorithm->id);
			break;
		case TEE_OPERATION_MAC:
			result = one_mac(operation);
			break;
		default:
			result = one_ae(operation, mode);
			break;
		}
	}
	TEE_FreeOperation(copy);
	TEE_FreeOperation(operation);
	return result;
}

/* Every size of an AES key; the largest of the others. */
static TEE_Result exercise_all_keys(const struct wg_algorithm *algorithm, uint32_t mode)
{
	const struct wg_object_type *type = wg_object_type_find(algorithm->key_type);
	TEE_Result result = TEE_SUCCESS;
	uint32_t bits;

	if (algorithm->key_type != TEE_TYPE_AES)
		return exercise(algorithm, mode, type ? type->max_bits : 0);
	for (bits = 128; bits <= 256 && result == TEE_SUCCESS; bits += 64)
		result = exercise(algorithm, mode, bits);
	return result;
}

static TEE_Result warm_up_all(void)
{
	static const uint32_t modes[] = {TEE_MODE_ENCRYPT, TEE_MODE_DECRYPT, TEE_MODE_MAC, TEE_MODE_DIGEST};
	const struct wg_algorithm *algorithm;
	TEE_Result result = TEE_SUCCESS;
	size_t i, j;

	for (i = 0; (algorithm = wg_algorithm_at(i)) != NULL; i++) {
		if (!wg_algorithm_find(algorithm->id))
			continue;
		for (j = 0; j < sizeof(modes) / sizeof(modes[0]) && result == TEE_SUCCESS; j++)
			if (wg_algorithm_has_mode(algorithm, modes[j]))
				result = exercise_all_keys(algorithm, modes[j]);
	}
	return result;
}

wg_result wg_crypto_warm_up(void)
{
	static const struct wg_ta ta = {.name = "warm-up", .create = warm_up_all};
	_Alignas(16) uint8_t heap[256]; /* it allocates nothing there */
	struct wg_instance instance;
	wg_result result;

	result = wg_aead_warm_up();
	if (result != WG_OK)
		return result;
	result = wg_instance_start(&instance, &ta, heap, sizeof(heap), NULL, NULL, NULL);
	if (result != WG_OK)
		return result;
	if (wg_instance_create(&instance) != TEE_SUCCESS)
		result = WG_ERR_UNAVAILABLE;
	wg_instance_stop(&instance);
	return result;
}
