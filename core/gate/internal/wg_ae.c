/* SPDX-License-Identifier: Apache-2.0 */
/* Authenticated encryption: AES-GCM by OpenSSL. A key goes into the context once, each record brings its nonce.
 * AES-CCM is absent: OpenSSL's takes a record in one piece only, which TEE_AEUpdate does not promise. */
#include <openssl/crypto.h>
#include <string.h>

#include "tee_internal_api.h"
#include "wg_crypto.h"
#include "wg_ledger.h"

#define GCM_NONCE_BYTES	    12u
#define GCM_NONCE_MAX_BYTES 128u /* OpenSSL's own limit */
#define GCM_TAG_MIN_BITS    96u
#define GCM_TAG_MAX_BITS    128u

static bool ae_available(uint32_t mode)
{
	return wg_evp_aes((enum wg_aes_mode)mode, 16) != NULL;
}

static bool ae_make(struct wg_operation *operation)
{
	operation->evp.cipher = EVP_CIPHER_CTX_new();
	return operation->evp.cipher != NULL;
}

static void ae_release(struct wg_operation *operation)
{
	EVP_CIPHER_CTX_free(operation->evp.cipher);
}

static bool ae_copy(struct wg_operation *operation, const struct wg_operation *source)
{
	if (!wg_evp_gcm_copies())
		wg_instance_panic(TEE_ERROR_NOT_SUPPORTED);
	operation->nonce_bytes = source->nonce_bytes;
	operation->key_taken = EVP_CIPHER_CTX_copy(operation->evp.cipher, source->evp.cipher) == 1;
	return operation->key_taken;
}

const struct wg_operation_class wg_ae_class = {
	.available = ae_available,
	.make = ae_make,
	.release = ae_release,
	.copy = ae_copy,
};

static bool set_nonce_size(struct wg_operation *operation, size_t bytes)
{
	size_t now = operation->nonce_bytes ? operation->nonce_bytes : GCM_NONCE_BYTES;

	if (bytes == now)
		return true;
	operation->nonce_bytes = bytes;
	return EVP_CIPHER_CTX_ctrl(operation->evp.cipher, EVP_CTRL_AEAD_SET_IVLEN, (int)bytes, NULL) == 1;
}

static void begin(struct wg_operation *operation, const uint8_t *nonce, size_t nonce_bytes)
{
	EVP_CIPHER_CTX *context = operation->evp.cipher;
	int seals = operation->mode == TEE_MODE_ENCRYPT;
	const uint8_t *key = operation->key_taken ? NULL : operation->key;

	if (key) {
		const EVP_CIPHER *cipher = wg_evp_aes(WG_AES_GCM, operation->key_bytes);

		operation->nonce_bytes = 0;
		if (EVP_CipherInit_ex2(context, cipher, NULL, NULL, seals, NULL) != 1)
			wg_instance_panic(TEE_ERROR_OUT_OF_MEMORY);
	}
	if (!set_nonce_size(operation, nonce_bytes) || EVP_CipherInit_ex2(context, NULL, key, nonce, seals, NULL) != 1)
		wg_instance_panic(TEE_ERROR_GENERIC);
	operation->key_taken = true;
}

/* Of a record that was begun. */
static struct wg_operation *begun(TEE_OperationHandle handle)
{
	struct wg_operation *operation = wg_operation_of(handle, TEE_OPERATION_AE);

	wg_must_state((operation->flags & TEE_HANDLE_FLAG_INITIALIZED) != 0);
	return operation;
}

TEE_Result TEE_AEInit(TEE_OperationHandle operation, const void *nonce, size_t nonceLen, uint32_t tagLen, size_t AADLen,
		      size_t payloadLen)
{
	struct wg_operation *own = wg_operation_of(operation, TEE_OPERATION_AE);

	(void)AADLen; /* GCM need not know them beforehand */
	(void)payloadLen;
	wg_must(nonce && nonceLen > 0);
	wg_must_state((own->flags & TEE_HANDLE_FLAG_KEY_SET) != 0);
	wg_must_state(own->state == TEE_OPERATION_STATE_INITIAL);
	if (tagLen < GCM_TAG_MIN_BITS || tagLen > GCM_TAG_MAX_BITS || tagLen % 8 != 0 || nonceLen > GCM_NONCE_MAX_BYTES)
		return TEE_ERROR_NOT_SUPPORTED;
	begin(own, nonce, nonceLen);
	own->digest_bytes = tagLen / 8;
	own->record_bytes = 0;
	own->flags |= TEE_HANDLE_FLAG_INITIALIZED;
	return TEE_SUCCESS;
}

/* Only before the payload. */
void TEE_AEUpdateAAD(TEE_OperationHandle operation, const void *AADdata, size_t AADdataLen)
{
	struct wg_operation *own = begun(operation);

	wg_must(AADdata || AADdataLen == 0);
	wg_must_state(own->state == TEE_OPERATION_STATE_INITIAL);
	(void)wg_evp_feed(own->evp.cipher, NULL, AADdata, AADdataLen);
}

static void feed(struct wg_operation *operation, const uint8_t *in, size_t bytes, uint8_t *out)
{
	wg_must(out || bytes == 0);
	(void)wg_evp_feed(operation->evp.cipher, out, in, bytes);
	operation->record_bytes += bytes;
}

TEE_Result TEE_AEUpdate(TEE_OperationHandle operation, const void *srcData, size_t srcLen, void *destData,
			size_t *destLen)
{
	struct wg_operation *own = begun(operation);

	wg_must(destLen && (srcData || srcLen == 0));
	if (*destLen < srcLen)
		return wg_short(destLen, srcLen);
	*destLen = srcLen;
	if (srcLen) {
		own->state = TEE_OPERATION_STATE_ACTIVE;
		feed(own, srcData, srcLen, destData);
	}
	return TEE_SUCCESS;
}

static void make_tag(struct wg_operation *operation, uint8_t *tag)
{
	uint8_t none[WG_AES_BLOCK_BYTES];
	int written;

	if (EVP_CipherFinal_ex(operation->evp.cipher, none, &written) != 1 ||
	    EVP_CIPHER_CTX_ctrl(operation->evp.cipher, EVP_CTRL_AEAD_GET_TAG, (int)operation->digest_bytes, tag) != 1)
		wg_instance_panic(TEE_ERROR_GENERIC);
}

TEE_Result TEE_AEEncryptFinal(TEE_OperationHandle operation, const void *srcData, size_t srcLen, void *destData,
			      size_t *destLen, void *tag, size_t *tagLen)
{
	struct wg_operation *own = begun(operation);
	size_t tag_capacity;
	size_t capacity;

	wg_must(own->mode == TEE_MODE_ENCRYPT && destLen && tagLen && (srcData || srcLen == 0));
	capacity = *destLen;
	tag_capacity = *tagLen;
	if (capacity < srcLen)
		*destLen = srcLen;
	if (tag_capacity < own->digest_bytes)
		*tagLen = own->digest_bytes;
	if (capacity < srcLen || tag_capacity < own->digest_bytes)
		return TEE_ERROR_SHORT_BUFFER;
	wg_must(tag != NULL);
	feed(own, srcData, srcLen, destData);
	make_tag(own, tag);
	*destLen = srcLen;
	*tagLen = own->digest_bytes;
	WG_COUNT(sealed_bytes, own->record_bytes);
	WG_COUNT(sealed_records, 1);
	wg_operation_reset(own);
	return TEE_SUCCESS;
}

/* operation->digest_bytes of tag. */
static bool is_right(struct wg_operation *operation, const uint8_t *tag)
{
	uint8_t copy[GCM_TAG_MAX_BITS / 8]; /* the control wants it writable */
	uint8_t none[WG_AES_BLOCK_BYTES];
	int written;

	memcpy(copy, tag, operation->digest_bytes);
	if (EVP_CIPHER_CTX_ctrl(operation->evp.cipher, EVP_CTRL_AEAD_SET_TAG, (int)operation->digest_bytes, copy) != 1)
		wg_instance_panic(TEE_ERROR_GENERIC);
	return EVP_CipherFinal_ex(operation->evp.cipher, none, &written) == 1;
}

/* What this call wrote is wiped where the tag is wrong; what earlier calls wrote is the TA's to forget. */
TEE_Result TEE_AEDecryptFinal(TEE_OperationHandle operation, const void *srcData, size_t srcLen, void *destData,
			      size_t *destLen, void *tag, size_t tagLen)
{
	struct wg_operation *own = begun(operation);
	bool right;

	wg_must(own->mode == TEE_MODE_DECRYPT && destLen && (srcData || srcLen == 0) && (tag || tagLen == 0));
	if (*destLen < srcLen)
		return wg_short(destLen, srcLen);
	feed(own, srcData, srcLen, destData);
	right = tagLen == own->digest_bytes && is_right(own, tag);
	wg_operation_reset(own);
	if (!right) {
		OPENSSL_cleanse(destData, srcLen);
		return TEE_ERROR_MAC_INVALID;
	}
	*destLen = srcLen;
	WG_COUNT(opened_bytes, own->record_bytes);
	WG_COUNT(opened_records, 1);
	return TEE_SUCCESS;
}
