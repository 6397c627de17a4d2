/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_seal.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define MOST_INSTRUCTIONS 64u
#define LOAD(field)	  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define RETURN(action)	  BPF_STMT(BPF_RET | BPF_K, action)
/* The lower half of an argument; the checked ones are all 32 bits wide for the kernel. */
#define LOAD_ARGUMENT(i) LOAD(args[i])

struct program {
	struct sock_filter code[MOST_INSTRUCTIONS];
	unsigned short count;
};

static void add(struct program *program, struct sock_filter instruction)
{
	program->code[program->count++] = instruction;
}

/* Goes on with the next instruction where the accumulator equals value, else skips as many. */
static void unless_equal_skip(struct program *program, uint32_t value, uint8_t skip)
{
	add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip));
}

/* The call whatever its arguments. The accumulator holds the call's number before and after. */
static void allow(struct program *program, uint32_t call)
{
	unless_equal_skip(program, call, 1);
	add(program, (struct sock_filter)RETURN(SECCOMP_RET_ALLOW));
}

/* The call only with this value of one argument. */
static void allow_with(struct program *program, uint32_t call, unsigned argument, uint32_t value)
{
	unless_equal_skip(program, call, 4);
	add(program, (struct sock_filter)LOAD_ARGUMENT(argument));
	unless_equal_skip(program, value, 1);
	add(program, (struct sock_filter)RETURN(SECCOMP_RET_ALLOW));
	add(program, (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS));
}

static void allow_paging(struct program *program, int pager)
{
	static const uint32_t commands[] = {(uint32_t)UFFDIO_COPY, (uint32_t)UFFDIO_ZEROPAGE,
					    (uint32_t)UFFDIO_WRITEPROTECT};
	const uint8_t count = sizeof(commands) / sizeof(commands[0]);

	/* Dropping pages harms no one but the world itself, so their address is not looked at. */
	allow_with(program, SYS_madvise, 2, MADV_DONTNEED);
	unless_equal_skip(program, SYS_ioctl, (uint8_t)(4 + 2 * count));
	add(program, (struct sock_filter)LOAD_ARGUMENT(0));
	unless_equal_skip(program, (uint32_t)pager, (uint8_t)(1 + 2 * count));
	add(program, (struct sock_filter)LOAD_ARGUMENT(1));
	for (uint8_t i = 0; i < count; i++) {
		unless_equal_skip(program, commands[i], 1);
		add(program, (struct sock_filter)RETURN(SECCOMP_RET_ALLOW));
	}
	add(program, (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS));
}

wg_result wg_seal(int bell_in, int bell_out, int pager)
{
	struct program program = {.count = 0};
	struct sock_fprog filter;

	add(&program, (struct sock_filter)LOAD(arch));
	add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
	add(&program, (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS));
	/* A number of the x32 convention matches none below. */
	add(&program, (struct sock_filter)LOAD(nr));
	allow_with(&program, SYS_read, 0, (uint32_t)bell_in);
	allow_with(&program, SYS_write, 0, (uint32_t)bell_out);
	allow(&program, SYS_getrandom);
	allow(&program, SYS_sched_yield);
	allow(&program, SYS_clock_gettime);
	allow(&program, SYS_rt_sigreturn);
	allow(&program, SYS_exit_group);
	if (pager >= 0)
		allow_paging(&program, pager);
	add(&program, (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS));
	filter = (struct sock_fprog){program.count, program.code};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) < 0)
		return WG_ERR_SYSTEM;
	return WG_OK;
}
