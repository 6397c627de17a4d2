/* SPDX-License-Identifier: Apache-2.0 */
/* A store that changes while pages are sealed into it and opened from it. With OpenSSL, since its AES-GCM reads its
 * input twice and reads back its own output: a pager that let it work on the store itself fails here. */
#include <pthread.h>
#include <stdatomic.h>

#include "pager_fixture.h"
#include "wg_aead.h"
#include "wg_test.h"

#define PAGES  64u
#define FRAMES 16u
#define WORDS  (WG_PAGE_BYTES / sizeof(uint64_t))

static struct fixture fixture;
static uint64_t model[PAGES][WORDS];

/* Pages that a flip during their seal has spoilt for good. */
static bool lost[PAGES];

/* Relaxed on both sides: it only ends the loop. */
static atomic_bool stop_flipping;

/* Flips a bit and flips it back, all the time: mostly at once, to come between two readings of one byte, sometimes
 * later, so that every kind of reading meets it. */
static void *flip_for_ever(void *seed)
{
	uint64_t random = *(const uint64_t *)seed;
	volatile uint8_t *byte;
	uint64_t choice;
	unsigned int i;
	uint8_t mask;

	while (!atomic_load_explicit(&stop_flipping, memory_order_relaxed)) {
		choice = wg_test_random_of(&random);
		byte = fixture.store + (choice >> 16) % (PAGES * (WG_PAGE_BYTES + WG_AEAD_TAG_BYTES));
		mask = (uint8_t)(1u << choice % 8);
		*byte ^= mask;
		for (i = 0; i < (choice >> 8) % 256; i++)
			atomic_signal_fence(memory_order_seq_cst);
		*byte ^= mask;
	}
	return NULL;
}

/* Counts right and broken touches. */
static void touch_while_flipped(uint64_t *right, uint64_t *broken)
{
	size_t page, word, tries;
	unsigned int i;

	for (i = 0; i < 2000; i++) {
		page = fixture_absent_page(&fixture, NOT_BROKEN);
		word = wg_test_random_below(WORDS);
		for (tries = 0; !lost[page] && fixture_touch_breaks(&fixture, page, word, i); tries++) {
			CHECK_EQ(fixture.broken_page, page);
			++*broken;
			lost[page] = tries == 10;
		}
		if (lost[page])
			continue;
		model[page][word] += i;
		CHECK_MEM_EQ(fixture.memory + page * WG_PAGE_BYTES, model[page], WG_PAGE_BYTES);
		++*right;
	}
}

static void a_store_that_changes_while_it_is_read_never_gives_wrong_content(void)
{
	uint64_t rounds = fixture_cases_of_this_tier() / 1000;
	uint64_t right = 0, broken = 0;
	pthread_t thread;
	uint64_t seed;
	size_t i;

	CHECK_EQ(wg_aead_choose("openssl"), WG_OK);
	while (rounds-- > 0) {
		fixture_open(&fixture, PAGES, FRAMES);
		memset(model, 0, sizeof(model));
		memset(lost, 0, sizeof(lost));
		for (i = 0; i < PAGES; i++)
			*fixture_word(&fixture, i, 0) += 0;
		seed = wg_test_random();
		atomic_store_explicit(&stop_flipping, false, memory_order_relaxed);
		CHECK_EQ(pthread_create(&thread, NULL, flip_for_ever, &seed), 0);
		touch_while_flipped(&right, &broken);
		atomic_store_explicit(&stop_flipping, true, memory_order_relaxed);
		CHECK_EQ(pthread_join(thread, NULL), 0);
		fixture_close(&fixture);
	}
	printf("%" PRIu64 " right, %" PRIu64 " broken, 0 wrong\n", right, broken);
	CHECK(right > 0);
}

static const struct wg_test tests[] = {
	WG_TEST(a_store_that_changes_while_it_is_read_never_gives_wrong_content),
};

WG_TEST_MAIN(tests)
