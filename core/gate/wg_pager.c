/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing a pager: memory, userfaultfd, handler, calibration. */
#include "wg_pager.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wg_clock.h"
#include "wg_memory.h"
#include "wg_pager_state.h"

#define LEAST_FRAMES 16u

/* The wanted features, best first. */
static const uint64_t feature_sets[] = {UFFD_FEATURE_SIGBUS | UFFD_FEATURE_PAGEFAULT_FLAG_WP, UFFD_FEATURE_SIGBUS};

static void explain(char *reason, size_t reason_bytes, const char *what)
{
	if (errno != 0)
		(void)snprintf(reason, reason_bytes, "no paged heap: %s: %s", what, strerror(errno));
	else
		(void)snprintf(reason, reason_bytes, "no paged heap: %s", what);
}

static size_t round_up(size_t bytes, size_t unit)
{
	return (bytes + unit - 1) / unit * unit;
}

/* Every sealed page, then every tag. */
size_t wg_pager_store_bytes(size_t virtual_bytes)
{
	size_t pages = virtual_bytes / WG_PAGE_BYTES;

	if (virtual_bytes == 0 || virtual_bytes % WG_PAGE_BYTES != 0 || pages > UINT32_MAX)
		return 0;
	return virtual_bytes + round_up(pages * WG_AEAD_TAG_BYTES, WG_PAGE_BYTES);
}

static const char *what_is_wrong(const struct wg_pager_config *config)
{
	if (wg_pager_store_bytes(config->virtual_bytes) == 0)
		return "the virtual size is not a multiple of the page size, or too large";
	if (config->resident_bytes % WG_PAGE_BYTES != 0 || config->resident_bytes / WG_PAGE_BYTES < LEAST_FRAMES)
		return "the resident size must be a multiple of the page size and at least 16 pages";
	if (config->store == NULL || config->store_bytes < wg_pager_store_bytes(config->virtual_bytes))
		return "the store is smaller than wg_pager_store_bytes() of the virtual size";
	if (config->on_broken == NULL)
		return "there is no on_broken";
	if (sysconf(_SC_PAGESIZE) != (long)WG_PAGE_BYTES)
		return "this kernel's pages are not of 4096 bytes; boot one with such pages";
	return NULL;
}

void *wg_pager_private(size_t bytes)
{
	char reason[256]; /* of no use to anyone: plain memory does too, and a paged heap is never all secret */
	void *memory;

	if (wg_secret_map(bytes, &memory, reason, sizeof(reason)) == WG_OK)
		return memory;
	return wg_plain_map(bytes);
}

/* One mapping: the struct, the two frames, then the tables. */
static wg_result make_state(const struct wg_pager_config *config, struct wg_pager **out)
{
	size_t pages = config->virtual_bytes / WG_PAGE_BYTES;
	size_t frames = config->resident_bytes / WG_PAGE_BYTES;
	size_t head = round_up(sizeof(struct wg_pager), WG_PAGE_BYTES);
	struct wg_pager *pager;
	size_t bytes;
	uint8_t *next;

	if (frames > pages)
		frames = pages;
	bytes = round_up(head + 2 * WG_PAGE_BYTES + pages * (sizeof(*pager->versions) + 1) +
				 frames * sizeof(*pager->order),
			 WG_PAGE_BYTES);
	next = wg_pager_private(bytes);
	if (next == NULL)
		return WG_ERR_SYSTEM;
	pager = (struct wg_pager *)(void *)next;
	pager->config = *config;
	pager->state_bytes = bytes;
	pager->page_count = pages;
	pager->frame_count = frames;
	pager->uffd = -1;
	pager->incoming = next + head;
	pager->outgoing = pager->incoming + WG_PAGE_BYTES;
	pager->versions = (uint64_t *)(void *)(pager->outgoing + WG_PAGE_BYTES);
	pager->order = (uint32_t *)(void *)(pager->versions + pages);
	pager->resident = (uint8_t *)(pager->order + frames);
	*out = pager;
	/* A child has neither the userfaultfd's service nor the right to seal with this key. */
	if (madvise(pager, bytes, MADV_DONTFORK) != 0 || madvise(pager, bytes, MADV_DONTDUMP) != 0)
		return WG_ERR_SYSTEM;
	return WG_OK;
}

static wg_result make_memory(struct wg_pager *pager)
{
	size_t bytes = pager->config.virtual_bytes + WG_PAGE_BYTES;
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return WG_ERR_SYSTEM;
	pager->memory = memory;
	if (madvise(memory, bytes, MADV_DONTFORK) != 0 || madvise(memory, bytes, MADV_DONTDUMP) != 0)
		return WG_ERR_SYSTEM;
	(void)madvise(memory, bytes, MADV_NOHUGEPAGE); /* fails where the kernel has no huge pages, which is as good */
	return WG_OK;
}

static wg_result open_userfaultfd(struct wg_pager *pager)
{
	struct uffdio_api api;
	size_t i;

	for (i = 0; i < sizeof(feature_sets) / sizeof(feature_sets[0]); i++) {
		/* A userfaultfd that refused its features cannot be asked again. */
		pager->uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
		if (pager->uffd < 0)
			return WG_ERR_UNAVAILABLE;
		memset(&api, 0, sizeof(api));
		api.api = UFFD_API;
		api.features = feature_sets[i];
		if (ioctl(pager->uffd, UFFDIO_API, &api) == 0) {
			pager->can_protect = (feature_sets[i] & UFFD_FEATURE_PAGEFAULT_FLAG_WP) != 0;
			return WG_OK;
		}
		(void)close(pager->uffd);
		pager->uffd = -1;
	}
	return WG_ERR_UNAVAILABLE;
}

static wg_result serve_memory(struct wg_pager *pager)
{
	struct uffdio_register region = {
		.range = {.start = (uintptr_t)pager->memory, .len = pager->config.virtual_bytes + WG_PAGE_BYTES},
		.mode = UFFDIO_REGISTER_MODE_MISSING | (pager->can_protect ? UFFDIO_REGISTER_MODE_WP : 0)};

	return ioctl(pager->uffd, UFFDIO_REGISTER, &region) == 0 ? WG_OK : WG_ERR_UNAVAILABLE;
}

/* Everything but the calibration. */
static wg_result assemble(struct wg_pager *pager, char *reason, size_t reason_bytes)
{
	const char *step = "a private mapping for it failed";
	wg_result result = make_memory(pager);

	if (result == WG_OK) {
		step = "the kernel gives no userfaultfd with SIGBUS (it needs Linux 5.11 and no filter against it)";
		result = open_userfaultfd(pager);
	}
	if (result == WG_OK) {
		step = "the userfaultfd refuses the memory";
		result = serve_memory(pager);
	}
	if (result == WG_OK) {
		step = "the SIGBUS handler cannot be installed, or a pager is open already";
		result = wg_pager_handle(pager);
	}
	if (result == WG_OK) {
		step = "the AEAD library gives no AES-128-GCM";
		result = wg_pager_store_reset(pager);
	}
	if (result != WG_OK)
		explain(reason, reason_bytes, step);
	return result;
}

/* Measures on the memory itself, then starts anew: empty, with a fresh key, and with the top-up where one is wanted. */
static wg_result calibrate(struct wg_pager *pager, double *floor_ns, char *reason, size_t reason_bytes)
{
	struct wg_ledger *before;
	double unseen_ns;

	if (pager->page_count == pager->frame_count)
		return WG_OK;
	(void)wg_ticks_per_ns(); /* sleeps the first time, so not inside a fault */
	before = wg_ledger_enter(&pager->unrecorded);
	wg_pager_measure(pager, floor_ns, &unseen_ns);
	(void)wg_ledger_enter(before);
	errno = 0;
	if (wg_pager_empty(pager) != WG_OK || wg_pager_store_reset(pager) != WG_OK) {
		explain(reason, reason_bytes, "it cannot be emptied");
		return WG_ERR_SYSTEM;
	}
	if (pager->config.fault_ns > 0 && *floor_ns > pager->config.fault_ns) {
		(void)snprintf(reason, reason_bytes,
			       "a page fault costs %.0f ns on this machine now and cannot be made cheaper, "
			       "but fault_ns is %.0f: use a larger fault_ns, or an idle or faster machine",
			       *floor_ns, pager->config.fault_ns);
		return WG_ERR_UNAVAILABLE;
	}
	if (pager->config.fault_ns > 0)
		wg_pager_aim(pager, unseen_ns);
	return WG_OK;
}

wg_result wg_pager_open(const struct wg_pager_config *config, struct wg_pager **out, double *floor_ns, char *reason,
			size_t reason_bytes)
{
	const char *wrong = what_is_wrong(config);
	struct wg_pager *pager = NULL;
	wg_result result;

	*out = NULL;
	*floor_ns = -1;
	errno = 0;
	if (wrong != NULL) {
		explain(reason, reason_bytes, wrong);
		return WG_ERR_INPUT;
	}
	result = make_state(config, &pager);
	if (result == WG_OK)
		result = assemble(pager, reason, reason_bytes);
	else
		explain(reason, reason_bytes, "no memory for its state");
	if (result == WG_OK)
		result = calibrate(pager, floor_ns, reason, reason_bytes);
	if (result != WG_OK) {
		wg_pager_close(pager);
		return result;
	}
	*out = pager;
	return WG_OK;
}

void wg_pager_close(struct wg_pager *pager)
{
	if (pager == NULL)
		return;
	wg_pager_unhandle(pager);
	wg_aead_clear(&pager->aead);
	if (pager->uffd >= 0)
		(void)close(pager->uffd);
	if (pager->memory != NULL)
		(void)munmap(pager->memory, pager->config.virtual_bytes + WG_PAGE_BYTES);
	/* The frames hold what was paged last. */
	explicit_bzero(pager, pager->state_bytes);
	(void)munmap(pager, pager->state_bytes);
}

void *wg_pager_memory(const struct wg_pager *pager)
{
	return pager->memory;
}

int wg_pager_descriptor(const struct wg_pager *pager)
{
	return pager->uffd;
}

void wg_pager_counts(const struct wg_pager *pager, uint64_t *in, uint64_t *out)
{
	*in = pager->pages_in;
	*out = pager->pages_out;
}
