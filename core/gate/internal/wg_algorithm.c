/* SPDX-License-Identifier: Apache-2.0 */
/* The algorithms of the gate. */
#include "tee_internal_api.h"
#include "wg_crypto.h"

static const struct wg_algorithm algorithms[] = {
	{TEE_ALG_MD5, TEE_OPERATION_DIGEST, 0, 16, 1, &wg_digest_class},
	{TEE_ALG_SHA1, TEE_OPERATION_DIGEST, 0, 20, 2, &wg_digest_class},
	{TEE_ALG_SHA224, TEE_OPERATION_DIGEST, 0, 28, 3, &wg_digest_class},
	{TEE_ALG_SHA256, TEE_OPERATION_DIGEST, 0, 32, 4, &wg_digest_class},
	{TEE_ALG_SHA384, TEE_OPERATION_DIGEST, 0, 48, 5, &wg_digest_class},
	{TEE_ALG_SHA512, TEE_OPERATION_DIGEST, 0, 64, 6, &wg_digest_class},
	{TEE_ALG_AES_ECB_NOPAD, TEE_OPERATION_CIPHER, TEE_TYPE_AES, 0, WG_AES_ECB, &wg_cipher_class},
	{TEE_ALG_AES_CBC_NOPAD, TEE_OPERATION_CIPHER, TEE_TYPE_AES, 0, WG_AES_CBC, &wg_cipher_class},
	{TEE_ALG_AES_CTR, TEE_OPERATION_CIPHER, TEE_TYPE_AES, 0, WG_AES_CTR, &wg_cipher_class},
	{TEE_ALG_HMAC_MD5, TEE_OPERATION_MAC, TEE_TYPE_HMAC_MD5, 16, 1, &wg_mac_class},
	{TEE_ALG_HMAC_SHA1, TEE_OPERATION_MAC, TEE_TYPE_HMAC_SHA1, 20, 2, &wg_mac_class},
	{TEE_ALG_HMAC_SHA224, TEE_OPERATION_MAC, TEE_TYPE_HMAC_SHA224, 28, 3, &wg_mac_class},
	{TEE_ALG_HMAC_SHA256, TEE_OPERATION_MAC, TEE_TYPE_HMAC_SHA256, 32, 4, &wg_mac_class},
	{TEE_ALG_HMAC_SHA384, TEE_OPERATION_MAC, TEE_TYPE_HMAC_SHA384, 48, 5, &wg_mac_class},
	{TEE_ALG_HMAC_SHA512, TEE_OPERATION_MAC, TEE_TYPE_HMAC_SHA512, 64, 6, &wg_mac_class},
	{TEE_ALG_AES_CMAC, TEE_OPERATION_MAC, TEE_TYPE_AES, 16, 0, &wg_mac_class},
	{TEE_ALG_AES_GCM, TEE_OPERATION_AE, TEE_TYPE_AES, 0, WG_AES_GCM, &wg_ae_class},
};

const struct wg_algorithm *wg_algorithm_find(uint32_t id)
{
	size_t i;

	for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		if (algorithms[i].id == id)
			return algorithms[i].class->available(algorithms[i].detail) ? &algorithms[i] : NULL;
	return NULL;
}

const struct wg_algorithm *wg_algorithm_at(size_t place)
{
	return place < sizeof(algorithms) / sizeof(algorithms[0]) ? &algorithms[place] : NULL;
}

bool wg_algorithm_has_mode(const struct wg_algorithm *algorithm, uint32_t mode)
{
	switch (algorithm->operation) {
	case TEE_OPERATION_DIGEST:
		return mode == TEE_MODE_DIGEST;
	case TEE_OPERATION_MAC:
		return mode == TEE_MODE_MAC;
	default:
		return mode == TEE_MODE_ENCRYPT || mode == TEE_MODE_DECRYPT;
	}
}

/* None of ours works on a curve. */
TEE_Result TEE_IsAlgorithmSupported(uint32_t algId, uint32_t element)
{
	if (element != TEE_CRYPTO_ELEMENT_NONE || !wg_algorithm_find(algId))
		return TEE_ERROR_NOT_SUPPORTED;
	return TEE_SUCCESS;
}
