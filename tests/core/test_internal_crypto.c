/* SPDX-License-Identifier: Apache-2.0 */
/* The algorithms of the Internal Core API: published vectors (RFC 1321, 2202, 4231, 4493; FIPS 180; NIST SP
 * 800-38A to D), records in parts, copies, and nothing but computing after the warm-up. */
#include <openssl/evp.h>

#include "internal/wg_crypto.h"
#include "wg_test_crypto.h"
#include "wg_test_ta.h"

#define MOST_BYTES 3000u

struct vector {
	uint32_t algorithm;
	TEE_ObjectType type;
	const char *key, *nonce, *aad, *in, *out, *tag;
};

#define SHA_KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define AES_KEY "2b7e151628aed2a6abf7158809cf4f3c"
#define BLOCK_1 "6bc1bee22e409f96e93d7e117393172a"
#define BLOCK_2 "ae2d8a571e03ac9c9eb76fac45af8e51"
#define CD_50	"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
#define KEY_25	"0102030405060708090a0b0c0d0e0f10111213141516171819"
#define HI	"4869205468657265" /* "Hi There" */
#define ABC	"616263"

static const struct vector digests[] = {
	{TEE_ALG_MD5, 0, "", "", "", ABC, "900150983cd24fb0d6963f7d28e17f72", ""},
	{TEE_ALG_SHA1, 0, "", "", "", ABC, "a9993e364706816aba3e25717850c26c9cd0d89d", ""},
	{TEE_ALG_SHA224, 0, "", "", "", ABC, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7", ""},
	{TEE_ALG_SHA256, 0, "", "", "", ABC, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", ""},
	{TEE_ALG_SHA384, 0, "", "", "", ABC,
	 "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
	 "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
	 ""},
	{TEE_ALG_SHA512, 0, "", "", "", ABC,
	 "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	 "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	 ""},
};

/* Those of SHA-384 and SHA-512 were computed by Python's hmac: the published keys are shorter than the type allows. */
static const struct vector macs[] = {
	{TEE_ALG_HMAC_MD5, TEE_TYPE_HMAC_MD5, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "", HI,
	 "9294727a3638bb1c13f48ef8158bfc9d", ""},
	{TEE_ALG_HMAC_SHA1, TEE_TYPE_HMAC_SHA1, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "", HI,
	 "b617318655057264e28bc0b6fb378c8ef146be00", ""},
	{TEE_ALG_HMAC_SHA224, TEE_TYPE_HMAC_SHA224, KEY_25, "", "", CD_50,
	 "6c11506874013cac6a2abc1bb382627cec6a90d86efc012de7afec5a", ""},
	{TEE_ALG_HMAC_SHA256, TEE_TYPE_HMAC_SHA256, KEY_25, "", "", CD_50,
	 "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b", ""},
	{TEE_ALG_HMAC_SHA384, TEE_TYPE_HMAC_SHA384, SHA_KEY, "", "", HI,
	 "c40d52279af9b72b79dd0a7912426ddf06d9fab6ad57c04cb2e16e580e33f499"
	 "2ac029799ffea2a62919f8fcfb7668cb",
	 ""},
	{TEE_ALG_HMAC_SHA512, TEE_TYPE_HMAC_SHA512, SHA_KEY, "", "", HI,
	 "9f64dc8a455a0f7467a7152f8d10916e596c56566c78789c936b3a3ebc627353"
	 "f1bfb4aede1d2650d84536b516864e8d651ba3c325f62a27fa1805fa7430c634",
	 ""},
	{TEE_ALG_AES_CMAC, TEE_TYPE_AES, AES_KEY, "", "", "", "bb1d6929e95937287fa37d129b756746", ""},
	{TEE_ALG_AES_CMAC, TEE_TYPE_AES, AES_KEY, "", "", BLOCK_1, "070a16b46b4d4144f79bdd9dd04a287c", ""},
	{TEE_ALG_AES_CMAC, TEE_TYPE_AES, AES_KEY, "", "", BLOCK_1 BLOCK_2 "30c81c46a35ce411",
	 "dfa66747de9ae63030ca32611497c827", ""},
	{TEE_ALG_AES_CMAC, TEE_TYPE_AES, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "", "",
	 BLOCK_1, "28a7023f452e8f82bd4bf28d8c37c35c", ""},
};

static const struct vector ciphers[] = {
	{TEE_ALG_AES_ECB_NOPAD, TEE_TYPE_AES, AES_KEY, "", "", BLOCK_1 BLOCK_2,
	 "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf", ""},
	{TEE_ALG_AES_CBC_NOPAD, TEE_TYPE_AES, AES_KEY, "000102030405060708090a0b0c0d0e0f", "", BLOCK_1 BLOCK_2,
	 "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2", ""},
	{TEE_ALG_AES_CTR, TEE_TYPE_AES, AES_KEY, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "", BLOCK_1 BLOCK_2,
	 "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff", ""},
};

#define GCM_KEY "feffe9928665731c6d6a8f9467308308"
#define GCM_AAD "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define GCM_IN                                                         \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a31" \
	"8a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"

static const struct vector records[] = {
	{TEE_ALG_AES_GCM, TEE_TYPE_AES, GCM_KEY, "cafebabefacedbaddecaf888", GCM_AAD, GCM_IN,
	 "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329ac"
	 "a12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
	 "5bc94fbc3221a5db94fae95ae7121a47"},
	{TEE_ALG_AES_GCM, TEE_TYPE_AES, GCM_KEY, "cafebabefacedbad", GCM_AAD, GCM_IN,
	 "61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c"
	 "742373806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f4598",
	 "3612d2e79e3b0785561be14aaca2fccb"},
	{TEE_ALG_AES_GCM, TEE_TYPE_AES, "00000000000000000000000000000000", "000000000000000000000000", "", "", "",
	 "58e2fccefa7e3061367f1d57"}, /* a tag of 96 bits */
};

static size_t bytes_of(const char *text, uint8_t *out)
{
	return wg_test_hex(text, out, 128);
}

static TEE_Result run_digests(void)
{
	uint8_t in[128], out[128], made[64];
	size_t i;

	for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		TEE_OperationHandle operation = TEE_HANDLE_NULL;
		size_t in_bytes = bytes_of(digests[i].in, in);
		size_t out_bytes = bytes_of(digests[i].out, out);
		size_t size = out_bytes - 1;
		int twice;

		CHECK_EQ(TEE_AllocateOperation(&operation, digests[i].algorithm, TEE_MODE_DIGEST, 0), TEE_SUCCESS);
		for (twice = 0; twice < 2; twice++) {
			CHECK_EQ(TEE_DigestDoFinal(operation, in, in_bytes, made, &size),
				 twice ? TEE_SUCCESS : TEE_ERROR_SHORT_BUFFER);
			CHECK_EQ(size, out_bytes);
		}
		CHECK_MEM_EQ(made, out, out_bytes);
		TEE_DigestUpdate(operation, in, 1);
		TEE_DigestUpdate(operation, in + 1, in_bytes - 1);
		CHECK_EQ(TEE_DigestDoFinal(operation, NULL, 0, made, &size), TEE_SUCCESS);
		CHECK_MEM_EQ(made, out, out_bytes);
		TEE_FreeOperation(operation);
	}
	return TEE_SUCCESS;
}

static void every_digest_gives_its_published_vector(void)
{
	wg_test_ta_passes(run_digests);
}

static void one_mac(const struct vector *vector)
{
	uint8_t key[128], in[128], out[128], made[64];
	size_t in_bytes = bytes_of(vector->in, in);
	size_t out_bytes = bytes_of(vector->out, out);
	TEE_OperationHandle operation =
		wg_test_ta_keyed(vector->algorithm, TEE_MODE_MAC, vector->type, key, bytes_of(vector->key, key));
	int times;

	for (times = 0; times < 3; times++) {
		size_t size = 0;

		TEE_MACInit(operation, NULL, 0);
		TEE_MACUpdate(operation, in, in_bytes / 3);
		CHECK_EQ(TEE_MACComputeFinal(operation, NULL, 0, NULL, &size), TEE_ERROR_SHORT_BUFFER);
		CHECK_EQ(size, out_bytes);
		CHECK_EQ(TEE_MACComputeFinal(operation, in + in_bytes / 3, in_bytes - in_bytes / 3, made, &size),
			 TEE_SUCCESS);
		CHECK_MEM_EQ(made, out, out_bytes);
		TEE_MACInit(operation, NULL, 0);
		CHECK_EQ(TEE_MACCompareFinal(operation, in, in_bytes, out, out_bytes), TEE_SUCCESS);
		TEE_MACInit(operation, NULL, 0);
		CHECK_EQ(TEE_MACCompareFinal(operation, in, in_bytes, out, out_bytes - 1), TEE_ERROR_MAC_INVALID);
		TEE_MACInit(operation, NULL, 0);
		made[times] ^= 1;
		CHECK_EQ(TEE_MACCompareFinal(operation, in, in_bytes, made, out_bytes), TEE_ERROR_MAC_INVALID);
	}
	TEE_FreeOperation(operation);
}

static TEE_Result run_macs(void)
{
	size_t i;

	for (i = 0; i < sizeof(macs) / sizeof(macs[0]); i++)
		one_mac(&macs[i]);
	return TEE_SUCCESS;
}

static void every_mac_gives_its_published_vectors(void)
{
	wg_test_ta_passes(run_macs);
}

static void one_cipher(const struct vector *vector, uint32_t mode)
{
	bool seals = mode == TEE_MODE_ENCRYPT;
	uint8_t key[128], nonce[128], in[128], out[128], made[128];
	size_t bytes = bytes_of(seals ? vector->in : vector->out, in);
	size_t nonce_bytes = bytes_of(vector->nonce, nonce);
	TEE_OperationHandle operation =
		wg_test_ta_keyed(vector->algorithm, mode, vector->type, key, bytes_of(vector->key, key));
	size_t cut;

	CHECK_EQ(bytes_of(seals ? vector->out : vector->in, out), bytes);
	for (cut = 0; cut <= bytes; cut++) {
		size_t first = sizeof(made), second;

		TEE_CipherInit(operation, nonce_bytes ? nonce : NULL, nonce_bytes);
		CHECK_EQ(TEE_CipherUpdate(operation, in, cut, made, &first), TEE_SUCCESS);
		second = sizeof(made) - first;
		CHECK_EQ(TEE_CipherDoFinal(operation, in + cut, bytes - cut, made + first, &second), TEE_SUCCESS);
		CHECK_EQ(first + second, bytes);
		CHECK_MEM_EQ(made, out, bytes);
	}
	TEE_FreeOperation(operation);
}

static TEE_Result run_ciphers(void)
{
	size_t i;

	for (i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		one_cipher(&ciphers[i], TEE_MODE_ENCRYPT);
		one_cipher(&ciphers[i], TEE_MODE_DECRYPT);
	}
	return TEE_SUCCESS;
}

static void every_cipher_gives_its_published_vector_wherever_it_is_cut(void)
{
	wg_test_ta_passes(run_ciphers);
}

static void one_record(const struct vector *vector)
{
	uint8_t key[128], nonce[128], aad[128], in[128], out[128], tag[128], made[128], made_tag[16];
	size_t key_bytes = bytes_of(vector->key, key), nonce_bytes = bytes_of(vector->nonce, nonce);
	size_t aad_bytes = bytes_of(vector->aad, aad), tag_bytes = bytes_of(vector->tag, tag);
	size_t bytes = bytes_of(vector->in, in);
	TEE_OperationHandle seals = wg_test_ta_keyed(vector->algorithm, TEE_MODE_ENCRYPT, vector->type, key, key_bytes);
	TEE_OperationHandle opens = wg_test_ta_keyed(vector->algorithm, TEE_MODE_DECRYPT, vector->type, key, key_bytes);
	size_t cut, first, second, size;

	CHECK_EQ(bytes_of(vector->out, out), bytes);
	for (cut = 0; cut <= bytes; cut++) {
		CHECK_EQ(TEE_AEInit(seals, nonce, nonce_bytes, (uint32_t)tag_bytes * 8, aad_bytes, bytes), TEE_SUCCESS);
		TEE_AEUpdateAAD(seals, aad, aad_bytes / 3);
		TEE_AEUpdateAAD(seals, aad + aad_bytes / 3, aad_bytes - aad_bytes / 3);
		first = cut;
		second = bytes - cut;
		size = sizeof(made_tag);
		CHECK_EQ(TEE_AEUpdate(seals, in, cut, made, &first), TEE_SUCCESS);
		CHECK_EQ(TEE_AEEncryptFinal(seals, in + cut, bytes - cut, made + cut, &second, made_tag, &size),
			 TEE_SUCCESS);
		CHECK_EQ(first + second, bytes);
		CHECK_EQ(size, tag_bytes);
		CHECK_MEM_EQ(made, out, bytes);
		CHECK_MEM_EQ(made_tag, tag, tag_bytes);
		CHECK_EQ(TEE_AEInit(opens, nonce, nonce_bytes, (uint32_t)tag_bytes * 8, aad_bytes, bytes), TEE_SUCCESS);
		TEE_AEUpdateAAD(opens, aad, aad_bytes);
		CHECK_EQ(TEE_AEUpdate(opens, out, cut, made, &first), TEE_SUCCESS);
		CHECK_EQ(TEE_AEDecryptFinal(opens, out + cut, bytes - cut, made + cut, &second, tag, tag_bytes),
			 TEE_SUCCESS);
		CHECK_MEM_EQ(made, in, bytes);
	}
	TEE_FreeOperation(seals);
	TEE_FreeOperation(opens);
}

static TEE_Result run_records(void)
{
	size_t i;

	for (i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		one_record(&records[i]);
	return TEE_SUCCESS;
}

static void authenticated_encryption_gives_its_published_vectors_wherever_it_is_cut(void)
{
	wg_test_ta_passes(run_records);
}

struct random_record {
	uint8_t key[32], nonce[16], aad[100], plain[MOST_BYTES], out[MOST_BYTES + 1], tag[16];
	size_t key_bytes, nonce_bytes, aad_bytes, bytes, tag_bytes;
};

/* By OpenSSL itself, in one piece. */
static void reference_gcm(struct random_record *record)
{
	static const char *const names[] = {"AES-128-GCM", "AES-192-GCM", "AES-256-GCM"};
	EVP_CIPHER *gcm = EVP_CIPHER_fetch(NULL, names[record->key_bytes / 8 - 2], NULL);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int written;

	CHECK(gcm && context);
	CHECK_EQ(EVP_EncryptInit_ex2(context, gcm, NULL, NULL, NULL), 1);
	CHECK_EQ(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, (int)record->nonce_bytes, NULL), 1);
	CHECK_EQ(EVP_EncryptInit_ex2(context, NULL, record->key, record->nonce, NULL), 1);
	if (record->aad_bytes)
		CHECK_EQ(EVP_EncryptUpdate(context, NULL, &written, record->aad, (int)record->aad_bytes), 1);
	if (record->bytes)
		CHECK_EQ(EVP_EncryptUpdate(context, record->out, &written, record->plain, (int)record->bytes), 1);
	CHECK_EQ(EVP_EncryptFinal_ex(context, record->out + record->bytes, &written), 1);
	CHECK_EQ(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, (int)record->tag_bytes, record->tag), 1);
	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(gcm);
}

/* In place and in random parts; halfway it goes on in a copy, where this OpenSSL can copy AES-GCM. */
static void in_parts(struct random_record *record)
{
	TEE_OperationHandle first =
		wg_test_ta_keyed(TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, TEE_TYPE_AES, record->key, record->key_bytes);
	TEE_OperationHandle second = TEE_HANDLE_NULL;
	uint8_t data[MOST_BYTES], tag[16];
	size_t done = 0, size, tag_size = sizeof(tag);

	memcpy(data, record->plain, record->bytes);
	CHECK_EQ(TEE_AllocateOperation(&second, TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT, 256), TEE_SUCCESS);
	CHECK_EQ(TEE_AEInit(first, record->nonce, record->nonce_bytes, (uint32_t)record->tag_bytes * 8,
			    record->aad_bytes, record->bytes),
		 TEE_SUCCESS);
	TEE_AEUpdateAAD(first, record->aad, record->aad_bytes);
	while (done < record->bytes / 2) {
		size = wg_test_random_below(record->bytes - done + 1);
		CHECK_EQ(TEE_AEUpdate(first, data + done, size, data + done, &size), TEE_SUCCESS);
		done += size;
	}
	if (wg_evp_gcm_copies()) {
		TEE_CopyOperation(second, first);
		TEE_FreeOperation(first);
	} else {
		TEE_FreeOperation(second);
		second = first;
	}
	size = record->bytes - done;
	CHECK_EQ(TEE_AEEncryptFinal(second, data + done, size, data + done, &size, tag, &tag_size), TEE_SUCCESS);
	CHECK_MEM_EQ(data, record->out, record->bytes);
	CHECK_MEM_EQ(tag, record->tag, record->tag_bytes);
	TEE_FreeOperation(second);
}

static TEE_Result run_gcm_cases(void)
{
	static struct random_record record;
	uint64_t cases = wg_test_cases(300);
	uint64_t i;

	for (i = 0; i < cases; i++) {
		wg_test_fill((uint8_t *)&record, sizeof(record));
		record.key_bytes = 16 + 8 * wg_test_random_below(3);
		record.nonce_bytes = 7 + wg_test_random_below(10);
		record.aad_bytes = wg_test_random_below(sizeof(record.aad) + 1);
		record.bytes = wg_test_random_below(MOST_BYTES + 1);
		record.tag_bytes = 12 + wg_test_random_below(5);
		reference_gcm(&record);
		in_parts(&record);
	}
	return TEE_SUCCESS;
}

static void gcm_in_parts_gives_what_openssl_gives_at_once(void)
{
	wg_test_ta_passes(run_gcm_cases);
}

static TEE_Result run_everything(void)
{
	(void)run_digests();
	(void)run_macs();
	(void)run_ciphers();
	return run_records();
}

static void sealed_child(const void *unused)
{
	static uint8_t heap[WG_TEST_TA_HEAP_BYTES];
	static const struct wg_ta ta = {.name = "sealed", .create = run_everything};
	static struct wg_instance instance;

	(void)unused;
	if (wg_crypto_warm_up() != WG_OK)
		_exit(4);
	wg_test_prepare_heap();
	wg_test_seal();
	if (wg_instance_start(&instance, &ta, heap, sizeof(heap), NULL, NULL, NULL) != WG_OK ||
	    wg_instance_create(&instance) != TEE_SUCCESS)
		wg_test_sealed_exit(5);
	wg_instance_stop(&instance);
	wg_test_sealed_exit(0);
}

static void after_the_warm_up_no_algorithm_makes_a_system_call(void)
{
	wg_test_sealed(sealed_child, NULL);
}

static const struct wg_test tests[] = {
	WG_TEST(after_the_warm_up_no_algorithm_makes_a_system_call),
	WG_TEST(every_digest_gives_its_published_vector),
	WG_TEST(every_mac_gives_its_published_vectors),
	WG_TEST(every_cipher_gives_its_published_vector_wherever_it_is_cut),
	WG_TEST(authenticated_encryption_gives_its_published_vectors_wherever_it_is_cut),
	WG_TEST(gcm_in_parts_gives_what_openssl_gives_at_once),
};

WG_TEST_MAIN(tests)
