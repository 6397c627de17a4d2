/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_memory_map.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "wg_ledger.h"

#define RANGES_MAX	512u
#define LINE_BYTES	512u
#define STACK_BYTES_MAX (UINT64_C(1) << 30) /* where the limit of the stack is none */

struct range {
	uintptr_t begin, end;
	bool write;
};

/* A question while the map is read from its start: how much of it is answered. */
struct question {
	uintptr_t at, end;
	bool write;
};

static struct range kept[RANGES_MAX];
static size_t kept_count; /* 0: nothing was kept */

/* The ranges come in order of their addresses. */
static void answer(struct question *question, const struct range *range)
{
	if (range->begin <= question->at && question->at < range->end && (range->write || !question->write))
		question->at = range->end;
}

/* One line of /proc/self/maps. False: not memory of this process alone that can be read. */
static bool parse(const char *line, struct range *range, bool *stack)
{
	unsigned long begin, end;
	char rights[5];
	char path[64] = "";

	if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %63s", &begin, &end, rights, path) < 3)
		return false;
	range->begin = begin;
	range->end = end;
	range->write = rights[1] == 'w';
	*stack = strcmp(path, "[stack]") == 0;
	/* Secret memory is marked as shared, but nobody else can have it. */
	return rights[0] == 'r' && (rights[3] == 'p' || strncmp(path, "/secretmem", 10) == 0);
}

typedef bool (*line_fn)(void *context, const char *line);

/* Calls each with every line until it returns false. Lines too long for the buffer lose their end. */
static wg_result each_line(line_fn each, void *context)
{
	char buffer[LINE_BYTES];
	char line[LINE_BYTES];
	size_t used = 0;
	bool more = true;
	ssize_t got, i;
	int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	WG_COUNT(system_calls, 2);
	if (file < 0)
		return WG_ERR_SYSTEM;
	while (more && (got = read(file, buffer, sizeof(buffer))) > 0) {
		WG_COUNT(system_calls, 1);
		for (i = 0; i < got && more; i++) {
			if (buffer[i] != '\n') {
				if (used < sizeof(line) - 1)
					line[used++] = buffer[i];
				continue;
			}
			line[used] = '\0';
			used = 0;
			more = each(context, line);
		}
	}
	(void)close(file);
	return WG_OK;
}

static bool ask_line(void *context, const char *line)
{
	struct question *question = context;
	struct range range;
	bool stack;

	if (parse(line, &range, &stack))
		answer(question, &range);
	return question->at < question->end;
}

/* The main stack grows downwards when it is used. */
static void grow_to_limit(struct range *range)
{
	struct rlimit limit;
	uint64_t bytes = STACK_BYTES_MAX;

	if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < bytes)
		bytes = limit.rlim_cur;
	if (bytes > range->end - range->begin && bytes < range->end)
		range->begin = range->end - (uintptr_t)bytes;
	if (kept_count > 0 && range->begin < kept[kept_count - 1].end)
		range->begin = kept[kept_count - 1].end;
}

static bool keep_line(void *context, const char *line)
{
	wg_result *result = context;
	struct range range;
	bool stack;

	if (!parse(line, &range, &stack))
		return true;
	if (stack)
		grow_to_limit(&range);
	if (kept_count > 0 && kept[kept_count - 1].end == range.begin && kept[kept_count - 1].write == range.write) {
		kept[kept_count - 1].end = range.end;
		return true;
	}
	if (kept_count == RANGES_MAX) {
		*result = WG_ERR_SIZE;
		return false;
	}
	kept[kept_count++] = range;
	return true;
}

wg_result wg_memory_map_keep(void)
{
	wg_result result = WG_OK;
	wg_result read_result;

	kept_count = 0;
	read_result = each_line(keep_line, &result);
	return read_result != WG_OK ? read_result : result;
}

bool wg_memory_map_allows(const void *memory, size_t bytes, bool write)
{
	struct question question = {.at = (uintptr_t)memory, .end = (uintptr_t)memory + bytes, .write = write};
	size_t i;

	if (kept_count == 0)
		return each_line(ask_line, &question) == WG_OK && question.at >= question.end;
	for (i = 0; i < kept_count && question.at < question.end; i++)
		answer(&question, &kept[i]);
	return question.at >= question.end;
}
