/* SPDX-License-Identifier: Apache-2.0 */
#define _FILE_OFFSET_BITS 64
#include "wg_trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wg_trace_about.h"
#include "wg_trace_clock.h"

#define MOST_BYTES	(UINT64_C(256) << 20) /* of the file, where WORLDGATE_TRACE_BYTES says nothing */
#define SPARE_BLOCKS	64u
#define NAMES		100u
#define HIGH_DESCRIPTOR 200 /* out of the way of programs that count on low numbers */
#define FILE_MODE	0600
#define PATH_BYTES	(PATH_MAX + 32)

_Thread_local struct wg_trace_thread wg_trace_here;

/* A live block whose thread has ended. */
struct spare {
	struct wg_trace_record *block;
	uint32_t next;
};

enum state { NOT_STARTED, RECORDING, OFF };

/* All but path under lock, which a thread takes once in a block. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static char path[PATH_MAX]; /* absolute; empty: no file is named. Set before main */
static char own_path[PATH_BYTES];
static int descriptor = -1;
static dev_t device;
static ino_t inode;
static uint64_t file_bytes;
static struct spare spares[SPARE_BLOCKS];
static unsigned spare_count;
static atomic_bool full; /* relaxed: once there is no room, nobody asks again */

/* Acquire pairs with the release store at the end of start: who sees RECORDING sees the header. */
static _Atomic int state;
static struct wg_trace_header *header;
static atomic_flag noting = ATOMIC_FLAG_INIT; /* acquire and release: a moment's writer has it to itself */

static void complain(const char *what, const char *name)
{
	fprintf(stderr, "worldgate: trace: %s%s%s: nothing is recorded\n", name, *name ? ": " : "", what);
}

/* Before the program can change its folder or its environment. */
__attribute__((constructor)) static void read_environment(void)
{
	const char *named = getenv("WORLDGATE_TRACE");
	char folder[PATH_MAX] = "";

	wg_trace_clock = wg_trace_choose_clock();
	if (!named || !*named)
		return;
	if (named[0] != '/' && !getcwd(folder, sizeof(folder)))
		return;
	if (snprintf(path, sizeof(path), "%s%s%s", folder, *folder ? "/" : "", named) >= (int)sizeof(path))
		path[0] = '\0';
}

static uint64_t most_bytes(void)
{
	const char *text = getenv("WORLDGATE_TRACE_BYTES");
	char *end;
	unsigned long long bytes;

	if (!text || *text < '0' || *text > '9')
		return MOST_BYTES;
	bytes = strtoull(text, &end, 10);
	return *end == '\0' ? bytes : MOST_BYTES;
}

/* FILE; where it is there already, from an earlier run or another process of this one, FILE.PID and so on. */
static int create(void)
{
	int created;

	snprintf(own_path, sizeof(own_path), "%s", path);
	for (unsigned i = 1; i < NAMES; i++) {
		created = open(own_path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
		if (created >= 0 || errno != EEXIST)
			return created;
		if (i == 1)
			snprintf(own_path, sizeof(own_path), "%s.%ld", path, (long)getpid());
		else
			snprintf(own_path, sizeof(own_path), "%s.%ld.%u", path, (long)getpid(), i);
	}
	return -1;
}

static bool is_ours(int candidate)
{
	struct stat found;

	return candidate >= 0 && fstat(candidate, &found) == 0 && found.st_dev == device && found.st_ino == inode;
}

/* The file's descriptor, whatever the program did to it: some close all that they did not open. */
static int own_descriptor(void)
{
	int again;

	if (is_ours(descriptor))
		return descriptor;
	again = open(own_path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (again >= 0 && !is_ours(again)) {
		close(again);
		again = -1;
	}
	descriptor = again;
	return again;
}

/* The next bytes of the file are ours; 0: no room. Under lock. */
static uint64_t reserve(size_t bytes)
{
	uint64_t at = file_bytes;

	if (at > 0 && at + bytes > header->most_bytes)
		return 0;
	file_bytes += bytes;
	return at;
}

/* Bytes of the file, zero, mapped. There is room for them on the disk from now on: writing to them cannot fail. A child
 * does not inherit them. NULL: no room. */
static void *map(uint64_t at, size_t bytes)
{
	int file = own_descriptor();
	void *mapped;

	if (file < 0 || posix_fallocate(file, (off_t)at, (off_t)bytes) != 0)
		return NULL;
	mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, (off_t)at);
	if (mapped == MAP_FAILED)
		return NULL;
	(void)madvise(mapped, bytes, MADV_DONTFORK);
	return mapped;
}

static void read_moment(struct wg_trace_moment *moment)
{
	moment->cpu_ns = wg_trace_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	moment->raw_ns = wg_trace_clock_ns(CLOCK_MONOTONIC_RAW);
	moment->ticks = wg_trace_ticks();
}

static void note_moment(void)
{
	uint32_t count;

	if (atomic_load_explicit(&state, memory_order_acquire) != RECORDING ||
	    atomic_flag_test_and_set_explicit(&noting, memory_order_acquire))
		return;
	count = atomic_load_explicit(&header->moments, memory_order_relaxed) + 1;
	count += count == 0;
	read_moment(&header->later[(count - 1) % 2]);
	atomic_store_explicit(&header->moments, count, memory_order_release);
	atomic_flag_clear_explicit(&noting, memory_order_release);
}

static bool open_file(void)
{
	struct stat made;
	int moved;

	descriptor = create();
	if (descriptor < 0 || fstat(descriptor, &made) != 0)
		return false;
	moved = fcntl(descriptor, F_DUPFD_CLOEXEC, HIGH_DESCRIPTOR);
	if (moved >= 0) {
		close(descriptor);
		descriptor = moved;
	}
	device = made.st_dev;
	inode = made.st_ino;
	file_bytes = 0;
	header = map(reserve(WG_TRACE_HEADER_BYTES), WG_TRACE_HEADER_BYTES);
	return header != NULL;
}

static void leave_thread(void *unused);
static void before_fork(void);
static void after_fork_parent(void);
static void after_fork_child(void);

static void arrange(void)
{
	(void)pthread_key_create(&key, leave_thread);
	(void)pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}

bool wg_trace_start(void)
{
	int now = atomic_load_explicit(&state, memory_order_acquire);

	if (now != NOT_STARTED)
		return now == RECORDING;
	pthread_once(&once, arrange);
	pthread_mutex_lock(&lock);
	now = atomic_load_explicit(&state, memory_order_relaxed);
	if (now == NOT_STARTED) {
		now = path[0] && open_file() ? RECORDING : OFF;
		if (now == RECORDING) {
			wg_trace_describe(header);
			header->most_bytes = most_bytes();
			read_moment(&header->start);
		} else if (path[0]) {
			complain(strerror(errno), own_path);
		} else {
			complain("WORLDGATE_TRACE names no file", "");
		}
		atomic_store_explicit(&state, now, memory_order_release);
	}
	pthread_mutex_unlock(&lock);
	return now == RECORDING;
}

struct wg_trace_header *wg_trace_header(void)
{
	return wg_trace_start() ? header : NULL;
}

/* A live block, empty or left by another thread. Under lock. */
static bool take_block(struct wg_trace_thread *thread)
{
	uint64_t at;

	if (spare_count > 0) {
		spare_count--;
		thread->block = spares[spare_count].block;
		thread->next = spares[spare_count].next;
		return true;
	}
	at = reserve(WG_TRACE_BLOCK_BYTES);
	thread->block = at ? map(at, WG_TRACE_BLOCK_BYTES) : NULL;
	thread->next = 1;
	if (thread->block)
		atomic_store_explicit(&thread->block->function, WG_TRACE_LIVE, memory_order_release);
	return thread->block != NULL;
}

/* Copies the records of a full block to the end of the file and empties it. Each step is released, so that a reader
 * of the file sees them in this order. */
static bool append_block(struct wg_trace_thread *thread, int file, uint64_t at)
{
	const size_t bytes = WG_TRACE_BLOCK_BYTES - WG_TRACE_RECORD_BYTES;
	struct wg_trace_record *block = thread->block;

	block->object = at;
	atomic_store_explicit(&block->function, WG_TRACE_APPENDING, memory_order_release);
	if (pwrite(file, block + 1, bytes, (off_t)(at + WG_TRACE_RECORD_BYTES)) != (ssize_t)bytes)
		return false;
	atomic_store_explicit(&block->function, WG_TRACE_APPENDED, memory_order_release);
	for (uint32_t i = 1; i < WG_TRACE_BLOCK_RECORDS; i++)
		atomic_store_explicit(&block[i].function, WG_TRACE_NOTHING, memory_order_relaxed);
	atomic_store_explicit(&block->function, WG_TRACE_LIVE, memory_order_release);
	thread->next = 1;
	return true;
}

static bool empty_block(struct wg_trace_thread *thread)
{
	uint64_t at;
	int file;
	bool done;

	pthread_mutex_lock(&lock);
	at = reserve(WG_TRACE_BLOCK_BYTES);
	file = at ? own_descriptor() : -1;
	pthread_mutex_unlock(&lock);
	done = file >= 0 && append_block(thread, file, at);
	note_moment();
	return done;
}

static bool first_block(struct wg_trace_thread *thread)
{
	bool taken;

	pthread_mutex_lock(&lock);
	taken = take_block(thread);
	pthread_mutex_unlock(&lock);
	if (!taken)
		return false;
	thread->id = (uint32_t)syscall(SYS_gettid);
	thread->note_at = 2;
	(void)pthread_setspecific(key, thread);
	/* One from another thread may be full to the last. */
	return thread->next < WG_TRACE_BLOCK_RECORDS || empty_block(thread);
}

bool wg_trace_make_room(void)
{
	struct wg_trace_thread *thread = &wg_trace_here;
	bool made;

	if (!wg_trace_start() || atomic_load_explicit(&full, memory_order_relaxed))
		return false;
	made = thread->block ? empty_block(thread) : first_block(thread);
	if (!made)
		atomic_store_explicit(&full, true, memory_order_relaxed);
	return made;
}

void wg_trace_note_early(void)
{
	wg_trace_here.note_at = wg_trace_here.note_at < WG_TRACE_BLOCK_RECORDS / 2 ? wg_trace_here.note_at * 2 : 0;
	note_moment();
}

void wg_trace_drop(enum wg_trace_function function)
{
	struct wg_trace_header *known = wg_trace_header();

	if (known)
		atomic_fetch_add_explicit(&known->dropped[function], 1, memory_order_relaxed);
}

/* A thread ends: its block is for others. */
static void leave_thread(void *ended)
{
	struct wg_trace_thread *thread = ended;

	pthread_mutex_lock(&lock);
	if (thread->block && spare_count < SPARE_BLOCKS)
		spares[spare_count++] = (struct spare){thread->block, thread->next};
	else if (thread->block)
		munmap(thread->block, WG_TRACE_BLOCK_BYTES);
	thread->block = NULL;
	pthread_mutex_unlock(&lock);
}

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void after_fork_parent(void)
{
	pthread_mutex_unlock(&lock);
}

/* A file of its own, once it calls: the parent's blocks are not there. */
static void after_fork_child(void)
{
	if (is_ours(descriptor))
		close(descriptor);
	descriptor = -1;
	spare_count = 0;
	atomic_store_explicit(&full, false, memory_order_relaxed);
	header = NULL;
	wg_trace_here = (struct wg_trace_thread){.depth = wg_trace_here.depth};
	atomic_flag_clear_explicit(&noting, memory_order_relaxed);
	if (atomic_load_explicit(&state, memory_order_relaxed) == RECORDING)
		atomic_store_explicit(&state, NOT_STARTED, memory_order_relaxed);
	pthread_mutex_unlock(&lock);
}

__attribute__((destructor)) static void end(void)
{
	if (atomic_load_explicit(&state, memory_order_acquire) != RECORDING)
		return;
	note_moment();
	atomic_fetch_or_explicit(&header->state, WG_TRACE_STATE_ENDED, memory_order_relaxed);
}
