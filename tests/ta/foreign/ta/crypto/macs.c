/* SPDX-License-Identifier: Apache-2.0 */
#include "groups.h"
#include "keys.h"

static const struct {
	uint32_t algorithm;
	uint32_t type;
	uint32_t bits;
	const char *name;
} macs[] = {
	{TEE_ALG_HMAC_MD5, TEE_TYPE_HMAC_MD5, 128, "macs.hmac_md5"},
	{TEE_ALG_HMAC_SHA1, TEE_TYPE_HMAC_SHA1, 160, "macs.hmac_sha1"},
	{TEE_ALG_HMAC_SHA224, TEE_TYPE_HMAC_SHA224, 192, "macs.hmac_sha224"},
	{TEE_ALG_HMAC_SHA256, TEE_TYPE_HMAC_SHA256, 256, "macs.hmac_sha256"},
	{TEE_ALG_HMAC_SHA384, TEE_TYPE_HMAC_SHA384, 256, "macs.hmac_sha384"},
	{TEE_ALG_HMAC_SHA512, TEE_TYPE_HMAC_SHA512, 256, "macs.hmac_sha512"},
	{TEE_ALG_AES_CMAC, TEE_TYPE_AES, 128, "macs.cmac128"},
	{TEE_ALG_AES_CMAC, TEE_TYPE_AES, 256, "macs.cmac256"},
};

static void one(struct report *report, size_t i)
{
	TEE_OperationHandle operation = keyed_operation(macs[i].algorithm, TEE_MODE_MAC, macs[i].type, macs[i].bits);
	uint8_t message[MESSAGE_BYTES];
	uint8_t mac[64];
	size_t size = sizeof(mac);
	TEE_Result result;

	if (operation == TEE_HANDLE_NULL) {
		say_bool(report, macs[i].name, false);
		return;
	}
	test_message(message);
	TEE_MACInit(operation, NULL, 0);
	TEE_MACUpdate(operation, message, 33);
	result = TEE_MACComputeFinal(operation, message + 33, MESSAGE_BYTES - 33, mac, &size);
	if (result != TEE_SUCCESS)
		say_code(report, macs[i].name, result);
	else
		say_bytes(report, macs[i].name, mac, size);
	TEE_MACInit(operation, NULL, 0);
	say_code(report, "macs.same", TEE_MACCompareFinal(operation, message, MESSAGE_BYTES, mac, size));
	mac[0] ^= 1;
	TEE_MACInit(operation, NULL, 0);
	TEE_MACUpdate(operation, message, MESSAGE_BYTES);
	say_code(report, "macs.forged", TEE_MACCompareFinal(operation, NULL, 0, mac, size));
	TEE_FreeOperation(operation);
}

static void short_buffer(struct report *report)
{
	TEE_OperationHandle operation = keyed_operation(TEE_ALG_HMAC_SHA256, TEE_MODE_MAC, TEE_TYPE_HMAC_SHA256, 256);
	uint8_t mac[32];
	size_t size = 8;

	if (operation == TEE_HANDLE_NULL)
		return;
	TEE_MACInit(operation, NULL, 0);
	say_code(report, "macs.short", TEE_MACComputeFinal(operation, "abc", 3, mac, &size));
	say_number(report, "macs.short.needed", (uint32_t)size);
	TEE_FreeOperation(operation);
}

void macs_group(struct report *report)
{
	size_t i;

	for (i = 0; i < sizeof(macs) / sizeof(macs[0]); i++)
		one(report, i);
	short_buffer(report);
}
