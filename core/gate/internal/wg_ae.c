/* SPDX-License-Identifier: Apache-2.0 */
/* Authenticated encryption: the calls of a TA and their order. The algorithms are wg_gcm.c and wg_ccm.c. */
#include <openssl/crypto.h>

#include "tee_internal_api.h"
#include "wg_crypto.h"
#include "wg_ledger.h"

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
	TEE_Result result;

	wg_must(nonce && nonceLen > 0);
	wg_must_state((own->flags & TEE_HANDLE_FLAG_KEY_SET) != 0);
	wg_must_state(own->state == TEE_OPERATION_STATE_INITIAL);
	if (tagLen > 128 || tagLen % 8 != 0)
		return TEE_ERROR_NOT_SUPPORTED;
	own->digest_bytes = tagLen / 8;
	own->flags &= ~(uint32_t)TEE_HANDLE_FLAG_INITIALIZED;
	result = own->algorithm->class->ae->begin(own, nonce, nonceLen, AADLen, payloadLen);
	if (result != TEE_SUCCESS)
		return result;
	own->record_bytes = 0;
	own->key_taken = true;
	own->flags |= TEE_HANDLE_FLAG_INITIALIZED;
	return TEE_SUCCESS;
}

/* Only before the payload. */
void TEE_AEUpdateAAD(TEE_OperationHandle operation, const void *AADdata, size_t AADdataLen)
{
	struct wg_operation *own = begun(operation);

	wg_must(AADdata || AADdataLen == 0);
	wg_must_state(own->state == TEE_OPERATION_STATE_INITIAL);
	if (AADdataLen)
		own->algorithm->class->ae->aad(own, AADdata, AADdataLen);
}

static void feed(struct wg_operation *operation, const uint8_t *in, size_t bytes, uint8_t *out)
{
	wg_must(out || bytes == 0);
	operation->algorithm->class->ae->data(operation, in, bytes, out);
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
	own->algorithm->class->ae->tag(own, tag);
	*destLen = srcLen;
	*tagLen = own->digest_bytes;
	WG_COUNT(sealed_bytes, own->record_bytes);
	WG_COUNT(sealed_records, 1);
	wg_operation_reset(own);
	return TEE_SUCCESS;
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
	right = tagLen == own->digest_bytes && own->algorithm->class->ae->verify(own, tag);
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
