/* SPDX-License-Identifier: Apache-2.0 */
/* A programmer's errors in the use of objects and operations: each function is a TA that must panic before its end. */
#include "crypto_fixture.h"

static uint8_t buffer[64];
static size_t room; /* sizeof(buffer) at the start of each */

static TEE_Result object_of_null_pointer(void)
{
	(void)TEE_AllocateTransientObject(TEE_TYPE_AES, 128, NULL);
	return TEE_SUCCESS;
}

static TEE_Result closing_twice(void)
{
	TEE_ObjectHandle object = object_of(TEE_TYPE_AES, 128);

	TEE_CloseObject(object);
	TEE_CloseObject(object);
	return TEE_SUCCESS;
}

static TEE_Result foreign_object(void)
{
	TEE_CloseObject((TEE_ObjectHandle)(void *)buffer);
	return TEE_SUCCESS;
}

static TEE_Result info_of_no_object(void)
{
	TEE_ObjectInfo info;

	(void)TEE_GetObjectInfo1(TEE_HANDLE_NULL, &info);
	return TEE_SUCCESS;
}

static TEE_Result populating_twice(void)
{
	TEE_ObjectHandle object = object_of(TEE_TYPE_AES, 128);

	(void)populate(object, 16);
	(void)populate(object, 16);
	return TEE_SUCCESS;
}

static TEE_Result populating_with_too_much(void)
{
	(void)populate(object_of(TEE_TYPE_AES, 128), 32);
	return TEE_SUCCESS;
}

static TEE_Result populating_with_nothing(void)
{
	(void)TEE_PopulateTransientObject(object_of(TEE_TYPE_AES, 128), NULL, 0);
	return TEE_SUCCESS;
}

static TEE_Result populating_with_a_foreign_attribute(void)
{
	TEE_Attribute attribute;

	TEE_InitRefAttribute(&attribute, 0xd0000130, key, 16);
	(void)TEE_PopulateTransientObject(object_of(TEE_TYPE_AES, 128), &attribute, 1);
	return TEE_SUCCESS;
}

static TEE_Result reference_attribute_that_is_a_value(void)
{
	TEE_Attribute attribute;

	TEE_InitRefAttribute(&attribute, 0xf0000441, key, 16);
	return TEE_SUCCESS;
}

static TEE_Result value_attribute_that_is_a_reference(void)
{
	TEE_Attribute attribute;

	TEE_InitValueAttribute(&attribute, TEE_ATTR_SECRET_VALUE, 1, 2);
	return TEE_SUCCESS;
}

static TEE_Result reading_an_empty_object(void)
{
	(void)TEE_GetObjectBufferAttribute(object_of(TEE_TYPE_AES, 128), TEE_ATTR_SECRET_VALUE, buffer, &room);
	return TEE_SUCCESS;
}

static TEE_Result reading_what_may_not_be_extracted(void)
{
	TEE_ObjectHandle object = object_of(TEE_TYPE_AES, 128);

	(void)populate(object, 16);
	(void)TEE_RestrictObjectUsage1(object, TEE_USAGE_ENCRYPT);
	(void)TEE_GetObjectBufferAttribute(object, TEE_ATTR_SECRET_VALUE, buffer, &room);
	return TEE_SUCCESS;
}

static TEE_Result copying_an_empty_object(void)
{
	(void)TEE_CopyObjectAttributes1(object_of(TEE_TYPE_AES, 128), object_of(TEE_TYPE_AES, 128));
	return TEE_SUCCESS;
}

static TEE_Result generating_a_key_of_a_wrong_size(void)
{
	(void)TEE_GenerateKey(object_of(TEE_TYPE_AES, 128), 256, NULL, 0);
	return TEE_SUCCESS;
}

static TEE_Result operation_of_null_pointer(void)
{
	(void)TEE_AllocateOperation(NULL, TEE_ALG_SHA1, TEE_MODE_DIGEST, 0);
	return TEE_SUCCESS;
}

static TEE_Result freeing_an_operation_twice(void)
{
	TEE_OperationHandle operation = operation_of(TEE_ALG_SHA1, TEE_MODE_DIGEST, 0);

	TEE_FreeOperation(operation);
	TEE_FreeOperation(operation);
	return TEE_SUCCESS;
}

static TEE_Result an_object_as_an_operation(void)
{
	TEE_ResetOperation((TEE_OperationHandle)(void *)object_of(TEE_TYPE_AES, 128));
	return TEE_SUCCESS;
}

static TEE_Result a_key_for_a_digest(void)
{
	TEE_ObjectHandle object = object_of(TEE_TYPE_AES, 128);

	(void)populate(object, 16);
	(void)TEE_SetOperationKey(operation_of(TEE_ALG_SHA1, TEE_MODE_DIGEST, 0), object);
	return TEE_SUCCESS;
}

static TEE_Result a_key_of_another_type(void)
{
	TEE_ObjectHandle object = object_of(TEE_TYPE_HMAC_SHA256, 256);

	(void)populate(object, 32);
	(void)TEE_SetOperationKey(operation_of(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, 256), object);
	return TEE_SUCCESS;
}

static TEE_Result a_key_without_the_usage(void)
{
	TEE_ObjectHandle object = object_of(TEE_TYPE_AES, 128);

	(void)populate(object, 16);
	(void)TEE_RestrictObjectUsage1(object, TEE_USAGE_DECRYPT);
	(void)TEE_SetOperationKey(operation_of(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, 128), object);
	return TEE_SUCCESS;
}

static TEE_Result a_key_that_is_too_large(void)
{
	TEE_ObjectHandle object = object_of(TEE_TYPE_AES, 256);

	(void)populate(object, 32);
	(void)TEE_SetOperationKey(operation_of(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, 128), object);
	return TEE_SUCCESS;
}

static TEE_Result an_empty_key(void)
{
	(void)TEE_SetOperationKey(operation_of(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, 128), object_of(TEE_TYPE_AES, 128));
	return TEE_SUCCESS;
}

static TEE_Result a_key_in_the_middle(void)
{
	(void)TEE_SetOperationKey(gcm_begun(TEE_MODE_ENCRYPT), TEE_HANDLE_NULL);
	return TEE_SUCCESS;
}

static TEE_Result two_keys_for_one(void)
{
	(void)TEE_SetOperationKey2(aes(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT), object_of(TEE_TYPE_AES, 128),
				   object_of(TEE_TYPE_AES, 128));
	return TEE_SUCCESS;
}

static TEE_Result resetting_without_a_key(void)
{
	TEE_ResetOperation(operation_of(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, 128));
	return TEE_SUCCESS;
}

static TEE_Result copying_between_modes(void)
{
	TEE_CopyOperation(aes(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT), aes(TEE_ALG_AES_GCM, TEE_MODE_DECRYPT));
	return TEE_SUCCESS;
}

static TEE_Result a_cipher_as_a_digest(void)
{
	TEE_DigestUpdate(aes(TEE_ALG_AES_CTR, TEE_MODE_ENCRYPT), key, 1);
	return TEE_SUCCESS;
}

static TEE_Result updating_an_extracted_digest(void)
{
	TEE_OperationHandle operation = operation_of(TEE_ALG_SHA1, TEE_MODE_DIGEST, 0);

	room = 3;
	(void)TEE_DigestExtract(operation, buffer, &room);
	TEE_DigestUpdate(operation, key, 1);
	return TEE_SUCCESS;
}

static TEE_Result a_cipher_without_a_key(void)
{
	TEE_CipherInit(operation_of(TEE_ALG_AES_CTR, TEE_MODE_ENCRYPT, 128), nonce, 16);
	return TEE_SUCCESS;
}

static TEE_Result a_cipher_with_a_short_iv(void)
{
	TEE_CipherInit(aes(TEE_ALG_AES_CBC_NOPAD, TEE_MODE_ENCRYPT), nonce, 15);
	return TEE_SUCCESS;
}

static TEE_Result ecb_with_an_iv(void)
{
	TEE_CipherInit(aes(TEE_ALG_AES_ECB_NOPAD, TEE_MODE_ENCRYPT), nonce, 16);
	return TEE_SUCCESS;
}

static TEE_Result a_cipher_not_begun(void)
{
	(void)TEE_CipherUpdate(aes(TEE_ALG_AES_CTR, TEE_MODE_ENCRYPT), key, 16, buffer, &room);
	return TEE_SUCCESS;
}

static TEE_Result a_cipher_that_ends_in_a_block(void)
{
	TEE_OperationHandle operation = aes(TEE_ALG_AES_CBC_NOPAD, TEE_MODE_ENCRYPT);

	TEE_CipherInit(operation, nonce, 16);
	(void)TEE_CipherDoFinal(operation, key, 17, buffer, &room);
	return TEE_SUCCESS;
}

static TEE_Result a_mac_not_begun(void)
{
	TEE_MACUpdate(wg_test_ta_keyed(TEE_ALG_AES_CMAC, TEE_MODE_MAC, TEE_TYPE_AES, key, 16), key, 1);
	return TEE_SUCCESS;
}

static TEE_Result a_mac_after_its_end(void)
{
	TEE_OperationHandle operation = aes(TEE_ALG_AES_CMAC, TEE_MODE_MAC);

	TEE_MACInit(operation, NULL, 0);
	(void)TEE_MACComputeFinal(operation, key, 1, buffer, &room);
	(void)TEE_MACComputeFinal(operation, key, 1, buffer, &room);
	return TEE_SUCCESS;
}

static TEE_Result a_record_without_a_nonce(void)
{
	(void)TEE_AEInit(aes(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT), NULL, 12, 128, 0, 0);
	return TEE_SUCCESS;
}

static TEE_Result a_record_without_a_key(void)
{
	(void)TEE_AEInit(operation_of(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, 128), nonce, 12, 128, 0, 0);
	return TEE_SUCCESS;
}

static TEE_Result a_record_not_begun(void)
{
	(void)TEE_AEUpdate(aes(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT), key, 1, buffer, &room);
	return TEE_SUCCESS;
}

static TEE_Result a_record_begun_in_the_middle(void)
{
	TEE_OperationHandle operation = gcm_begun(TEE_MODE_ENCRYPT);

	(void)TEE_AEUpdate(operation, key, 1, buffer, &room);
	(void)TEE_AEInit(operation, nonce, 12, 128, 0, 0);
	return TEE_SUCCESS;
}

static TEE_Result additional_data_after_the_payload(void)
{
	TEE_OperationHandle operation = gcm_begun(TEE_MODE_ENCRYPT);

	(void)TEE_AEUpdate(operation, key, 1, buffer, &room);
	TEE_AEUpdateAAD(operation, key, 1);
	return TEE_SUCCESS;
}

static TEE_Result opening_with_a_sealing_operation(void)
{
	(void)TEE_AEDecryptFinal(gcm_begun(TEE_MODE_ENCRYPT), key, 1, buffer, &room, buffer, 16);
	return TEE_SUCCESS;
}

static TEE_Result sealing_with_an_opening_operation(void)
{
	size_t tag = 16;

	(void)TEE_AEEncryptFinal(gcm_begun(TEE_MODE_DECRYPT), key, 1, buffer, &room, buffer, &tag);
	return TEE_SUCCESS;
}

static TEE_Result more_than_4096_random_bytes(void)
{
	static uint8_t many[4097];

	TEE_GenerateRandom(many, sizeof(many));
	return TEE_SUCCESS;
}

static const struct {
	const char *name;
	TEE_Result (*body)(void);
} panics[] = {
#define EACH(name)          \
	{                   \
#name, name \
	}
	EACH(object_of_null_pointer),
	EACH(closing_twice),
	EACH(foreign_object),
	EACH(info_of_no_object),
	EACH(populating_twice),
	EACH(populating_with_too_much),
	EACH(populating_with_nothing),
	EACH(populating_with_a_foreign_attribute),
	EACH(reference_attribute_that_is_a_value),
	EACH(value_attribute_that_is_a_reference),
	EACH(reading_an_empty_object),
	EACH(reading_what_may_not_be_extracted),
	EACH(copying_an_empty_object),
	EACH(generating_a_key_of_a_wrong_size),
	EACH(operation_of_null_pointer),
	EACH(freeing_an_operation_twice),
	EACH(an_object_as_an_operation),
	EACH(a_key_for_a_digest),
	EACH(a_key_of_another_type),
	EACH(a_key_without_the_usage),
	EACH(a_key_that_is_too_large),
	EACH(an_empty_key),
	EACH(a_key_in_the_middle),
	EACH(two_keys_for_one),
	EACH(resetting_without_a_key),
	EACH(copying_between_modes),
	EACH(a_cipher_as_a_digest),
	EACH(updating_an_extracted_digest),
	EACH(a_cipher_without_a_key),
	EACH(a_cipher_with_a_short_iv),
	EACH(ecb_with_an_iv),
	EACH(a_cipher_not_begun),
	EACH(a_cipher_that_ends_in_a_block),
	EACH(a_mac_not_begun),
	EACH(a_mac_after_its_end),
	EACH(a_record_without_a_nonce),
	EACH(a_record_without_a_key),
	EACH(a_record_not_begun),
	EACH(a_record_begun_in_the_middle),
	EACH(additional_data_after_the_payload),
	EACH(opening_with_a_sealing_operation),
	EACH(sealing_with_an_opening_operation),
	EACH(more_than_4096_random_bytes),
};

static void a_programmers_error_is_a_panic(void)
{
	size_t i;

	for (i = 0; i < sizeof(panics) / sizeof(panics[0]); i++) {
		struct wg_test_ta_end end;

		room = sizeof(buffer);
		end = wg_test_ta_run(panics[i].body);
		if (!end.panicked)
			printf("no panic: %s\n", panics[i].name);
		CHECK(end.panicked);
	}
}

static const struct wg_test tests[] = {
	WG_TEST(a_programmers_error_is_a_panic),
};

WG_TEST_MAIN(tests)
