/* SPDX-License-Identifier: Apache-2.0 */
/* The pager's inside, for its own files only. All of it lies in one mapping, secret where the kernel has such memory:
 * key, versions and the frames in which pages are sealed and opened never reach the store. So does the handler's stack,
 * on which the kernel leaves the registers of the code that faulted. */
#ifndef WG_PAGER_STATE_H
#define WG_PAGER_STATE_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wg_aead.h"
#include "wg_pager.h"

#define WG_PAGER_INSTANCE_BYTES 16u

struct wg_pager {
	struct wg_aead aead; /* of this opening alone */
	uint8_t instance[WG_PAGER_INSTANCE_BYTES];
	struct wg_pager_config config;
	size_t state_bytes; /* of the mapping that this begins */
	size_t page_count;
	size_t frame_count;
	uint8_t *incoming;  /* a page: copied from the store once, opened here, then put in place */
	uint8_t *outgoing;  /* a page: sealed here, then copied to the store */
	uint64_t *versions; /* by page: how often it was sealed; 0: it never left */
	uint8_t *resident;  /* by page: 1 while it is in memory */
	uint32_t *order;    /* the resident pages, oldest at hand once all frames are taken */
	size_t resident_count;
	size_t hand;
	uint64_t pages_in;
	uint64_t pages_out;
	/* Where the cipher's own counts go: a page in or out is counted as such, so its bytes must not count again. */
	struct wg_ledger unrecorded;

	uint8_t *memory; /* virtual_bytes, then the page that is never filled */
	int uffd;
	bool can_protect; /* the kernel write-protects by userfaultfd */
	pthread_t owner;

	uint64_t target_ticks; /* from the handler's first instruction to its last; 0: as it comes */
	uint64_t inside_ticks; /* what the newest fault with an eviction took there, without the top-up */

	uint8_t *stack; /* the handler's, above a guard page */
	size_t stack_bytes;
	bool handling; /* the handler is installed */
	stack_t old_stack;
	struct sigaction old_action;
};

/* wg_pager.c */

/* Memory of bytes (whole pages) that is secret if it can be; NULL where there is none of either kind. */
void *wg_pager_private(size_t bytes);

/* wg_pager_store.c */

/* A fresh key and instance, every page back to its first touch. The caller has emptied the memory. */
wg_result wg_pager_store_reset(struct wg_pager *pager) WG_MUST_CHECK;
/* Seals a page of the memory under its next version, into the store. */
wg_result wg_pager_store_seal(struct wg_pager *pager, size_t page) WG_MUST_CHECK;
/* Opens the store's entry of a page into incoming. WG_ERR_AUTH: it is not what was sealed last. Changes no state. */
wg_result wg_pager_store_open(struct wg_pager *pager, size_t page) WG_MUST_CHECK;

/* wg_pager_fault.c */

/* Empties the memory without sealing anything. */
wg_result wg_pager_empty(struct wg_pager *pager) WG_MUST_CHECK;
/* Installs the handler for the calling thread, which becomes the owner. */
wg_result wg_pager_handle(struct wg_pager *pager) WG_MUST_CHECK;
void wg_pager_unhandle(struct wg_pager *pager);

/* wg_pager_calibrate.c */

/* Median of a fault with an eviction, seen from outside, and of the part of it that the handler does not see. Leaves
 * pages behind. The memory holds more pages than the frames. */
void wg_pager_measure(struct wg_pager *pager, double *natural_ns, double *unseen_ns);
/* From here on the handler tops each fault with an eviction up to fault_ns. */
void wg_pager_aim(struct wg_pager *pager, double unseen_ns);

#endif
