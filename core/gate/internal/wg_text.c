/* SPDX-License-Identifier: Apache-2.0 */
/* OP-TEE's additions to <string.h> and <stdlib.h>, and its UUID parser. */
#include <stdint.h>
#include <string.h>

#include "stdlib_ext.h"
#include "string_ext.h"
#include "tee_internal_api_extensions.h"
#include "wg_internal.h"

size_t wg_ta_strlcpy(char *destination, const char *source, size_t size)
{
	size_t length = strlen(source);
	size_t copied;

	if (size == 0)
		return length;
	copied = length < size ? length : size - 1;
	memcpy(destination, source, copied);
	destination[copied] = '\0';
	return length;
}

size_t wg_ta_strlcat(char *destination, const char *source, size_t size)
{
	size_t used = strnlen(destination, size);

	return used + wg_ta_strlcpy(destination + used, source, size - used);
}

/* Backwards, so that the first difference is the one that stays. */
int consttime_memcmp(const void *a, const void *b, size_t size)
{
	const volatile uint8_t *x = (const volatile uint8_t *)a;
	const volatile uint8_t *y = (const volatile uint8_t *)b;
	int difference, same;
	int result = 0;
	size_t i;

	for (i = size; i > 0; i--) {
		difference = (int)x[i - 1] - (int)y[i - 1];
		same = ((difference & 0x1ff) - 1) >> 31; /* all ones where the bytes are equal, else 0 */
		result = (result & same) | difference;
	}
	return result;
}

void memzero_explicit(void *memory, size_t size)
{
	if (size > 0)
		memset(memory, 0, size);
	__asm__ volatile("" : : "r"(memory) : "memory");
}

void free_wipe(void *block)
{
	if (!block)
		return;
	memzero_explicit(block, wg_heap_block_bytes(&wg_instance_must()->heap, block));
	wg_ta_release(block);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

TEE_Result tee_uuid_from_str(TEE_UUID *uuid, const char *text)
{
	uint8_t byte[16];
	size_t at = 0;
	size_t i;
	int high, low;

	if (strnlen(text, 37) != 36)
		return TEE_ERROR_BAD_FORMAT;
	for (i = 0; i < 16; i++) {
		if ((at == 8 || at == 13 || at == 18 || at == 23) && text[at++] != '-')
			return TEE_ERROR_BAD_FORMAT;
		high = hex_digit(text[at++]);
		low = hex_digit(text[at++]);
		if (high < 0 || low < 0)
			return TEE_ERROR_BAD_FORMAT;
		byte[i] = (uint8_t)(high * 16 + low);
	}
	uuid->timeLow = ((uint32_t)byte[0] << 24) | ((uint32_t)byte[1] << 16) | ((uint32_t)byte[2] << 8) | byte[3];
	uuid->timeMid = (uint16_t)((byte[4] << 8) | byte[5]);
	uuid->timeHiAndVersion = (uint16_t)((byte[6] << 8) | byte[7]);
	memcpy(uuid->clockSeqAndNode, byte + 8, 8);
	return TEE_SUCCESS;
}
