/* SPDX-License-Identifier: Apache-2.0 */
/* AEAD by OpenSSL 3. A key holds one EVP context for both directions; a record sets only its nonce. */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <pthread.h>
#include <stdio.h>

#include "wg_aead_library.h"

/* EVP counts in int. */
#define WG_EVP_CHUNK_BYTES ((size_t)1 << 30)

struct openssl_key {
	EVP_CIPHER_CTX *context; /* owned */
};

_Static_assert(sizeof(struct openssl_key) <= WG_AEAD_USABLE_BYTES, "the key fits in the state");

static const char *const cipher_names[] = {"AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"};

/* Written once under load_once, then only read. Fetched ciphers live as long as the process. */
static pthread_once_t load_once = PTHREAD_ONCE_INIT;
static EVP_CIPHER *ciphers[3];
static char version_text[64];

static void load(void)
{
	size_t i;

	for (i = 0; i < 3; i++)
		ciphers[i] = EVP_CIPHER_fetch(NULL, cipher_names[i], NULL);
	(void)snprintf(version_text, sizeof(version_text), "OpenSSL %s", OpenSSL_version(OPENSSL_VERSION_STRING));
}

static const char *openssl_why_not(void)
{
	if (pthread_once(&load_once, load) != 0)
		return "OpenSSL could not be set up";
	return ciphers[WG_AES_128_GCM] ? NULL : "OpenSSL has no AES-GCM: look at its configuration (openssl.cnf)";
}

static const char *openssl_why_not_algorithm(enum wg_aead_algorithm algorithm)
{
	return ciphers[algorithm] ? NULL : "the providers that OpenSSL is configured with lack this algorithm";
}

static const char *openssl_version(void)
{
	return version_text;
}

static wg_result openssl_init(struct wg_aead *aead, const uint8_t *key, size_t key_bytes)
{
	struct openssl_key *own = wg_aead_state(aead);

	(void)key_bytes; /* the cipher knows it */
	own->context = EVP_CIPHER_CTX_new();
	if (!own->context)
		return WG_ERR_MEMORY;
	/* All three have nonces of 12 bytes by default. */
	if (EVP_CipherInit_ex2(own->context, ciphers[aead->algorithm], key, NULL, 1, NULL) == 1)
		return WG_OK;
	EVP_CIPHER_CTX_free(own->context);
	return WG_ERR_MEMORY;
}

static void openssl_clear(struct wg_aead *aead)
{
	struct openssl_key *own = wg_aead_state(aead);

	EVP_CIPHER_CTX_free(own->context); /* wipes the key */
}

typedef int (*update_fn)(EVP_CIPHER_CTX *context, unsigned char *out, int *written, const unsigned char *in, int bytes);

/* out NULL: additional data. */
static inline int feed(update_fn update, EVP_CIPHER_CTX *context, uint8_t *out, const uint8_t *in, size_t bytes)
{
	int written;

	while (bytes > WG_EVP_CHUNK_BYTES) {
		if (update(context, out, &written, in, (int)WG_EVP_CHUNK_BYTES) != 1)
			return 0;
		in += WG_EVP_CHUNK_BYTES;
		out = out ? out + WG_EVP_CHUNK_BYTES : NULL;
		bytes -= WG_EVP_CHUNK_BYTES;
	}
	return bytes == 0 || update(context, out, &written, in, (int)bytes) == 1;
}

/* The tag goes by a parameter: the control of that name builds the same parameter anew for every record. */
static wg_result openssl_seal(struct wg_aead *aead, const struct wg_aead_record *record, uint8_t *tag)
{
	EVP_CIPHER_CTX *context = ((struct openssl_key *)wg_aead_state(aead))->context;
	OSSL_PARAM params[2] = {OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, WG_AEAD_TAG_BYTES),
				OSSL_PARAM_END};
	uint8_t none[16];
	int written;

	if (EVP_EncryptInit_ex2(context, NULL, NULL, record->nonce, NULL) != 1 ||
	    !feed(EVP_EncryptUpdate, context, NULL, record->aad, record->aad_bytes) ||
	    !feed(EVP_EncryptUpdate, context, record->out, record->in, record->bytes) ||
	    EVP_EncryptFinal_ex(context, none, &written) != 1 || EVP_CIPHER_CTX_get_params(context, params) != 1)
		return WG_ERR_STATE;
	return WG_OK;
}

static wg_result openssl_open(struct wg_aead *aead, const struct wg_aead_record *record, const uint8_t *tag)
{
	EVP_CIPHER_CTX *context = ((struct openssl_key *)wg_aead_state(aead))->context;
	uint8_t copy[WG_AEAD_TAG_BYTES]; /* the parameter wants it writable */
	OSSL_PARAM params[2] = {OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, copy, WG_AEAD_TAG_BYTES),
				OSSL_PARAM_END};
	uint8_t none[16];
	int written;

	memcpy(copy, tag, sizeof(copy));
	if (EVP_DecryptInit_ex2(context, NULL, NULL, record->nonce, params) != 1 ||
	    !feed(EVP_DecryptUpdate, context, NULL, record->aad, record->aad_bytes) ||
	    !feed(EVP_DecryptUpdate, context, record->out, record->in, record->bytes))
		return WG_ERR_STATE;
	return EVP_DecryptFinal_ex(context, none, &written) == 1 ? WG_OK : WG_ERR_AUTH;
}

const struct wg_aead_library wg_aead_openssl = {
	.name = "openssl",
	.why_not = openssl_why_not,
	.why_not_algorithm = openssl_why_not_algorithm,
	.version = openssl_version,
	.init = openssl_init,
	.clear = openssl_clear,
	.seal = openssl_seal,
	.open = openssl_open,
};
