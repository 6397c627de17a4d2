/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of cryptography share: hexadecimal text, and a child process that may not make a system call. */
#ifndef WG_TEST_CRYPTO_H
#define WG_TEST_CRYPTO_H

#include <linux/seccomp.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "wg_test.h"

#if defined(__SANITIZE_ADDRESS__)
#define WG_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WG_TEST_SANITIZED 1
#endif
#endif
#ifndef WG_TEST_SANITIZED
#define WG_TEST_SANITIZED 0
#endif

/* Bytes written to out; at most capacity. */
static inline size_t wg_test_hex(const char *text, uint8_t *out, size_t capacity)
{
	size_t bytes = strlen(text) / 2;
	size_t i;

	CHECK(bytes <= capacity);
	for (i = 0; i < bytes; i++) {
		char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};

		out[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return bytes;
}

static inline void wg_test_fill(uint8_t *out, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i++)
		out[i] = (uint8_t)wg_test_random();
}

/* Runs body in a child; the test fails unless the child comes to its end. */
static inline void wg_test_in_child(void (*body)(const void *argument), const void *argument)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		body(argument);
		fflush(stdout);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

/* In a child: enough heap for what follows, without asking the kernel again. */
static inline void wg_test_prepare_heap(void)
{
	void *volatile block;

	CHECK(mallopt(M_MMAP_THRESHOLD, 32 << 20) == 1);
	CHECK(mallopt(M_TRIM_THRESHOLD, 64 << 20) == 1);
	block = malloc(8 << 20);
	CHECK(block != NULL);
	memset(block, 1, 8 << 20);
	free(block);
}

/* In a child: from here on only read, write and wg_test_sealed_exit; anything else is SIGKILL. */
static inline void wg_test_seal(void)
{
	fflush(stdout);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
		_exit(77);
}

static inline _Noreturn void wg_test_sealed_exit(int status)
{
	for (;;)
		(void)syscall(SYS_exit, status);
}

/* Runs body, which seals itself, in a child. */
static inline void wg_test_sealed(void (*body)(const void *argument), const void *argument)
{
	int status = 0;
	pid_t child;

	if (WG_TEST_SANITIZED)
		SKIP("the sanitizer's allocator makes system calls of its own");
	fflush(stdout);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		body(argument);
		_exit(3); /* body forgot wg_test_sealed_exit */
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		SKIP("no seccomp here (an emulated processor?)");
	if (WIFSIGNALED(status))
		printf("the sealed child was ended by signal %d\n", WTERMSIG(status));
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

#endif
