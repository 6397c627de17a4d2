/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the normal world does to the store, a page comes back as it was sealed last or not at all. */
#include <pthread.h>
#include <stdatomic.h>

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

static uint64_t cases_of_this_tier(void)
{
	const char *soak = getenv("WORLDGATE_SOAK");

	return wg_test_cases(soak != NULL && strcmp(soak, "1") == 0 ? 1000000 : 10000);
}

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

/* Any page that is not in memory. The kernel knows. */
static size_t absent_page(size_t but_not)
{
	unsigned char in_memory[PAGES];
	size_t page;

	CHECK_EQ(mincore(fixture.memory, PAGES * WG_PAGE_BYTES, in_memory), 0);
	do
		page = wg_test_random_below(PAGES);
	while ((in_memory[page] & 1) != 0 || page == but_not);
	return page;
}

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
	size_t page = absent_page(NOT_BROKEN);
	size_t other = absent_page(page);
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
	uint64_t cases = cases_of_this_tier();
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

/* What the thread below needs; stop pairs with the store after the round. */
static atomic_bool stop_flipping;

/* Holds one flipped bit after the other in the store, always. */
static void *flip_for_ever(void *seed)
{
	uint64_t random = *(const uint64_t *)seed;
	volatile uint8_t *byte;
	unsigned int i;
	uint8_t mask;

	while (!atomic_load_explicit(&stop_flipping, memory_order_relaxed)) {
		byte = fixture.store + wg_test_random_of(&random) % (PAGES * (WG_PAGE_BYTES + WG_AEAD_TAG_BYTES));
		mask = (uint8_t)(1u << (wg_test_random_of(&random) % 8));
		*byte ^= mask;
		for (i = 0; i < 200; i++)
			atomic_signal_fence(memory_order_seq_cst);
		*byte ^= mask;
	}
	return NULL;
}

/* Until a page stays broken: the seal wrote while its byte was between two flips. */
static void touch_while_flipped(uint64_t *right, uint64_t *broken)
{
	size_t page, word, tries;
	unsigned int i;

	for (i = 0; i < 2000; i++) {
		page = absent_page(NOT_BROKEN);
		word = wg_test_random_below(WORDS);
		for (tries = 0; fixture_touch_breaks(&fixture, page, word, i); tries++) {
			CHECK_EQ(fixture.broken_page, page);
			++*broken;
			if (tries == 10)
				return;
		}
		model[page][word] += i;
		CHECK_MEM_EQ(fixture.memory + page * WG_PAGE_BYTES, model[page], WG_PAGE_BYTES);
		++*right;
	}
}

static void a_store_that_changes_while_it_is_read_never_gives_wrong_content(void)
{
	uint64_t rounds = cases_of_this_tier() / 1000;
	uint64_t right = 0, broken = 0;
	pthread_t thread;
	uint64_t seed;
	size_t i;

	while (rounds-- > 0) {
		fixture_open(&fixture, PAGES, FRAMES);
		memset(model, 0, sizeof(model));
		for (i = 0; i < PAGES; i++)
			*fixture_word(&fixture, i, 0) += 0;
		seed = wg_test_random();
		atomic_store(&stop_flipping, false);
		CHECK_EQ(pthread_create(&thread, NULL, flip_for_ever, &seed), 0);
		touch_while_flipped(&right, &broken);
		atomic_store(&stop_flipping, true);
		CHECK_EQ(pthread_join(thread, NULL), 0);
		fixture_close(&fixture);
	}
	printf("%" PRIu64 " right, %" PRIu64 " broken, 0 wrong\n", right, broken);
	CHECK(right > 0);
}

static const struct wg_test tests[] = {
	WG_TEST(every_change_of_a_stored_page_is_found_and_no_other),
	WG_TEST(a_store_that_changes_while_it_is_read_never_gives_wrong_content),
};

WG_TEST_MAIN(tests)
