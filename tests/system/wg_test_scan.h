/* SPDX-License-Identifier: Apache-2.0 */
/* Reads all that root can read of a process, in every way there is, and searches it for secrets. */
#ifndef WG_TEST_SCAN_H
#define WG_TEST_SCAN_H

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "../core/wg_test.h"

#define SCAN_CHUNK (1u << 20)

struct scan_needle {
	const uint8_t *bytes;
	size_t count;
};

struct scan {
	struct scan_needle needles[6];
	unsigned needle_count;
	uint64_t bytes;	  /* read */
	uint64_t refused; /* could not be read */
	unsigned found;
	char where[160]; /* of the last found: kind of reading and mapping */
};

/* Half of a secret is found too. */
static inline void scan_bytes(struct scan *scan, const void *memory, size_t bytes, const char *how, const char *mapping)
{
	scan->bytes += bytes;
	for (unsigned i = 0; i < scan->needle_count; i++) {
		if (!memmem(memory, bytes, scan->needles[i].bytes, scan->needles[i].count))
			continue;
		scan->found++;
		snprintf(scan->where, sizeof(scan->where), "%s: %s", how, mapping);
	}
}

enum scan_way { SCAN_PROCESS_VM, SCAN_PROC_MEM, SCAN_PTRACE, SCAN_WAYS };
static const char *const scan_way_names[] = {"process_vm_readv", "/proc/PID/mem", "PTRACE_PEEKDATA"};

static inline ssize_t scan_read(enum scan_way way, pid_t process, int memory, uint64_t at, uint8_t *out, size_t bytes)
{
	struct iovec local = {out, bytes}, remote = {(void *)(uintptr_t)at, bytes};
	size_t got = 0;

	if (way == SCAN_PROCESS_VM)
		return process_vm_readv(process, &local, 1, &remote, 1, 0);
	if (way == SCAN_PROC_MEM)
		return pread(memory, out, bytes, (off_t)at);
	for (; got + sizeof(long) <= bytes; got += sizeof(long)) {
		long word;

		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, process, (void *)(uintptr_t)(at + got), NULL);
		if (errno)
			break;
		memcpy(out + got, &word, sizeof(word));
	}
	return got ? (ssize_t)got : -1;
}

/* A page at a time where a chunk is refused: a hole must not hide what lies behind it. */
static inline void scan_range(struct scan *scan, enum scan_way way, pid_t process, int memory, uint64_t begin,
			      uint64_t end, const char *mapping)
{
	static uint8_t chunk[SCAN_CHUNK];
	uint64_t at = begin;

	while (at < end) {
		size_t want = end - at < SCAN_CHUNK ? (size_t)(end - at) : SCAN_CHUNK;
		ssize_t got = scan_read(way, process, memory, at, chunk, want);

		if (got <= 0) {
			scan->refused += 4096;
			at += 4096;
			continue;
		}
		scan_bytes(scan, chunk, (size_t)got, scan_way_names[way], mapping);
		/* Overlapping, so that nothing on the border is missed. */
		at += (size_t)got == want && want > 4096 && at + want < end ? want - 64 : (uint64_t)got;
		if (got % 4096)
			at = (at + 4095) / 4096 * 4096;
	}
}

static inline void scan_memory(struct scan *scan, enum scan_way way, pid_t process)
{
	char path[64], line[600], mapping[128];
	unsigned long begin, end;
	FILE *maps;
	int memory;

	snprintf(path, sizeof(path), "/proc/%d/mem", process);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(memory >= 0);
	snprintf(path, sizeof(path), "/proc/%d/maps", process);
	maps = fopen(path, "r");
	CHECK(maps != NULL);
	while (fgets(line, sizeof(line), maps)) {
		CHECK_EQ(sscanf(line, "%lx-%lx", &begin, &end), 2);
		if (strstr(line, "[vsyscall]"))
			continue;
		snprintf(mapping, sizeof(mapping), "%.*s", (int)strcspn(line, "\n"), line);
		scan_range(scan, way, process, memory, begin, end, mapping);
	}
	fclose(maps);
	close(memory);
}

static inline void scan_registers(struct scan *scan, pid_t process)
{
	static const struct {
		int set;
		const char *name;
	} sets[] = {
		{NT_PRSTATUS, "general registers"},
		{NT_PRFPREG, "floating-point registers"},
#if defined(__x86_64__)
		{NT_X86_XSTATE, "extended registers"},
#endif
	};
	static uint8_t registers[1 << 16];

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		struct iovec into = {registers, sizeof(registers)};

		CHECK_EQ(ptrace(PTRACE_GETREGSET, process, (void *)(intptr_t)sets[i].set, &into), 0);
		scan_bytes(scan, registers, into.iov_len, "PTRACE_GETREGSET", sets[i].name);
	}
}

static inline void scan_attach(pid_t process)
{
	int status;

	CHECK_EQ(ptrace(PTRACE_SEIZE, process, NULL, NULL), 0);
	CHECK_EQ(ptrace(PTRACE_INTERRUPT, process, NULL, NULL), 0);
	CHECK_EQ(waitpid(process, &status, __WALL), process);
	CHECK(WIFSTOPPED(status));
}

/* Files of /proc/PID that show the process's memory or what it was started with. */
static inline void scan_files(struct scan *scan, pid_t process)
{
	static const char *const names[] = {"environ", "cmdline", "auxv",   "stack",
					    "syscall", "stat",	  "status", "smaps"};
	static uint8_t text[SCAN_CHUNK];
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int file;
		ssize_t got;

		snprintf(path, sizeof(path), "/proc/%d/%s", process, names[i]);
		file = open(path, O_RDONLY | O_CLOEXEC);
		if (file < 0)
			continue;
		got = read(file, text, sizeof(text));
		if (got > 0)
			scan_bytes(scan, text, (size_t)got, path, "file");
		close(file);
	}
}

/* All of it. process is a child of this one, or this one may trace it. */
static inline void scan_all(struct scan *scan, pid_t process)
{
	scan_memory(scan, SCAN_PROCESS_VM, process);
	scan_memory(scan, SCAN_PROC_MEM, process);
	scan_files(scan, process);
	scan_attach(process);
	scan_registers(scan, process);
	scan_memory(scan, SCAN_PTRACE, process);
	CHECK_EQ(ptrace(PTRACE_DETACH, process, NULL, NULL), 0);
}

#endif
