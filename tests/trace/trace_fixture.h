/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the trace share: clients in processes of their own, and their files. The library reads
 * WORLDGATE_TRACE when it is loaded; that file is made first, so that each process has FILE.PID. */
#ifndef TRACE_FIXTURE_H
#define TRACE_FIXTURE_H

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "wg_test.h"
#include "wg_trace_format.h"

/* A trace file as it is read. */
struct trace {
	const struct wg_trace_header *header;
	const struct wg_trace_record *records;
	size_t count; /* places, used or not */
};

static inline const char *trace_base(void)
{
	const char *base = getenv("WORLDGATE_TRACE");
	int file;

	alarm(120);
	if (!base)
		SKIP("WORLDGATE_TRACE does not say where traces of the tests go");
	file = open(base, O_WRONLY | O_CREAT, 0600);
	CHECK(file >= 0);
	close(file);
	return base;
}

static inline void trace_path(char path[600], pid_t process)
{
	snprintf(path, 600, "%s.%ld", trace_base(), (long)process);
}

/* Runs a client in a new process. */
static inline pid_t trace_start(void (*client)(void))
{
	pid_t process;

	(void)trace_base();
	fflush(stdout);
	process = fork();
	CHECK(process >= 0);
	if (process == 0) {
		client();
		exit(0);
	}
	return process;
}

/* The status of its end, as waitpid tells it. */
static inline int trace_wait(pid_t process)
{
	int status;

	CHECK_EQ(waitpid(process, &status, 0), process);
	return status;
}

/* The file of a process, which is removed; it stays mapped. */
static inline struct trace trace_read(pid_t process)
{
	char path[600];
	struct stat found;
	struct trace trace;
	void *whole;
	int file;

	trace_path(path, process);
	file = open(path, O_RDONLY);
	CHECK(file >= 0);
	CHECK_EQ(fstat(file, &found), 0);
	CHECK(found.st_size >= (off_t)WG_TRACE_HEADER_BYTES);
	whole = mmap(NULL, (size_t)found.st_size, PROT_READ, MAP_SHARED, file, 0);
	CHECK(whole != MAP_FAILED);
	close(file);
	unlink(path);
	trace.header = whole;
	trace.records = (const void *)((const char *)whole + WG_TRACE_HEADER_BYTES);
	trace.count = ((size_t)found.st_size - WG_TRACE_HEADER_BYTES) / WG_TRACE_RECORD_BYTES;
	CHECK(memcmp(trace.header->magic, WG_TRACE_MAGIC, 8) == 0);
	CHECK_EQ(trace.header->process, process);
	return trace;
}

static inline struct trace trace_of(void (*client)(void))
{
	pid_t process = trace_start(client);

	CHECK_EQ(trace_wait(process), 0);
	return trace_read(process);
}

/* Whether the records of a block count: none lies twice in the file, whenever the process ended. */
static inline bool trace_counts(const struct trace *trace, size_t block)
{
	uint64_t at = WG_TRACE_HEADER_BYTES + (uint64_t)block * WG_TRACE_BLOCK_BYTES;

	if (trace->records[block * WG_TRACE_BLOCK_RECORDS].function == WG_TRACE_APPENDED)
		return false;
	for (size_t i = 0; i < trace->count; i += WG_TRACE_BLOCK_RECORDS)
		if (trace->records[i].function == WG_TRACE_APPENDING && trace->records[i].object == at)
			return false;
	return true;
}

/* The next record of that function from *from on, NULL where there is none. */
static inline const struct wg_trace_record *trace_next(const struct trace *trace, enum wg_trace_function function,
						       size_t *from)
{
	while (*from < trace->count) {
		const struct wg_trace_record *record = &trace->records[(*from)++];

		if (record->function == (uint16_t)function &&
		    trace_counts(trace, (size_t)(record - trace->records) / WG_TRACE_BLOCK_RECORDS))
			return record;
	}
	return NULL;
}

static inline size_t trace_count(const struct trace *trace, enum wg_trace_function function)
{
	size_t from = 0, count = 0;

	while (trace_next(trace, function, &from))
		count++;
	return count;
}

static inline const struct wg_trace_record *trace_first(const struct trace *trace, enum wg_trace_function function)
{
	size_t from = 0;
	const struct wg_trace_record *record = trace_next(trace, function, &from);

	CHECK(record != NULL);
	return record;
}

#endif
