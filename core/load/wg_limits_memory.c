/* SPDX-License-Identifier: Apache-2.0 */
/* Loops over memory: copy, seal, open, page fault, protected page fault. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "wg_aead.h"
#include "wg_clock.h"
#include "wg_limits_loop.h"
#include "wg_pager.h"

#define COPY_BYTES_MAX ((size_t)64 << 20)
#define COLD_BYTES_MIN ((size_t)32 << 20)
#define COLD_BYTES_MAX ((size_t)512 << 20)
/* A cold walk jumps by this share of the blocks, so that no block was fetched with the one before. */
#define COLD_STRIDE 0.381966

#define SEAL_BYTES_MAX ((size_t)1 << 20)

#define FAULT_PAGES 1024u /* mapped together */

#define PAGER_PAGES  1024u
#define PAGER_FRAMES 64u

struct copy {
	uint8_t *from, *to; /* mappings of region_bytes each */
	size_t region_bytes;
	size_t blocks, stride, at;
};

/* For each of the two sides: together they are a quarter more than the last cache. */
static size_t cold_bytes(size_t bytes)
{
	long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
	size_t region = cache > 0 ? (size_t)cache / 8 * 5 : COLD_BYTES_MIN;

	region = region < COLD_BYTES_MIN ? COLD_BYTES_MIN : region;
	region = region > COLD_BYTES_MAX ? COLD_BYTES_MAX : region;
	return region < bytes ? bytes : region;
}

static size_t memory_bytes(void)
{
	long pages = sysconf(_SC_PHYS_PAGES);
	long page = sysconf(_SC_PAGESIZE);

	return pages > 0 && page > 0 ? (size_t)pages * (size_t)page : SIZE_MAX;
}

/* Every page is there, and is one of its own since it may be written. NULL where there is no room. */
static uint8_t *present(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static wg_result copy_open(struct wg_limit_run *run)
{
	const size_t bytes = run->plan->bytes;
	struct copy *copy = run->state = calloc(1, sizeof(*copy));

	if (!copy)
		return WG_ERR_MEMORY;
	if (bytes == 0 || bytes > COPY_BYTES_MAX)
		return wg_limit_fail(run, WG_ERR_INPUT, "a copy has from 1 to %zu bytes", COPY_BYTES_MAX);
	copy->region_bytes = run->plan->cold ? cold_bytes(bytes) : bytes;
	if (copy->region_bytes > memory_bytes() / 8)
		return wg_limit_fail(run, WG_ERR_UNAVAILABLE,
				     "it needs twice %zu MiB of memory, too much for this machine",
				     copy->region_bytes >> 20);
	copy->blocks = copy->region_bytes / bytes;
	copy->stride = (size_t)((double)copy->blocks * COLD_STRIDE) | 1u;
	copy->from = present(copy->region_bytes);
	copy->to = present(copy->region_bytes);
	return copy->from && copy->to ? WG_OK : WG_ERR_MEMORY;
}

static wg_result copy_turns(struct wg_limit_run *run, uint64_t count, double *ns)
{
	struct copy *copy = run->state;
	const size_t bytes = run->plan->bytes;
	const uint64_t began = wg_ticks();
	size_t at = copy->at;

	while (count--) {
		memcpy(copy->to + at * bytes, copy->from + at * bytes, bytes);
		wg_limit_use(copy->to);
		at += copy->stride;
		if (at >= copy->blocks)
			at %= copy->blocks;
	}
	copy->at = at;
	*ns = wg_ticks_to_ns(wg_ticks() - began);
	return WG_OK;
}

static void copy_close(struct wg_limit_run *run)
{
	struct copy *copy = run->state;

	if (copy && copy->from)
		munmap(copy->from, copy->region_bytes);
	if (copy && copy->to)
		munmap(copy->to, copy->region_bytes);
	free(copy);
}

struct seal {
	struct wg_aead aead;
	uint64_t records; /* sealed so far: the nonce of the next */
	uint8_t *clear, *sealed;
	uint8_t nonce[WG_AEAD_NONCE_BYTES], tag[WG_AEAD_TAG_BYTES];
};

static wg_result seal_one(struct seal *seal, size_t bytes)
{
	memcpy(seal->nonce, &seal->records, sizeof(seal->records));
	seal->records++;
	return wg_aead_seal(&seal->aead, seal->nonce, NULL, 0, seal->clear, bytes, seal->sealed, seal->tag);
}

static wg_result seal_open(struct wg_limit_run *run)
{
	const size_t bytes = run->plan->bytes;
	struct seal *seal = run->state = aligned_alloc(64, (sizeof(*seal) + 63u) / 64u * 64u);
	uint8_t key[16];
	wg_result result;

	if (!seal)
		return WG_ERR_MEMORY;
	memset(seal, 0, sizeof(*seal));
	if (bytes == 0 || bytes > SEAL_BYTES_MAX)
		return wg_limit_fail(run, WG_ERR_INPUT, "a record has from 1 to %zu bytes", SEAL_BYTES_MAX);
	seal->clear = calloc(1, bytes);
	seal->sealed = calloc(1, bytes);
	if (!seal->clear || !seal->sealed)
		return WG_ERR_MEMORY;
	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return wg_limit_fail(run, WG_ERR_SYSTEM, "no random key: %s", strerror(errno));
	result = wg_aead_init(&seal->aead, WG_AES_128_GCM, key, sizeof(key));
	if (result == WG_ERR_UNAVAILABLE)
		return wg_limit_fail(run, result, "%s", wg_aead_why_not_algorithm(WG_AES_128_GCM));
	/* What the other loop opens. */
	return result == WG_OK ? seal_one(seal, bytes) : result;
}

static wg_result seal_turns(struct wg_limit_run *run, uint64_t count, double *ns)
{
	const uint64_t began = wg_ticks();
	wg_result result = WG_OK;

	while (count-- && result == WG_OK)
		result = seal_one(run->state, run->plan->bytes);
	*ns = wg_ticks_to_ns(wg_ticks() - began);
	return result;
}

static wg_result open_turns(struct wg_limit_run *run, uint64_t count, double *ns)
{
	struct seal *seal = run->state;
	const uint64_t began = wg_ticks();
	wg_result result = WG_OK;

	while (count-- && result == WG_OK)
		result = wg_aead_open(&seal->aead, seal->nonce, NULL, 0, seal->sealed, run->plan->bytes, seal->clear,
				      seal->tag);
	*ns = wg_ticks_to_ns(wg_ticks() - began);
	return result;
}

static void seal_close(struct wg_limit_run *run)
{
	struct seal *seal = run->state;

	if (!seal)
		return;
	wg_aead_clear(&seal->aead);
	free(seal->clear);
	free(seal->sealed);
	free(seal);
}

/* The first touches of count pages, a mapping of some at a time; mapping and unmapping are not timed. */
static wg_result fault_turns(struct wg_limit_run *run, uint64_t count, double *ns)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t ticks = 0;

	while (count) {
		const size_t pages = count < FAULT_PAGES ? (size_t)count : FAULT_PAGES;
		uint8_t *memory = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		uint64_t began;
		size_t i;

		if (memory == MAP_FAILED)
			return WG_ERR_MEMORY;
		/* One page a fault, also where the kernel would like to give a huge one. */
		if (madvise(memory, pages * page, MADV_NOHUGEPAGE) < 0 && errno != EINVAL) {
			munmap(memory, pages * page);
			return wg_limit_fail(run, WG_ERR_SYSTEM, "madvise: %s", strerror(errno));
		}
		began = wg_ticks();
		for (i = 0; i < pages; i++)
			*(volatile uint8_t *)&memory[i * page] = 1;
		ticks += wg_ticks() - began;
		munmap(memory, pages * page);
		count -= pages;
	}
	*ns = wg_ticks_to_ns(ticks);
	return WG_OK;
}

struct paging {
	struct wg_pager *pager;
	void *store;
	size_t next;
};

static void on_broken(void *context, size_t page)
{
	(void)context;
	(void)page;
	/* Nobody else has the store: its page that does not verify is a broken machine. The pager ends the process. */
}

static wg_result paging_open(struct wg_limit_run *run)
{
	struct paging *paging = run->state = calloc(1, sizeof(*paging));
	struct wg_pager_config config = {
		.store_bytes = wg_pager_store_bytes(PAGER_PAGES * WG_PAGE_BYTES),
		.virtual_bytes = PAGER_PAGES * WG_PAGE_BYTES,
		.resident_bytes = PAGER_FRAMES * WG_PAGE_BYTES,
		.fault_ns = -1,
		.on_broken = on_broken,
	};
	double floor_ns;
	wg_result result;
	size_t i;

	if (!paging)
		return WG_ERR_MEMORY;
	paging->store = config.store =
		aligned_alloc(WG_PAGE_BYTES, (config.store_bytes + WG_PAGE_BYTES - 1) / WG_PAGE_BYTES * WG_PAGE_BYTES);
	if (!paging->store)
		return WG_ERR_MEMORY;
	result = wg_pager_open(&config, &paging->pager, &floor_ns, run->reason, WG_REASON_BYTES);
	if (result != WG_OK)
		return result;
	for (i = 0; i < PAGER_PAGES; i++)
		((volatile uint8_t *)wg_pager_memory(paging->pager))[i * WG_PAGE_BYTES] = 1;
	return WG_OK;
}

/* Pages in a circle, first in, first out: each touch brings one in and sends a dirty one out. */
static wg_result paging_turns(struct wg_limit_run *run, uint64_t count, double *ns)
{
	struct paging *paging = run->state;
	volatile uint8_t *memory = wg_pager_memory(paging->pager);
	const uint64_t began = wg_ticks();

	while (count--) {
		memory[paging->next * WG_PAGE_BYTES]++;
		paging->next = (paging->next + 1) % PAGER_PAGES;
	}
	*ns = wg_ticks_to_ns(wg_ticks() - began);
	return WG_OK;
}

static void paging_close(struct wg_limit_run *run)
{
	struct paging *paging = run->state;

	if (!paging)
		return;
	wg_pager_close(paging->pager);
	free(paging->store);
	free(paging);
}

const struct wg_limit_loop wg_limit_memory_loops[] = {
	{"copy", copy_open, copy_turns, copy_close},
	{"seal", seal_open, seal_turns, seal_close},
	{"open", seal_open, open_turns, seal_close},
	{"page fault", NULL, fault_turns, NULL},
	{"protected page fault", paging_open, paging_turns, paging_close},
	{NULL, NULL, NULL, NULL},
};
