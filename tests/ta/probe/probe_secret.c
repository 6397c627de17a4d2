/* SPDX-License-Identifier: Apache-2.0 */
#include "probe_secret.h"

#include <tee_internal_api_extensions.h>

#include "probe_ta.h"
#include "wg_aead.h"

#define DIGEST_BYTES 32u

static uint8_t *kept_in_heap;
static uint8_t kept_in_global[PROBE_SECRET_BYTES];
static TEE_OperationHandle ctr, gcm, hmac;
static struct wg_aead aead;

static uint8_t unmasked(const TEE_Param *param, uint32_t i)
{
	return (uint8_t) ~((const volatile uint8_t *)param->memref.buffer)[i];
}

static bool is_secret(const TEE_Param *param)
{
	return param->memref.buffer && param->memref.size == PROBE_SECRET_BYTES;
}

static TEE_Result keyed(TEE_OperationHandle *operation, uint32_t algorithm, uint32_t mode, TEE_ObjectType type)
{
	TEE_ObjectHandle key = TEE_HANDLE_NULL;
	TEE_Attribute attribute;
	TEE_Result result = TEE_AllocateTransientObject(type, PROBE_SECRET_BYTES * 8, &key);

	if (result != TEE_SUCCESS)
		return result;
	TEE_InitRefAttribute(&attribute, TEE_ATTR_SECRET_VALUE, kept_in_global, PROBE_SECRET_BYTES);
	result = TEE_PopulateTransientObject(key, &attribute, 1);
	if (result == TEE_SUCCESS)
		result = TEE_AllocateOperation(operation, algorithm, mode, PROBE_SECRET_BYTES * 8);
	if (result == TEE_SUCCESS)
		result = TEE_SetOperationKey(*operation, key);
	TEE_FreeTransientObject(key);
	return result;
}

/* The operations stay open and keyed. */
static TEE_Result use_keys(void)
{
	static const uint8_t zeros[64];
	uint8_t out[sizeof(zeros)];
	uint8_t tag[16];
	size_t bytes = sizeof(out);
	size_t tag_bytes = sizeof(tag);
	TEE_Result result;

	TEE_CipherInit(ctr, zeros, 16);
	result = TEE_CipherUpdate(ctr, zeros, sizeof(zeros), out, &bytes);
	if (result == TEE_SUCCESS)
		result = TEE_AEInit(gcm, zeros, 12, 128, 0, 0);
	if (result != TEE_SUCCESS)
		return result;
	bytes = sizeof(out);
	result = TEE_AEEncryptFinal(gcm, zeros, sizeof(zeros), out, &bytes, tag, &tag_bytes);
	TEE_MACInit(hmac, NULL, 0);
	TEE_MACUpdate(hmac, zeros, sizeof(zeros));
	if (result != TEE_SUCCESS)
		return result;
	if (wg_aead_init(&aead, WG_AES_256_GCM, kept_in_global, PROBE_SECRET_BYTES) != WG_OK ||
	    wg_aead_seal(&aead, zeros, NULL, 0, zeros, sizeof(zeros), out, tag) != WG_OK)
		return TEE_ERROR_GENERIC;
	return TEE_SUCCESS;
}

TEE_Result probe_hold(uint32_t types, TEE_Param params[4])
{
	TEE_Result result;
	uint32_t i;

	if (TEE_PARAM_TYPE_GET(types, 0) != TEE_PARAM_TYPE_MEMREF_INPUT || !is_secret(&params[0]) || kept_in_heap)
		return TEE_ERROR_BAD_PARAMETERS;
	kept_in_heap = TEE_Malloc(PROBE_SECRET_BYTES, TEE_MALLOC_FILL_ZERO);
	if (!kept_in_heap)
		return TEE_ERROR_OUT_OF_MEMORY;
	for (i = 0; i < PROBE_SECRET_BYTES; i++)
		kept_in_heap[i] = unmasked(&params[0], i);
	TEE_MemMove(kept_in_global, kept_in_heap, PROBE_SECRET_BYTES);
	result = keyed(&ctr, TEE_ALG_AES_CTR, TEE_MODE_ENCRYPT, TEE_TYPE_AES);
	if (result == TEE_SUCCESS)
		result = keyed(&gcm, TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, TEE_TYPE_AES);
	if (result == TEE_SUCCESS)
		result = keyed(&hmac, TEE_ALG_HMAC_SHA256, TEE_MODE_MAC, TEE_TYPE_HMAC_SHA256);
	return result == TEE_SUCCESS ? use_keys() : result;
}

static TEE_Result digest(const uint8_t *secret, uint8_t *out)
{
	TEE_OperationHandle operation = TEE_HANDLE_NULL;
	size_t bytes = DIGEST_BYTES;
	TEE_Result result = TEE_AllocateOperation(&operation, TEE_ALG_SHA256, TEE_MODE_DIGEST, 0);

	if (result == TEE_SUCCESS)
		result = TEE_DigestDoFinal(operation, secret, PROBE_SECRET_BYTES, out, &bytes);
	TEE_FreeOperation(operation);
	return result;
}

TEE_Result probe_digest(uint32_t types, TEE_Param params[4])
{
	uint8_t *out = params[0].memref.buffer;
	TEE_Result result;

	if (TEE_PARAM_TYPE_GET(types, 0) != TEE_PARAM_TYPE_MEMREF_OUTPUT || !out ||
	    params[0].memref.size < 2 * DIGEST_BYTES || !kept_in_heap)
		return TEE_ERROR_BAD_PARAMETERS;
	params[0].memref.size = 2 * DIGEST_BYTES;
	result = digest(kept_in_heap, out);
	return result == TEE_SUCCESS ? digest(kept_in_global, out + DIGEST_BYTES) : result;
}

/* What crosses is masked, so that the secret itself is nowhere but here. */
TEE_Result probe_hold_on_stack(uint32_t types, TEE_Param params[4])
{
	volatile uint8_t secret[PROBE_SECRET_BYTES];
	uint64_t words[PROBE_SECRET_BYTES / 8], w, x, y, z;
	uint32_t there = 1;
	TEE_Result result;
	uint32_t i;

	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_VALUE_INPUT,
				     TEE_PARAM_TYPE_VALUE_OUTPUT, TEE_PARAM_TYPE_NONE) ||
	    !is_secret(&params[0]))
		return TEE_ERROR_BAD_PARAMETERS;
	for (i = 0; i < PROBE_SECRET_BYTES; i++)
		secret[i] = unmasked(&params[0], i);
	TEE_MemMove(words, (void *)(uintptr_t)secret, sizeof(words));
	w = words[0];
	x = words[1];
	y = words[2];
	z = words[3];
	TEE_MemFill(words, 0, sizeof(words));
	/* In registers from here on, over the wait, so that a call must keep them. */
	__asm__ volatile("" : "+r"(w), "+r"(x), "+r"(y), "+r"(z));
	result = TEE_Wait(params[1].value.a);
	__asm__ volatile("" : "+r"(w), "+r"(x), "+r"(y), "+r"(z));
	words[0] = w;
	words[1] = x;
	words[2] = y;
	words[3] = z;
	there &= TEE_MemCompare(words, (void *)(uintptr_t)secret, sizeof(words)) == 0;
	for (i = 0; i < PROBE_SECRET_BYTES; i++)
		there &= secret[i] == unmasked(&params[0], i);
	params[2].value.a = there;
	return result;
}
