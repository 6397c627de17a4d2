/* SPDX-License-Identifier: Apache-2.0 */
/* Ciphers: AES in ECB, CBC and CTR, without padding. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "tee_internal_api.h"
#include "wg_crypto.h"

static bool cipher_available(uint32_t mode)
{
	return wg_evp_aes((enum wg_aes_mode)mode, 16) != NULL;
}

static bool cipher_make(struct wg_operation *operation)
{
	operation->evp.cipher = EVP_CIPHER_CTX_new();
	return operation->evp.cipher != NULL;
}

static void cipher_release(struct wg_operation *operation)
{
	EVP_CIPHER_CTX_free(operation->evp.cipher);
}

static bool cipher_copy(struct wg_operation *operation, const struct wg_operation *source)
{
	operation->key_taken = false;
	return EVP_CIPHER_CTX_copy(operation->evp.cipher, source->evp.cipher) == 1;
}

const struct wg_operation_class wg_cipher_class = {
	.available = cipher_available,
	.make = cipher_make,
	.release = cipher_release,
	.copy = cipher_copy,
};

static bool in_blocks(const struct wg_operation *operation)
{
	return operation->algorithm->detail != WG_AES_CTR;
}

/* The whole key with each message: a context that only gets a new IV is not defined for ECB, which has none. */
void TEE_CipherInit(TEE_OperationHandle operation, const void *IV, size_t IVLen)
{
	struct wg_operation *own = wg_operation_of(operation, TEE_OPERATION_CIPHER);
	enum wg_aes_mode mode = (enum wg_aes_mode)own->algorithm->detail;

	wg_must_state((own->flags & TEE_HANDLE_FLAG_KEY_SET) != 0);
	if (mode == WG_AES_ECB)
		wg_must(!IV || IVLen == 0);
	else
		wg_must(IV && IVLen == WG_AES_BLOCK_BYTES);
	if (EVP_CipherInit_ex2(own->evp.cipher, wg_evp_aes(mode, own->key_bytes), own->key,
			       mode == WG_AES_ECB ? NULL : IV, own->mode == TEE_MODE_ENCRYPT, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(own->evp.cipher, 0) != 1)
		wg_instance_panic(TEE_ERROR_OUT_OF_MEMORY);
	own->pending = 0;
	own->state = TEE_OPERATION_STATE_ACTIVE;
	own->flags |= TEE_HANDLE_FLAG_INITIALIZED;
}

/* Input and output may start at the same address; with a part of a block held back, output would overtake input. */
static size_t feed(struct wg_operation *operation, const uint8_t *in, size_t bytes, uint8_t *out)
{
	uint8_t none[WG_AES_BLOCK_BYTES]; /* where nothing comes out, the caller may have no buffer */
	uint8_t *copy = NULL;
	size_t written;

	if (in == out && operation->pending && bytes) {
		copy = malloc(bytes);
		if (!copy)
			wg_instance_panic(TEE_ERROR_OUT_OF_MEMORY);
		memcpy(copy, in, bytes);
		in = copy;
	}
	written = wg_evp_feed(operation->evp.cipher, out ? out : none, in, bytes);
	if (copy) {
		OPENSSL_cleanse(copy, bytes);
		free(copy);
	}
	if (in_blocks(operation))
		operation->pending = (operation->pending + bytes) % WG_AES_BLOCK_BYTES;
	return written;
}

TEE_Result TEE_CipherUpdate(TEE_OperationHandle operation, const void *srcData, size_t srcLen, void *destData,
			    size_t *destLen)
{
	struct wg_operation *own = wg_operation_of(operation, TEE_OPERATION_CIPHER);
	size_t needed = srcLen;

	wg_must(destLen && (srcData || srcLen == 0) && srcLen <= SIZE_MAX - WG_AES_BLOCK_BYTES);
	wg_must_state(own->state == TEE_OPERATION_STATE_ACTIVE);
	if (in_blocks(own))
		needed = (own->pending + srcLen) / WG_AES_BLOCK_BYTES * WG_AES_BLOCK_BYTES;
	if (*destLen < needed)
		return wg_short(destLen, needed);
	wg_must(destData || needed == 0);
	*destLen = srcLen ? feed(own, srcData, srcLen, destData) : 0;
	return TEE_SUCCESS;
}

TEE_Result TEE_CipherDoFinal(TEE_OperationHandle operation, const void *srcData, size_t srcLen, void *destData,
			     size_t *destLen)
{
	struct wg_operation *own = wg_operation_of(operation, TEE_OPERATION_CIPHER);
	size_t needed = own->pending + srcLen;
	size_t capacity = destLen ? *destLen : 0;
	size_t written = 0;

	wg_must((srcData || srcLen == 0) && srcLen <= SIZE_MAX - WG_AES_BLOCK_BYTES);
	wg_must_state(own->state == TEE_OPERATION_STATE_ACTIVE);
	wg_must(!in_blocks(own) || needed % WG_AES_BLOCK_BYTES == 0);
	wg_must(destLen || needed == 0);
	if (capacity < needed)
		return wg_short(destLen, needed);
	wg_must(destData || needed == 0);
	if (srcLen)
		written = feed(own, srcData, srcLen, destData);
	if (destLen)
		*destLen = written;
	wg_operation_reset(own);
	return TEE_SUCCESS;
}
