/* SPDX-License-Identifier: Apache-2.0 */
/* What the Internal Core API uses of OpenSSL, fetched once: a fetch by name at each use would open files the first time
 * and take locks every time. */
#include <pthread.h>
#include <string.h>

#include "tee_internal_api.h"
#include "wg_crypto.h"

#define HASHES 7u /* by the low byte of TEE_ALG_MD5 .. TEE_ALG_SHA512 */

static const char *const cipher_names[4][3] = {
	{"AES-128-ECB", "AES-192-ECB", "AES-256-ECB"},
	{"AES-128-CBC", "AES-192-CBC", "AES-256-CBC"},
	{"AES-128-CTR", "AES-192-CTR", "AES-256-CTR"},
	{"AES-128-GCM", "AES-192-GCM", "AES-256-GCM"},
};
static const char *const digest_names[HASHES] = {NULL, "MD5", "SHA1", "SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512"};

/* Written once under load_once, then only read; they live as long as the process. */
static pthread_once_t load_once = PTHREAD_ONCE_INIT;
static EVP_CIPHER *ciphers[4][3];
static EVP_MD *digests[HASHES];
static EVP_MAC *hmac, *cmac;
static bool gcm_copies;

/* Overwrites the source's key after the copy: a copy that still looks into its source then gives other bytes. */
static bool copy_is_independent(EVP_CIPHER_CTX *source, EVP_CIPHER_CTX *copy, EVP_CIPHER *gcm)
{
	static const uint8_t first[16] = {1}, second[16] = {2}, nonce[12] = {3};
	uint8_t data[512] = {4}, expected[512], seen[512];
	int written;

	if (EVP_EncryptInit_ex2(source, gcm, first, nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(source, data, &written, data, 16) != 1 || EVP_CIPHER_CTX_copy(copy, source) != 1 ||
	    EVP_EncryptUpdate(source, expected, &written, data, sizeof(data)) != 1 ||
	    EVP_EncryptInit_ex2(source, NULL, second, nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(copy, seen, &written, data, sizeof(data)) != 1)
		return false;
	return memcmp(seen, expected, sizeof(seen)) == 0;
}

static bool try_gcm_copy(EVP_CIPHER *gcm)
{
	EVP_CIPHER_CTX *source = EVP_CIPHER_CTX_new();
	EVP_CIPHER_CTX *copy = EVP_CIPHER_CTX_new();
	bool independent = gcm && source && copy && copy_is_independent(source, copy, gcm);

	EVP_CIPHER_CTX_free(copy);
	EVP_CIPHER_CTX_free(source);
	return independent;
}

static void load(void)
{
	size_t i, j;

	for (i = 0; i < 4; i++)
		for (j = 0; j < 3; j++)
			ciphers[i][j] = EVP_CIPHER_fetch(NULL, cipher_names[i][j], NULL);
	for (i = 1; i < HASHES; i++)
		digests[i] = EVP_MD_fetch(NULL, digest_names[i], NULL);
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	cmac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	gcm_copies = try_gcm_copy(ciphers[WG_AES_GCM][0]);
}

static void load_all(void)
{
	if (pthread_once(&load_once, load) != 0)
		wg_instance_panic(TEE_ERROR_GENERIC);
}

const EVP_CIPHER *wg_evp_aes(enum wg_aes_mode mode, size_t key_bytes)
{
	load_all();
	if (key_bytes != 16 && key_bytes != 24 && key_bytes != 32)
		return NULL;
	return ciphers[mode][key_bytes / 8 - 2];
}

const EVP_MD *wg_evp_digest(uint32_t hash)
{
	load_all();
	return hash < HASHES ? digests[hash] : NULL;
}

EVP_MAC *wg_evp_hmac(void)
{
	load_all();
	return hmac;
}

EVP_MAC *wg_evp_cmac(void)
{
	load_all();
	return cmac;
}

bool wg_evp_gcm_copies(void)
{
	load_all();
	return gcm_copies;
}

size_t wg_evp_feed(EVP_CIPHER_CTX *context, uint8_t *out, const uint8_t *in, size_t bytes)
{
	size_t total = 0;

	while (bytes > 0) {
		size_t piece = bytes < WG_EVP_CHUNK_BYTES ? bytes : WG_EVP_CHUNK_BYTES;
		int written = 0;

		if (EVP_CipherUpdate(context, out, &written, in, (int)piece) != 1)
			wg_instance_panic(TEE_ERROR_GENERIC);
		if (out) {
			out += written;
			total += (size_t)written;
		}
		in += piece;
		bytes -= piece;
	}
	return total;
}
