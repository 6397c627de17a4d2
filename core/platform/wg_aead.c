/* SPDX-License-Identifier: Apache-2.0 */
/* Choice and dispatch: what is common to all implementations of AEAD. Compiled into every world. */
#include "wg_aead.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "wg_aead_library.h"
#include "wg_ledger.h"

/* The limit of AES-GCM, 2^32 - 2 blocks; that of ChaCha20-Poly1305 is above it. */
#define WG_AEAD_RECORD_MAX_BYTES (UINT64_C(0xfffffffe) * 16u)

/* 0, or 1 + the place in wg_aead_libraries. Release stores pair with the acquire loads of choice(): who sees a number
 * sees the library loaded. */
static atomic_uint chosen;
/* Set before a key is made, so that a later choice sees it; both are sequentially consistent. */
static atomic_bool keyed;

size_t wg_aead_key_bytes(enum wg_aead_algorithm algorithm)
{
	switch (algorithm) {
	case WG_AES_128_GCM:
		return 16;
	case WG_AES_256_GCM:
	case WG_CHACHA20_POLY1305:
		return 32;
	default:
		return 0;
	}
}

static const struct wg_aead_library *find(const char *name, uint32_t *number)
{
	uint32_t i;

	for (i = 0; wg_aead_libraries[i]; i++) {
		if (strcmp(wg_aead_libraries[i]->name, name) == 0) {
			*number = i + 1;
			return wg_aead_libraries[i];
		}
	}
	return NULL;
}

/* 0 when none can be used. */
static uint32_t first_usable(void)
{
	uint32_t i;

	for (i = 0; wg_aead_libraries[i]; i++)
		if (!wg_aead_libraries[i]->why_not())
			return i + 1;
	return 0;
}

const char *wg_aead_why_not(const char *name)
{
	const struct wg_aead_library *library;
	uint32_t number;

	if (!name)
		return "no AEAD library was named";
	if (strcmp(name, "auto") == 0)
		return first_usable() ? NULL : "no AEAD library can be used in this world";
	library = find(name, &number);
	return library ? library->why_not() : "there is no AEAD library of that name in this world";
}

const char *wg_aead_version(const char *name)
{
	uint32_t number;
	const struct wg_aead_library *library = name ? find(name, &number) : NULL;

	return library && !library->why_not() ? library->version() : NULL;
}

wg_result wg_aead_choose(const char *name)
{
	uint32_t number = 0;
	uint32_t before;

	if (!name)
		return WG_ERR_INPUT;
	if (strcmp(name, "auto") == 0)
		number = first_usable();
	else if (!find(name, &number))
		return WG_ERR_INPUT;
	if (number == 0 || wg_aead_libraries[number - 1]->why_not())
		return WG_ERR_UNAVAILABLE;
	before = atomic_load(&chosen);
	if (before != number && before != 0 && atomic_load(&keyed))
		return WG_ERR_STATE;
	atomic_store(&chosen, number);
	return WG_OK;
}

/* Threads that come here together without a choice all find the same library. */
static uint32_t choice(void)
{
	uint32_t number = atomic_load(&chosen);
	uint32_t none = 0;

	if (number != 0)
		return number;
	number = first_usable();
	if (number != 0 && !atomic_compare_exchange_strong(&chosen, &none, number))
		number = none;
	return number;
}

const char *wg_aead_library(void)
{
	uint32_t number = choice();

	return number ? wg_aead_libraries[number - 1]->version() : "none";
}

const char *wg_aead_why_not_algorithm(enum wg_aead_algorithm algorithm)
{
	uint32_t number = choice();

	if (number == 0)
		return "no AEAD library can be used in this world";
	if (wg_aead_key_bytes(algorithm) == 0)
		return "there is no such AEAD algorithm";
	return wg_aead_libraries[number - 1]->why_not_algorithm(algorithm);
}

wg_result wg_aead_init(struct wg_aead *aead, enum wg_aead_algorithm algorithm, const uint8_t *key, size_t key_bytes)
{
	uint32_t number;
	wg_result result;

	aead->ready = 0;
	if (!key || wg_aead_key_bytes(algorithm) == 0)
		return WG_ERR_INPUT;
	if (key_bytes != wg_aead_key_bytes(algorithm))
		return WG_ERR_SIZE;
	atomic_store(&keyed, true);
	number = choice();
	if (number == 0 || wg_aead_libraries[number - 1]->why_not_algorithm(algorithm))
		return WG_ERR_UNAVAILABLE;
	aead->algorithm = algorithm;
	result = wg_aead_libraries[number - 1]->init(aead, key, key_bytes);
	if (result != WG_OK) {
		wg_aead_wipe(aead->state, sizeof(aead->state));
		return result;
	}
	aead->ready = number;
	return WG_OK;
}

void wg_aead_clear(struct wg_aead *aead)
{
	if (aead->ready != 0)
		wg_aead_libraries[aead->ready - 1]->clear(aead);
	wg_aead_wipe(aead->state, sizeof(aead->state));
	aead->ready = 0;
}

/* What a caller may get wrong. Zero bytes may come with NULL. */
static wg_result check(const struct wg_aead *aead, const struct wg_aead_record *record, const uint8_t *tag)
{
	if (aead->ready == 0)
		return WG_ERR_STATE;
	if (!record->nonce || !tag || (record->aad_bytes && !record->aad) ||
	    (record->bytes && (!record->in || !record->out)))
		return WG_ERR_INPUT;
	if ((uint64_t)record->bytes > WG_AEAD_RECORD_MAX_BYTES)
		return WG_ERR_INPUT;
	return WG_OK;
}

wg_result wg_aead_seal(struct wg_aead *aead, const uint8_t nonce[WG_AEAD_NONCE_BYTES], const void *aad,
		       size_t aad_bytes, const void *in, size_t bytes, void *out, uint8_t tag[WG_AEAD_TAG_BYTES])
{
	const struct wg_aead_record record = {nonce, aad, aad_bytes, in, bytes, out};
	wg_result result = check(aead, &record, tag);

	if (result != WG_OK)
		return result;
	result = wg_aead_libraries[aead->ready - 1]->seal(aead, &record, tag);
	if (result != WG_OK)
		return result;
	WG_COUNT(sealed_bytes, bytes);
	WG_COUNT(sealed_records, 1);
	return WG_OK;
}

wg_result wg_aead_open(struct wg_aead *aead, const uint8_t nonce[WG_AEAD_NONCE_BYTES], const void *aad,
		       size_t aad_bytes, const void *in, size_t bytes, void *out, const uint8_t tag[WG_AEAD_TAG_BYTES])
{
	const struct wg_aead_record record = {nonce, aad, aad_bytes, in, bytes, out};
	wg_result result = check(aead, &record, tag);

	if (result != WG_OK)
		return result;
	result = wg_aead_libraries[aead->ready - 1]->open(aead, &record, tag);
	if (result != WG_OK) {
		if (bytes)
			wg_aead_wipe(out, bytes);
		return result;
	}
	WG_COUNT(opened_bytes, bytes);
	WG_COUNT(opened_records, 1);
	return WG_OK;
}

/* The key and the nonce are of no use to anyone: what is sealed here is thrown away. */
static wg_result warm_up_one(enum wg_aead_algorithm algorithm)
{
	static const uint8_t key[32] = {1};
	static const uint8_t nonce[WG_AEAD_NONCE_BYTES] = {2};
	uint8_t data[64] = {3};
	uint8_t tag[WG_AEAD_TAG_BYTES];
	struct wg_aead aead;
	wg_result result;

	result = wg_aead_init(&aead, algorithm, key, wg_aead_key_bytes(algorithm));
	if (result != WG_OK)
		return result;
	result = wg_aead_seal(&aead, nonce, key, sizeof(key), data, sizeof(data), data, tag);
	if (result == WG_OK)
		result = wg_aead_open(&aead, nonce, key, sizeof(key), data, sizeof(data), data, tag);
	if (result == WG_OK) {
		tag[0] ^= 1u;
		result = wg_aead_open(&aead, nonce, key, sizeof(key), data, sizeof(data), data, tag);
		result = result == WG_ERR_AUTH ? WG_OK : WG_ERR_STATE;
	}
	wg_aead_clear(&aead);
	return result;
}

wg_result wg_aead_warm_up(void)
{
	static const enum wg_aead_algorithm all[] = {WG_AES_128_GCM, WG_AES_256_GCM, WG_CHACHA20_POLY1305};
	wg_result result;
	size_t i;

	if (choice() == 0)
		return WG_ERR_UNAVAILABLE;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (wg_aead_why_not_algorithm(all[i]))
			continue;
		result = warm_up_one(all[i]);
		if (result != WG_OK)
			return result;
	}
	return WG_OK;
}
