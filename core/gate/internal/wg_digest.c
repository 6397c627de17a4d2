/* SPDX-License-Identifier: Apache-2.0 */
/* Digests. Always ready: the state starts anew after each message. */
#include <openssl/crypto.h>
#include <string.h>

#include "tee_internal_api.h"
#include "wg_crypto.h"

static bool digest_available(uint32_t hash)
{
	return wg_evp_digest(hash) != NULL;
}

static bool digest_make(struct wg_operation *operation)
{
	operation->evp.digest = EVP_MD_CTX_new();
	return operation->evp.digest != NULL;
}

static void digest_release(struct wg_operation *operation)
{
	EVP_MD_CTX_free(operation->evp.digest);
}

static bool digest_copy(struct wg_operation *operation, const struct wg_operation *source)
{
	return EVP_MD_CTX_copy_ex(operation->evp.digest, source->evp.digest) == 1;
}

const struct wg_operation_class wg_digest_class = {
	.available = digest_available,
	.make = digest_make,
	.release = digest_release,
	.copy = digest_copy,
};

void wg_digest_begin(struct wg_operation *operation)
{
	OPENSSL_cleanse(operation->extract, sizeof(operation->extract));
	operation->extracted = 0;
	if (EVP_DigestInit_ex2(operation->evp.digest, wg_evp_digest(operation->algorithm->detail), NULL) != 1)
		wg_instance_panic(TEE_ERROR_OUT_OF_MEMORY);
}

static void update(struct wg_operation *operation, const void *chunk, size_t bytes)
{
	if (bytes && EVP_DigestUpdate(operation->evp.digest, chunk, bytes) != 1)
		wg_instance_panic(TEE_ERROR_GENERIC);
}

static void finish(struct wg_operation *operation, uint8_t *digest)
{
	unsigned written = 0;

	if (EVP_DigestFinal_ex(operation->evp.digest, digest, &written) != 1 || written != operation->digest_bytes)
		wg_instance_panic(TEE_ERROR_GENERIC);
}

/* Hands out what is left of a digest that is handed out in parts. */
static size_t hand_out(struct wg_operation *operation, void *hash, size_t capacity)
{
	size_t bytes = operation->digest_bytes - operation->extracted;

	if (bytes > capacity)
		bytes = capacity;
	if (bytes) {
		wg_must(hash != NULL);
		memcpy(hash, operation->extract + operation->extracted, bytes);
	}
	operation->extracted += bytes;
	return bytes;
}

void TEE_DigestUpdate(TEE_OperationHandle operation, const void *chunk, size_t chunkSize)
{
	struct wg_operation *own = wg_operation_of(operation, TEE_OPERATION_DIGEST);

	wg_must(chunk || chunkSize == 0);
	wg_must_state(own->state != TEE_OPERATION_STATE_EXTRACTING);
	own->state = TEE_OPERATION_STATE_ACTIVE;
	update(own, chunk, chunkSize);
}

TEE_Result TEE_DigestDoFinal(TEE_OperationHandle operation, const void *chunk, size_t chunkLen, void *hash,
			     size_t *hashLen)
{
	struct wg_operation *own = wg_operation_of(operation, TEE_OPERATION_DIGEST);

	wg_must(hashLen && (chunk || chunkLen == 0));
	if (own->state == TEE_OPERATION_STATE_EXTRACTING) {
		wg_must_state(chunkLen == 0);
		*hashLen = hand_out(own, hash, *hashLen);
	} else {
		if (*hashLen < own->digest_bytes)
			return wg_short(hashLen, own->digest_bytes);
		wg_must(hash != NULL);
		update(own, chunk, chunkLen);
		finish(own, hash);
		*hashLen = own->digest_bytes;
	}
	wg_operation_reset(own);
	return TEE_SUCCESS;
}

TEE_Result TEE_DigestExtract(TEE_OperationHandle operation, void *hash, size_t *hashLen)
{
	struct wg_operation *own = wg_operation_of(operation, TEE_OPERATION_DIGEST);

	wg_must(hashLen != NULL);
	if (own->state != TEE_OPERATION_STATE_EXTRACTING) {
		finish(own, own->extract);
		own->extracted = 0;
		own->state = TEE_OPERATION_STATE_EXTRACTING;
		own->flags |= TEE_HANDLE_FLAG_EXTRACTING;
	}
	*hashLen = hand_out(own, hash, *hashLen);
	return TEE_SUCCESS;
}
