/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the normal world does to the store, a page comes back as it was sealed last or not at all. */
#include "pager_fixture.h"
#include "wg_aead.h"
#include "wg_test.h"

#define PAGES  64u
#define FRAMES 16u
#define WORDS  (WG_PAGE_BYTES / sizeof(uint64_t))

/* One page and its tag, as the store holds them. */
struct entry {
	uint8_t page[WG_PAGE_BYTES];
	uint8_t tag[WG_AEAD_TAG_BYTES];
};

static struct fixture fixture;
static uint64_t model[PAGES][WORDS];
static struct entry older[PAGES]; /* of an earlier version; all zeros before the first */

static uint8_t *stored_page(size_t page)
{
	return fixture.store + page * WG_PAGE_BYTES;
}

static uint8_t *stored_tag(size_t page)
{
	return fixture.store + PAGES * WG_PAGE_BYTES + page * WG_AEAD_TAG_BYTES;
}

static void load_entry(size_t page, struct entry *entry)
{
	memcpy(entry->page, stored_page(page), sizeof(entry->page));
	memcpy(entry->tag, stored_tag(page), sizeof(entry->tag));
}

static void store_entry(size_t page, const struct entry *entry)
{
	memcpy(stored_page(page), entry->page, sizeof(entry->page));
	memcpy(stored_tag(page), entry->tag, sizeof(entry->tag));
}

static void flip_a_bit_of_the_page(size_t page, size_t other)
{
	uint64_t bit = wg_test_random_below(WG_PAGE_BYTES * 8);

	(void)other;
	stored_page(page)[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void flip_a_bit_of_the_tag(size_t page, size_t other)
{
	uint64_t bit = wg_test_random_below(WG_AEAD_TAG_BYTES * 8);

	(void)other;
	stored_tag(page)[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void replay_an_older_version(size_t page, size_t other)
{
	(void)other;
	store_entry(page, &older[page]);
}

static void replay_an_older_page_under_the_new_tag(size_t page, size_t other)
{
	(void)other;
	memcpy(stored_page(page), older[page].page, WG_PAGE_BYTES);
}

static void swap_with_tags(size_t page, size_t other)
{
	struct entry mine, its;

	load_entry(page, &mine);
	load_entry(other, &its);
	store_entry(page, &its);
	store_entry(other, &mine);
}

static void swap_without_tags(size_t page, size_t other)
{
	struct entry mine, its;

	load_entry(page, &mine);
	load_entry(other, &its);
	memcpy(stored_page(page), its.page, WG_PAGE_BYTES);
	memcpy(stored_page(other), mine.page, WG_PAGE_BYTES);
}

static void copy_the_other_over_it(size_t page, size_t other)
{
	struct entry its;

	load_entry(other, &its);
	store_entry(page, &its);
}

static void zero_it(size_t page, size_t other)
{
	(void)other;
	memset(stored_page(page), 0, WG_PAGE_BYTES);
	memset(stored_tag(page), 0, WG_AEAD_TAG_BYTES);
}

static const struct {
	const char *name;
	void (*change)(size_t page, size_t other);
	bool breaks_both;
} attacks[] = {
	{"flip a bit of the page", flip_a_bit_of_the_page, false},
	{"flip a bit of the tag", flip_a_bit_of_the_tag, false},
	{"replay an older version", replay_an_older_version, false},
	{"replay an older page under the new tag", replay_an_older_page_under_the_new_tag, false},
	{"swap with tags", swap_with_tags, true},
	{"swap without tags", swap_without_tags, true},
	{"copy another page over it", copy_the_other_over_it, false},
	{"zero it", zero_it, false},
};

#define ATTACKS (sizeof(attacks) / sizeof(attacks[0]))

/* The page must come back right. Keeps its entry as the older one of the next version. */
static void touch_untouched(size_t page)
{
	size_t word = wg_test_random_below(WORDS);
	uint64_t add = wg_test_random();

	load_entry(page, &older[page]);
	CHECK(!fixture_touch_breaks(&fixture, page, word, add));
	model[page][word] += add;
	CHECK_EQ(*fixture_word(&fixture, page, word), model[page][word]);
}

static void attack(size_t kind)
{
	size_t page = fixture_absent_page(&fixture, NOT_BROKEN);
	size_t other = fixture_absent_page(&fixture, page);
	struct entry mine, its;

	load_entry(page, &mine);
	load_entry(other, &its);
	attacks[kind].change(page, other);
	if (!fixture_touch_breaks(&fixture, page, 0, 0))
		printf("not found: %s\n", attacks[kind].name);
	CHECK_EQ(fixture.broken_page, page);
	if (attacks[kind].breaks_both) {
		CHECK(fixture_touch_breaks(&fixture, other, 0, 0));
		CHECK_EQ(fixture.broken_page, other);
	}
	store_entry(page, &mine);
	store_entry(other, &its);
	touch_untouched(page);
}

static void every_change_of_a_stored_page_is_found_and_no_other(void)
{
	uint64_t cases = fixture_cases_of_this_tier();
	uint64_t found[ATTACKS] = {0};
	uint64_t i;
	size_t kind;

	fixture_open(&fixture, PAGES, FRAMES);
	memset(model, 0, sizeof(model));
	for (i = 0; i < 3 * PAGES; i++)
		*fixture_word(&fixture, i % PAGES, 0) += 0;
	for (i = 0; i < PAGES; i++)
		load_entry(i, &older[i]); /* pages still in memory have an older entry too */
	for (i = 0; i < 3 * PAGES; i++)
		*fixture_word(&fixture, i % PAGES, 0) += 0;
	for (i = 0; i < cases; i++) {
		kind = wg_test_random_below(ATTACKS);
		attack(kind); /* ends with a touch that must succeed: as many untouched cases as attacks */
		found[kind]++;
	}
	CHECK_MEM_EQ(fixture.memory, model, sizeof(model));
	for (kind = 0; kind < ATTACKS; kind++)
		printf("%8" PRIu64 " x %s: all found\n", found[kind], attacks[kind].name);
	fixture_close(&fixture);
}

static const struct wg_test tests[] = {
	WG_TEST(every_change_of_a_stored_page_is_found_and_no_other),
};

WG_TEST_MAIN(tests)
