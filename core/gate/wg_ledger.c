/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_ledger.h"

#include <pthread.h>
#include <stddef.h>

/* A thread's own ledger, in the list of all from its first count until the thread ends. */
struct thread_ledger {
	struct wg_ledger counts; /* first: a ledger is cast to its list entry */
	struct thread_ledger *next, **link;
};

static _Thread_local struct thread_ledger own;
static _Thread_local struct wg_ledger *entered; /* NULL: the thread has not counted yet */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static struct thread_ledger *threads;
static struct wg_ledger ended; /* the sum of threads that are no more */

static void add(struct wg_ledger *sum, const struct wg_ledger *ledger)
{
#define WG_LEDGER_ADD(name, text) sum->name += ledger->name;
	WG_LEDGER_FIELDS(WG_LEDGER_ADD)
#undef WG_LEDGER_ADD
}

static void leave(void *ledger)
{
	struct thread_ledger *thread = ledger;

	pthread_mutex_lock(&lock);
	add(&ended, &thread->counts);
	*thread->link = thread->next;
	if (thread->next)
		thread->next->link = thread->link;
	pthread_mutex_unlock(&lock);
}

static void make_key(void)
{
	(void)pthread_key_create(&key, leave);
}

static struct wg_ledger *first_use(void)
{
	pthread_once(&once, make_key);
	pthread_mutex_lock(&lock);
	own.next = threads;
	own.link = &threads;
	if (threads)
		threads->link = &own.next;
	threads = &own;
	pthread_mutex_unlock(&lock);
	(void)pthread_setspecific(key, &own);
	entered = &own.counts;
	return entered;
}

struct wg_ledger *wg_ledger_here(void)
{
	return __builtin_expect(entered != NULL, 1) ? entered : first_use();
}

struct wg_ledger *wg_ledger_enter(struct wg_ledger *ledger)
{
	struct wg_ledger *before = wg_ledger_here();

	entered = ledger ? ledger : &own.counts;
	return before;
}

void wg_ledger_own(struct wg_ledger *out)
{
	*out = own.counts;
}

void wg_ledger_sum(struct wg_ledger *out)
{
	pthread_mutex_lock(&lock);
	*out = ended;
	for (const struct thread_ledger *thread = threads; thread; thread = thread->next)
		add(out, &thread->counts);
	pthread_mutex_unlock(&lock);
}
