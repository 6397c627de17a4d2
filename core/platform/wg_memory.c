/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447 /* the same number on x86-64 and aarch64 */
#endif

size_t wg_page_round_up(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

int wg_shared_create(const char *name, size_t bytes)
{
	int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (descriptor < 0)
		return -1;
	if (ftruncate(descriptor, (off_t)bytes) < 0 ||
	    fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		int error = errno;

		close(descriptor);
		errno = error;
		return -1;
	}
	return descriptor;
}

void *wg_shared_map(int descriptor, size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void wg_shared_unmap(void *memory, size_t bytes)
{
	if (memory)
		munmap(memory, bytes);
}

void *wg_plain_map(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static wg_result explain(wg_result result, const char *what, size_t bytes, char *reason, size_t reason_bytes)
{
	struct rlimit limit;
	int error = errno;

	if (error == ENOSYS)
		snprintf(reason, reason_bytes,
			 "the kernel has no memfd_secret, or it is switched off (secretmem.enable)");
	else if (error == EAGAIN && getrlimit(RLIMIT_MEMLOCK, &limit) == 0)
		snprintf(reason, reason_bytes,
			 "RLIMIT_MEMLOCK is %llu KiB, secret memory needs %zu KiB more; raise it (ulimit -l)",
			 (unsigned long long)limit.rlim_cur / 1024, bytes / 1024);
	else
		snprintf(reason, reason_bytes, "%s of secret memory failed: %s", what, strerror(error));
	errno = error;
	return result;
}

/* The descriptor of a secret file of that size, or -1. */
static int secret_file(size_t bytes)
{
	int descriptor = (int)syscall(SYS_memfd_secret, O_CLOEXEC);

	if (descriptor >= 0 && ftruncate(descriptor, (off_t)bytes) < 0) {
		int error = errno;

		close(descriptor);
		errno = error;
		return -1;
	}
	return descriptor;
}

wg_result wg_secret_map(size_t bytes, void **out, char *reason, size_t reason_bytes)
{
	int descriptor = secret_file(bytes);
	void *memory;
	int error;

	if (descriptor < 0)
		return explain(WG_ERR_UNAVAILABLE, "creation", bytes, reason, reason_bytes);
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
	error = errno;
	close(descriptor);
	errno = error;
	if (memory == MAP_FAILED)
		return explain(WG_ERR_SYSTEM, "mapping", bytes, reason, reason_bytes);
	*out = memory;
	return WG_OK;
}

wg_result wg_secret_replace(void *begin, size_t bytes, char *reason, size_t reason_bytes)
{
	int descriptor = secret_file(bytes);
	void *copy;
	void *placed;
	int error;

	if (descriptor < 0)
		return explain(WG_ERR_UNAVAILABLE, "creation", bytes, reason, reason_bytes);
	copy = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
	if (copy == MAP_FAILED) {
		error = errno;
		close(descriptor);
		errno = error;
		return explain(WG_ERR_SYSTEM, "mapping", bytes, reason, reason_bytes);
	}
	memcpy(copy, begin, bytes);
	munmap(copy, bytes);
	placed = mmap(begin, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor, 0);
	error = errno;
	close(descriptor);
	errno = error;
	return placed == MAP_FAILED ? explain(WG_ERR_SYSTEM, "placing", bytes, reason, reason_bytes) : WG_OK;
}
