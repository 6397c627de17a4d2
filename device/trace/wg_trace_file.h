/* SPDX-License-Identifier: Apache-2.0 */
/* The file of this process. Each thread writes records into a block of its own, which is a mapped part of the file: no
 * lock and no system call for a record, and what was written outlives a kill. */
#ifndef WG_TRACE_FILE_H
#define WG_TRACE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "wg_trace_format.h"

struct wg_trace_thread {
	struct wg_trace_record *block; /* NULL: none yet */
	uint32_t next;		       /* index of the first unused record of the block */
	uint32_t id;
	uint32_t depth; /* calls of the Client API under way: above 1, a library's own */
};

/* In the static part, which costs no call: the library is loaded before the program starts. */
extern _Thread_local struct wg_trace_thread wg_trace_here __attribute__((tls_model("initial-exec")));

/* A new block for this thread. false: there is no room, or no file. */
bool wg_trace_take_block(void);
/* A call that found no room. */
void wg_trace_drop(enum wg_trace_function function);
/* Both clocks, into the header; nothing where another thread is at it. */
void wg_trace_note_moment(void);
/* The header, NULL while there is no file: none was named, or nothing was called yet. */
struct wg_trace_header *wg_trace_header(void);
/* Opens the file, if it is not. false: nothing is recorded. */
bool wg_trace_start(void);

/* An unused record; NULL: dropped. */
static inline struct wg_trace_record *wg_trace_take(enum wg_trace_function function)
{
	if (__builtin_expect(!wg_trace_here.block || wg_trace_here.next == WG_TRACE_BLOCK_RECORDS, 0) &&
	    !wg_trace_take_block()) {
		wg_trace_drop(function);
		return NULL;
	}
	return &wg_trace_here.block[wg_trace_here.next++];
}

/* Makes it valid. Now and then the clocks are noted too: early, and ever more rarely within a block. */
static inline void wg_trace_put(struct wg_trace_record *record, enum wg_trace_function function)
{
	atomic_store_explicit(&record->function, (uint16_t)function, memory_order_release);
	if (__builtin_expect((wg_trace_here.next & (wg_trace_here.next - 1)) == 0, 0))
		wg_trace_note_moment();
}

#endif
