/* SPDX-License-Identifier: Apache-2.0 */
#include "groups.h"
#include "keys.h"

#define TEXT_BYTES 96 /* whole blocks of test_message */

static const uint8_t iv[16] = {0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7,
			       0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};

static const struct {
	uint32_t algorithm;
	uint32_t bits;
	size_t iv_size;
	const char *name;
	const char *back;
} ciphers[] = {
	{TEE_ALG_AES_ECB_NOPAD, 128, 0, "ciphers.ecb128", "ciphers.ecb128.back"},
	{TEE_ALG_AES_ECB_NOPAD, 192, 0, "ciphers.ecb192", "ciphers.ecb192.back"},
	{TEE_ALG_AES_CBC_NOPAD, 128, 16, "ciphers.cbc128", "ciphers.cbc128.back"},
	{TEE_ALG_AES_CBC_NOPAD, 256, 16, "ciphers.cbc256", "ciphers.cbc256.back"},
	{TEE_ALG_AES_CTR, 128, 16, "ciphers.ctr128", "ciphers.ctr128.back"},
	{TEE_ALG_AES_CTR, 256, 16, "ciphers.ctr256", "ciphers.ctr256.back"},
};

/* In two steps; out has room for TEXT_BYTES. */
static TEE_Result cipher(TEE_OperationHandle operation, size_t iv_size, const uint8_t *in, uint8_t *out)
{
	size_t size = TEXT_BYTES;
	size_t last;
	TEE_Result result;

	TEE_CipherInit(operation, iv_size ? iv : NULL, iv_size);
	result = TEE_CipherUpdate(operation, in, 32, out, &size);
	if (result != TEE_SUCCESS)
		return result;
	last = TEXT_BYTES - size;
	result = TEE_CipherDoFinal(operation, in + 32, TEXT_BYTES - 32, out + size, &last);
	if (result == TEE_SUCCESS && size + last != TEXT_BYTES)
		return TEE_ERROR_GENERIC;
	return result;
}

static void one(struct report *report, size_t i)
{
	TEE_OperationHandle encrypt =
		keyed_operation(ciphers[i].algorithm, TEE_MODE_ENCRYPT, TEE_TYPE_AES, ciphers[i].bits);
	TEE_OperationHandle decrypt =
		keyed_operation(ciphers[i].algorithm, TEE_MODE_DECRYPT, TEE_TYPE_AES, ciphers[i].bits);
	uint8_t message[MESSAGE_BYTES];
	uint8_t secret[TEXT_BYTES];
	uint8_t back[TEXT_BYTES];

	test_message(message);
	if (encrypt != TEE_HANDLE_NULL && decrypt != TEE_HANDLE_NULL &&
	    cipher(encrypt, ciphers[i].iv_size, message, secret) == TEE_SUCCESS) {
		say_bytes(report, ciphers[i].name, secret, TEXT_BYTES);
		say_code(report, ciphers[i].back, cipher(decrypt, ciphers[i].iv_size, secret, back));
		say_bool(report, ciphers[i].back, TEE_MemCompare(message, back, TEXT_BYTES) == 0);
	}
	TEE_FreeOperation(encrypt);
	TEE_FreeOperation(decrypt);
}

static void say_keys(struct report *report, TEE_OperationHandle operation)
{
	size_t size = 4;
	TEE_OperationInfoMultiple *info = TEE_Malloc(256, TEE_MALLOC_FILL_ZERO);

	if (!info)
		return;
	say_code(report, "ciphers.multiple.short", TEE_GetOperationInfoMultiple(operation, info, &size));
	size = 256;
	say_code(report, "ciphers.multiple", TEE_GetOperationInfoMultiple(operation, info, &size));
	say_number(report, "ciphers.multiple.keys", info->numberOfKeys);
	say_code(report, "ciphers.multiple.algorithm", info->algorithm);
	if (info->numberOfKeys >= 1)
		say_number(report, "ciphers.multiple.bits", info->keyInformation[0].keySize);
	TEE_Free(info);
}

/* Two keys, the halves of test_key, where the TEE has the algorithm. */
static void xts(struct report *report)
{
	TEE_OperationHandle operation = TEE_HANDLE_NULL;
	TEE_ObjectHandle key[2] = {TEE_HANDLE_NULL, TEE_HANDLE_NULL};
	uint8_t message[MESSAGE_BYTES];
	uint8_t secret[TEXT_BYTES];
	TEE_Attribute attribute;
	size_t i;

	if (TEE_IsAlgorithmSupported(TEE_ALG_AES_XTS, TEE_CRYPTO_ELEMENT_NONE) != TEE_SUCCESS)
		return;
	for (i = 0; i < 2; i++) {
		TEE_InitRefAttribute(&attribute, TEE_ATTR_SECRET_VALUE, test_key + 16 * i, 16);
		if (TEE_AllocateTransientObject(TEE_TYPE_AES, 128, &key[i]) == TEE_SUCCESS)
			say_code(report, "ciphers.xts.populate", TEE_PopulateTransientObject(key[i], &attribute, 1));
	}
	say_code(report, "ciphers.xts.allocate",
		 TEE_AllocateOperation(&operation, TEE_ALG_AES_XTS, TEE_MODE_ENCRYPT, 256));
	say_code(report, "ciphers.xts.keys", TEE_SetOperationKey2(operation, key[0], key[1]));
	test_message(message);
	say_code(report, "ciphers.xts.cipher", cipher(operation, sizeof(iv), message, secret));
	say_bytes(report, "ciphers.xts", secret, TEXT_BYTES);
	TEE_FreeOperation(operation);
	TEE_FreeTransientObject(key[0]);
	TEE_FreeTransientObject(key[1]);
}

static void states(struct report *report)
{
	TEE_OperationHandle operation = keyed_operation(TEE_ALG_AES_CBC_NOPAD, TEE_MODE_ENCRYPT, TEE_TYPE_AES, 128);
	uint8_t message[MESSAGE_BYTES];
	uint8_t out[TEXT_BYTES];
	TEE_OperationInfo info;
	size_t size = 8;

	if (operation == TEE_HANDLE_NULL)
		return;
	test_message(message);
	TEE_GetOperationInfo(operation, &info);
	say_number(report, "ciphers.info.bits", info.keySize * 1000 + info.maxKeySize);
	say_code(report, "ciphers.info.usage", info.requiredKeyUsage);
	say_code(report, "ciphers.info.state", info.handleState);
	say_keys(report, operation);
	TEE_CipherInit(operation, iv, sizeof(iv));
	TEE_GetOperationInfo(operation, &info);
	say_code(report, "ciphers.info.active", info.handleState);
	say_code(report, "ciphers.short", TEE_CipherUpdate(operation, message, 32, out, &size));
	say_bool(report, "ciphers.short.needed", size >= 16 && size <= 32);
	TEE_ResetOperation(operation);
	say_code(report, "ciphers.clear_key", TEE_SetOperationKey(operation, TEE_HANDLE_NULL));
	say_code(report, "ciphers.clear_keys", TEE_SetOperationKey2(operation, TEE_HANDLE_NULL, TEE_HANDLE_NULL));
	TEE_FreeOperation(operation);
	say_code(report, "ciphers.bad_key_size",
		 TEE_AllocateOperation(&operation, TEE_ALG_AES_CBC_NOPAD, TEE_MODE_ENCRYPT, 100));
}

void ciphers_group(struct report *report)
{
	size_t i;

	for (i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++)
		one(report, i);
	xts(report);
	states(report);
}
