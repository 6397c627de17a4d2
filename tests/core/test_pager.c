/* SPDX-License-Identifier: Apache-2.0 */
/* The paged heap keeps what is written to it, and touches nothing that it should not. */
#include "wg_pager.h"

#include <errno.h>

#include "pager_fixture.h"
#include "wg_aead.h"
#include "wg_ledger.h"
#include "wg_test.h"

#define WORDS (WG_PAGE_BYTES / sizeof(uint64_t))

static void a_page_touched_first_is_zero(void)
{
	struct fixture fixture;
	size_t page, word;

	fixture_open(&fixture, 64, 16);
	memset(fixture.store, 0xa5, fixture.store_bytes);
	for (page = 0; page < fixture.pages; page++)
		for (word = 0; word < WORDS; word++)
			CHECK_EQ(*fixture_word(&fixture, page, word), 0);
	fixture_close(&fixture);
}

/* Random additions to words anywhere, some across the end of a page, against a plain array. */
static void add_and_compare(struct fixture *fixture, uint64_t additions)
{
	size_t bytes = fixture->pages * WG_PAGE_BYTES;
	uint8_t *model = calloc(1, bytes);
	uint64_t i, value, add;
	size_t at;

	CHECK(model != NULL);
	for (i = 0; i < additions; i++) {
		at = wg_test_random_below(bytes - sizeof(value));
		if (i % 8 == 0 && fixture->pages > 1)
			at = (1 + wg_test_random_below(fixture->pages - 1)) * WG_PAGE_BYTES - 1 - i / 8 % 7;
		add = wg_test_random();
		memcpy(&value, model + at, sizeof(value));
		value += add;
		memcpy(model + at, &value, sizeof(value));
		memcpy(&value, fixture->memory + at, sizeof(value));
		value += add;
		memcpy(fixture->memory + at, &value, sizeof(value));
	}
	CHECK_MEM_EQ(fixture->memory, model, bytes);
	free(model);
}

static void no_increment_is_lost_in_a_heap_many_times_the_resident_size(void)
{
	struct fixture fixture;
	uint64_t in, out;

	fixture_open(&fixture, 1024, 16);
	add_and_compare(&fixture, wg_test_cases(50000));
	wg_pager_counts(fixture.pager, &in, &out);
	CHECK(in > 20000);
	CHECK(out >= in);
	fixture_close(&fixture);
}

static void no_increment_is_lost_whatever_the_sizes(void)
{
	struct fixture fixture;
	size_t frames, pages;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		frames = 16 + wg_test_random_below(200);
		pages = 1 + wg_test_random_below(600);
		fixture_open(&fixture, pages, frames);
		CHECK((fixture.floor_ns > 0) == (pages > frames));
		add_and_compare(&fixture, wg_test_cases(48000) / 16);
		fixture_close(&fixture);
	}
}

static void pages_in_and_out_are_counted_and_their_bytes_are_not(void)
{
	struct wg_ledger *ledger = wg_ledger_here();
	struct wg_ledger before = *ledger;
	struct fixture fixture;
	uint64_t in, out;
	size_t i;

	fixture_open(&fixture, 48, 16);
	CHECK_EQ(ledger->pages_out, before.pages_out);
	for (i = 0; i < 2 * 48; i++)
		*fixture_word(&fixture, i % 48, 0) += 1;
	wg_pager_counts(fixture.pager, &in, &out);
	CHECK_EQ(in, 48);
	CHECK_EQ(out, 2 * 48 - 16);
	CHECK_EQ(ledger->pages_in, before.pages_in + 48);
	CHECK_EQ(ledger->pages_out, before.pages_out + 2 * 48 - 16);
	CHECK_EQ(ledger->sealed_bytes, before.sealed_bytes);
	CHECK_EQ(ledger->opened_records, before.opened_records);
	fixture_close(&fixture);
}

static bool contains(const uint8_t *text, size_t bytes, const uint8_t *part, size_t part_bytes)
{
	return memmem(text, bytes, part, part_bytes) != NULL;
}

static void the_store_never_holds_what_the_heap_holds(void)
{
	static const uint8_t secret[] = "forty-two words of no importance";
	struct fixture fixture;
	size_t page;

	fixture_open(&fixture, 64, 16);
	for (page = 0; page < 64; page++)
		memcpy(fixture.memory + page * WG_PAGE_BYTES + 100, secret, sizeof(secret));
	CHECK(!contains(fixture.store, fixture.store_bytes, secret, 8));
	fixture_close(&fixture);
}

/* The first sealed page: sealed once more with the same content, and by another pager. */
static void one_content_never_looks_the_same_twice(void)
{
	static uint8_t first[WG_PAGE_BYTES], second[WG_PAGE_BYTES];
	struct fixture fixture;
	size_t i;

	fixture_open(&fixture, 32, 16);
	for (i = 0; i < 32; i++)
		(void)*fixture_word(&fixture, i, 0);
	memcpy(first, fixture.store, WG_PAGE_BYTES);
	for (i = 0; i < 32; i++)
		(void)*fixture_word(&fixture, i, 0);
	memcpy(second, fixture.store, WG_PAGE_BYTES);
	CHECK(memcmp(first, second, 64) != 0);
	fixture_close(&fixture);
	fixture_open(&fixture, 32, 16);
	for (i = 0; i < 32; i++)
		(void)*fixture_word(&fixture, i, 0);
	CHECK(memcmp(first, fixture.store, 64) != 0);
	fixture_close(&fixture);
}

static void a_fault_leaves_errno_alone(void)
{
	struct fixture fixture;
	size_t i;

	fixture_open(&fixture, 32, 16);
	for (i = 0; i < 64; i++) {
		errno = (int)i;
		*fixture_word(&fixture, i % 32, 0) += 1;
		CHECK_EQ(errno, i);
	}
	fixture_close(&fixture);
}

/* The cipher of a TA faults in the midst of a record, and the pager uses the cipher there. */
static void a_cipher_that_works_on_the_heap_can_be_paged(void)
{
	static uint8_t plain[20 * WG_PAGE_BYTES], expected[sizeof(plain)];
	static const uint8_t key[16] = {7};
	uint8_t nonce[WG_AEAD_NONCE_BYTES] = {0}, tag[WG_AEAD_TAG_BYTES], expected_tag[WG_AEAD_TAG_BYTES];
	struct fixture fixture;
	struct wg_aead aead;
	size_t i;

	fixture_open(&fixture, 64, 16);
	CHECK_EQ(wg_aead_init(&aead, WG_AES_128_GCM, key, sizeof(key)), WG_OK);
	for (i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)wg_test_random();
	CHECK_EQ(wg_aead_seal(&aead, nonce, key, 5, plain, sizeof(plain), expected, expected_tag), WG_OK);
	for (i = 0; i < 20; i++) {
		memcpy(fixture.memory + i, plain, sizeof(plain));
		/* One nonce, but always for one content. */
		CHECK_EQ(wg_aead_seal(&aead, nonce, key, 5, fixture.memory + i, sizeof(plain),
				      fixture.memory + 40 * WG_PAGE_BYTES + i, tag),
			 WG_OK);
		CHECK_MEM_EQ(tag, expected_tag, sizeof(tag));
		CHECK_MEM_EQ(fixture.memory + 40 * WG_PAGE_BYTES + i, expected, sizeof(expected));
		CHECK_EQ(wg_aead_open(&aead, nonce, key, 5, fixture.memory + 40 * WG_PAGE_BYTES + i, sizeof(plain),
				      fixture.memory + 40 * WG_PAGE_BYTES + i, tag),
			 WG_OK);
		CHECK_MEM_EQ(fixture.memory + 40 * WG_PAGE_BYTES + i, plain, sizeof(plain));
	}
	wg_aead_clear(&aead);
	fixture_close(&fixture);
}

static void check_refused(const struct wg_pager_config *config, wg_result expected, const char *word)
{
	struct wg_pager *pager = NULL;
	char reason[256] = "";
	double floor_ns;

	CHECK_EQ(wg_pager_open(config, &pager, &floor_ns, reason, sizeof(reason)), expected);
	CHECK(pager == NULL);
	if (strstr(reason, word) == NULL)
		printf("%s\n", reason);
	CHECK(strstr(reason, word) != NULL);
}

static void a_configuration_that_cannot_be_is_refused(void)
{
	struct fixture fixture;
	struct wg_pager_config good = fixture_config(&fixture, 64, 16, 0);
	struct wg_pager_config bad = good;

	bad.virtual_bytes -= 1;
	check_refused(&bad, WG_ERR_INPUT, "virtual");
	bad.virtual_bytes = 0;
	check_refused(&bad, WG_ERR_INPUT, "virtual");
	bad.virtual_bytes = SIZE_MAX / WG_PAGE_BYTES * WG_PAGE_BYTES;
	check_refused(&bad, WG_ERR_INPUT, "virtual");
	bad = good;
	bad.resident_bytes -= WG_PAGE_BYTES;
	check_refused(&bad, WG_ERR_INPUT, "resident");
	bad = good;
	bad.resident_bytes += 1;
	check_refused(&bad, WG_ERR_INPUT, "resident");
	bad = good;
	bad.store_bytes -= 1;
	check_refused(&bad, WG_ERR_INPUT, "store");
	bad = good;
	bad.store = NULL;
	check_refused(&bad, WG_ERR_INPUT, "store");
	bad = good;
	bad.on_broken = NULL;
	check_refused(&bad, WG_ERR_INPUT, "on_broken");
	wg_pager_close(NULL);
	CHECK_EQ(munmap(fixture.store, fixture.store_bytes), 0);
}

static void a_second_pager_is_refused_and_the_first_goes_on(void)
{
	struct fixture fixture, second;
	struct wg_pager_config config;

	fixture_open(&fixture, 64, 16);
	config = fixture_config(&second, 64, 16, 0);
	check_refused(&config, WG_ERR_STATE, "open already");
	CHECK_EQ(munmap(second.store, second.store_bytes), 0);
	add_and_compare(&fixture, 1000);
	fixture_close(&fixture);
}

static const struct wg_test tests[] = {
	WG_TEST(a_page_touched_first_is_zero),
	WG_TEST(no_increment_is_lost_in_a_heap_many_times_the_resident_size),
	WG_TEST(no_increment_is_lost_whatever_the_sizes),
	WG_TEST(pages_in_and_out_are_counted_and_their_bytes_are_not),
	WG_TEST(the_store_never_holds_what_the_heap_holds),
	WG_TEST(one_content_never_looks_the_same_twice),
	WG_TEST(a_fault_leaves_errno_alone),
	WG_TEST(a_cipher_that_works_on_the_heap_can_be_paged),
	WG_TEST(a_configuration_that_cannot_be_is_refused),
	WG_TEST(a_second_pager_is_refused_and_the_first_goes_on),
};

WG_TEST_MAIN(tests)
