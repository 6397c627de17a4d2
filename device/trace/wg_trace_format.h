/* SPDX-License-Identifier: Apache-2.0 */
/* The trace file, as docs/trace.md describes it: a header, then blocks of records of one size, all little-endian.
 * Unused records are zero. A thread writes into a live block, which is mapped, and appends it to the file when it is
 * full. What makes something valid is written last, so that whoever is killed in between leaves a file that can be
 * read, with nothing lost and nothing twice. */
#ifndef WG_TRACE_FORMAT_H
#define WG_TRACE_FORMAT_H

#include <stdatomic.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the trace file is little-endian, and so must the machine be"
#endif

#define WG_TRACE_MAGIC		 "WGTRACE\n"
#define WG_TRACE_VERSION	 1u
#define WG_TRACE_HEADER_BYTES	 4096u
#define WG_TRACE_RECORD_BYTES	 128u
#define WG_TRACE_BLOCK_BYTES	 65536u
#define WG_TRACE_BLOCK_RECORDS	 (WG_TRACE_BLOCK_BYTES / WG_TRACE_RECORD_BYTES)
#define WG_TRACE_PARAMS		 4u
#define WG_TRACE_UNKNOWN	 UINT32_MAX /* capabilities */
#define WG_TRACE_TOO_LARGE	 UINT32_MAX /* a size of 4 GiB or more */
#define WG_TRACE_STATE_ENDED	 1u	    /* the program left through exit */
#define WG_TRACE_PARAM_DIRECTION 3u	    /* bit 0: into the world, bit 1: out of it */
#define WG_TRACE_PARAM_NULL	 4u	    /* no buffer, no shared memory */

enum wg_trace_clock {
	WG_TRACE_CLOCK_TSC = 1,
	WG_TRACE_CLOCK_CNTVCT = 2,
	WG_TRACE_CLOCK_RAW = 3, /* CLOCK_MONOTONIC_RAW, in ns */
};

enum wg_trace_function {
	WG_TRACE_NOTHING,
	WG_TRACE_INITIALIZE_CONTEXT,
	WG_TRACE_FINALIZE_CONTEXT,
	WG_TRACE_REGISTER_MEMORY,
	WG_TRACE_ALLOCATE_MEMORY,
	WG_TRACE_RELEASE_MEMORY,
	WG_TRACE_OPEN_SESSION,
	WG_TRACE_CLOSE_SESSION,
	WG_TRACE_INVOKE_COMMAND,
	WG_TRACE_REQUEST_CANCELLATION,
	WG_TRACE_FUNCTIONS,

	/* What the first record of a live block is instead of a call. object: where the block is appended. */
	WG_TRACE_LIVE = 100,	  /* its records count */
	WG_TRACE_APPENDING = 101, /* they count, and what lies at object does not */
	WG_TRACE_APPENDED = 102,  /* they lie at object, and do not count here */
};

/* The clock of the records beside CLOCK_MONOTONIC_RAW, and the processor time of the process, at one moment. */
struct wg_trace_moment {
	uint64_t ticks;
	uint64_t raw_ns;
	uint64_t cpu_ns;
};

struct wg_trace_header {
	char magic[8];
	uint32_t version;
	uint32_t header_bytes;
	uint32_t record_bytes;
	uint32_t block_bytes; /* the unit by which the file grows */
	uint32_t clock;
	uint32_t process;
	uint32_t parent;
	_Atomic uint32_t state; /* relaxed: a flag by itself */
	uint64_t started_unix_ns;
	struct wg_trace_moment start;
	struct wg_trace_moment later[2]; /* the newest is [(moments - 1) % 2] */
	_Atomic uint32_t moments;	 /* 0: none later than the start. Released after the moment is written */
	uint32_t capabilities;		 /* of the TEE driver, where one answered */
	_Atomic uint64_t dropped[WG_TRACE_FUNCTIONS]; /* calls by function that the file had no room for; relaxed */
	uint64_t most_bytes;			      /* bound of the file */
	uint32_t cpu_count;			      /* processors that the first call might run on */
	uint32_t cpu;				      /* one of them */
	char library[512];			      /* that answered the calls */
	char world[512];			      /* name of the first context, as given; empty: none was */
	char command[2848];			      /* arguments, each ended by NUL */
};
_Static_assert(sizeof(struct wg_trace_header) == WG_TRACE_HEADER_BYTES, "the header is one page");

struct wg_trace_param {
	uint64_t memory; /* address of the shared memory of a whole or partial reference, else 0 */
	uint32_t before; /* bytes that the client gave; of a whole reference, those of the shared memory */
	uint32_t after;	 /* bytes as they came back */
};

/* One call. object: the address of the session (open, close, invoke), the context (initialize, finalize), the shared
 * memory (register, allocate, release) or the operation (cancel). */
struct wg_trace_record {
	uint64_t began;
	uint64_t ended;
	uint64_t object;
	uint64_t detail[2]; /* open: the TA's UUID as in memory; register, allocate: size, and the context's address */
	uint32_t thread;
	uint32_t command; /* invoke: the command; register, allocate: flags; open: the connection method */
	uint32_t result;
	uint32_t origin;
	uint8_t param_flags[WG_TRACE_PARAMS];
	uint16_t types;
	_Atomic uint16_t function; /* released last, when the rest is whole; 0: no record here */
	struct wg_trace_param params[WG_TRACE_PARAMS];
};
_Static_assert(sizeof(struct wg_trace_record) == WG_TRACE_RECORD_BYTES, "a record is two cache lines");

#endif
