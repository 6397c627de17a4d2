/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_bell.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* By syscall(), since read() and write() prepare for the thread's cancellation, which nobody asks for here, wherever
 * there is more than one thread. */

int wg_bell_create(void)
{
	return eventfd(0, EFD_CLOEXEC);
}

wg_result wg_bell_ring(int bell)
{
	const uint64_t one = 1;
	ssize_t written;

	do
		written = syscall(SYS_write, bell, &one, sizeof(one));
	while (written < 0 && errno == EINTR);
	return written == (ssize_t)sizeof(one) ? WG_OK : WG_ERR_SYSTEM;
}

wg_result wg_bell_wait(int bell)
{
	uint64_t count;
	ssize_t got;

	do
		got = syscall(SYS_read, bell, &count, sizeof(count));
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof(count) ? WG_OK : WG_ERR_SYSTEM;
}

void wg_yield(void)
{
	sched_yield();
}
