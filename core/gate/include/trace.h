/* SPDX-License-Identifier: Apache-2.0 */
/* A TA's messages to the log of the normal world. Each costs one request to it. TRACE_LEVEL, a number of
 * trace_levels.h, is chosen when the TA is compiled; what is above it costs nothing. */
#ifndef WG_TRACE_H
#define WG_TRACE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"
#include "trace_levels.h"

#define MAX_PRINT_SIZE 256 /* bytes of one message with its NUL; the rest is cut */

#ifndef TRACE_LEVEL
#define TRACE_LEVEL TRACE_INFO
#endif

/* function NULL: the text alone. level_ok: the level is shown too. */
void trace_vprintf(const char *function, int line, int level, bool level_ok, const char *format, va_list args)
	__attribute__((format(__printf__, 5, 0)));
void trace_printf(const char *function, int line, int level, bool level_ok, const char *format, ...)
	__attribute__((format(__printf__, 5, 6)));
void dhex_dump(const char *function, int line, int level, const void *buffer, int bytes);

#define WG_TRACE(level, level_ok, ...) trace_printf(__func__, __LINE__, (level), (level_ok), __VA_ARGS__)
#define WG_TRACE_RAW(level, ...)       trace_printf(NULL, 0, (level), true, __VA_ARGS__)

#if TRACE_LEVEL > TRACE_MIN
#define MSG(...)     WG_TRACE(TRACE_MIN, false, __VA_ARGS__)
#define MSG_RAW(...) WG_TRACE_RAW(TRACE_MIN, __VA_ARGS__)
#else
#define MSG(...)     (void)0
#define MSG_RAW(...) (void)0
#endif

#if TRACE_LEVEL >= TRACE_ERROR
#define EMSG(...)     WG_TRACE(TRACE_ERROR, true, __VA_ARGS__)
#define EMSG_RAW(...) WG_TRACE_RAW(TRACE_ERROR, __VA_ARGS__)
#define SMSG(...)     WG_TRACE(TRACE_ERROR, true, __VA_ARGS__)
#else
#define EMSG(...)     (void)0
#define EMSG_RAW(...) (void)0
#define SMSG(...)     (void)0
#endif

#if TRACE_LEVEL >= TRACE_INFO
#define IMSG(...)     WG_TRACE(TRACE_INFO, true, __VA_ARGS__)
#define IMSG_RAW(...) WG_TRACE_RAW(TRACE_INFO, __VA_ARGS__)
#else
#define IMSG(...)     (void)0
#define IMSG_RAW(...) (void)0
#endif

#if TRACE_LEVEL >= TRACE_DEBUG
#define DMSG(...)	   WG_TRACE(TRACE_DEBUG, true, __VA_ARGS__)
#define DMSG_RAW(...)	   WG_TRACE_RAW(TRACE_DEBUG, __VA_ARGS__)
#define DHEXDUMP(buf, len) dhex_dump(__func__, __LINE__, TRACE_DEBUG, (buf), (len))
#else
#define DMSG(...)	   (void)0
#define DMSG_RAW(...)	   (void)0
#define DHEXDUMP(buf, len) (void)0
#endif

#if TRACE_LEVEL >= TRACE_FLOW
#define FMSG(...)     WG_TRACE(TRACE_FLOW, true, __VA_ARGS__)
#define FMSG_RAW(...) WG_TRACE_RAW(TRACE_FLOW, __VA_ARGS__)
#else
#define FMSG(...)     (void)0
#define FMSG_RAW(...) (void)0
#endif

#define INMSG(...)  FMSG("> " __VA_ARGS__)
#define OUTMSG(...) FMSG("< " __VA_ARGS__)
#define OUTRMSG(r)                     \
	do {                           \
		OUTMSG("r=[%x]", (r)); \
		return (r);            \
	} while (0)

#endif
