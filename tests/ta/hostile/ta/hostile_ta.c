/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <tee_internal_api.h>
#include <unistd.h>

#include "hostile_ta.h"

#define PATH_BYTES 256

static char path[PATH_BYTES];
static uint32_t number;
static _Alignas(4096) uint8_t page[4096];
static uint8_t *volatile nowhere;

static void do_nothing(void)
{
}

static void create_file(void)
{
	(void)!open(path, O_CREAT | O_WRONLY, 0600);
}

static void make_socket(void)
{
	(void)!socket(AF_INET, SOCK_STREAM, 0);
}

static void execute(void)
{
	char *const words[] = {(char *)"/bin/true", NULL};

	(void)!execv("/bin/true", words);
}

static void make_child(void)
{
	(void)!fork();
}

static void map_memory(void)
{
	(void)!mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void make_executable(void)
{
	(void)!mprotect(page, sizeof(page), PROT_READ | PROT_EXEC);
}

static void trace_parent(void)
{
	(void)!ptrace(PTRACE_ATTACH, 1, NULL, NULL);
}

static void signal_parent(void)
{
	(void)!kill(1, 0);
}

static void print(void)
{
	(void)!write(STDERR_FILENO, "past the gate\n", 14);
}

static void read_inherited(void)
{
	(void)!read(9, page, sizeof(page));
}

static void *thread(void *argument)
{
	return argument;
}

static void make_thread(void)
{
	pthread_t made;

	(void)!pthread_create(&made, NULL, thread, NULL);
}

/* getpid of the 32-bit table; on another processor the same call by its own number. */
static void old_call(void)
{
#if defined(__x86_64__)
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "0"(20L) : "memory", "r8", "r9", "r10", "r11");
	(void)result;
#else
	(void)!syscall(SYS_getpid);
#endif
}

static void touch_nowhere(void)
{
	*nowhere = 1;
}

static void call_number(void)
{
	(void)!syscall((long)number, 0L, 0L, 0L, 0L, 0L, 0L);
}

static void (*const acts[])(void) = {
	[HOSTILE_NOTHING] = do_nothing,
	[HOSTILE_OPEN] = create_file,
	[HOSTILE_SOCKET] = make_socket,
	[HOSTILE_EXECUTE] = execute,
	[HOSTILE_FORK] = make_child,
	[HOSTILE_MAP] = map_memory,
	[HOSTILE_EXECUTABLE] = make_executable,
	[HOSTILE_TRACE] = trace_parent,
	[HOSTILE_KILL] = signal_parent,
	[HOSTILE_PRINT] = print,
	[HOSTILE_READ] = read_inherited,
	[HOSTILE_THREAD] = make_thread,
	[HOSTILE_OLD_CALLS] = old_call,
	[HOSTILE_BAD_POINTER] = touch_nowhere,
	[HOSTILE_SYSTEM_CALL] = call_number,
};

TEE_Result TA_CreateEntryPoint(void)
{
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t paramTypes, TEE_Param params[TEE_NUM_PARAMS], void **sessionContext)
{
	(void)paramTypes;
	(void)params;
	*sessionContext = NULL;
	return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *sessionContext)
{
	(void)sessionContext;
}

TEE_Result TA_InvokeCommandEntryPoint(void *sessionContext, uint32_t commandID, uint32_t paramTypes,
				      TEE_Param params[TEE_NUM_PARAMS])
{
	(void)sessionContext;
	if (paramTypes != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, TEE_PARAM_TYPE_VALUE_INPUT, TEE_PARAM_TYPE_NONE,
					  TEE_PARAM_TYPE_NONE) ||
	    params[0].memref.size == 0 || params[0].memref.size > PATH_BYTES)
		return TEE_ERROR_BAD_PARAMETERS;
	TEE_MemMove(path, params[0].memref.buffer, params[0].memref.size);
	path[PATH_BYTES - 1] = '\0';
	number = params[1].value.a;
	if (commandID >= sizeof(acts) / sizeof(acts[0]))
		return TEE_ERROR_NOT_SUPPORTED;
	acts[commandID]();
	return TEE_SUCCESS;
}
