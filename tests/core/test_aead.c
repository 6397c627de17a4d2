/* SPDX-License-Identifier: Apache-2.0 */
/* The AEAD interface with every library of this machine. The choice holds for a process, so each library gets a child
 * of its own. Vectors: the GCM specification's test cases (McGrew and Viega) and RFC 8439, section 2.8.2. */
#include "wg_aead.h"

#include "wg_aead_library.h"
#include "wg_ledger.h"
#include "wg_test_crypto.h"

#define MOST_BYTES 20000u

struct vector {
	enum wg_aead_algorithm algorithm;
	const char *key, *nonce, *aad, *plain, *sealed, *tag;
};

#define ZEROS_16  "00000000000000000000000000000000"
#define GCM_KEY	  "feffe9928665731c6d6a8f9467308308"
#define GCM_NONCE "cafebabefacedbaddecaf888"
#define GCM_AAD	  "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define GCM_PLAIN_60                                                   \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a31" \
	"8a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define GCM_SEALED_128                                                 \
	"42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329ac" \
	"a12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
#define GCM_SEALED_256                                                 \
	"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555" \
	"d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"

static const struct vector vectors[] = {
	{WG_AES_128_GCM, ZEROS_16, "000000000000000000000000", "", "", "", "58e2fccefa7e3061367f1d57a4e7455a"},
	{WG_AES_128_GCM, ZEROS_16, "000000000000000000000000", "", ZEROS_16, "0388dace60b6a392f328c2b971b2fe78",
	 "ab6e47d42cec13bdf53a67b21257bddf"},
	{WG_AES_128_GCM, GCM_KEY, GCM_NONCE, "", GCM_PLAIN_60 "1aafd255", GCM_SEALED_128 "473f5985",
	 "4d5c2af327cd64a62cf35abd2ba6fab4"},
	{WG_AES_128_GCM, GCM_KEY, GCM_NONCE, GCM_AAD, GCM_PLAIN_60, GCM_SEALED_128, "5bc94fbc3221a5db94fae95ae7121a47"},
	{WG_AES_256_GCM, ZEROS_16 ZEROS_16, "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
	{WG_AES_256_GCM, ZEROS_16 ZEROS_16, "000000000000000000000000", "", ZEROS_16,
	 "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
	{WG_AES_256_GCM, GCM_KEY GCM_KEY, GCM_NONCE, "", GCM_PLAIN_60 "1aafd255", GCM_SEALED_256 "898015ad",
	 "b094dac5d93471bdec1a502270e3cc6c"},
	{WG_AES_256_GCM, GCM_KEY GCM_KEY, GCM_NONCE, GCM_AAD, GCM_PLAIN_60, GCM_SEALED_256,
	 "76fc6ece0f4e1768cddf8853bb2d551b"},
	{WG_CHACHA20_POLY1305, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
	 "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
	 /* "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, ..." */
	 "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
	 "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
	 "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
	 "637265656e20776f756c642062652069742e",
	 "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
	 "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
	 "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
	 "3ff4def08e4b7a9de576d26586cec64b6116",
	 "1ae10b594f09e26a7e902ecbd0600691"},
};

static const enum wg_aead_algorithm algorithms[] = {WG_AES_128_GCM, WG_AES_256_GCM, WG_CHACHA20_POLY1305};

/* body in one child for each library that this machine has. argument: the library's name. */
static void with_each_library(void (*body)(const void *name))
{
	unsigned count = 0;
	size_t i;

	for (i = 0; wg_aead_libraries[i]; i++) {
		const char *name = wg_aead_libraries[i]->name;

		if (wg_aead_why_not(name)) {
			printf("not with %s: %s\n", name, wg_aead_why_not(name));
			continue;
		}
		count++;
		wg_test_in_child(body, name);
	}
	CHECK(count > 0);
}

static void check_vector(const struct vector *vector)
{
	uint8_t key[32], nonce[12], aad[64], plain[256], sealed[256], tag[16], out[256], made[16];
	size_t bytes = wg_test_hex(vector->plain, plain, sizeof(plain));
	size_t aad_bytes = wg_test_hex(vector->aad, aad, sizeof(aad));
	size_t key_bytes = wg_test_hex(vector->key, key, sizeof(key));
	struct wg_aead aead;

	CHECK_EQ(wg_test_hex(vector->nonce, nonce, sizeof(nonce)), WG_AEAD_NONCE_BYTES);
	CHECK_EQ(wg_test_hex(vector->tag, tag, sizeof(tag)), WG_AEAD_TAG_BYTES);
	CHECK_EQ(wg_test_hex(vector->sealed, sealed, sizeof(sealed)), bytes);
	CHECK_EQ(wg_aead_init(&aead, vector->algorithm, key, key_bytes), WG_OK);
	CHECK_EQ(wg_aead_seal(&aead, nonce, aad, aad_bytes, plain, bytes, out, made), WG_OK);
	CHECK_MEM_EQ(out, sealed, bytes);
	CHECK_MEM_EQ(made, tag, sizeof(tag));
	CHECK_EQ(wg_aead_open(&aead, nonce, aad, aad_bytes, sealed, bytes, out, tag), WG_OK);
	CHECK_MEM_EQ(out, plain, bytes);
	wg_aead_clear(&aead);
}

static void vectors_child(const void *name)
{
	size_t i;

	CHECK_EQ(wg_aead_choose(name), WG_OK);
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		if (wg_aead_why_not_algorithm(vectors[i].algorithm)) {
			printf("not with %s: %s\n", (const char *)name,
			       wg_aead_why_not_algorithm(vectors[i].algorithm));
			continue;
		}
		check_vector(&vectors[i]);
	}
}

static void every_library_gives_the_published_vectors(void)
{
	with_each_library(vectors_child);
}

/* A record on which single bits are flipped. */
struct forged {
	struct wg_aead aead;
	uint8_t nonce[12], aad[20], sealed[37], tag[16];
};

static void open_must_refuse(struct forged *record)
{
	static const uint8_t zeros[sizeof(record->sealed)];
	uint8_t out[sizeof(record->sealed)];

	memset(out, 0xa5, sizeof(out));
	CHECK_EQ(wg_aead_open(&record->aead, record->nonce, record->aad, sizeof(record->aad), record->sealed,
			      sizeof(record->sealed), out, record->tag),
		 WG_ERR_AUTH);
	CHECK_MEM_EQ(out, zeros, sizeof(out));
}

static void flip_each(struct forged *record, uint8_t *part, size_t bytes)
{
	size_t bit;

	for (bit = 0; bit < bytes * 8; bit++) {
		part[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		open_must_refuse(record);
		part[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
}

static void flips_of(enum wg_aead_algorithm algorithm)
{
	struct forged record;
	uint8_t key[32], plain[sizeof(record.sealed)], out[sizeof(record.sealed)];

	wg_test_fill(key, sizeof(key));
	wg_test_fill(plain, sizeof(plain));
	wg_test_fill(record.nonce, sizeof(record.nonce));
	wg_test_fill(record.aad, sizeof(record.aad));
	CHECK_EQ(wg_aead_init(&record.aead, algorithm, key, wg_aead_key_bytes(algorithm)), WG_OK);
	CHECK_EQ(wg_aead_seal(&record.aead, record.nonce, record.aad, sizeof(record.aad), plain, sizeof(plain),
			      record.sealed, record.tag),
		 WG_OK);
	flip_each(&record, record.tag, sizeof(record.tag));
	flip_each(&record, record.sealed, sizeof(record.sealed));
	flip_each(&record, record.aad, sizeof(record.aad));
	flip_each(&record, record.nonce, sizeof(record.nonce));
	CHECK_EQ(wg_aead_open(&record.aead, record.nonce, record.aad, sizeof(record.aad), record.sealed,
			      sizeof(record.sealed), out, record.tag),
		 WG_OK);
	CHECK_MEM_EQ(out, plain, sizeof(plain));
	wg_aead_clear(&record.aead);
}

static void flips_child(const void *name)
{
	size_t i;

	CHECK_EQ(wg_aead_choose(name), WG_OK);
	for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		if (!wg_aead_why_not_algorithm(algorithms[i]))
			flips_of(algorithms[i]);
}

static void every_flipped_bit_is_refused_and_leaves_zeros(void)
{
	with_each_library(flips_child);
}

static void in_place_child(const void *name)
{
	uint8_t key[32], nonce[12] = {0}, data[1000], copy[1000], tag[16], other[1000], other_tag[16];
	struct wg_aead aead;
	size_t bytes;

	CHECK_EQ(wg_aead_choose(name), WG_OK);
	wg_test_fill(key, sizeof(key));
	CHECK_EQ(wg_aead_init(&aead, WG_AES_128_GCM, key, 16), WG_OK);
	for (bytes = 0; bytes <= sizeof(data); bytes += 7) {
		nonce[0] = (uint8_t)bytes;
		nonce[1] = (uint8_t)(bytes >> 8);
		wg_test_fill(copy, bytes);
		memcpy(data, copy, bytes);
		CHECK_EQ(wg_aead_seal(&aead, nonce, "a", 1, data, bytes, data, tag), WG_OK);
		CHECK_EQ(wg_aead_seal(&aead, nonce, "a", 1, copy, bytes, other, other_tag), WG_OK);
		CHECK_MEM_EQ(data, other, bytes);
		CHECK_MEM_EQ(tag, other_tag, sizeof(tag));
		CHECK_EQ(wg_aead_open(&aead, nonce, "a", 1, data, bytes, data, tag), WG_OK);
		CHECK_MEM_EQ(data, copy, bytes);
	}
	wg_aead_clear(&aead);
}

static void a_record_may_be_sealed_and_opened_in_place(void)
{
	with_each_library(in_place_child);
}

static void empty_child(const void *name)
{
	uint8_t key[32] = {7}, nonce[12] = {1}, tag[16];
	struct wg_aead aead;
	size_t i;

	CHECK_EQ(wg_aead_choose(name), WG_OK);
	for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		if (wg_aead_why_not_algorithm(algorithms[i]))
			continue;
		CHECK_EQ(wg_aead_init(&aead, algorithms[i], key, wg_aead_key_bytes(algorithms[i])), WG_OK);
		CHECK_EQ(wg_aead_seal(&aead, nonce, NULL, 0, NULL, 0, NULL, tag), WG_OK);
		CHECK_EQ(wg_aead_open(&aead, nonce, NULL, 0, NULL, 0, NULL, tag), WG_OK);
		CHECK_EQ(wg_aead_open(&aead, nonce, "x", 1, NULL, 0, NULL, tag), WG_ERR_AUTH);
		tag[15] ^= 0x80;
		CHECK_EQ(wg_aead_open(&aead, nonce, NULL, 0, NULL, 0, NULL, tag), WG_ERR_AUTH);
		wg_aead_clear(&aead);
	}
}

static void a_record_of_no_bytes_is_sealed_and_opened(void)
{
	with_each_library(empty_child);
}

static void misuse_child(const void *name)
{
	static const struct wg_aead empty;
	uint8_t key[33] = {0}, nonce[12] = {0}, data[4] = {0}, tag[16];
	struct wg_aead aead = empty;
	enum wg_aead_algorithm unknown = (enum wg_aead_algorithm)9;

	CHECK_EQ(wg_aead_choose(name), WG_OK);
	CHECK_EQ(wg_aead_key_bytes(unknown), 0);
	CHECK_EQ(wg_aead_seal(&aead, nonce, NULL, 0, data, 4, data, tag), WG_ERR_STATE);
	CHECK_EQ(wg_aead_open(&aead, nonce, NULL, 0, data, 4, data, tag), WG_ERR_STATE);
	CHECK_EQ(wg_aead_init(&aead, WG_AES_128_GCM, key, 15), WG_ERR_SIZE);
	CHECK_EQ(wg_aead_init(&aead, WG_AES_128_GCM, key, 32), WG_ERR_SIZE);
	CHECK_EQ(wg_aead_init(&aead, WG_AES_256_GCM, key, 33), WG_ERR_SIZE);
	CHECK_EQ(wg_aead_init(&aead, unknown, key, 16), WG_ERR_INPUT);
	CHECK_EQ(wg_aead_init(&aead, WG_AES_128_GCM, NULL, 16), WG_ERR_INPUT);
	CHECK_EQ(wg_aead_seal(&aead, nonce, NULL, 0, data, 4, data, tag), WG_ERR_STATE);
	CHECK(wg_aead_why_not_algorithm(unknown) != NULL);
	CHECK_EQ(wg_aead_init(&aead, WG_AES_128_GCM, key, 16), WG_OK);
	CHECK_EQ(wg_aead_seal(&aead, NULL, NULL, 0, data, 4, data, tag), WG_ERR_INPUT);
	CHECK_EQ(wg_aead_seal(&aead, nonce, NULL, 1, data, 4, data, tag), WG_ERR_INPUT);
	CHECK_EQ(wg_aead_seal(&aead, nonce, NULL, 0, NULL, 4, data, tag), WG_ERR_INPUT);
	CHECK_EQ(wg_aead_seal(&aead, nonce, NULL, 0, data, 4, NULL, tag), WG_ERR_INPUT);
	CHECK_EQ(wg_aead_seal(&aead, nonce, NULL, 0, data, 4, data, NULL), WG_ERR_INPUT);
	CHECK_EQ(wg_aead_seal(&aead, nonce, NULL, 0, data, SIZE_MAX, data, tag), WG_ERR_INPUT);
	wg_aead_clear(&aead);
	CHECK_MEM_EQ(aead.state, empty.state, sizeof(aead.state));
	CHECK_EQ(wg_aead_open(&aead, nonce, NULL, 0, data, 4, data, tag), WG_ERR_STATE);
	wg_aead_clear(&aead);
}

static void misuse_is_told_and_touches_nothing(void)
{
	with_each_library(misuse_child);
}

static void forced_child(const void *name)
{
	const char *other = strcmp(name, "openssl") == 0 ? "ipsecmb" : "openssl";
	const char *expected = strcmp(name, "openssl") == 0 ? "OpenSSL 3" : "libipsec-mb ";
	struct wg_aead aead;
	uint8_t key[16] = {0};

	CHECK_EQ(wg_aead_choose("no such library"), WG_ERR_INPUT);
	CHECK_EQ(wg_aead_choose(NULL), WG_ERR_INPUT);
	CHECK_EQ(wg_aead_choose(name), WG_OK);
	CHECK(strncmp(wg_aead_library(), expected, strlen(expected)) == 0);
	CHECK_EQ(wg_aead_init(&aead, WG_AES_128_GCM, key, sizeof(key)), WG_OK);
	CHECK_EQ(wg_aead_choose(name), WG_OK);
	CHECK_EQ(wg_aead_choose(other), wg_aead_why_not(other) ? WG_ERR_UNAVAILABLE : WG_ERR_STATE);
	CHECK(strncmp(wg_aead_library(), expected, strlen(expected)) == 0);
	wg_aead_clear(&aead);
}

static void the_choice_can_be_forced_until_the_first_key(void)
{
	with_each_library(forced_child);
}

static void auto_child(const void *unused)
{
	const char *expected = wg_aead_why_not("ipsecmb") ? "OpenSSL " : "libipsec-mb ";

	(void)unused;
	CHECK(strncmp(wg_aead_library(), expected, strlen(expected)) == 0);
	CHECK_EQ(wg_aead_choose("openssl"), WG_OK);
	CHECK_EQ(wg_aead_choose("auto"), WG_OK);
	CHECK(strncmp(wg_aead_library(), expected, strlen(expected)) == 0);
	CHECK(wg_aead_why_not("auto") == NULL);
	CHECK(wg_aead_why_not("openssl") == NULL);
	CHECK(wg_aead_why_not("no such library") != NULL);
}

static void the_first_usable_library_is_chosen_by_itself(void)
{
	wg_test_in_child(auto_child, NULL);
}

static void counts_child(const void *name)
{
	struct wg_ledger before, after;
	uint8_t key[16] = {0}, nonce[12] = {0}, data[100] = {0}, tag[16];
	struct wg_aead aead;

	CHECK_EQ(wg_aead_choose(name), WG_OK);
	CHECK_EQ(wg_aead_init(&aead, WG_AES_128_GCM, key, sizeof(key)), WG_OK);
	before = *wg_ledger_here();
	CHECK_EQ(wg_aead_seal(&aead, nonce, "ab", 2, data, 100, data, tag), WG_OK);
	CHECK_EQ(wg_aead_open(&aead, nonce, "ab", 2, data, 100, data, tag), WG_OK);
	CHECK_EQ(wg_aead_open(&aead, nonce, "xy", 2, data, 100, data, tag), WG_ERR_AUTH);
	after = *wg_ledger_here();
	CHECK_EQ(after.sealed_bytes - before.sealed_bytes, 100);
	CHECK_EQ(after.sealed_records - before.sealed_records, 1);
	CHECK_EQ(after.opened_bytes - before.opened_bytes, 100);
	CHECK_EQ(after.opened_records - before.opened_records, 1);
	wg_aead_clear(&aead);
}

static void records_are_counted_and_refused_ones_are_not(void)
{
	with_each_library(counts_child);
}

/* One random record, sealed by one library and opened by the other. */
static void cross(const struct wg_aead_library *a, const struct wg_aead_library *b, enum wg_aead_algorithm algorithm,
		  uint8_t *plain, uint8_t *x, uint8_t *y)
{
	uint8_t key[32], nonce[12], aad[128], tag_a[16], tag_b[16];
	struct wg_aead key_a = {.algorithm = algorithm}, key_b = {.algorithm = algorithm};
	struct wg_aead_record record = {nonce, aad, wg_test_random_below(sizeof(aad) + 1), plain, 0, x};

	record.bytes = wg_test_random_below(wg_test_random_below(4) ? 300 : MOST_BYTES);
	wg_test_fill(key, sizeof(key));
	wg_test_fill(nonce, sizeof(nonce));
	wg_test_fill(aad, sizeof(aad));
	wg_test_fill(plain, record.bytes);
	CHECK_EQ(a->init(&key_a, key, wg_aead_key_bytes(algorithm)), WG_OK);
	CHECK_EQ(b->init(&key_b, key, wg_aead_key_bytes(algorithm)), WG_OK);
	CHECK_EQ(a->seal(&key_a, &record, tag_a), WG_OK);
	record.out = y;
	CHECK_EQ(b->seal(&key_b, &record, tag_b), WG_OK);
	CHECK_MEM_EQ(x, y, record.bytes);
	CHECK_MEM_EQ(tag_a, tag_b, sizeof(tag_a));
	record.in = x;
	CHECK_EQ(b->open(&key_b, &record, tag_a), WG_OK);
	CHECK_MEM_EQ(y, plain, record.bytes);
	record.out = x;
	CHECK_EQ(a->open(&key_a, &record, tag_b), WG_OK);
	CHECK_MEM_EQ(x, plain, record.bytes);
	a->clear(&key_a);
	b->clear(&key_b);
}

static void both_libraries_give_the_same_bytes_on_random_records(void)
{
	static uint8_t plain[MOST_BYTES + 64], x[MOST_BYTES + 64], y[MOST_BYTES + 64];
	uint64_t cases = wg_test_cases(2000);
	uint64_t i;

	if (wg_aead_why_not("ipsecmb"))
		SKIP(wg_aead_why_not("ipsecmb"));
	CHECK(wg_aead_why_not("openssl") == NULL);
	for (i = 0; i < cases; i++) {
		enum wg_aead_algorithm algorithm = algorithms[wg_test_random_below(3)];
		size_t shift = wg_test_random_below(64);

		cross(&wg_aead_openssl, &wg_aead_ipsecmb, algorithm, plain + shift, x + (shift * 7) % 64, y);
	}
}

/* As in a TA's heap, which aligns to 16 bytes. */
static void a_key_works_at_any_address_of_sixteen(void)
{
	static _Alignas(64) uint8_t place[sizeof(struct wg_aead) + 64];
	static const uint8_t nonce[12] = {1};
	const struct wg_aead_record record = {nonce, NULL, 0, NULL, 0, NULL};
	const uint8_t key[16] = {3};
	uint8_t first[16], tag[16];
	size_t i, shift;

	for (i = 0; wg_aead_libraries[i]; i++) {
		if (wg_aead_libraries[i]->why_not())
			continue;
		for (shift = 0; shift < 64; shift += 16) {
			struct wg_aead *aead = (struct wg_aead *)(void *)(place + shift);

			aead->algorithm = WG_AES_128_GCM;
			CHECK_EQ(wg_aead_libraries[i]->init(aead, key, 16), WG_OK);
			CHECK_EQ(wg_aead_libraries[i]->seal(aead, &record, shift ? tag : first), WG_OK);
			if (shift)
				CHECK_MEM_EQ(tag, first, sizeof(tag));
			wg_aead_libraries[i]->clear(aead);
		}
	}
}

static void sealed_child(const void *name)
{
	static uint8_t data[5000];
	uint8_t key[32] = {1}, nonce[12] = {1}, tag[16];
	struct wg_aead aead;
	size_t i;

	if (wg_aead_choose(name) != WG_OK || wg_aead_warm_up() != WG_OK)
		_exit(4);
	wg_test_prepare_heap();
	wg_test_seal();
	for (i = 0; i < 3; i++) {
		if (wg_aead_why_not_algorithm(algorithms[i]))
			continue;
		if (wg_aead_init(&aead, algorithms[i], key, wg_aead_key_bytes(algorithms[i])) != WG_OK ||
		    wg_aead_seal(&aead, nonce, key, 32, data, sizeof(data), data, tag) != WG_OK ||
		    wg_aead_open(&aead, nonce, key, 32, data, sizeof(data), data, tag) != WG_OK ||
		    wg_aead_open(&aead, nonce, key, 31, data, sizeof(data), data, tag) != WG_ERR_AUTH)
			wg_test_sealed_exit(5);
		wg_aead_clear(&aead);
	}
	wg_test_sealed_exit(0);
}

static void after_the_warm_up_no_library_makes_a_system_call(void)
{
	size_t i;

	for (i = 0; wg_aead_libraries[i]; i++)
		if (!wg_aead_why_not(wg_aead_libraries[i]->name))
			wg_test_sealed(sealed_child, wg_aead_libraries[i]->name);
}

static const struct wg_test tests[] = {
	WG_TEST(every_library_gives_the_published_vectors),
	WG_TEST(every_flipped_bit_is_refused_and_leaves_zeros),
	WG_TEST(a_record_may_be_sealed_and_opened_in_place),
	WG_TEST(a_record_of_no_bytes_is_sealed_and_opened),
	WG_TEST(misuse_is_told_and_touches_nothing),
	WG_TEST(the_choice_can_be_forced_until_the_first_key),
	WG_TEST(the_first_usable_library_is_chosen_by_itself),
	WG_TEST(records_are_counted_and_refused_ones_are_not),
	WG_TEST(both_libraries_give_the_same_bytes_on_random_records),
	WG_TEST(a_key_works_at_any_address_of_sixteen),
	WG_TEST(after_the_warm_up_no_library_makes_a_system_call),
};

WG_TEST_MAIN(tests)
