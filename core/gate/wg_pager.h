/* SPDX-License-Identifier: Apache-2.0 */
/* A heap larger than the protected memory, as SGX1 has it: at most resident_bytes of it are in memory, the rest lies
 * sealed in a store in the normal world. One thread uses it, and the same thread pages (userfaultfd, SIGBUS). A victim
 * is write-protected, sealed under a fresh version, then dropped; on the way back place and version are verified.
 *
 * The first touch of a page gives zeros and never looks at the store. While there is room it costs what it costs, since
 * on SGX1 too a page of free protected memory is far cheaper than an exchange; only a fault with an eviction is topped
 * up to fault_ns.
 *
 * A system call does not page: the kernel answers EFAULT for an absent page. Touch it first, or pass other memory. A
 * forked child has neither the memory nor the pager; touching either ends it. */
#ifndef WG_PAGER_H
#define WG_PAGER_H

#include <stddef.h>
#include <stdint.h>

#include "wg_ledger.h"
#include "wg_result.h"

#define WG_PAGE_BYTES 4096u

struct wg_pager_config {
	void *store; /* shared with the normal world, hostile; wg_pager_store_bytes() of it; the caller's */
	size_t store_bytes;
	size_t virtual_bytes;  /* multiple of the page size */
	size_t resident_bytes; /* multiple of the page size, at least 16 pages */
	double fault_ns; /* what a fault with an eviction shall cost as the faulting code sees it; <= 0: as it comes */
	/* Called in the fault when a page does not verify; must not return to the fault: end the world, or siglongjmp
	 * to a sigsetjmp that saved the mask. If it returns, the process ends by SIGBUS. Nothing has changed by then:
	 * the same touch verifies once the store holds again what was sealed. */
	void (*on_broken)(void *context, size_t page);
	void *context;
};

struct wg_pager;

/* 0 for a size that cannot be: none, not of whole pages, or above 2^32 - 1 pages. */
size_t wg_pager_store_bytes(size_t virtual_bytes);

/* All system calls other than those of a fault happen here, so that a seal can follow. Installs the SIGBUS handler on
 * an alternate stack; one pager per process, WG_ERR_STATE for a second. The calling thread is the one that uses the
 * memory: from any other a fault ends the process by SIGBUS, as does every SIGBUS that is not an absent page.
 * Measures the natural cost of a fault with an eviction into floor_ns: negative where virtual_bytes fit into
 * resident_bytes, as then nothing is ever evicted. Where that median is above fault_ns: WG_ERR_UNAVAILABLE, floor_ns
 * still filled in. reason: one line for a person. */
wg_result wg_pager_open(const struct wg_pager_config *config, struct wg_pager **out, double *floor_ns, char *reason,
			size_t reason_bytes) WG_MUST_CHECK;
/* The owner's thread, outside a fault and outside a seal. NULL is fine. The store keeps nothing of use. */
void wg_pager_close(struct wg_pager *pager);

void *wg_pager_memory(const struct wg_pager *pager);
/* The userfaultfd, for the seal's list of allowed calls: ioctl on it (UFFDIO_COPY, UFFDIO_ZEROPAGE,
 * UFFDIO_WRITEPROTECT), madvise(MADV_DONTNEED) inside the memory, and rt_sigreturn are all that a fault does. */
int wg_pager_descriptor(const struct wg_pager *pager);
/* Pages sent out and pages brought back so far; the ledger counts them too, as pages and not as bytes sealed. Each page
 * sent out is one fault at fault_ns. A first touch brings nothing in. */
void wg_pager_counts(const struct wg_pager *pager, uint64_t *in, uint64_t *out);

#endif
