/* SPDX-License-Identifier: Apache-2.0 */
/* A client application of the fake libteec, for `worldgate trace`. It is compiled by the test.
 *
 *     client_modes plain CALLS | status NUMBER | dlsym LIBRARY | exec | fork | kill | wait | threads */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../core/fake_libteec.h"

#define PRIVATE 512
#define THREADS 4
#define CALLS	100

uint32_t TEEC_InitializeContext(const char *name, void *context);
void TEEC_FinalizeContext(void *context);
uint32_t TEEC_OpenSession(void *context, void *session, const void *uuid, uint32_t method, const void *data,
			  void *operation, uint32_t *origin);
void TEEC_CloseSession(void *session);
uint32_t TEEC_InvokeCommand(void *session, uint32_t command, void *operation, uint32_t *origin);

static _Alignas(16) char context[PRIVATE], session[PRIVATE];
static const uint8_t uuid[16] = FAKE_TA_UUID_BYTES;
static uint32_t origin;

static void need(uint32_t result)
{
	if (result == 0)
		return;
	fprintf(stderr, "a call failed with 0x%08x\n", (unsigned)result);
	exit(1);
}

static void begin(void)
{
	need(TEEC_InitializeContext(NULL, context));
	need(TEEC_OpenSession(context, session, uuid, 0, NULL, NULL, &origin));
}

static void end(void)
{
	TEEC_CloseSession(session);
	TEEC_FinalizeContext(context);
}

static void *call(void *count)
{
	for (int i = *(const int *)count; i > 0; i--) {
		uint32_t own;

		need(TEEC_InvokeCommand(session, FAKE_NOTHING, NULL, &own));
	}
	return NULL;
}

static void plain(int count)
{
	begin();
	call(&count);
	end();
}

static void through_dlsym(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	uint32_t (*initialize)(const char *, void *) = NULL;
	void (*finalize)(void *) = NULL;

	if (!library)
		exit(1);
	*(void **)&initialize = dlsym(library, "TEEC_InitializeContext");
	*(void **)&finalize = dlsym(library, "TEEC_FinalizeContext");
	need(initialize(NULL, context));
	finalize(context);
}

static void threads(void)
{
	static int count = CALLS;
	pthread_t all[THREADS];

	begin();
	for (int i = 0; i < THREADS; i++)
		pthread_create(&all[i], NULL, call, &count);
	for (int i = 0; i < THREADS; i++)
		pthread_join(all[i], NULL);
	end();
}

static int stopped;

static void stop(int number)
{
	stopped = number;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	int count = 5;

	if (strcmp(mode, "plain") == 0) {
		plain(atoi(argv[2]));
	} else if (strcmp(mode, "status") == 0) {
		plain(1);
		return atoi(argv[2]);
	} else if (strcmp(mode, "dlsym") == 0) {
		through_dlsym(argv[2]);
	} else if (strcmp(mode, "exec") == 0) {
		plain(3);
		execl(argv[0], argv[0], "plain", "4", (char *)NULL);
	} else if (strcmp(mode, "fork") == 0) {
		pid_t child = fork();

		plain(child == 0 ? 6 : 2);
		if (child)
			waitpid(child, NULL, 0);
	} else if (strcmp(mode, "kill") == 0) {
		begin();
		call(&count);
		raise(SIGKILL);
	} else if (strcmp(mode, "wait") == 0) {
		struct sigaction action = {.sa_handler = stop};

		sigaction(SIGTERM, &action, NULL);
		plain(1);
		printf("ready\n");
		fflush(stdout);
		while (!stopped)
			usleep(1000);
		printf("stopped by %d\n", stopped);
		return 7;
	} else if (strcmp(mode, "threads") == 0) {
		threads();
	}
	return 0;
}
