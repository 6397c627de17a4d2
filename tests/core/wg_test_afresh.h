/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one test of this program in a process of its own that has done nothing before. */
#ifndef WG_TEST_AFRESH_H
#define WG_TEST_AFRESH_H

#include <sys/wait.h>

#include "wg_test.h"

/* Starts this program again with that filter; prepare (NULL: nothing) runs in the new process before. */
static inline pid_t wg_test_start_afresh(const char *filter, const char *variable, const char *value,
					 void (*prepare)(void))
{
	pid_t process = fork();

	CHECK(process >= 0);
	if (process != 0)
		return process;
	setenv(variable, value, 1);
	if (prepare)
		prepare();
	execl("/proc/self/exe", "test", filter, (char *)NULL);
	_exit(99);
}

static inline int wg_test_wait(pid_t process)
{
	int status;

	CHECK_EQ(waitpid(process, &status, 0), process);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static inline void wg_test_be_quiet(void)
{
	if (!freopen("/dev/null", "w", stdout))
		_exit(99);
}

/* Under an emulator of another processor a program may not be able to start itself. */
static inline void wg_test_need_afresh(void)
{
	if (wg_test_wait(wg_test_start_afresh("no test has this name", "WG_TEST_AFRESH", "0", wg_test_be_quiet)) != 2)
		SKIP("this machine does not start programs of this processor from within one");
}

/* In a new process: false. Else runs the test there, as its own does, and gives true. */
static inline bool wg_test_ran_afresh(const char *test, void (*prepare)(void))
{
	int status;

	if (getenv("WG_TEST_AFRESH"))
		return false;
	wg_test_need_afresh();
	status = wg_test_wait(wg_test_start_afresh(test, "WG_TEST_AFRESH", "1", prepare));
	if (status == 77)
		SKIP("the process of its own said why");
	CHECK_EQ(status, 0);
	return true;
}

#endif
