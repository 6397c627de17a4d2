/* SPDX-License-Identifier: Apache-2.0 */
/* What is not an absent page ends the process, and a fault makes no system call beyond those of its contract. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "pager_fixture.h"
#include "wg_test.h"

#define PAGES	      64u
#define FRAMES	      16u
#define UNAVAILABLE   77 /* exit statuses of a child */
#define WAS_BROKEN    42
#define CHILD_SECONDS 30u

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* Not _exit: before a function that does not return AddressSanitizer makes a system call of its own. */
static void end_at_once(int status)
{
	(void)syscall(SYS_exit_group, status);
}

static void end_as_broken(void *context, size_t page)
{
	(void)context;
	(void)page;
	end_at_once(WAS_BROKEN);
}

static void come_back(void *context, size_t page)
{
	(void)context;
	(void)page;
}

/* A child's pager. The store is a file of the given descriptor, or anonymous memory for -1. */
static void open_in_child(struct fixture *fixture, void (*on_broken)(void *, size_t), int file)
{
	struct wg_pager_config config = fixture_config(fixture, PAGES, FRAMES, 0);

	if (file >= 0)
		config.store = mmap(NULL, config.store_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	config.on_broken = on_broken;
	switch (wg_pager_open(&config, &fixture->pager, &fixture->floor_ns, fixture->reason, sizeof(fixture->reason))) {
	case WG_OK:
		break;
	case WG_ERR_UNAVAILABLE:
		printf("%s\n", fixture->reason);
		exit(UNAVAILABLE);
	default:
		exit(1);
	}
	fixture->memory = wg_pager_memory(fixture->pager);
}

static void touch_all(const struct fixture *fixture, unsigned int times)
{
	size_t i;

	for (i = 0; i < times * PAGES; i++)
		*fixture_word(fixture, i % PAGES, 0) += 1;
}

/* The wait status of a child that runs it. An endless loop ends by SIGALRM. */
static int status_of(void (*run)(void))
{
	struct rlimit no_core = {0, 0};
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		(void)setrlimit(RLIMIT_CORE, &no_core);
		(void)alarm(CHILD_SECONDS);
		run();
		end_at_once(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == UNAVAILABLE)
		SKIP("the pager is unavailable: see the line above");
	return status;
}

static void check_ends_by_sigbus(void (*run)(void))
{
	int status = status_of(run);

	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGBUS)
		printf("wait status 0x%x\n", (unsigned int)status);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGBUS);
}

static void touch_beyond_the_end(void)
{
	struct fixture fixture;

	open_in_child(&fixture, end_as_broken, -1);
	touch_all(&fixture, 1);
	fixture.memory[PAGES * WG_PAGE_BYTES] = 1;
}

static void touch_a_truncated_file(void)
{
	struct fixture fixture;
	int file = memfd_create("empty", 0);
	volatile uint8_t *mapped;

	open_in_child(&fixture, end_as_broken, -1);
	mapped = mmap(NULL, WG_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if ((const void *)mapped != MAP_FAILED)
		*mapped = 1;
}

static void send_sigbus(void)
{
	struct fixture fixture;

	open_in_child(&fixture, end_as_broken, -1);
	touch_all(&fixture, 1);
	(void)raise(SIGBUS);
}

static void take_the_store_away(void)
{
	struct fixture fixture;
	int file = memfd_create("store", 0);

	if (ftruncate(file, (off_t)wg_pager_store_bytes(PAGES * WG_PAGE_BYTES)) != 0)
		_exit(1);
	open_in_child(&fixture, end_as_broken, file);
	touch_all(&fixture, 2);
	if (ftruncate(file, 0) != 0)
		_exit(1);
	touch_all(&fixture, 1);
}

static void come_back_from_broken(void)
{
	struct fixture fixture;

	open_in_child(&fixture, come_back, -1);
	touch_all(&fixture, 2);
	memset(fixture.store, 0, fixture.store_bytes);
	touch_all(&fixture, 1);
}

static void *touch_from_a_thread(void *fixture)
{
	touch_all(fixture, 1);
	return NULL;
}

static void touch_from_another_thread(void)
{
	struct fixture fixture;
	pthread_t thread;

	open_in_child(&fixture, end_as_broken, -1);
	touch_all(&fixture, 2);
	if (pthread_create(&thread, NULL, touch_from_a_thread, &fixture) == 0)
		(void)pthread_join(thread, NULL);
}

static void a_touch_beyond_the_end_ends_the_process(void)
{
	check_ends_by_sigbus(touch_beyond_the_end);
}

static void a_real_bus_error_ends_the_process(void)
{
	check_ends_by_sigbus(touch_a_truncated_file);
}

static void a_sent_sigbus_ends_the_process(void)
{
	check_ends_by_sigbus(send_sigbus);
}

static void a_store_that_vanishes_ends_the_process(void)
{
	check_ends_by_sigbus(take_the_store_away);
}

static void coming_back_from_a_broken_page_ends_the_process(void)
{
	check_ends_by_sigbus(come_back_from_broken);
}

static void a_fault_of_another_thread_ends_the_process(void)
{
	check_ends_by_sigbus(touch_from_another_thread);
}

static void use_after_fork(void)
{
	struct fixture fixture;
	int status;
	pid_t child;

	open_in_child(&fixture, end_as_broken, -1);
	touch_all(&fixture, 2);
	child = fork();
	if (child == 0) {
		(void)signal(SIGSEGV, SIG_DFL);
		touch_all(&fixture, 1);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
		_exit(1);
	touch_all(&fixture, 1);
}

static void a_forked_child_has_no_share_in_the_heap(void)
{
	CHECK_EQ(status_of(use_after_fork), 0);
}

#define LOAD(field)	      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF_IS(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), yes, no)
#define ALLOW		      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define KILL		      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

/* Kills for every system call that wg_pager.h does not list, but for the end of the process. */
static void seal(int uffd)
{
	struct sock_filter filter[] = {
		LOAD(arch),
		IF_IS(ARCHITECTURE, 1, 0),
		KILL,
		LOAD(nr),
		IF_IS(SYS_exit_group, 13, 0),
		IF_IS(SYS_rt_sigreturn, 12, 0),
		IF_IS(SYS_madvise, 0, 3),
		LOAD(args[2]),
		IF_IS(MADV_DONTNEED, 9, 0),
		KILL,
		IF_IS(SYS_ioctl, 1, 0),
		KILL,
		LOAD(args[0]),
		IF_IS(uffd, 0, 3),
		LOAD(args[1]),
		IF_IS(UFFDIO_COPY, 2, 0),
		IF_IS(UFFDIO_ZEROPAGE, 1, 0),
		IF_IS(UFFDIO_WRITEPROTECT, 0, 1),
		ALLOW,
		KILL,
	};
	struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(1);
}

static void page_under_a_seal(void)
{
	struct fixture fixture;

	open_in_child(&fixture, end_as_broken, -1);
	seal(wg_pager_descriptor(fixture.pager));
	touch_all(&fixture, 100);
}

static void find_a_broken_page_under_a_seal(void)
{
	struct fixture fixture;

	open_in_child(&fixture, end_as_broken, -1);
	seal(wg_pager_descriptor(fixture.pager));
	touch_all(&fixture, 2);
	fixture.store[0] ^= 1;
	touch_all(&fixture, 1);
}

static void touch_beyond_the_end_under_a_seal(void)
{
	struct fixture fixture;

	open_in_child(&fixture, end_as_broken, -1);
	seal(wg_pager_descriptor(fixture.pager));
	touch_all(&fixture, 2);
	fixture.memory[PAGES * WG_PAGE_BYTES] = 1;
}

static void call_another_system_call_under_a_seal(void)
{
	struct fixture fixture;

	open_in_child(&fixture, end_as_broken, -1);
	seal(wg_pager_descriptor(fixture.pager));
	(void)getppid();
}

static void paging_makes_only_the_system_calls_of_its_contract(void)
{
	CHECK_EQ(status_of(page_under_a_seal), 0);
}

static void a_broken_page_is_reported_under_a_seal(void)
{
	int status = status_of(find_a_broken_page_under_a_seal);

	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), WAS_BROKEN);
}

static void a_bus_error_under_a_seal_is_a_bus_error(void)
{
	check_ends_by_sigbus(touch_beyond_the_end_under_a_seal);
}

static void the_seal_of_this_test_kills(void)
{
	int status = status_of(call_another_system_call_under_a_seal);

	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGSYS);
}

static const struct wg_test tests[] = {
	WG_TEST(a_touch_beyond_the_end_ends_the_process),
	WG_TEST(a_real_bus_error_ends_the_process),
	WG_TEST(a_sent_sigbus_ends_the_process),
	WG_TEST(a_store_that_vanishes_ends_the_process),
	WG_TEST(coming_back_from_a_broken_page_ends_the_process),
	WG_TEST(a_fault_of_another_thread_ends_the_process),
	WG_TEST(a_forked_child_has_no_share_in_the_heap),
	WG_TEST(the_seal_of_this_test_kills),
	WG_TEST(paging_makes_only_the_system_calls_of_its_contract),
	WG_TEST(a_broken_page_is_reported_under_a_seal),
	WG_TEST(a_bus_error_under_a_seal_is_a_bus_error),
};

WG_TEST_MAIN(tests)
