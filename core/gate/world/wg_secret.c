/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_secret.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "wg_memory.h"

/* The writable part of the executable that stays writable: its data segment less what is read-only after relocation. */
struct range {
	uintptr_t begin, end;
};

static int find_variables(struct dl_phdr_info *info, size_t size, void *data)
{
	struct range *range = data;
	uintptr_t read_only_end = 0;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		uintptr_t begin = info->dlpi_addr + header->p_vaddr;

		if (header->p_type == PT_GNU_RELRO)
			read_only_end = begin + header->p_memsz;
		if (header->p_type == PT_LOAD && (header->p_flags & PF_W)) {
			range->begin = begin;
			range->end = begin + header->p_memsz;
		}
	}
	if (read_only_end > range->begin)
		range->begin = read_only_end;
	return 1; /* the first is the executable itself */
}

static void not_secret(struct wg_secrecy *secrecy, const char *reason)
{
	if (secrecy->secret)
		snprintf(secrecy->reason, sizeof(secrecy->reason), "%s", reason);
	secrecy->secret = false;
}

void wg_secret_variables(struct wg_secrecy *secrecy)
{
	struct range range = {0, 0};
	char reason[256];

	dl_iterate_phdr(find_variables, &range);
	range.begin = wg_page_round_up(range.begin);
	range.end = wg_page_round_up(range.end);
	if (range.end <= range.begin)
		return;
	/* secrecy itself may be one of the variables: it is written to after they have moved. */
	if (wg_secret_replace((void *)range.begin, range.end - range.begin, reason, sizeof(reason)) != WG_OK)
		not_secret(secrecy, reason);
}

void *wg_secret_memory(struct wg_secrecy *secrecy, size_t bytes)
{
	char reason[256];
	void *memory;

	bytes = wg_page_round_up(bytes);
	if (secrecy->secret) {
		if (wg_secret_map(bytes, &memory, reason, sizeof(reason)) == WG_OK)
			return memory;
		not_secret(secrecy, reason);
	}
	return wg_plain_map(bytes);
}

wg_result wg_secret_run(struct wg_secrecy *secrecy, size_t stack_bytes, void (*run)(void))
{
	size_t guard = wg_page_round_up(1);
	size_t bytes = wg_page_round_up(stack_bytes) + guard;
	uint8_t *stack = wg_secret_memory(secrecy, bytes);
	static ucontext_t context;

	if (!stack || mprotect(stack, guard, PROT_NONE) < 0 || getcontext(&context) < 0)
		return WG_ERR_MEMORY;
	context.uc_stack.ss_sp = stack + guard;
	context.uc_stack.ss_size = bytes - guard;
	context.uc_link = NULL;
	makecontext(&context, run, 0);
	setcontext(&context);
	return WG_ERR_SYSTEM;
}
