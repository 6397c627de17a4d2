/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_running.h"

#include <pthread.h>
#include <stdbool.h>

#include "wg_reason.h"

/* Values of TEEC_Operation.started; the first is the client's, by the specification. */
#define NOT_STARTED	 0u
#define STARTED		 1u
#define CANCELLED_BEFORE 2u

/* Guards started and imp of every operation that runs, and keeps what runs alive while it is being cancelled. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

TEEC_Result wg_running_begin(TEEC_Operation *operation, struct wg_running *running)
{
	bool cancelled;

	if (!operation)
		return TEEC_SUCCESS;
	pthread_mutex_lock(&lock);
	cancelled = operation->started == CANCELLED_BEFORE;
	operation->started = STARTED;
	operation->imp.session = cancelled ? NULL : running;
	pthread_mutex_unlock(&lock);
	return cancelled ? wg_fail(TEEC_ERROR_CANCEL, "cancelled before it began") : TEEC_SUCCESS;
}

void wg_running_end(TEEC_Operation *operation)
{
	if (!operation)
		return;
	pthread_mutex_lock(&lock);
	operation->imp.session = NULL;
	pthread_mutex_unlock(&lock);
}

void TEEC_RequestCancellation(TEEC_Operation *operation)
{
	struct wg_running *running;

	if (!operation)
		return;
	pthread_mutex_lock(&lock);
	if (operation->started == NOT_STARTED) {
		operation->started = CANCELLED_BEFORE;
	} else if (operation->started == STARTED && operation->imp.session) {
		running = operation->imp.session;
		running->cancel(running->context);
	}
	pthread_mutex_unlock(&lock);
}
