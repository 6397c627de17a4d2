/* SPDX-License-Identifier: Apache-2.0 */
/* AEAD by the GlobalPlatform AE functions: what a TA has inside OP-TEE. This file brings the table of that world. */
#include <tee_internal_api.h>

#include "wg_aead_library.h"

struct gp_key {
	TEE_OperationHandle seal; /* owned */
	TEE_OperationHandle open;
};

_Static_assert(sizeof(struct gp_key) <= WG_AEAD_USABLE_BYTES, "the key fits in the state");

static const char *gp_why_not(void)
{
	return NULL;
}

static const char *gp_why_not_algorithm(enum wg_aead_algorithm algorithm)
{
	if (algorithm == WG_CHACHA20_POLY1305)
		return "the GlobalPlatform Internal Core API 1.3 has no ChaCha20-Poly1305";
	return NULL;
}

static const char *gp_version(void)
{
	return "GlobalPlatform AE";
}

static wg_result result_of(TEE_Result result)
{
	switch (result) {
	case TEE_SUCCESS:
		return WG_OK;
	case TEE_ERROR_OUT_OF_MEMORY:
		return WG_ERR_MEMORY;
	case TEE_ERROR_MAC_INVALID:
		return WG_ERR_AUTH;
	case TEE_ERROR_NOT_SUPPORTED:
		return WG_ERR_UNAVAILABLE;
	default:
		return WG_ERR_STATE;
	}
}

static TEE_Result prepare(TEE_OperationHandle *operation, uint32_t mode, TEE_ObjectHandle key, uint32_t key_bits)
{
	TEE_Result result = TEE_AllocateOperation(operation, TEE_ALG_AES_GCM, mode, key_bits);

	if (result != TEE_SUCCESS)
		*operation = TEE_HANDLE_NULL;
	else
		result = TEE_SetOperationKey(*operation, key);
	return result;
}

static wg_result gp_init(struct wg_aead *aead, const uint8_t *key, size_t key_bytes)
{
	struct gp_key *own = wg_aead_state(aead);
	uint32_t bits = (uint32_t)key_bytes * 8u;
	TEE_ObjectHandle object = TEE_HANDLE_NULL;
	TEE_Attribute secret;
	TEE_Result result;

	own->seal = TEE_HANDLE_NULL;
	own->open = TEE_HANDLE_NULL;
	result = TEE_AllocateTransientObject(TEE_TYPE_AES, bits, &object);
	if (result != TEE_SUCCESS)
		return result_of(result);
	TEE_InitRefAttribute(&secret, TEE_ATTR_SECRET_VALUE, key, key_bytes);
	result = TEE_PopulateTransientObject(object, &secret, 1);
	if (result == TEE_SUCCESS)
		result = prepare(&own->seal, TEE_MODE_ENCRYPT, object, bits);
	if (result == TEE_SUCCESS)
		result = prepare(&own->open, TEE_MODE_DECRYPT, object, bits);
	if (result != TEE_SUCCESS) {
		TEE_FreeOperation(own->seal);
		TEE_FreeOperation(own->open);
	}
	TEE_FreeTransientObject(object);
	return result_of(result);
}

static void gp_clear(struct wg_aead *aead)
{
	struct gp_key *own = wg_aead_state(aead);

	TEE_FreeOperation(own->seal);
	TEE_FreeOperation(own->open);
}

static TEE_Result begin(TEE_OperationHandle operation, const struct wg_aead_record *record)
{
	TEE_Result result = TEE_AEInit(operation, record->nonce, WG_AEAD_NONCE_BYTES, WG_AEAD_TAG_BYTES * 8u,
				       record->aad_bytes, record->bytes);

	if (result == TEE_SUCCESS && record->aad_bytes)
		TEE_AEUpdateAAD(operation, record->aad, record->aad_bytes);
	return result;
}

static wg_result gp_seal(struct wg_aead *aead, const struct wg_aead_record *record, uint8_t *tag)
{
	struct gp_key *own = wg_aead_state(aead);
	size_t tag_bytes = WG_AEAD_TAG_BYTES;
	size_t bytes = record->bytes;
	TEE_Result result = begin(own->seal, record);

	if (result == TEE_SUCCESS)
		result = TEE_AEEncryptFinal(own->seal, record->in, record->bytes, record->out, &bytes, tag, &tag_bytes);
	return result_of(result);
}

static wg_result gp_open(struct wg_aead *aead, const struct wg_aead_record *record, const uint8_t *tag)
{
	struct gp_key *own = wg_aead_state(aead);
	uint8_t copy[WG_AEAD_TAG_BYTES]; /* the specification takes it as not const */
	size_t bytes = record->bytes;
	TEE_Result result = begin(own->open, record);

	memcpy(copy, tag, sizeof(copy));
	if (result == TEE_SUCCESS)
		result = TEE_AEDecryptFinal(own->open, record->in, record->bytes, record->out, &bytes, copy,
					    sizeof(copy));
	if (result != TEE_SUCCESS)
		TEE_ResetOperation(own->open);
	return result_of(result);
}

const struct wg_aead_library wg_aead_gp = {
	.name = "gp",
	.why_not = gp_why_not,
	.why_not_algorithm = gp_why_not_algorithm,
	.version = gp_version,
	.init = gp_init,
	.clear = gp_clear,
	.seal = gp_seal,
	.open = gp_open,
};

const struct wg_aead_library *const wg_aead_libraries[] = {&wg_aead_gp, NULL};
