/* SPDX-License-Identifier: Apache-2.0 */
/* What the cryptographic files of the Internal Core API share: objects, operations, and what OpenSSL was asked for. */
#ifndef WG_CRYPTO_H
#define WG_CRYPTO_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tee_api_types.h"
#include "wg_instance.h"
#include "wg_result.h"

#define WG_SECRET_MAX_BYTES 512u /* TEE_TYPE_GENERIC_SECRET, 4096 bits */
#define WG_KEY_MAX_BYTES    128u /* a key of an operation: HMAC, 1024 bits */
#define WG_DIGEST_MAX_BYTES 64u
#define WG_AES_BLOCK_BYTES  16u
#define WG_EVP_CHUNK_BYTES  ((size_t)1 << 30) /* EVP counts in int; a multiple of every block */
#define WG_RANDOM_MAX_BYTES 4096u	      /* a call, as in OP-TEE */
#define WG_USAGE_ALL	    0xffffffffu

/* ---- OpenSSL's implementations: fetched once per process, then only read (wg_evp.c) ---- */

enum wg_aes_mode { WG_AES_ECB, WG_AES_CBC, WG_AES_CTR, WG_AES_GCM };

/* NULL where this OpenSSL lacks it. hash: the low byte of TEE_ALG_SHA256, TEE_ALG_HMAC_SHA256 and so on. */
const EVP_CIPHER *wg_evp_aes(enum wg_aes_mode mode, size_t key_bytes);
const EVP_MD *wg_evp_digest(uint32_t hash);
EVP_MAC *wg_evp_hmac(void);
EVP_MAC *wg_evp_cmac(void);
/* Whether a copied GCM context is independent of its source; in some releases of OpenSSL 3.0 it is not. */
bool wg_evp_gcm_copies(void);

/* ---- objects (wg_object.c) ---- */

struct wg_object_type {
	TEE_ObjectType type;
	uint16_t min_bits;
	uint16_t max_bits;
	uint16_t step_bits; /* sizes are a multiple of it */
};

struct wg_object {
	struct wg_object *next;
	const struct wg_object_type *type;
	uint32_t max_bits;
	uint32_t usage;
	bool initialised;
	size_t bytes; /* of the secret, 0 while uninitialised */
	uint8_t secret[WG_SECRET_MAX_BYTES];
};

bool wg_object_bits_fit(const struct wg_object_type *type, uint32_t bits);
const struct wg_object_type *wg_object_type_find(TEE_ObjectType type);
/* Panics where the handle is not an open object of the running instance. */
struct wg_object *wg_object_must(TEE_ObjectHandle handle);
/* secret may be NULL when bytes is 0; bytes fit. */
void wg_object_set(struct wg_object *object, const uint8_t *secret, size_t bytes);
void wg_object_clear(struct wg_object *object);

/* ---- operations (wg_operation.c) ---- */

struct wg_operation;

/* What a class of algorithms does. Panics go through wg_instance_panic. */
struct wg_operation_class {
	bool (*available)(uint32_t detail);
	bool (*make)(struct wg_operation *operation);	 /* false: no memory; release follows */
	void (*release)(struct wg_operation *operation); /* also after a failed make */
	/* The state of source, into an operation of the same algorithm and mode that has the same key. */
	bool (*copy)(struct wg_operation *operation, const struct wg_operation *source);
};

/* Nothing of the size can be written: tells it. */
static inline TEE_Result wg_short(size_t *size, size_t needed)
{
	*size = needed;
	return TEE_ERROR_SHORT_BUFFER;
}

extern const struct wg_operation_class wg_digest_class, wg_cipher_class, wg_mac_class, wg_ae_class;

struct wg_algorithm {
	uint32_t id;
	uint32_t operation; /* TEE_OPERATION_* */
	uint32_t key_type;  /* 0: has no key */
	uint32_t digest_bytes;
	uint32_t detail; /* enum wg_aes_mode, or the hash */
	const struct wg_operation_class *class;
};

struct wg_operation {
	struct wg_operation *next;
	const struct wg_algorithm *algorithm;
	uint32_t mode;
	uint32_t max_bits;
	uint32_t flags;	       /* TEE_HANDLE_FLAG_* */
	uint32_t state;	       /* TEE_OPERATION_STATE_* */
	uint32_t digest_bytes; /* of AE: the tag's */
	size_t key_bytes;
	uint8_t key[WG_KEY_MAX_BYTES];
	bool key_taken; /* the EVP context has this key */
	union {
		EVP_MD_CTX *digest;
		EVP_MAC_CTX *mac;
		EVP_CIPHER_CTX *cipher;
	} evp;
	uint8_t extract[WG_DIGEST_MAX_BYTES]; /* a digest being handed out in parts */
	size_t extracted;		      /* bytes handed out */
	size_t pending;			      /* bytes of a partial block that EVP holds */
	size_t nonce_bytes;		      /* that the GCM context is set to; 0: the usual 12 */
	size_t record_bytes;		      /* of AE: sealed or opened since the start of the record */
};

/* Panics where the handle is not an open operation of the running instance, or not of the class TEE_OPERATION_*. */
struct wg_operation *wg_operation_must(TEE_OperationHandle handle);
struct wg_operation *wg_operation_of(TEE_OperationHandle handle, uint32_t class);
/* NULL where it is not known, or where this OpenSSL lacks it. */
const struct wg_algorithm *wg_algorithm_find(uint32_t id);
/* The whole table, whatever OpenSSL has; NULL at its end. */
const struct wg_algorithm *wg_algorithm_at(size_t place);
bool wg_algorithm_has_mode(const struct wg_algorithm *algorithm, uint32_t mode);
/* Back to the initial state; a digest starts anew. */
void wg_operation_reset(struct wg_operation *operation);
/* A digest starts: at its allocation and after each message. */
void wg_digest_begin(struct wg_operation *operation);
/* Feeds EVP in pieces; returns the bytes written, panics where EVP fails. out NULL: additional data. */
size_t wg_evp_feed(EVP_CIPHER_CTX *context, uint8_t *out, const uint8_t *in, size_t bytes);

/* Random bytes of the kernel by way of the stack: a page of a paged heap may be absent during a system call. */
void wg_random(uint8_t *out, size_t bytes);

/* Uses every algorithm once, the chosen AEAD library's included, so that afterwards only random numbers need a system
 * call. WG_ERR_UNAVAILABLE: something does not work here. */
wg_result wg_crypto_warm_up(void) WG_MUST_CHECK;

/* A programmer's error. */
static inline void wg_must(bool condition)
{
	if (!condition)
		wg_instance_panic(TEE_ERROR_BAD_PARAMETERS);
}

static inline void wg_must_state(bool condition)
{
	if (!condition)
		wg_instance_panic(TEE_ERROR_BAD_STATE);
}

#endif
