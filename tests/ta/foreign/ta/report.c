/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

#define REPORT_BYTES 8192

static void add(struct report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct report *report, const char *format, ...)
{
	size_t room = report->capacity - report->used;
	va_list list;
	int length;

	va_start(list, format);
	length = vsnprintf(report->text + report->used, room, format, list);
	va_end(list);
	if (length < 0 || (size_t)length >= room)
		report->full = true;
	else
		report->used += (size_t)length;
}

TEE_Result report_start(struct report *report)
{
	report->used = 0;
	report->full = false;
	report->capacity = REPORT_BYTES;
	report->text = TEE_Malloc(REPORT_BYTES, TEE_MALLOC_FILL_ZERO);
	return report->text ? TEE_SUCCESS : TEE_ERROR_OUT_OF_MEMORY;
}

TEE_Result report_send(struct report *report, TEE_Param *to)
{
	TEE_Result result = TEE_SUCCESS;

	if (!report->text)
		return TEE_ERROR_OUT_OF_MEMORY;
	if (report->full)
		result = TEE_ERROR_OVERFLOW;
	else if (to->memref.size < report->used)
		result = TEE_ERROR_SHORT_BUFFER;
	else
		TEE_MemMove(to->memref.buffer, report->text, report->used);
	to->memref.size = report->full ? 0 : report->used;
	TEE_Free(report->text);
	report->text = NULL;
	return result;
}

void say_code(struct report *report, const char *name, TEE_Result code)
{
	add(report, "%s: 0x%08x\n", name, (unsigned int)code);
}

void say_number(struct report *report, const char *name, uint32_t number)
{
	add(report, "%s: %u\n", name, (unsigned int)number);
}

void say_bool(struct report *report, const char *name, bool answer)
{
	add(report, "%s: %s\n", name, answer ? "yes" : "no");
}

void say_bytes(struct report *report, const char *name, const void *bytes, size_t size)
{
	const uint8_t *byte = bytes;
	size_t i;

	add(report, "%s: ", name);
	for (i = 0; i < size; i++)
		add(report, "%02x", (unsigned int)byte[i]);
	add(report, "\n");
}
