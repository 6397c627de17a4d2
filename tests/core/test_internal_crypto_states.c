/* SPDX-License-Identifier: Apache-2.0 */
/* Objects and operations of the Internal Core API: their states and what comes back. */
#include "crypto_fixture.h"
#include "internal/wg_crypto.h"
#include "wg_test_crypto.h"

/* ---- objects ---- */

static TEE_Result run_object_life(void)
{
	TEE_ObjectHandle object = object_of(TEE_TYPE_AES, 256);
	TEE_ObjectHandle copy = object_of(TEE_TYPE_AES, 192);
	TEE_ObjectInfo info;
	uint8_t out[32];
	size_t size = 15;
	uint32_t a, b;

	CHECK_EQ(TEE_GetObjectInfo1(object, &info), TEE_SUCCESS);
	CHECK_EQ(info.objectType, TEE_TYPE_AES);
	CHECK_EQ(info.objectSize, 0);
	CHECK_EQ(info.maxObjectSize, 256);
	CHECK_EQ(info.objectUsage, 0xffffffffu);
	CHECK_EQ(info.handleFlags, 0);
	CHECK_EQ(populate(object, 20), TEE_ERROR_BAD_PARAMETERS);
	CHECK_EQ(populate(object, 16), TEE_SUCCESS);
	CHECK_EQ(TEE_GetObjectBufferAttribute(object, TEE_ATTR_SECRET_VALUE, out, &size), TEE_ERROR_SHORT_BUFFER);
	CHECK_EQ(size, 16);
	CHECK_EQ(TEE_GetObjectBufferAttribute(object, TEE_ATTR_SECRET_VALUE, out, &size), TEE_SUCCESS);
	CHECK_MEM_EQ(out, key, 16);
	CHECK_EQ(TEE_GetObjectBufferAttribute(object, 0xd0000130, out, &size), TEE_ERROR_ITEM_NOT_FOUND);
	CHECK_EQ(TEE_GetObjectValueAttribute(object, 0xf0000441, &a, &b), TEE_ERROR_ITEM_NOT_FOUND);
	CHECK_EQ(TEE_RestrictObjectUsage1(object, ~(uint32_t)TEE_USAGE_MAC), TEE_SUCCESS);
	CHECK_EQ(TEE_CopyObjectAttributes1(copy, object), TEE_SUCCESS);
	CHECK_EQ(TEE_GetObjectInfo1(copy, &info), TEE_SUCCESS);
	CHECK_EQ(info.objectSize, 128);
	CHECK_EQ(info.objectUsage, ~(uint32_t)TEE_USAGE_MAC);
	CHECK_EQ(info.handleFlags, TEE_HANDLE_FLAG_INITIALIZED);
	TEE_ResetTransientObject(copy);
	CHECK_EQ(TEE_GetObjectInfo1(copy, &info), TEE_SUCCESS);
	CHECK_EQ(info.handleFlags, 0);
	CHECK_EQ(info.objectUsage, 0xffffffffu);
	CHECK_EQ(TEE_GenerateKey(copy, 192, NULL, 0), TEE_SUCCESS);
	TEE_CloseObject(copy);
	TEE_FreeTransientObject(object);
	TEE_CloseObject(TEE_HANDLE_NULL);
	TEE_FreeTransientObject(TEE_HANDLE_NULL);
	TEE_ResetTransientObject(TEE_HANDLE_NULL);
	return TEE_SUCCESS;
}

static void an_object_goes_through_its_life(void)
{
	wg_test_ta_passes(run_object_life);
}

static TEE_Result run_unsupported(void)
{
	static const uint8_t long_nonce[129];
	TEE_OperationHandle operation = TEE_HANDLE_NULL;
	TEE_ObjectHandle object = TEE_HANDLE_NULL;

	CHECK_EQ(TEE_AllocateTransientObject(TEE_TYPE_DATA, 0, &object), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(TEE_AllocateTransientObject(TEE_TYPE_AES, 160, &object), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(TEE_AllocateTransientObject(TEE_TYPE_AES, 512, &object), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(TEE_AllocateTransientObject(TEE_TYPE_HMAC_SHA256, 184, &object), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(TEE_AllocateTransientObject(TEE_TYPE_HMAC_SHA256, 193, &object), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(TEE_AllocateOperation(&operation, TEE_ALG_AES_GCM, TEE_MODE_MAC, 128), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(TEE_AllocateOperation(&operation, TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, 100), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(TEE_AllocateOperation(&operation, TEE_ALG_SHA256, TEE_MODE_MAC, 0), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(TEE_AllocateOperation(&operation, TEE_ALG_ILLEGAL_VALUE, 0, 0), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(TEE_IsAlgorithmSupported(TEE_ALG_AES_XTS, TEE_CRYPTO_ELEMENT_NONE), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(TEE_AllocateOperation(&operation, TEE_ALG_AES_CCM, TEE_MODE_ENCRYPT, 128), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(TEE_IsAlgorithmSupported(TEE_ALG_AES_CCM, TEE_CRYPTO_ELEMENT_NONE), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(TEE_IsAlgorithmSupported(TEE_ALG_AES_GCM, TEE_CRYPTO_ELEMENT_NONE), TEE_SUCCESS);
	CHECK_EQ(TEE_IsAlgorithmSupported(TEE_ALG_AES_GCM, 1), TEE_ERROR_NOT_SUPPORTED);
	operation = aes(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT);
	CHECK_EQ(TEE_AEInit(operation, nonce, 12, 88, 0, 0), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(TEE_AEInit(operation, nonce, 12, 100, 0, 0), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(TEE_AEInit(operation, nonce, 12, 136, 0, 0), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(TEE_AEInit(operation, long_nonce, sizeof(long_nonce), 128, 0, 0), TEE_ERROR_NOT_SUPPORTED);
	return TEE_SUCCESS;
}

static void what_is_not_supported_says_so(void)
{
	wg_test_ta_passes(run_unsupported);
}

/* ---- operations ---- */

static TEE_Result run_operation_info(void)
{
	_Alignas(8) uint8_t place[sizeof(TEE_OperationInfoMultiple) + sizeof(TEE_OperationInfoKey)];
	TEE_OperationInfoMultiple *multiple = (TEE_OperationInfoMultiple *)(void *)place;
	TEE_OperationHandle operation = aes(TEE_ALG_AES_GCM, TEE_MODE_DECRYPT);
	TEE_OperationInfo info;
	size_t size = sizeof(*multiple);

	TEE_GetOperationInfo(operation, &info);
	CHECK_EQ(info.algorithm, TEE_ALG_AES_GCM);
	CHECK_EQ(info.operationClass, TEE_OPERATION_AE);
	CHECK_EQ(info.mode, TEE_MODE_DECRYPT);
	CHECK_EQ(info.maxKeySize, 128);
	CHECK_EQ(info.keySize, 128);
	CHECK_EQ(info.requiredKeyUsage, TEE_USAGE_DECRYPT);
	CHECK_EQ(info.handleState, TEE_HANDLE_FLAG_KEY_SET);
	CHECK_EQ(TEE_GetOperationInfoMultiple(operation, multiple, &size), TEE_ERROR_SHORT_BUFFER);
	CHECK_EQ(size, sizeof(place));
	CHECK_EQ(TEE_GetOperationInfoMultiple(operation, multiple, &size), TEE_SUCCESS);
	CHECK_EQ(multiple->numberOfKeys, 1);
	CHECK_EQ(multiple->keyInformation[0].keySize, 128);
	CHECK_EQ(multiple->operationState, TEE_OPERATION_STATE_INITIAL);
	CHECK_EQ(TEE_AEInit(operation, nonce, 12, 96, 0, 0), TEE_SUCCESS);
	TEE_GetOperationInfo(operation, &info);
	CHECK_EQ(info.digestLength, 12);
	CHECK_EQ(info.handleState, TEE_HANDLE_FLAG_KEY_SET | TEE_HANDLE_FLAG_INITIALIZED);
	TEE_ResetOperation(operation);
	CHECK_EQ(TEE_SetOperationKey(operation, TEE_HANDLE_NULL), TEE_SUCCESS);
	TEE_GetOperationInfo(operation, &info);
	CHECK_EQ(info.handleState, 0);
	CHECK_EQ(info.keySize, 0);
	CHECK_EQ(TEE_SetOperationKey2(operation, TEE_HANDLE_NULL, TEE_HANDLE_NULL), TEE_SUCCESS);
	TEE_FreeOperation(operation);
	TEE_FreeOperation(TEE_HANDLE_NULL);
	operation = operation_of(TEE_ALG_SHA256, TEE_MODE_DIGEST, 0);
	TEE_GetOperationInfo(operation, &info);
	CHECK_EQ(info.handleState, TEE_HANDLE_FLAG_KEY_SET | TEE_HANDLE_FLAG_INITIALIZED);
	CHECK_EQ(info.digestLength, 32);
	return TEE_SUCCESS;
}

static void an_operation_tells_its_state(void)
{
	wg_test_ta_passes(run_operation_info);
}

static TEE_Result run_extract(void)
{
	TEE_OperationHandle operation = operation_of(TEE_ALG_SHA256, TEE_MODE_DIGEST, 0);
	TEE_OperationHandle copy = operation_of(TEE_ALG_SHA256, TEE_MODE_DIGEST, 0);
	uint8_t whole[32], parts[32];
	size_t size = sizeof(whole);

	CHECK_EQ(TEE_DigestDoFinal(operation, key, 40, whole, &size), TEE_SUCCESS);
	TEE_DigestUpdate(operation, key, 40);
	size = 10;
	CHECK_EQ(TEE_DigestExtract(operation, parts, &size), TEE_SUCCESS);
	CHECK_EQ(size, 10);
	TEE_CopyOperation(copy, operation);
	size = 5;
	CHECK_EQ(TEE_DigestExtract(copy, parts + 10, &size), TEE_SUCCESS);
	size = 100;
	CHECK_EQ(TEE_DigestDoFinal(copy, NULL, 0, parts + 15, &size), TEE_SUCCESS);
	CHECK_EQ(size, 17);
	CHECK_MEM_EQ(parts, whole, sizeof(whole));
	size = sizeof(parts);
	CHECK_EQ(TEE_DigestDoFinal(copy, key, 40, parts, &size), TEE_SUCCESS);
	CHECK_MEM_EQ(parts, whole, sizeof(whole));
	return TEE_SUCCESS;
}

static void a_digest_can_be_taken_in_parts(void)
{
	wg_test_ta_passes(run_extract);
}

/* A message that is begun, copied, and finished twice must give the same both times. */
static void copy_of(uint32_t algorithm, TEE_ObjectType type, uint32_t mode, size_t key_bytes)
{
	TEE_OperationHandle source = wg_test_ta_keyed(algorithm, mode, type, key, key_bytes);
	TEE_OperationHandle copy = operation_of(algorithm, mode, (uint32_t)key_bytes * 8);
	uint8_t begun[64], one[64], two[64], tag_one[64], tag_two[64];
	size_t size = sizeof(begun), size_one = 64, size_two = 64, tag = 16, tag_size = 16;

	if (mode == TEE_MODE_MAC) {
		TEE_MACInit(source, NULL, 0);
		TEE_MACUpdate(source, key, 21);
		TEE_CopyOperation(copy, source);
		CHECK_EQ(TEE_MACComputeFinal(source, key, 30, one, &size_one), TEE_SUCCESS);
		TEE_FreeOperation(source);
		CHECK_EQ(TEE_MACCompareFinal(copy, key, 30, one, size_one), TEE_SUCCESS);
		TEE_MACInit(copy, NULL, 0);
		TEE_MACUpdate(copy, key, 21);
		CHECK_EQ(TEE_MACCompareFinal(copy, key, 30, one, size_one), TEE_SUCCESS);
	} else if (algorithm == TEE_ALG_AES_GCM) {
		if (!wg_evp_gcm_copies()) {
			printf("not AES-GCM: this OpenSSL cannot copy it\n");
			return;
		}
		CHECK_EQ(TEE_AEInit(source, nonce, 16, 128, 0, 0), TEE_SUCCESS);
		CHECK_EQ(TEE_AEUpdate(source, key, 21, begun, &size), TEE_SUCCESS);
		TEE_CopyOperation(copy, source);
		CHECK_EQ(TEE_AEEncryptFinal(source, key, 30, one, &size_one, tag_one, &tag), TEE_SUCCESS);
		TEE_FreeOperation(source);
		CHECK_EQ(TEE_AEEncryptFinal(copy, key, 30, two, &size_two, tag_two, &tag_size), TEE_SUCCESS);
		CHECK_MEM_EQ(one, two, 30);
		CHECK_MEM_EQ(tag_one, tag_two, 16);
	} else {
		TEE_CipherInit(source, algorithm == TEE_ALG_AES_ECB_NOPAD ? NULL : nonce,
			       algorithm == TEE_ALG_AES_ECB_NOPAD ? 0 : 16);
		CHECK_EQ(TEE_CipherUpdate(source, key, 21, begun, &size), TEE_SUCCESS);
		TEE_CopyOperation(copy, source);
		CHECK_EQ(TEE_CipherDoFinal(source, key, 27, one, &size_one), TEE_SUCCESS);
		TEE_FreeOperation(source);
		CHECK_EQ(TEE_CipherDoFinal(copy, key, 27, two, &size_two), TEE_SUCCESS);
		CHECK_EQ(size_one, size_two);
		CHECK_MEM_EQ(one, two, size_one);
	}
	TEE_FreeOperation(copy);
}

static TEE_Result run_copies(void)
{
	copy_of(TEE_ALG_AES_ECB_NOPAD, TEE_TYPE_AES, TEE_MODE_ENCRYPT, 16);
	copy_of(TEE_ALG_AES_CBC_NOPAD, TEE_TYPE_AES, TEE_MODE_DECRYPT, 24);
	copy_of(TEE_ALG_AES_CTR, TEE_TYPE_AES, TEE_MODE_ENCRYPT, 32);
	copy_of(TEE_ALG_HMAC_SHA512, TEE_TYPE_HMAC_SHA512, TEE_MODE_MAC, 64);
	copy_of(TEE_ALG_AES_CMAC, TEE_TYPE_AES, TEE_MODE_MAC, 32);
	copy_of(TEE_ALG_AES_GCM, TEE_TYPE_AES, TEE_MODE_ENCRYPT, 16);
	return TEE_SUCCESS;
}

static void a_copied_operation_goes_on_alone(void)
{
	wg_test_ta_passes(run_copies);
}

static TEE_Result run_in_place(void)
{
	TEE_OperationHandle operation = aes(TEE_ALG_AES_CBC_NOPAD, TEE_MODE_ENCRYPT);
	uint8_t plain[512], apart[512], data[512];
	size_t first = 5, second, third, size = sizeof(apart);

	wg_test_fill(plain, sizeof(plain));
	memcpy(data, plain, sizeof(data));
	TEE_CipherInit(operation, nonce, 16);
	CHECK_EQ(TEE_CipherDoFinal(operation, plain, sizeof(plain), apart, &size), TEE_SUCCESS);
	TEE_CipherInit(operation, nonce, 16);
	CHECK_EQ(TEE_CipherUpdate(operation, data, 5, NULL, &first), TEE_SUCCESS);
	CHECK_EQ(first, 0);
	second = 100;
	CHECK_EQ(TEE_CipherUpdate(operation, data + 5, 91, data + 5, &second), TEE_SUCCESS);
	CHECK_EQ(second, 96);
	CHECK_MEM_EQ(data + 5, apart, 96);
	/* The two bytes of input that were overtaken are taken from elsewhere. */
	third = sizeof(data) - 96;
	CHECK_EQ(TEE_CipherDoFinal(operation, plain + 96, sizeof(plain) - 96, data, &third), TEE_SUCCESS);
	CHECK_MEM_EQ(data, apart + 96, third);
	return TEE_SUCCESS;
}

static void a_cipher_works_in_place_with_a_part_of_a_block_pending(void)
{
	wg_test_ta_passes(run_in_place);
}

static TEE_Result run_refused(void)
{
	TEE_OperationHandle seals = gcm_begun(TEE_MODE_ENCRYPT);
	TEE_OperationHandle opens = gcm_begun(TEE_MODE_DECRYPT);
	uint8_t sealed[40], out[40], tag[16];
	static const uint8_t zeros[40];
	size_t size = 39, tag_size = 15;

	CHECK_EQ(TEE_AEEncryptFinal(seals, key, 40, sealed, &size, tag, &tag_size), TEE_ERROR_SHORT_BUFFER);
	CHECK_EQ(size, 40);
	CHECK_EQ(tag_size, 16);
	CHECK_EQ(TEE_AEEncryptFinal(seals, key, 40, sealed, &size, tag, &tag_size), TEE_SUCCESS);
	size = 39;
	CHECK_EQ(TEE_AEDecryptFinal(opens, sealed, 40, out, &size, tag, 16), TEE_ERROR_SHORT_BUFFER);
	CHECK_EQ(size, 40);
	tag[3] ^= 4;
	memset(out, 1, sizeof(out));
	CHECK_EQ(TEE_AEDecryptFinal(opens, sealed, 40, out, &size, tag, 16), TEE_ERROR_MAC_INVALID);
	CHECK_MEM_EQ(out, zeros, sizeof(zeros));
	tag[3] ^= 4;
	CHECK_EQ(TEE_AEInit(opens, nonce, 12, 128, 0, 0), TEE_SUCCESS);
	CHECK_EQ(TEE_AEDecryptFinal(opens, sealed, 40, out, &size, tag, 12), TEE_ERROR_MAC_INVALID);
	CHECK_EQ(TEE_AEInit(opens, nonce, 12, 128, 0, 0), TEE_SUCCESS);
	CHECK_EQ(TEE_AEDecryptFinal(opens, sealed, 40, out, &size, tag, 16), TEE_SUCCESS);
	CHECK_MEM_EQ(out, key, 40);
	return TEE_SUCCESS;
}

static void a_wrong_tag_is_refused_and_the_operation_lives_on(void)
{
	struct wg_test_ta_end end;

	wg_test_ta_passes(run_refused);
	end = wg_test_ta_run(run_refused);
	CHECK_EQ(end.ledger.sealed_records, 1);
	CHECK_EQ(end.ledger.sealed_bytes, 40);
	CHECK_EQ(end.ledger.opened_records, 1);
	CHECK_EQ(end.ledger.opened_bytes, 40);
}

static TEE_Result run_random(void)
{
	uint8_t *a = TEE_Malloc(4096, 0);
	uint8_t *b = TEE_Malloc(4096, 0);

	CHECK(a && b);
	TEE_GenerateRandom(a, 4096);
	TEE_GenerateRandom(b, 4096);
	TEE_GenerateRandom(NULL, 0);
	CHECK(memcmp(a, b, 16) != 0 && memcmp(a + 4080, b + 4080, 16) != 0);
	TEE_Free(a);
	TEE_Free(b);
	return TEE_SUCCESS;
}

static void random_numbers_fill_up_to_4096_bytes(void)
{
	wg_test_ta_passes(run_random);
}

static const struct wg_test tests[] = {
	WG_TEST(an_object_goes_through_its_life),
	WG_TEST(what_is_not_supported_says_so),
	WG_TEST(an_operation_tells_its_state),
	WG_TEST(a_digest_can_be_taken_in_parts),
	WG_TEST(a_copied_operation_goes_on_alone),
	WG_TEST(a_cipher_works_in_place_with_a_part_of_a_block_pending),
	WG_TEST(a_wrong_tag_is_refused_and_the_operation_lives_on),
	WG_TEST(random_numbers_fill_up_to_4096_bytes),
};

WG_TEST_MAIN(tests)
