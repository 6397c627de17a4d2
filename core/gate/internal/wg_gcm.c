/* SPDX-License-Identifier: Apache-2.0 */
/* AES-GCM by OpenSSL. A key goes into the context once, each record brings its nonce. */
#include <string.h>

#include "tee_internal_api.h"
#include "wg_crypto.h"

#define GCM_NONCE_BYTES	    12u
#define GCM_NONCE_MAX_BYTES 128u /* OpenSSL's own limit */
#define GCM_TAG_MIN_BYTES   12u

static bool gcm_available(uint32_t mode)
{
	return wg_evp_aes((enum wg_aes_mode)mode, 16) != NULL;
}

static bool gcm_make(struct wg_operation *operation)
{
	operation->evp.cipher = EVP_CIPHER_CTX_new();
	return operation->evp.cipher != NULL;
}

static void gcm_release(struct wg_operation *operation)
{
	EVP_CIPHER_CTX_free(operation->evp.cipher);
}

static bool gcm_copy(struct wg_operation *operation, const struct wg_operation *source)
{
	if (!wg_evp_gcm_copies())
		wg_instance_panic(TEE_ERROR_NOT_SUPPORTED);
	operation->nonce_bytes = source->nonce_bytes;
	operation->key_taken = EVP_CIPHER_CTX_copy(operation->evp.cipher, source->evp.cipher) == 1;
	return operation->key_taken;
}

static bool set_nonce_size(struct wg_operation *operation, size_t bytes)
{
	size_t now = operation->nonce_bytes ? operation->nonce_bytes : GCM_NONCE_BYTES;

	if (bytes == now)
		return true;
	operation->nonce_bytes = bytes;
	return EVP_CIPHER_CTX_ctrl(operation->evp.cipher, EVP_CTRL_AEAD_SET_IVLEN, (int)bytes, NULL) == 1;
}

static TEE_Result gcm_begin(struct wg_operation *operation, const uint8_t *nonce, size_t nonce_bytes, size_t aad_bytes,
			    size_t data_bytes)
{
	EVP_CIPHER_CTX *context = operation->evp.cipher;
	int seals = operation->mode == TEE_MODE_ENCRYPT;
	const uint8_t *key = operation->key_taken ? NULL : operation->key;

	(void)aad_bytes; /* GCM need not know them beforehand */
	(void)data_bytes;
	if (operation->digest_bytes < GCM_TAG_MIN_BYTES || nonce_bytes > GCM_NONCE_MAX_BYTES)
		return TEE_ERROR_NOT_SUPPORTED;
	if (key) {
		const EVP_CIPHER *cipher = wg_evp_aes(WG_AES_GCM, operation->key_bytes);

		operation->nonce_bytes = 0;
		if (EVP_CipherInit_ex2(context, cipher, NULL, NULL, seals, NULL) != 1)
			wg_instance_panic(TEE_ERROR_OUT_OF_MEMORY);
	}
	if (!set_nonce_size(operation, nonce_bytes) || EVP_CipherInit_ex2(context, NULL, key, nonce, seals, NULL) != 1)
		wg_instance_panic(TEE_ERROR_GENERIC);
	return TEE_SUCCESS;
}

static void gcm_aad(struct wg_operation *operation, const uint8_t *aad, size_t bytes)
{
	(void)wg_evp_feed(operation->evp.cipher, NULL, aad, bytes);
}

static void gcm_data(struct wg_operation *operation, const uint8_t *in, size_t bytes, uint8_t *out)
{
	(void)wg_evp_feed(operation->evp.cipher, out, in, bytes);
}

static void gcm_tag(struct wg_operation *operation, uint8_t *tag)
{
	uint8_t none[WG_AES_BLOCK_BYTES];
	int written;

	if (EVP_CipherFinal_ex(operation->evp.cipher, none, &written) != 1 ||
	    EVP_CIPHER_CTX_ctrl(operation->evp.cipher, EVP_CTRL_AEAD_GET_TAG, (int)operation->digest_bytes, tag) != 1)
		wg_instance_panic(TEE_ERROR_GENERIC);
}

static bool gcm_verify(struct wg_operation *operation, const uint8_t *tag)
{
	uint8_t copy[16]; /* the control wants it writable */
	uint8_t none[WG_AES_BLOCK_BYTES];
	int written;

	memcpy(copy, tag, operation->digest_bytes);
	if (EVP_CIPHER_CTX_ctrl(operation->evp.cipher, EVP_CTRL_AEAD_SET_TAG, (int)operation->digest_bytes, copy) != 1)
		wg_instance_panic(TEE_ERROR_GENERIC);
	return EVP_CipherFinal_ex(operation->evp.cipher, none, &written) == 1;
}

static const struct wg_ae gcm = {
	.begin = gcm_begin,
	.aad = gcm_aad,
	.data = gcm_data,
	.tag = gcm_tag,
	.verify = gcm_verify,
};

const struct wg_operation_class wg_gcm_class = {
	.available = gcm_available,
	.make = gcm_make,
	.release = gcm_release,
	.copy = gcm_copy,
	.ae = &gcm,
};
