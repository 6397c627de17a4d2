/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper of the sealed processes: what a child inherits, that it is reaped, and clients in strange states. The
 * child is this program again: it tells through the memory of its first descriptor what it finds. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "wg_bell.h"
#include "wg_keeper.h"
#include "wg_memory.h"
#include "wg_test_afresh.h"

#define SEEN 256

/* What the child found. */
struct told {
	volatile uint32_t done;
	uint32_t open[SEEN]; /* 1: open at the start */
	uint32_t devices[3]; /* of 0, 1, 2 */
	uint32_t arguments, environment;
	uint32_t blocked; /* signals */
	uint32_t wait;	  /* written by the parent: do not end by yourself */
	uint32_t status;  /* written by the parent: how to end */
	uint64_t marks[WG_CHILD_DESCRIPTORS];
};

static struct told *told;
static int memory_descriptor;
static int bell;

static uint64_t mark_of(int descriptor)
{
	uint64_t mark = 0;

	return pread(descriptor, &mark, sizeof(mark), 4096) == sizeof(mark) ? mark : 0;
}

extern char **environ;

static _Noreturn void be_a_child(int argc)
{
	struct told *mine = wg_shared_map(3, 4096);
	sigset_t blocked;

	if (!mine)
		_exit(99);
	for (int i = 0; i < SEEN; i++)
		mine->open[i] = fcntl(i, F_GETFD) >= 0;
	for (int i = 0; i < 3; i++) {
		char path[64] = "", link[32];
		ssize_t bytes;

		snprintf(link, sizeof(link), "/proc/self/fd/%d", i);
		bytes = readlink(link, path, sizeof(path) - 1);
		mine->devices[i] = bytes > 0 && strcmp(path, "/dev/null") == 0;
	}
	for (int i = 0; i < (int)WG_CHILD_DESCRIPTORS; i++)
		mine->marks[i] = mark_of(3 + i);
	mine->arguments = (uint32_t)argc;
	mine->environment = environ[0] != NULL;
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (int i = 1; i < 32; i++)
		mine->blocked += sigismember(&blocked, i) == 1;
	mine->done = 1;
	while (mine->wait)
		usleep(1000);
	_exit((int)mine->status);
}

static int marked(uint64_t mark)
{
	int descriptor = wg_shared_create("test", 8192);

	CHECK(descriptor >= 0);
	CHECK_EQ(pwrite(descriptor, &mark, sizeof(mark), 4096), sizeof(mark));
	return descriptor;
}

static void prepare(void)
{
	alarm(60);
	if (!getenv("WG_TEST_AFRESH"))
		wg_test_need_afresh();
	memory_descriptor = marked(100);
	told = wg_shared_map(memory_descriptor, 4096);
	CHECK(told != NULL);
	bell = wg_bell_create();
	CHECK(bell >= 0);
}

static void clean(void)
{
	wg_shared_unmap(told, 4096);
	close(memory_descriptor);
	close(bell);
}

static void wait_for_the_end(struct wg_child *child)
{
	CHECK_EQ(wg_bell_wait(bell), WG_OK);
	CHECK(atomic_load_explicit(&child->ended, memory_order_acquire));
	wg_keeper_end(child, 0);
}

static void a_child_has_what_it_was_given_and_nothing_else(void)
{
	struct wg_child child;
	int given[WG_CHILD_DESCRIPTORS];
	int leak = open("/etc/passwd", O_RDONLY); /* without close-on-exec */

	prepare();
	CHECK(leak >= 0);
	CHECK(dup2(leak, 7) == 7 && dup2(leak, 200) == 200);
	given[0] = memory_descriptor;
	for (int i = 1; i < 4; i++)
		given[i] = marked(100 + (uint64_t)i);
	given[4] = -1;
	CHECK_EQ(wg_keeper_start("/proc/self/exe", given, bell, &child), WG_OK);
	wait_for_the_end(&child);
	CHECK(told->done);
	CHECK(WIFEXITED(child.wait_status) && WEXITSTATUS(child.wait_status) == 0);
	for (int i = 0; i < SEEN; i++)
		CHECK_EQ(told->open[i], i < 7);
	for (int i = 0; i < 3; i++)
		CHECK(told->devices[i]);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(told->marks[i], 100 + (uint64_t)i);
	CHECK_EQ(told->arguments, 1);
	CHECK_EQ(told->environment, 0);
	CHECK_EQ(told->blocked, 0);
	for (int i = 1; i < 4; i++)
		close(given[i]);
	close(leak);
	close(7);
	close(200);
	clean();
}

static void a_child_is_reaped_and_its_end_is_told(void)
{
	int given[WG_CHILD_DESCRIPTORS] = {-1, -1, -1, -1, -1};
	struct wg_child child;

	prepare();
	given[0] = memory_descriptor;
	told->status = 42;
	CHECK_EQ(wg_keeper_start("/proc/self/exe", given, bell, &child), WG_OK);
	wait_for_the_end(&child);
	CHECK(WIFEXITED(child.wait_status) && WEXITSTATUS(child.wait_status) == 42);
	told->wait = 1;
	CHECK_EQ(wg_keeper_start("/proc/self/exe", given, bell, &child), WG_OK);
	CHECK(!atomic_load_explicit(&child.ended, memory_order_acquire));
	wg_keeper_end(&child, 10);
	CHECK(WIFSIGNALED(child.wait_status) && WTERMSIG(child.wait_status) == SIGKILL);
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	clean();
}

static void what_cannot_be_executed_says_why(void)
{
	static const struct {
		const char *exe;
		int error;
	} wrong[] = {{"/nowhere/at/all", ENOENT}, {"/", EACCES}, {"/etc/passwd", EACCES}, {"", ENOENT}};
	int given[WG_CHILD_DESCRIPTORS] = {-1, -1, -1, -1, -1};
	struct wg_child child;

	prepare();
	given[0] = memory_descriptor;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		errno = 0;
		CHECK_EQ(wg_keeper_start(wrong[i].exe, given, bell, &child), WG_ERR_SYSTEM);
		CHECK_EQ(errno, wrong[i].error);
	}
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	clean();
}

/* Where the parent's own numbers are those of the child, in any order, or those that others were once parked at. */
static void a_child_gets_the_right_ones_whatever_numbers_they_have_here(void)
{
	static const int numbers[][WG_CHILD_DESCRIPTORS] = {
		{64, 65, 66, 67, 68}, {68, 67, 66, 65, 64}, {7, 6, 5, 4, 3},	   {4, 5, 6, 7, 3},
		{65, 64, 3, 66, 4},   {8, 9, 10, 11, 12},   {128, 64, 100, 67, 65}};
	struct wg_child child;
	int nothing;

	if (wg_test_ran_afresh("a_child_gets_the_right_ones_whatever_numbers_they_have_here", NULL))
		return;
	/* All low numbers are taken, so that the keeper's own and ours lie above. */
	nothing = fcntl(open("/dev/null", O_RDWR | O_CLOEXEC), F_DUPFD_CLOEXEC, 140);
	for (int i = 3; i < 140; i++)
		CHECK_EQ(dup3(nothing, i, O_CLOEXEC), i);
	for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
		int given;

		prepare();
		for (unsigned i = 0; i < WG_CHILD_DESCRIPTORS; i++) {
			given = i ? marked(100 + i) : memory_descriptor;
			CHECK_EQ(dup3(given, numbers[n][i], O_CLOEXEC), numbers[n][i]);
			if (i)
				close(given);
		}
		CHECK_EQ(wg_keeper_start("/proc/self/exe", numbers[n], bell, &child), WG_OK);
		wait_for_the_end(&child);
		CHECK(told->done);
		for (unsigned i = 0; i < WG_CHILD_DESCRIPTORS; i++) {
			CHECK_EQ(told->marks[i], 100 + i);
			CHECK_EQ(dup3(nothing, numbers[n][i], O_CLOEXEC), numbers[n][i]);
		}
		clean();
	}
}

static void start_and_end_one(void)
{
	int given[WG_CHILD_DESCRIPTORS] = {memory_descriptor, bell, -1, bell, -1};
	struct wg_child child;

	CHECK_EQ(wg_keeper_start("/proc/self/exe", given, bell, &child), WG_OK);
	wait_for_the_end(&child);
	CHECK(told->done);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(told->open[i], i < 5 || i == 6);
	for (int i = 0; i < 3; i++)
		CHECK(told->devices[i]);
}

static void a_client_without_standard_descriptors_can_start_worlds(void)
{
	int output;

	if (wg_test_ran_afresh("a_client_without_standard_descriptors_can_start_worlds", NULL))
		return;
	output = fcntl(1, F_DUPFD_CLOEXEC, 30);
	for (int i = 0; i < 3; i++)
		close(i);
	prepare(); /* the memory and the bell are now among 0, 1 and 2 */
	CHECK(memory_descriptor < 3 && bell < 3);
	start_and_end_one();
	clean();
	CHECK_EQ(dup2(output, 1), 1);
}

static void a_client_with_few_descriptors_allowed_can_start_worlds(void)
{
	const struct rlimit few = {24, 24};

	if (wg_test_ran_afresh("a_client_with_few_descriptors_allowed_can_start_worlds", NULL))
		return;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
	prepare();
	start_and_end_one();
	clean();
}

static void a_client_that_blocks_and_ignores_signals_can_start_worlds(void)
{
	sigset_t all;

	if (wg_test_ran_afresh("a_client_that_blocks_and_ignores_signals_can_start_worlds", NULL))
		return;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prepare();
	start_and_end_one();
	CHECK_EQ(told->blocked, 0);
	clean();
}

static void a_forked_process_knows_that_the_worlds_are_not_its_own(void)
{
	int status;
	pid_t process;

	prepare();
	start_and_end_one();
	CHECK(!wg_keeper_forked());
	process = fork();
	CHECK(process >= 0);
	if (process == 0)
		_exit(wg_keeper_forked() ? 0 : 1);
	CHECK_EQ(waitpid(process, &status, 0), process);
	CHECK_EQ(status, 0);
	CHECK(!wg_keeper_forked());
	clean();
}

static const struct wg_test tests[] = {
	WG_TEST(a_child_has_what_it_was_given_and_nothing_else),
	WG_TEST(a_child_gets_the_right_ones_whatever_numbers_they_have_here),
	WG_TEST(a_child_is_reaped_and_its_end_is_told),
	WG_TEST(what_cannot_be_executed_says_why),
	WG_TEST(a_client_without_standard_descriptors_can_start_worlds),
	WG_TEST(a_client_with_few_descriptors_allowed_can_start_worlds),
	WG_TEST(a_client_that_blocks_and_ignores_signals_can_start_worlds),
	WG_TEST(a_forked_process_knows_that_the_worlds_are_not_its_own),
};

int main(int argc, char **argv)
{
	if (argc == 1 && !environ[0])
		be_a_child(argc);
	return wg_test_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
