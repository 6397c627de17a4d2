/* SPDX-License-Identifier: Apache-2.0 */
/* The fault: a SIGBUS of the kernel for an absent page, handled in the thread that touched it. Only ioctl on the
 * userfaultfd, madvise and the return from the signal are system calls here; all else is arithmetic and copying.
 *
 * Victims are taken first in, first out. Second chance needs to know what was used, and there are no access bits
 * here: sampling by write protection would cost faults that the platform does not have. First in, first out needs
 * nothing and is deterministic, so that two runs of one trace page alike. Clean victims are sealed like dirty ones, as
 * SGX1's EWB does, so every eviction costs the same. */
#include <errno.h>
#include <linux/userfaultfd.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "wg_clock.h"
#include "wg_pager_state.h"

#define STACK_BYTES   65536u /* for the handler and a cipher; the kernel's frame comes on top */
#define COPY_TRIES    100u
#define PAGE_ROUND(n) (((n) + WG_PAGE_BYTES - 1) / WG_PAGE_BYTES * WG_PAGE_BYTES)

/* Whose faults the handler serves: one pager per process. Set before the handler is installed. */
static struct wg_pager *served;

/* Ends the process as an unhandled SIGBUS does, without a system call that a seal would have to allow: the page after
 * the memory is never filled, and a SIGBUS that arrives while SIGBUS is blocked takes the default action. Inline,
 * because AddressSanitizer makes a system call of its own before it calls what does not return. */
static inline __attribute__((always_inline)) void die_of_sigbus(const struct wg_pager *pager)
{
	const volatile uint8_t *never_filled = pager->memory + pager->config.virtual_bytes;

	(void)*never_filled;
	__builtin_trap();
}

static bool place(const struct wg_pager *pager, size_t page, const uint8_t *content)
{
	struct uffdio_copy copy = {.dst = (uintptr_t)pager->memory + page * WG_PAGE_BYTES,
				   .src = (uintptr_t)content,
				   .len = WG_PAGE_BYTES};
	unsigned int tries;

	for (tries = 0; tries < COPY_TRIES; tries++) {
		if (ioctl(pager->uffd, UFFDIO_COPY, &copy) == 0)
			return true;
		if (errno != EAGAIN)
			return false;
	}
	return false;
}

static bool place_zeros(const struct wg_pager *pager, size_t page)
{
	struct uffdio_zeropage zero = {
		.range = {.start = (uintptr_t)pager->memory + page * WG_PAGE_BYTES, .len = WG_PAGE_BYTES}};
	unsigned int tries;

	for (tries = 0; tries < COPY_TRIES; tries++) {
		if (ioctl(pager->uffd, UFFDIO_ZEROPAGE, &zero) == 0)
			return true;
		if (errno != EAGAIN)
			return false;
	}
	return false;
}

/* Protected first, so that a write of a thread that should not be there faults instead of being lost between the seal
 * and the drop. */
static bool evict(struct wg_pager *pager, size_t page)
{
	uint8_t *victim = pager->memory + page * WG_PAGE_BYTES;
	struct uffdio_writeprotect protect = {.range = {.start = (uintptr_t)victim, .len = WG_PAGE_BYTES},
					      .mode = UFFDIO_WRITEPROTECT_MODE_WP};

	if (pager->can_protect && ioctl(pager->uffd, UFFDIO_WRITEPROTECT, &protect) != 0)
		return false;
	if (wg_pager_store_seal(pager, page) != WG_OK)
		return false;
	if (madvise(victim, WG_PAGE_BYTES, MADV_DONTNEED) != 0)
		return false;
	pager->resident[page] = 0;
	pager->pages_out++;
	WG_COUNT(pages_out, 1);
	return true;
}

/* A slot of the order for one more page; evicts the oldest where all are taken. */
static bool make_room(struct wg_pager *pager, size_t *slot)
{
	if (pager->resident_count < pager->frame_count) {
		*slot = pager->resident_count++;
		return true;
	}
	*slot = pager->hand;
	pager->hand = pager->hand + 1 == pager->frame_count ? 0 : pager->hand + 1;
	return evict(pager, pager->order[*slot]);
}

/* What comes in is verified before anything else changes, so a broken page leaves the pager as it was. */
static bool bring_in(struct wg_pager *pager, size_t page)
{
	bool returns = pager->versions[page] != 0;
	size_t slot;

	if (returns && wg_pager_store_open(pager, page) != WG_OK) {
		pager->config.on_broken(pager->config.context, page);
		return false;
	}
	if (!make_room(pager, &slot))
		return false;
	if (!(returns ? place(pager, page, pager->incoming) : place_zeros(pager, page)))
		return false;
	pager->order[slot] = (uint32_t)page;
	pager->resident[page] = 1;
	if (returns) {
		pager->pages_in++;
		WG_COUNT(pages_in, 1);
	}
	return true;
}

/* An absent page of the memory, touched by the owner: all else is not ours. */
static bool is_served(const struct wg_pager *pager, const siginfo_t *info, size_t *page)
{
	uintptr_t offset = (uintptr_t)info->si_addr - (uintptr_t)pager->memory;

	if (info->si_code != BUS_ADRERR || offset >= pager->config.virtual_bytes)
		return false;
	*page = offset / WG_PAGE_BYTES;
	return pager->resident[*page] == 0 && pthread_equal(pthread_self(), pager->owner) != 0;
}

static void on_sigbus(int signal, siginfo_t *info, void *context)
{
	uint64_t start = wg_ticks();
	struct wg_pager *pager = served;
	uint64_t out_before = pager->pages_out;
	int saved_errno = errno;
	size_t page;

	(void)signal;
	(void)context;
	if (!is_served(pager, info, &page) || !bring_in(pager, page))
		die_of_sigbus(pager);
	if (pager->pages_out != out_before) {
		pager->inside_ticks = wg_ticks() - start;
		wg_spin_until(start + pager->target_ticks);
	}
	errno = saved_errno;
}

wg_result wg_pager_empty(struct wg_pager *pager)
{
	return madvise(pager->memory, pager->config.virtual_bytes, MADV_DONTNEED) == 0 ? WG_OK : WG_ERR_SYSTEM;
}

wg_result wg_pager_handle(struct wg_pager *pager)
{
	struct sigaction action = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	size_t frame_bytes = PAGE_ROUND(getauxval(AT_MINSIGSTKSZ));
	stack_t stack = {0};

	if (served != NULL)
		return WG_ERR_STATE;
	pager->stack_bytes = WG_PAGE_BYTES + STACK_BYTES + frame_bytes;
	pager->stack = wg_pager_private(pager->stack_bytes);
	if (pager->stack == NULL)
		return WG_ERR_SYSTEM;
	if (mprotect(pager->stack, WG_PAGE_BYTES, PROT_NONE) != 0)
		return WG_ERR_SYSTEM;
	stack.ss_sp = pager->stack + WG_PAGE_BYTES;
	stack.ss_size = pager->stack_bytes - WG_PAGE_BYTES;
	if (sigaltstack(&stack, &pager->old_stack) != 0)
		return WG_ERR_SYSTEM;
	pager->owner = pthread_self();
	served = pager;
	(void)sigfillset(&action.sa_mask);
	if (sigaction(SIGBUS, &action, &pager->old_action) != 0) {
		(void)sigaltstack(&pager->old_stack, NULL);
		return WG_ERR_SYSTEM;
	}
	pager->handling = true;
	return WG_OK;
}

void wg_pager_unhandle(struct wg_pager *pager)
{
	if (pager->handling) {
		(void)sigaction(SIGBUS, &pager->old_action, NULL);
		(void)sigaltstack(&pager->old_stack, NULL);
		pager->handling = false;
		served = NULL;
	}
	if (pager->stack != NULL)
		(void)munmap(pager->stack, pager->stack_bytes);
	pager->stack = NULL;
}
