/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of one instance, cancellation from a second thread, and the end of an instance by a panic. */
#include <foreign_ta.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

struct canceller {
	TEEC_Operation *operation;
	atomic_bool done; /* relaxed: only ends the loop, the join orders the rest */
};

/* Asks again and again, as an operation that has not begun yet may not hear the first request. */
static void *cancel(void *argument)
{
	struct canceller *canceller = argument;

	while (!atomic_load_explicit(&canceller->done, memory_order_relaxed)) {
		usleep(50000);
		TEEC_RequestCancellation(canceller->operation);
	}
	return NULL;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void wait_cancelled(TEEC_Session *session, const char *name, uint32_t milliseconds, bool unmask)
{
	TEEC_Operation operation = {0};
	struct canceller canceller = {.operation = &operation};
	double began = seconds();
	pthread_t thread;
	TEEC_Result result;

	operation.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, TEEC_VALUE_OUTPUT, TEEC_NONE, TEEC_NONE);
	operation.params[0].value = (TEEC_Value){milliseconds, unmask};
	atomic_init(&canceller.done, false);
	if (pthread_create(&thread, NULL, cancel, &canceller) != 0)
		need("pthread_create", TEEC_ERROR_GENERIC);
	result = invoke(session, FOREIGN_WAIT, &operation);
	atomic_store_explicit(&canceller.done, true, memory_order_relaxed);
	pthread_join(thread, NULL);
	say_code(name, result);
	say_number(name, operation.params[1].value.a);
	say_bool(name, unmask ? seconds() - began < 20 : seconds() - began >= 1e-3 * milliseconds);
}

void cancellation_steps(TEEC_Session *session)
{
	TEEC_Operation operation = {0};

	operation.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INPUT, TEEC_VALUE_OUTPUT, TEEC_NONE, TEEC_NONE);
	operation.params[0].value = (TEEC_Value){10, 1};
	say_code("wait.not_cancelled", invoke(session, FOREIGN_WAIT, &operation));
	wait_cancelled(session, "wait.cancelled", 60000, true);
	wait_cancelled(session, "wait.masked", 400, false);
	/* A cancellation is over with its operation. */
	say_code("wait.after", invoke(session, FOREIGN_WAIT, &operation));
}

static void ask_instance(TEEC_Session *session, const char *name)
{
	TEEC_Operation operation = {0};

	operation.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_OUTPUT, TEEC_VALUE_OUTPUT, TEEC_NONE, TEEC_NONE);
	say_code(name, invoke(session, FOREIGN_INSTANCE, &operation));
	say_pair(name, operation.params[0].value.a, operation.params[0].value.b);
	say_pair(name, operation.params[1].value.a, operation.params[1].value.b);
}

static TEEC_Result open_labelled(TEEC_Context *context, TEEC_Session *session, uint32_t label, const char *word)
{
	char text[8];
	TEEC_Operation operation = {0};
	TEEC_Result result;

	memcpy(text, word, strlen(word));
	operation.paramTypes = TEEC_PARAM_TYPES(TEEC_VALUE_INOUT, TEEC_MEMREF_TEMP_INPUT, TEEC_NONE, TEEC_NONE);
	operation.params[0].value = (TEEC_Value){label, 0};
	operation.params[1].tmpref = (TEEC_TempMemoryReference){text, strlen(word)};
	result = open_session(context, session, &operation);
	if (result == TEEC_SUCCESS)
		say_pair("open.labelled", operation.params[0].value.a, operation.params[0].value.b);
	return result;
}

static void unknown_ta(TEEC_Context *context)
{
	static const TEEC_UUID nobody = {0x11111111, 0x2222, 0x3333, {4, 4, 4, 4, 4, 4, 4, 4}};
	TEEC_Session session;

	say_code("open.unknown", TEEC_OpenSession(context, &session, &nobody, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL));
}

void session_steps(TEEC_Context *context, TEEC_Session *first)
{
	TEEC_Session second;
	TEEC_Session third;

	ask_instance(first, "instance.one");
	say_code("open.second", open_labelled(context, &second, 42, "open"));
	ask_instance(&second, "instance.two");
	say_code("open.refused", open_labelled(context, &third, 43, "shut"));
	ask_instance(&second, "instance.still_two");
	close_session(&second);
	ask_instance(first, "instance.one_again");
	unknown_ta(context);
	/* A panic ends the instance for both of its sessions; the next session finds a new one. */
	say_code("open.third", open_labelled(context, &third, 44, "open"));
	say_code("panic", invoke(&third, FOREIGN_PANIC, NULL));
	say_code("panic.same_session", invoke(&third, FOREIGN_ANY, NULL));
	say_code("panic.other_session", invoke(first, FOREIGN_ANY, NULL));
	close_session(&third);
	close_session(first);
	say_code("open.afterwards", open_labelled(context, first, 45, "open"));
	ask_instance(first, "instance.new");
}
