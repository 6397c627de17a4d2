/* SPDX-License-Identifier: Apache-2.0 */
/* Included before every TA's source (-include): what OP-TEE's C library does otherwise than this machine's. A TA's heap
 * is exactly TA_DATA_SIZE, its output goes to the log of the normal world, and its end is a panic. The rest of the C
 * library that OP-TEE offers neither allocates nor calls the kernel. The headers come first, so that only uses are
 * renamed, never declarations. */
#ifndef WG_TA_LIBC_H
#define WG_TA_LIBC_H

#include <assert.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "string_ext.h"

void *wg_ta_malloc(size_t bytes);
void *wg_ta_calloc(size_t count, size_t bytes);
void *wg_ta_realloc(void *block, size_t bytes);
void *wg_ta_memalign(size_t align, size_t bytes);
void wg_ta_free(void *block);
char *wg_ta_strdup(const char *text);
char *wg_ta_strndup(const char *text, size_t most);
/* In place: the C library's own may allocate. */
void wg_ta_qsort(void *base, size_t count, size_t bytes, int (*compare)(const void *, const void *));

/* At most 1023 bytes a call are shown. */
int wg_ta_printf(const char *format, ...) __attribute__((format(__printf__, 1, 2)));
int wg_ta_puts(const char *text);
int wg_ta_putchar(int c);
/* file: stdout or stderr, else a panic. */
int wg_ta_fputs(const char *text, FILE *file);
int wg_ta_fputc(int c, FILE *file);
size_t wg_ta_fwrite(const void *data, size_t bytes, size_t count, FILE *file);

_Noreturn void wg_ta_abort(void);
_Noreturn void wg_ta_assert_fail(const char *what, const char *file, unsigned line, const char *function);

#undef malloc
#undef calloc
#undef realloc
#undef memalign
#undef free
#undef strdup
#undef strndup
#undef qsort
#undef printf
#undef puts
#undef putchar
#undef fputs
#undef fputc
#undef fwrite
#undef abort
#define malloc	 wg_ta_malloc
#define calloc	 wg_ta_calloc
#define realloc	 wg_ta_realloc
#define memalign wg_ta_memalign
#define free	 wg_ta_free
#define strdup	 wg_ta_strdup
#define strndup	 wg_ta_strndup
#define qsort	 wg_ta_qsort
/* With its arguments, since the bare word is also that of the format attribute. */
#define printf(...)   wg_ta_printf(__VA_ARGS__)
#define puts	      wg_ta_puts
#define putchar	      wg_ta_putchar
#define fputs	      wg_ta_fputs
#define fputc	      wg_ta_fputc
#define fwrite	      wg_ta_fwrite
#define abort	      wg_ta_abort
#define __assert_fail wg_ta_assert_fail /* what assert() calls */

#endif
