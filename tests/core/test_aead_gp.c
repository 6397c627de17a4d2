/* SPDX-License-Identifier: Apache-2.0 */
/* The AEAD interface as it is inside OP-TEE, over the GlobalPlatform functions of our own gate. This executable has
 * wg_aead_gp.c in the place of wg_aead_host.c. */
#include "wg_aead.h"

#include "wg_aead_library.h"
#include "wg_test_crypto.h"
#include "wg_test_ta.h"

#define MOST_BYTES 3000u

static TEE_Result run_choice(void)
{
	uint8_t key[32] = {0};
	struct wg_aead aead;

	CHECK_STR_EQ(wg_aead_library(), "GlobalPlatform AE");
	CHECK(wg_aead_why_not("auto") == NULL);
	CHECK(wg_aead_why_not("gp") == NULL);
	CHECK(wg_aead_why_not("openssl") != NULL);
	CHECK_EQ(wg_aead_choose("openssl"), WG_ERR_INPUT);
	CHECK_EQ(wg_aead_choose("gp"), WG_OK);
	CHECK(wg_aead_why_not_algorithm(WG_AES_256_GCM) == NULL);
	CHECK(wg_aead_why_not_algorithm(WG_CHACHA20_POLY1305) != NULL);
	CHECK_EQ(wg_aead_init(&aead, WG_CHACHA20_POLY1305, key, 32), WG_ERR_UNAVAILABLE);
	CHECK_EQ(wg_aead_init(&aead, WG_AES_128_GCM, key, 17), WG_ERR_SIZE);
	CHECK_EQ(wg_aead_warm_up(), WG_OK);
	return TEE_SUCCESS;
}

static void chacha20_is_refused_with_a_reason_and_gcm_is_there(void)
{
	wg_test_ta_passes(run_choice);
}

struct record {
	uint8_t key[32], nonce[12], aad[100], plain[MOST_BYTES], sealed[MOST_BYTES], tag[16];
	size_t aad_bytes, bytes;
	enum wg_aead_algorithm algorithm;
};

static void random_record(struct record *record)
{
	wg_test_fill((uint8_t *)record, sizeof(*record));
	record->aad_bytes = wg_test_random_below(sizeof(record->aad) + 1);
	record->bytes = wg_test_random_below(MOST_BYTES + 1);
	record->algorithm = wg_test_random_below(2) ? WG_AES_128_GCM : WG_AES_256_GCM;
}

static void by_openssl(struct record *record)
{
	const struct wg_aead_record parts = {record->nonce, record->aad,   record->aad_bytes,
					     record->plain, record->bytes, record->sealed};
	struct wg_aead aead = {.algorithm = record->algorithm};

	CHECK(wg_aead_openssl.why_not() == NULL);
	CHECK_EQ(wg_aead_openssl.init(&aead, record->key, wg_aead_key_bytes(record->algorithm)), WG_OK);
	CHECK_EQ(wg_aead_openssl.seal(&aead, &parts, record->tag), WG_OK);
	wg_aead_openssl.clear(&aead);
}

/* Sealed in place, opened, forged. */
static void by_gp(struct record *record)
{
	static const uint8_t zeros[MOST_BYTES];
	static uint8_t data[MOST_BYTES];
	size_t bytes = record->bytes;
	struct wg_aead aead;
	uint8_t tag[16];

	memcpy(data, record->plain, bytes);
	CHECK_EQ(wg_aead_init(&aead, record->algorithm, record->key, wg_aead_key_bytes(record->algorithm)), WG_OK);
	CHECK_EQ(wg_aead_seal(&aead, record->nonce, record->aad, record->aad_bytes, data, bytes, data, tag), WG_OK);
	CHECK_MEM_EQ(data, record->sealed, bytes);
	CHECK_MEM_EQ(tag, record->tag, sizeof(tag));
	tag[wg_test_random_below(16)] ^= 0x10;
	CHECK_EQ(wg_aead_open(&aead, record->nonce, record->aad, record->aad_bytes, data, bytes, data, tag),
		 WG_ERR_AUTH);
	CHECK_MEM_EQ(data, zeros, bytes);
	CHECK_EQ(wg_aead_open(&aead, record->nonce, record->aad, record->aad_bytes, record->sealed, bytes, data,
			      record->tag),
		 WG_OK);
	CHECK_MEM_EQ(data, record->plain, bytes);
	wg_aead_clear(&aead);
}

static TEE_Result run_random(void)
{
	static struct record record;
	uint64_t cases = wg_test_cases(300);
	uint64_t i;

	for (i = 0; i < cases; i++) {
		random_record(&record);
		by_openssl(&record);
		by_gp(&record);
	}
	return TEE_SUCCESS;
}

static void globalplatform_ae_gives_the_bytes_of_openssl(void)
{
	wg_test_ta_passes(run_random);
}

static const struct wg_test tests[] = {
	WG_TEST(chacha20_is_refused_with_a_reason_and_gcm_is_there),
	WG_TEST(globalplatform_ae_gives_the_bytes_of_openssl),
};

WG_TEST_MAIN(tests)
