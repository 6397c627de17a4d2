/* SPDX-License-Identifier: Apache-2.0 */
/* The functions behind wg_ta_libc.h. This file itself is compiled without it. */
#include "wg_ta_libc.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "internal/wg_internal.h"
#include "trace.h"

#define PRINT_BYTES 1024u

void *wg_ta_malloc(size_t bytes)
{
	return wg_ta_alloc(WG_HEAP_ALIGN, bytes, WG_FILL_NONE);
}

void *wg_ta_calloc(size_t count, size_t bytes)
{
	size_t total;

	if (__builtin_mul_overflow(count, bytes, &total))
		return NULL;
	return wg_ta_alloc(WG_HEAP_ALIGN, total, WG_FILL_ZERO);
}

void *wg_ta_realloc(void *block, size_t bytes)
{
	if (!block)
		return wg_ta_malloc(bytes);
	if (bytes == 0) {
		wg_ta_release(block);
		return NULL;
	}
	return wg_ta_resize(block, bytes);
}

void *wg_ta_memalign(size_t align, size_t bytes)
{
	return wg_ta_alloc(align, bytes, WG_FILL_NONE);
}

void wg_ta_free(void *block)
{
	wg_ta_release(block);
}

static char *copy_text(const char *text, size_t length)
{
	char *copy = wg_ta_malloc(length + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *wg_ta_strndup(const char *text, size_t most)
{
	return copy_text(text, strnlen(text, most));
}

char *wg_ta_strdup(const char *text)
{
	return copy_text(text, strlen(text));
}

struct array {
	uint8_t *base;
	size_t bytes; /* of one element */
	int (*compare)(const void *, const void *);
};

static void swap(uint8_t *a, uint8_t *b, size_t bytes)
{
	uint8_t kept;
	size_t i;

	for (i = 0; i < bytes; i++) {
		kept = a[i];
		a[i] = b[i];
		b[i] = kept;
	}
}

/* Lets the element at place sink until no child is greater. */
static void sink(const struct array *array, size_t place, size_t count)
{
	uint8_t *parent, *child;

	while (place < count / 2) {
		parent = array->base + place * array->bytes;
		place = 2 * place + 1;
		child = array->base + place * array->bytes;
		if (place + 1 < count && array->compare(child, child + array->bytes) < 0) {
			place++;
			child += array->bytes;
		}
		if (array->compare(parent, child) >= 0)
			return;
		swap(parent, child, array->bytes);
	}
}

/* Heapsort: no memory, no recursion, and no order of the input is slow. */
void wg_ta_qsort(void *base, size_t count, size_t bytes, int (*compare)(const void *, const void *))
{
	const struct array array = {.base = base, .bytes = bytes, .compare = compare};
	size_t i;

	for (i = count / 2; i > 0; i--)
		sink(&array, i - 1, count);
	for (i = count; i > 1; i--) {
		swap(array.base, array.base + (i - 1) * bytes, bytes);
		sink(&array, 0, i - 1);
	}
}

int wg_ta_printf(const char *format, ...)
{
	char text[PRINT_BYTES];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (length > 0)
		wg_ta_log(text, (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1);
	return length;
}

int wg_ta_puts(const char *text)
{
	return wg_ta_printf("%s\n", text);
}

int wg_ta_putchar(int c)
{
	char text = (char)c;

	wg_ta_log(&text, 1);
	return (unsigned char)c;
}

static void check_file(const FILE *file)
{
	if (file != stdout && file != stderr)
		wg_instance_panic(TEE_ERROR_BAD_PARAMETERS);
}

int wg_ta_fputs(const char *text, FILE *file)
{
	check_file(file);
	wg_ta_log(text, strlen(text));
	return 0;
}

int wg_ta_fputc(int c, FILE *file)
{
	check_file(file);
	return wg_ta_putchar(c);
}

size_t wg_ta_fwrite(const void *data, size_t bytes, size_t count, FILE *file)
{
	size_t total;

	check_file(file);
	if (__builtin_mul_overflow(bytes, count, &total))
		return 0;
	wg_ta_log((const char *)data, total);
	return count;
}

_Noreturn void wg_ta_abort(void)
{
	wg_instance_panic(TEE_ERROR_GENERIC);
}

_Noreturn void wg_ta_assert_fail(const char *what, const char *file, unsigned line, const char *function)
{
	trace_printf(function, (int)line, TRACE_ERROR, true, "assertion '%s' failed at %s:%u", what, file, line);
	wg_instance_panic(TEE_ERROR_GENERIC);
}
