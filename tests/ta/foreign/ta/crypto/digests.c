/* SPDX-License-Identifier: Apache-2.0 */
#include "groups.h"
#include "keys.h"

static const struct {
	uint32_t algorithm;
	const char *name;
} digests[] = {
	{TEE_ALG_MD5, "digests.md5"},	    {TEE_ALG_SHA1, "digests.sha1"},	{TEE_ALG_SHA224, "digests.sha224"},
	{TEE_ALG_SHA256, "digests.sha256"}, {TEE_ALG_SHA384, "digests.sha384"}, {TEE_ALG_SHA512, "digests.sha512"},
};

static void one(struct report *report, uint32_t algorithm, const char *name)
{
	TEE_OperationHandle operation = TEE_HANDLE_NULL;
	uint8_t message[MESSAGE_BYTES];
	uint8_t hash[64];
	size_t size = sizeof(hash);
	TEE_Result result = TEE_AllocateOperation(&operation, algorithm, TEE_MODE_DIGEST, 0);

	if (result != TEE_SUCCESS) {
		say_code(report, name, result);
		return;
	}
	test_message(message);
	TEE_DigestUpdate(operation, message, 1);
	TEE_DigestUpdate(operation, message + 1, 70);
	result = TEE_DigestDoFinal(operation, message + 71, MESSAGE_BYTES - 71, hash, &size);
	if (result != TEE_SUCCESS)
		say_code(report, name, result);
	else
		say_bytes(report, name, hash, size);
	TEE_FreeOperation(operation);
}

static void states(struct report *report, TEE_OperationHandle operation)
{
	TEE_OperationHandle copy = TEE_HANDLE_NULL;
	TEE_OperationInfo info;
	uint8_t hash[32];
	size_t size = 5;

	TEE_GetOperationInfo(operation, &info);
	say_code(report, "digests.info.algorithm", info.algorithm);
	say_number(report, "digests.info.class", info.operationClass);
	say_number(report, "digests.info.mode", info.mode);
	say_number(report, "digests.info.length", info.digestLength);
	say_code(report, "digests.info.state", info.handleState);
	TEE_DigestUpdate(operation, "ab", 2);
	say_code(report, "digests.short", TEE_DigestDoFinal(operation, "c", 1, hash, &size));
	say_number(report, "digests.short.needed", (uint32_t)size);
	TEE_ResetOperation(operation);
	TEE_DigestUpdate(operation, "ab", 2);
	say_code(report, "digests.copy.allocate", TEE_AllocateOperation(&copy, TEE_ALG_SHA256, TEE_MODE_DIGEST, 0));
	TEE_CopyOperation(copy, operation);
	size = sizeof(hash);
	say_code(report, "digests.copy.final", TEE_DigestDoFinal(copy, "c", 1, hash, &size));
	say_bytes(report, "digests.copy.abc", hash, size);
	TEE_FreeOperation(copy);
	TEE_ResetOperation(operation);
	TEE_DigestUpdate(operation, "abc", 3);
	size = 12;
	say_code(report, "digests.extract", TEE_DigestExtract(operation, hash, &size));
	say_bytes(report, "digests.extract.first", hash, size);
	size = 20;
	say_code(report, "digests.extract.rest", TEE_DigestExtract(operation, hash, &size));
	say_bytes(report, "digests.extract.last", hash, size);
}

void digests_group(struct report *report)
{
	TEE_OperationHandle operation = TEE_HANDLE_NULL;
	size_t i;

	for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
		one(report, digests[i].algorithm, digests[i].name);
	say_code(report, "digests.unknown",
		 TEE_AllocateOperation(&operation, TEE_ALG_ILLEGAL_VALUE, TEE_MODE_DIGEST, 0));
	say_code(report, "digests.supported", TEE_IsAlgorithmSupported(TEE_ALG_SHA256, TEE_CRYPTO_ELEMENT_NONE));
	say_code(report, "digests.unsupported",
		 TEE_IsAlgorithmSupported(TEE_ALG_ILLEGAL_VALUE, TEE_CRYPTO_ELEMENT_NONE));
	say_code(report, "digests.allocate", TEE_AllocateOperation(&operation, TEE_ALG_SHA256, TEE_MODE_DIGEST, 0));
	states(report, operation);
	TEE_FreeOperation(operation);
	TEE_FreeOperation(TEE_HANDLE_NULL);
}
