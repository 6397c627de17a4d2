/* SPDX-License-Identifier: Apache-2.0 */
/* A TA's text on its way to the log of the normal world. */
#include "trace.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "wg_internal.h"

#define NAME_BYTES_MAX 64u
#define PIECE_BYTES    1024u
#define DUMP_ROW_BYTES 16

void wg_ta_log(const char *text, size_t bytes)
{
	struct wg_instance *instance = wg_instance_must();
	char data[NAME_BYTES_MAX + PIECE_BYTES];
	size_t name_bytes = strnlen(instance->ta->name, NAME_BYTES_MAX);
	size_t piece;

	memcpy(data, instance->ta->name, name_bytes);
	while (bytes > 0) {
		struct wg_rpc rpc = {.operation = WG_RPC_LOG, .word = {(uint32_t)name_bytes}};

		piece = bytes < PIECE_BYTES ? bytes : PIECE_BYTES;
		memcpy(data + name_bytes, text, piece);
		if (wg_rpc_call(instance, &rpc, data, name_bytes + piece, NULL, 0) != TEE_SUCCESS)
			return;
		text += piece;
		bytes -= piece;
	}
}

/* Bytes that were written, where the text was cut too. */
static size_t written(int result, size_t room)
{
	if (result < 0)
		return 0;
	return (size_t)result < room ? (size_t)result : room - 1;
}

static size_t write_head(char *text, size_t room, const char *function, int line, int level, bool level_ok)
{
	static const char letters[] = "?EIDF";

	if (!function)
		return 0;
	if (!level_ok)
		return written(snprintf(text, room, "%s:%d: ", function, line), room);
	if (level < TRACE_MIN || level > TRACE_MAX)
		level = TRACE_MIN;
	return written(snprintf(text, room, "%c/%s:%d: ", letters[level], function, line), room);
}

void trace_vprintf(const char *function, int line, int level, bool level_ok, const char *format, va_list args)
{
	char text[MAX_PRINT_SIZE];
	size_t room = sizeof(text) - 1; /* for the line's end */
	size_t used = write_head(text, room, function, line, level, level_ok);

	used += written(vsnprintf(text + used, room - used, format, args), room - used);
	if (used == 0 || text[used - 1] != '\n')
		text[used++] = '\n';
	wg_ta_log(text, used);
}

void trace_printf(const char *function, int line, int level, bool level_ok, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	trace_vprintf(function, line, level, level_ok, format, args);
	va_end(args);
}

void dhex_dump(const char *function, int line, int level, const void *buffer, int bytes)
{
	const uint8_t *data = (const uint8_t *)buffer;
	char row[3 * DUMP_ROW_BYTES + 1];
	int at, i;

	for (at = 0; at < bytes; at += DUMP_ROW_BYTES) {
		for (i = 0; i < DUMP_ROW_BYTES && at + i < bytes; i++)
			(void)snprintf(row + 3 * i, 4, "%02x ", data[at + i]);
		trace_printf(function, line, level, true, "%08x: %s", (unsigned)at, row);
	}
}
