/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wg_bell.h"

#define FIRST_DESCRIPTOR 3

/* A request to the keeper; it lies on the stack of whoever waits for it. */
struct request {
	const char *exe;
	const int *descriptors;
	struct wg_child *child;
	int error;
	int done;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct request *pending;
static int epoll_descriptor = -1;
static int request_bell = -1;
static atomic_int forked; /* relaxed: written only in a child with one thread */

int wg_keeper_forked(void)
{
	return atomic_load_explicit(&forked, memory_order_relaxed);
}

static void note_fork(void)
{
	if (epoll_descriptor >= 0)
		atomic_store_explicit(&forked, 1, memory_order_relaxed);
}

/* Copies of the descriptors above every number that the child keeps, so that no target is still in use as a source:
 * a client may have closed its first descriptors, or hold any others. errno's value where there are none left. */
static int raise_above(const int descriptors[WG_CHILD_DESCRIPTORS], int raised[WG_CHILD_DESCRIPTORS])
{
	for (unsigned i = 0; i < WG_CHILD_DESCRIPTORS; i++) {
		raised[i] = -1;
		if (descriptors[i] >= 0)
			raised[i] =
				fcntl(descriptors[i], F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR + (int)WG_CHILD_DESCRIPTORS);
		if (descriptors[i] >= 0 && raised[i] < 0) {
			int error = errno;

			while (i-- > 0)
				if (raised[i] >= 0)
					close(raised[i]);
			return error;
		}
	}
	return 0;
}

/* The actions that leave the child with /dev/null and the descriptors it was given. */
static int prepare(posix_spawn_file_actions_t *actions, const int raised[WG_CHILD_DESCRIPTORS])
{
	int error = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDWR, 0);

	for (int i = 1; i < FIRST_DESCRIPTOR && !error; i++)
		error = posix_spawn_file_actions_adddup2(actions, 0, i);
	for (int i = 0; i < (int)WG_CHILD_DESCRIPTORS && !error; i++) {
		if (raised[i] >= 0)
			error = posix_spawn_file_actions_adddup2(actions, raised[i], FIRST_DESCRIPTOR + i);
		else /* whatever the client has there; nothing is fine */
			error = posix_spawn_file_actions_addclose(actions, FIRST_DESCRIPTOR + i);
	}
	if (!error)
		error = posix_spawn_file_actions_addclosefrom_np(actions, FIRST_DESCRIPTOR + WG_CHILD_DESCRIPTORS);
	return error;
}

static int spawn_with(const struct request *request, const int raised[WG_CHILD_DESCRIPTORS], pid_t *pid)
{
	char *arguments[] = {(char *)request->exe, NULL};
	char *environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attributes, &none);
	/* A group of its own: Ctrl-C is for the normal world, which ends its worlds in order. */
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	error = prepare(&actions, raised);
	if (!error)
		error = posix_spawn(pid, request->exe, &actions, &attributes, arguments, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static int spawn(const struct request *request, pid_t *pid)
{
	int raised[WG_CHILD_DESCRIPTORS];
	int error = raise_above(request->descriptors, raised);

	if (error)
		return error;
	error = spawn_with(request, raised, pid);
	for (unsigned i = 0; i < WG_CHILD_DESCRIPTORS; i++)
		if (raised[i] >= 0)
			close(raised[i]);
	return error;
}

static void serve(struct request *request)
{
	struct wg_child *child = request->child;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = child};

	request->error = spawn(request, &child->pid);
	if (request->error)
		return;
	child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	if (child->pidfd < 0 || epoll_ctl(epoll_descriptor, EPOLL_CTL_ADD, child->pidfd, &event) < 0) {
		request->error = errno;
		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
		if (child->pidfd >= 0)
			close(child->pidfd);
	}
}

/* The world may have left its bell so full that one more ring would wait for a reader; whoever waits for it wakes up
 * without. Nobody else rings it any more. */
static void ring_for_the_dead(const struct wg_child *child)
{
	struct pollfd bell = {.fd = child->bell, .events = POLLOUT};

	if (poll(&bell, 1, 0) == 1 && (bell.revents & POLLOUT) && wg_bell_ring(child->bell) != WG_OK)
		abort();
}

static void reap(struct wg_child *child)
{
	while (waitpid(child->pid, &child->wait_status, 0) < 0 && errno == EINTR)
		;
	pthread_mutex_lock(&lock);
	epoll_ctl(epoll_descriptor, EPOLL_CTL_DEL, child->pidfd, NULL);
	/* Release pairs with the acquire of whoever waits on the child. The ring is under the lock because the owner
	 * closes the bell once it has seen ended under the same lock. */
	atomic_store_explicit(&child->ended, 1, memory_order_release);
	if (child->bell >= 0)
		ring_for_the_dead(child);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void take_request(void)
{
	if (wg_bell_wait(request_bell) != WG_OK)
		return;
	pthread_mutex_lock(&lock);
	if (pending) {
		serve(pending);
		pending->done = 1;
		pending = NULL;
		pthread_cond_broadcast(&changed);
	}
	pthread_mutex_unlock(&lock);
}

static void *keep(void *unused)
{
	struct epoll_event event;

	(void)unused;
	for (;;) {
		if (epoll_wait(epoll_descriptor, &event, 1, -1) != 1)
			continue;
		if (event.data.ptr)
			reap(event.data.ptr);
		else
			take_request();
	}
	return NULL;
}

/* Starts the thread, with every signal left to the others. Under the lock. */
static int start_keeper(void)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
	sigset_t all, before;
	pthread_t thread;
	int error;

	if (epoll_descriptor >= 0)
		return 0;
	request_bell = wg_bell_create();
	epoll_descriptor = epoll_create1(EPOLL_CLOEXEC);
	error = request_bell < 0 || epoll_descriptor < 0 ||
				epoll_ctl(epoll_descriptor, EPOLL_CTL_ADD, request_bell, &event) < 0
			? errno
			: 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (!error)
		error = pthread_create(&thread, NULL, keep, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!error) {
		pthread_detach(thread);
		pthread_atfork(NULL, NULL, note_fork);
		return 0;
	}
	if (request_bell >= 0)
		close(request_bell);
	if (epoll_descriptor >= 0)
		close(epoll_descriptor);
	request_bell = epoll_descriptor = -1;
	return error;
}

wg_result wg_keeper_start(const char *exe, const int descriptors[WG_CHILD_DESCRIPTORS], int bell,
			  struct wg_child *child)
{
	struct request request = {.exe = exe, .descriptors = descriptors, .child = child};
	int error;

	memset(child, 0, sizeof(*child));
	child->bell = bell;
	child->pidfd = -1;
	pthread_mutex_lock(&lock);
	error = start_keeper();
	while (!error && pending)
		pthread_cond_wait(&changed, &lock);
	if (!error) {
		pending = &request;
		if (wg_bell_ring(request_bell) != WG_OK) {
			error = errno;
			pending = NULL;
		}
		while (!error && !request.done)
			pthread_cond_wait(&changed, &lock);
		error = error ? error : request.error;
	}
	pthread_mutex_unlock(&lock);
	errno = error;
	return error ? WG_ERR_SYSTEM : WG_OK;
}

static void wait_until_ended(struct wg_child *child, const struct timespec *deadline)
{
	/* Acquire pairs with the release in reap(). */
	while (!atomic_load_explicit(&child->ended, memory_order_acquire)) {
		if (!deadline)
			pthread_cond_wait(&changed, &lock);
		else if (pthread_cond_timedwait(&changed, &lock, deadline) == ETIMEDOUT)
			return;
	}
}

void wg_keeper_end(struct wg_child *child, int grace_ms)
{
	struct timespec deadline;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += grace_ms / 1000;
	deadline.tv_nsec += (long)(grace_ms % 1000) * 1000000L;
	if (deadline.tv_nsec >= 1000000000L) {
		deadline.tv_nsec -= 1000000000L;
		deadline.tv_sec++;
	}
	pthread_mutex_lock(&lock);
	if (grace_ms > 0)
		wait_until_ended(child, &deadline);
	if (!atomic_load_explicit(&child->ended, memory_order_acquire))
		syscall(SYS_pidfd_send_signal, child->pidfd, SIGKILL, NULL, 0);
	wait_until_ended(child, NULL);
	pthread_mutex_unlock(&lock);
	close(child->pidfd);
}
