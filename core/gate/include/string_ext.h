/* SPDX-License-Identifier: Apache-2.0 */
/* What OP-TEE's dev kit adds to <string.h>. */
#ifndef WG_STRING_EXT_H
#define WG_STRING_EXT_H

#include <stddef.h>
#include <string.h>

/* Newer C libraries have these two, older ones do not: a TA gets the same ones everywhere. Both return the length that
 * the whole result would have had. */
size_t wg_ta_strlcpy(char *destination, const char *source, size_t size);
size_t wg_ta_strlcat(char *destination, const char *source, size_t size);
#undef strlcpy
#undef strlcat
#define strlcpy wg_ta_strlcpy
#define strlcat wg_ta_strlcat

/* As memcmp, in a time that depends on the size alone. */
int consttime_memcmp(const void *a, const void *b, size_t size);

static inline int buf_compare_ct(const void *a, const void *b, size_t size)
{
	return consttime_memcmp(a, b, size);
}

/* Zeros that no optimisation takes away. */
void memzero_explicit(void *memory, size_t size);

#endif
