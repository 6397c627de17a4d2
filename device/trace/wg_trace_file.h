/* SPDX-License-Identifier: Apache-2.0 */
/* The file of this process. Each thread writes records into a live block of its own, which is a mapped part of the
 * file: no lock and no system call for a record, and what was written outlives a kill. */
#ifndef WG_TRACE_FILE_H
#define WG_TRACE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "wg_trace_format.h"

struct wg_trace_thread {
	struct wg_trace_record *block; /* NULL: none yet */
	uint32_t next;		       /* index of the first unused record of the block */
	uint32_t note_at;	       /* the clocks are noted when next comes there */
	uint32_t id;
	uint32_t depth; /* calls of the Client API under way: above 1, a library's own */
};

/* In the static part, which costs no call: the library is loaded before the program starts. */
extern _Thread_local struct wg_trace_thread wg_trace_here __attribute__((tls_model("initial-exec")));

/* Room for this thread: a live block, or its own emptied. false: there is none, or no file. */
bool wg_trace_make_room(void);
/* A call that found no room. */
void wg_trace_drop(enum wg_trace_function function);
/* Both clocks, into the header, ever more rarely until the first block is full: from then on it is done with each. */
void wg_trace_note_early(void);
/* The header, NULL while there is no file: none was named, or nothing was called yet. */
struct wg_trace_header *wg_trace_header(void);
/* Opens the file, if it is not. false: nothing is recorded. */
bool wg_trace_start(void);

/* An unused record; NULL: dropped. */
static inline struct wg_trace_record *wg_trace_take(enum wg_trace_function function)
{
	if (__builtin_expect(!wg_trace_here.block || wg_trace_here.next == WG_TRACE_BLOCK_RECORDS, 0) &&
	    !wg_trace_make_room()) {
		wg_trace_drop(function);
		return NULL;
	}
	return &wg_trace_here.block[wg_trace_here.next++];
}

/* Makes it valid. */
static inline void wg_trace_put(struct wg_trace_record *record, enum wg_trace_function function)
{
	atomic_store_explicit(&record->function, (uint16_t)function, memory_order_release);
	if (__builtin_expect(wg_trace_here.next == wg_trace_here.note_at, 0))
		wg_trace_note_early();
}

#endif
