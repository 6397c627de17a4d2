/* SPDX-License-Identifier: Apache-2.0 */
/* Authenticated encryption, one interface for every world. The implementation is chosen once per process, before the
 * first key, and is always known by name. Nonces are the caller's duty: never the same one twice under one key. */
#ifndef WG_AEAD_H
#define WG_AEAD_H

#include <stddef.h>
#include <stdint.h>

#include "wg_result.h"

#define WG_AEAD_NONCE_BYTES 12u
#define WG_AEAD_TAG_BYTES   16u
#define WG_AEAD_STATE_BYTES 2304u

enum wg_aead_algorithm { WG_AES_128_GCM, WG_AES_256_GCM, WG_CHACHA20_POLY1305 };

/* One key, ready to use. Owned by the caller, never copied; cleared by wg_aead_clear. Not to be used by two threads at
 * once. Zeros are a valid "not ready". */
struct wg_aead {
	_Alignas(16) uint8_t state[WG_AEAD_STATE_BYTES]; /* what a heap aligns to */
	enum wg_aead_algorithm algorithm;
	uint32_t ready; /* 0, or which implementation made the key */
};

/* Bytes of a key for the algorithm, 0 for an unknown one. */
size_t wg_aead_key_bytes(enum wg_aead_algorithm algorithm);

/* WG_ERR_SIZE: not the key size of the algorithm. WG_ERR_UNAVAILABLE: see wg_aead_why_not_algorithm. */
wg_result wg_aead_init(struct wg_aead *aead, enum wg_aead_algorithm algorithm, const uint8_t *key,
		       size_t key_bytes) WG_MUST_CHECK;
void wg_aead_clear(struct wg_aead *aead);

/* in and out may be the same address; they do not overlap otherwise. WG_ERR_STATE: no key yet. */
wg_result wg_aead_seal(struct wg_aead *aead, const uint8_t nonce[WG_AEAD_NONCE_BYTES], const void *aad,
		       size_t aad_bytes, const void *in, size_t bytes, void *out,
		       uint8_t tag[WG_AEAD_TAG_BYTES]) WG_MUST_CHECK;
/* On any error but WG_ERR_STATE and WG_ERR_INPUT (nothing was touched), out holds zeros. */
wg_result wg_aead_open(struct wg_aead *aead, const uint8_t nonce[WG_AEAD_NONCE_BYTES], const void *aad,
		       size_t aad_bytes, const void *in, size_t bytes, void *out,
		       const uint8_t tag[WG_AEAD_TAG_BYTES]) WG_MUST_CHECK;

/* Which library runs: name and version, such as "libipsec-mb 1.3.0". Chooses "auto" if nothing was chosen yet. */
const char *wg_aead_library(void);

/* name: "auto" (libipsec-mb where present, else OpenSSL), "openssl", "ipsecmb"; inside OP-TEE "auto" or "gp". Must come
 * before the first key: WG_ERR_STATE when it would change the choice after it. WG_ERR_INPUT: no such name. */
wg_result wg_aead_choose(const char *name) WG_MUST_CHECK;

/* NULL where the library of that name can be used, else the reason why not, in one line. */
const char *wg_aead_why_not(const char *name);
/* Name and version of the library of that name, chosen or not; NULL where it cannot be used, and for "auto". */
const char *wg_aead_version(const char *name);
/* NULL where the chosen library has the algorithm, else the reason why not. */
const char *wg_aead_why_not_algorithm(enum wg_aead_algorithm algorithm);

/* Uses every algorithm of the chosen library once, a failing open included. After it no other function here makes a
 * system call; what they allocate comes from malloc and goes back by free. */
wg_result wg_aead_warm_up(void) WG_MUST_CHECK;

#endif
