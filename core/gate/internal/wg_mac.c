/* SPDX-License-Identifier: Apache-2.0 */
/* Message authentication codes: HMAC and AES-CMAC. */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <string.h>

#include "tee_internal_api.h"
#include "wg_crypto.h"

/* hash 0: AES-CMAC. */
static bool mac_available(uint32_t hash)
{
	if (hash == 0)
		return wg_evp_cmac() && wg_evp_aes(WG_AES_CBC, 16);
	return wg_evp_hmac() && wg_evp_digest(hash);
}

static bool mac_make(struct wg_operation *operation)
{
	uint32_t hash = operation->algorithm->detail;

	operation->evp.mac = EVP_MAC_CTX_new(hash ? wg_evp_hmac() : wg_evp_cmac());
	return operation->evp.mac != NULL;
}

static void mac_release(struct wg_operation *operation)
{
	EVP_MAC_CTX_free(operation->evp.mac);
}

static bool mac_copy(struct wg_operation *operation, const struct wg_operation *source)
{
	EVP_MAC_CTX *copy = EVP_MAC_CTX_dup(source->evp.mac);

	if (!copy)
		return false;
	EVP_MAC_CTX_free(operation->evp.mac);
	operation->evp.mac = copy;
	operation->key_taken = true;
	return true;
}

const struct wg_operation_class wg_mac_class = {
	.available = mac_available,
	.make = mac_make,
	.release = mac_release,
	.copy = mac_copy,
};

/* The first message under a key: OpenSSL keeps the key for those after it. */
static int begin_with_key(struct wg_operation *operation)
{
	uint32_t hash = operation->algorithm->detail;
	const char *name = hash ? EVP_MD_get0_name(wg_evp_digest(hash))
				: EVP_CIPHER_get0_name(wg_evp_aes(WG_AES_CBC, operation->key_bytes));
	char text[32] = "";
	OSSL_PARAM params[2] = {
		OSSL_PARAM_utf8_string(hash ? OSSL_MAC_PARAM_DIGEST : OSSL_MAC_PARAM_CIPHER, text, 0),
		OSSL_PARAM_END,
	};

	strncpy(text, name, sizeof(text) - 1);
	params[0].data_size = strlen(text);
	return EVP_MAC_init(operation->evp.mac, operation->key, operation->key_bytes, params);
}

void TEE_MACInit(TEE_OperationHandle operation, const void *IV, size_t IVLen)
{
	struct wg_operation *own = wg_operation_of(operation, TEE_OPERATION_MAC);
	int done;

	(void)IV; /* no algorithm of ours has one */
	(void)IVLen;
	wg_must_state((own->flags & TEE_HANDLE_FLAG_KEY_SET) != 0);
	done = own->key_taken ? EVP_MAC_init(own->evp.mac, NULL, 0, NULL) : begin_with_key(own);
	if (done != 1)
		wg_instance_panic(TEE_ERROR_GENERIC);
	own->key_taken = true;
	own->state = TEE_OPERATION_STATE_ACTIVE;
	own->flags |= TEE_HANDLE_FLAG_INITIALIZED;
}

static void update(struct wg_operation *operation, const void *chunk, size_t bytes)
{
	wg_must(chunk || bytes == 0);
	wg_must_state(operation->state == TEE_OPERATION_STATE_ACTIVE);
	if (bytes && EVP_MAC_update(operation->evp.mac, chunk, bytes) != 1)
		wg_instance_panic(TEE_ERROR_GENERIC);
}

static void finish(struct wg_operation *operation, uint8_t *mac)
{
	size_t written = 0;

	if (EVP_MAC_final(operation->evp.mac, mac, &written, operation->digest_bytes) != 1 ||
	    written != operation->digest_bytes)
		wg_instance_panic(TEE_ERROR_GENERIC);
	wg_operation_reset(operation);
}

void TEE_MACUpdate(TEE_OperationHandle operation, const void *chunk, size_t chunkSize)
{
	update(wg_operation_of(operation, TEE_OPERATION_MAC), chunk, chunkSize);
}

TEE_Result TEE_MACComputeFinal(TEE_OperationHandle operation, const void *message, size_t messageLen, void *mac,
			       size_t *macLen)
{
	struct wg_operation *own = wg_operation_of(operation, TEE_OPERATION_MAC);

	wg_must(macLen && (message || messageLen == 0));
	wg_must_state(own->state == TEE_OPERATION_STATE_ACTIVE);
	if (*macLen < own->digest_bytes)
		return wg_short(macLen, own->digest_bytes);
	wg_must(mac != NULL);
	update(own, message, messageLen);
	finish(own, mac);
	*macLen = own->digest_bytes;
	return TEE_SUCCESS;
}

TEE_Result TEE_MACCompareFinal(TEE_OperationHandle operation, const void *message, size_t messageLen, const void *mac,
			       size_t macLen)
{
	struct wg_operation *own = wg_operation_of(operation, TEE_OPERATION_MAC);
	uint8_t expected[WG_DIGEST_MAX_BYTES];
	TEE_Result result = TEE_SUCCESS;

	wg_must(mac || macLen == 0);
	update(own, message, messageLen);
	finish(own, expected);
	if (macLen != own->digest_bytes || CRYPTO_memcmp(mac, expected, macLen) != 0)
		result = TEE_ERROR_MAC_INVALID;
	OPENSSL_cleanse(expected, sizeof(expected));
	return result;
}
