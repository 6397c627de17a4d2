/* SPDX-License-Identifier: Apache-2.0 */
/* A pager with its store, for the tests of the pager. */
#ifndef PAGER_FIXTURE_H
#define PAGER_FIXTURE_H

#include <setjmp.h>
#include <sys/mman.h>

#include "wg_pager.h"
#include "wg_test.h"

struct fixture {
	struct wg_pager *pager;
	uint8_t *memory;
	size_t pages;
	uint8_t *store;
	size_t store_bytes;
	double floor_ns;
	char reason[256];
	sigjmp_buf jump;
	volatile size_t broken_page;
};

#define NOT_BROKEN	  SIZE_MAX
#define FIXTURE_PAGES_MAX 1024u /* of fixture_absent_page */

/* Makes a broken page come back out of the touch. */
static inline void fixture_broken(void *context, size_t page)
{
	struct fixture *fixture = context;

	fixture->broken_page = page;
	siglongjmp(fixture->jump, 1);
}

static inline struct wg_pager_config fixture_config(struct fixture *fixture, size_t pages, size_t frames,
						    double fault_ns)
{
	struct wg_pager_config config;

	memset(&config, 0, sizeof(config));
	fixture->pages = pages;
	fixture->store_bytes = wg_pager_store_bytes(pages * WG_PAGE_BYTES);
	fixture->store = mmap(NULL, fixture->store_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(fixture->store != MAP_FAILED);
	config.store = fixture->store;
	config.store_bytes = fixture->store_bytes;
	config.virtual_bytes = pages * WG_PAGE_BYTES;
	config.resident_bytes = frames * WG_PAGE_BYTES;
	config.fault_ns = fault_ns;
	config.on_broken = fixture_broken;
	config.context = fixture;
	return config;
}

static inline wg_result fixture_try(struct fixture *fixture, size_t pages, size_t frames, double fault_ns)
{
	struct wg_pager_config config = fixture_config(fixture, pages, frames, fault_ns);
	wg_result result =
		wg_pager_open(&config, &fixture->pager, &fixture->floor_ns, fixture->reason, sizeof(fixture->reason));

	fixture->memory = result == WG_OK ? wg_pager_memory(fixture->pager) : NULL;
	return result;
}

static inline void fixture_close(struct fixture *fixture)
{
	wg_pager_close(fixture->pager);
	fixture->pager = NULL;
	CHECK_EQ(munmap(fixture->store, fixture->store_bytes), 0);
}

/* Skips the test where the machine has no pager. Nothing but that is unavailable without a fault_ns. */
static inline void fixture_open(struct fixture *fixture, size_t pages, size_t frames)
{
	wg_result result = fixture_try(fixture, pages, frames, 0);

	if (result == WG_ERR_UNAVAILABLE)
		SKIP(fixture->reason);
	if (result != WG_OK)
		printf("%s\n", fixture->reason);
	CHECK_EQ(result, WG_OK);
}

static inline volatile uint64_t *fixture_word(const struct fixture *fixture, size_t page, size_t word)
{
	return (volatile uint64_t *)(void *)(fixture->memory + page * WG_PAGE_BYTES) + word;
}

/* Adds to a word of a page; true where the page did not verify. */
static inline bool fixture_touch_breaks(struct fixture *fixture, size_t page, size_t word, uint64_t add)
{
	fixture->broken_page = NOT_BROKEN;
	if (sigsetjmp(fixture->jump, 1) != 0)
		return true;
	*fixture_word(fixture, page, word) += add;
	return false;
}

/* Any page that is not in memory, which the kernel knows; not but_not. */
static inline size_t fixture_absent_page(const struct fixture *fixture, size_t but_not)
{
	unsigned char in_memory[FIXTURE_PAGES_MAX];
	size_t page;

	CHECK(fixture->pages <= FIXTURE_PAGES_MAX);
	CHECK_EQ(mincore(fixture->memory, fixture->pages * WG_PAGE_BYTES, in_memory), 0);
	do
		page = wg_test_random_below(fixture->pages);
	while ((in_memory[page] & 1) != 0 || page == but_not);
	return page;
}

static inline uint64_t fixture_cases_of_this_tier(void)
{
	const char *soak = getenv("WORLDGATE_SOAK");

	return wg_test_cases(soak != NULL && strcmp(soak, "1") == 0 ? 1000000 : 10000);
}

#endif
