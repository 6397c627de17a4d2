/* SPDX-License-Identifier: Apache-2.0 */
/* Authenticated encryption. The nonces are fixed because the answers must be: nothing here is a secret. */
#include "groups.h"
#include "keys.h"

#define AAD_BYTES 20
#define TAG_BYTES 16

static const struct {
	uint32_t algorithm;
	uint32_t bits;
	const char *name;
	const char *tag;
} algorithms[] = {
	{TEE_ALG_AES_GCM, 128, "ae.gcm128", "ae.gcm128.tag"},
	{TEE_ALG_AES_GCM, 256, "ae.gcm256", "ae.gcm256.tag"},
};

struct sealed {
	uint8_t text[MESSAGE_BYTES];
	uint8_t tag[TAG_BYTES];
};

static const uint8_t aad[AAD_BYTES] = "additional data.....";

static TEE_Result start(TEE_OperationHandle operation)
{
	static const uint8_t nonce[12] = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2};
	TEE_Result result = TEE_AEInit(operation, nonce, sizeof(nonce), 8 * TAG_BYTES, AAD_BYTES, MESSAGE_BYTES);

	if (result == TEE_SUCCESS) {
		TEE_AEUpdateAAD(operation, aad, 7);
		TEE_AEUpdateAAD(operation, aad + 7, AAD_BYTES - 7);
	}
	return result;
}

static TEE_Result seal(TEE_OperationHandle operation, struct sealed *sealed)
{
	uint8_t message[MESSAGE_BYTES];
	size_t first = MESSAGE_BYTES;
	size_t last;
	size_t tag = TAG_BYTES;
	TEE_Result result = start(operation);

	test_message(message);
	if (result == TEE_SUCCESS)
		result = TEE_AEUpdate(operation, message, 48, sealed->text, &first);
	if (result != TEE_SUCCESS)
		return result;
	last = MESSAGE_BYTES - first;
	result = TEE_AEEncryptFinal(operation, message + 48, MESSAGE_BYTES - 48, sealed->text + first, &last,
				    sealed->tag, &tag);
	if (result == TEE_SUCCESS && (first + last != MESSAGE_BYTES || tag != TAG_BYTES))
		return TEE_ERROR_GENERIC;
	return result;
}

static TEE_Result open_sealed(TEE_OperationHandle operation, const struct sealed *sealed, uint8_t *out)
{
	size_t size = MESSAGE_BYTES;
	TEE_Result result = start(operation);

	if (result != TEE_SUCCESS)
		return result;
	return TEE_AEDecryptFinal(operation, sealed->text, MESSAGE_BYTES, out, &size, (void *)(uintptr_t)sealed->tag,
				  TAG_BYTES);
}

static void one(struct report *report, size_t i)
{
	TEE_OperationHandle encrypt =
		keyed_operation(algorithms[i].algorithm, TEE_MODE_ENCRYPT, TEE_TYPE_AES, algorithms[i].bits);
	TEE_OperationHandle decrypt =
		keyed_operation(algorithms[i].algorithm, TEE_MODE_DECRYPT, TEE_TYPE_AES, algorithms[i].bits);
	uint8_t message[MESSAGE_BYTES];
	uint8_t back[MESSAGE_BYTES];
	struct sealed sealed;
	TEE_Result result;

	if (encrypt != TEE_HANDLE_NULL && decrypt != TEE_HANDLE_NULL) {
		result = seal(encrypt, &sealed);
		say_code(report, "ae.seal", result);
		say_bytes(report, algorithms[i].name, sealed.text, MESSAGE_BYTES);
		say_bytes(report, algorithms[i].tag, sealed.tag, TAG_BYTES);
		test_message(message);
		say_code(report, "ae.open", open_sealed(decrypt, &sealed, back));
		say_bool(report, "ae.opened", TEE_MemCompare(message, back, MESSAGE_BYTES) == 0);
		sealed.text[50] ^= 0x10;
		TEE_ResetOperation(decrypt);
		say_code(report, "ae.forged", open_sealed(decrypt, &sealed, back));
	}
	TEE_FreeOperation(encrypt);
	TEE_FreeOperation(decrypt);
}

void ae_group(struct report *report)
{
	size_t i;

	for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		one(report, i);
}
