/* SPDX-License-Identifier: Apache-2.0 */
/* The log of a TA: whole lines on standard error, with nothing in them that a terminal would obey. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "wg_ledger.h"
#include "wg_supplicant_state.h"

#define PIECE_BYTES 512u

static bool is_plain(uint8_t c)
{
	return (c >= ' ' && c <= '~') || c == '\t';
}

static void write_line(struct wg_supplicant_log *log, const char *text, size_t bytes)
{
	char line[WG_LOG_NAME_BYTES + WG_LOG_LINE_BYTES + 8];
	int length = snprintf(line, sizeof(line), "TA %s: %.*s\n", log->name, (int)bytes, text);

	/* In one call, so that lines of several processes do not mix. A log that cannot be written is lost. */
	if (length > 0 && write(log->descriptor, line, (size_t)length) < 0)
		log->descriptor = -1;
	WG_COUNT(system_calls, 1);
}

void wg_supplicant_log_flush(struct wg_supplicant_log *log)
{
	if (log->used > 0 && log->descriptor >= 0)
		write_line(log, log->line, log->used);
	log->used = 0;
}

static void add_plain(struct wg_supplicant_log *log, char c)
{
	if (log->used == sizeof(log->line))
		wg_supplicant_log_flush(log);
	log->line[log->used++] = c;
}

static void add(struct wg_supplicant_log *log, uint8_t c)
{
	static const char digits[] = "0123456789abcdef";

	if (c == '\n') {
		if (log->used == 0)
			write_line(log, "", 0);
		wg_supplicant_log_flush(log);
	} else if (is_plain(c)) {
		add_plain(log, (char)c);
	} else {
		add_plain(log, '\\');
		add_plain(log, 'x');
		add_plain(log, digits[c >> 4]);
		add_plain(log, digits[c & 15]);
	}
}

static void add_piece(struct wg_supplicant_log *log, const uint8_t *piece, size_t bytes)
{
	static const char last[] = "more than 4 MiB of text: the rest is not shown";
	size_t i;

	for (i = 0; i < bytes && log->descriptor >= 0; i++) {
		if (log->total++ < WG_LOG_TOTAL_BYTES) {
			add(log, piece[i]);
			continue;
		}
		wg_supplicant_log_flush(log);
		write_line(log, last, sizeof(last) - 1);
		log->descriptor = -1;
	}
}

/* A name that changes ends the line of the one before. */
static void take_name(struct wg_supplicant_log *log, const uint8_t *data, size_t bytes)
{
	char name[WG_LOG_NAME_BYTES + 1];
	size_t i;

	memcpy(name, data, bytes);
	name[bytes] = '\0';
	for (i = 0; i < bytes; i++)
		if (!is_plain((uint8_t)name[i]) || name[i] == '\t')
			name[i] = '?';
	if (strcmp(name, log->name) == 0)
		return;
	wg_supplicant_log_flush(log);
	memcpy(log->name, name, sizeof(name));
}

TEE_Result wg_supplicant_log(struct wg_supplicant_log *log, const struct wg_rpc *rpc, const uint8_t *data, size_t bytes)
{
	size_t name_bytes = rpc->word[0];
	uint8_t piece[PIECE_BYTES];
	size_t at, piece_bytes;

	if (name_bytes > bytes || name_bytes > WG_LOG_NAME_BYTES)
		return TEE_ERROR_BAD_PARAMETERS;
	if (log->descriptor < 0)
		return TEE_SUCCESS;
	if (name_bytes > 0)
		take_name(log, data, name_bytes);
	for (at = name_bytes; at < bytes; at += piece_bytes) {
		piece_bytes = bytes - at < sizeof(piece) ? bytes - at : sizeof(piece);
		memcpy(piece, data + at, piece_bytes);
		add_piece(log, piece, piece_bytes);
	}
	return TEE_SUCCESS;
}
