/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_checksum.h"

#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FROM_NETWORK16(value) __builtin_bswap16(value)
#define FROM_NETWORK32(value) __builtin_bswap32(value)
#else
#define FROM_NETWORK16(value) (value)
#define FROM_NETWORK32(value) (value)
#endif

/* Words are added in this processor's byte order: swapping all of them only swaps the sum (RFC 1071, 2 (B)). */
uint64_t wg_checksum_add(uint64_t sum, const void *data, size_t bytes)
{
	const uint8_t *from = (const uint8_t *)data;
	size_t i, whole = bytes / 4u * 4u;
	uint32_t word;

	for (i = 0; i < whole; i += 4u) {
		memcpy(&word, &from[i], 4);
		sum += word;
	}
	if (whole == bytes)
		return sum;
	word = 0;
	memcpy(&word, &from[whole], bytes - whole);
	return sum + word;
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffffu) + (sum >> 16);
	return (uint16_t)sum;
}

uint16_t wg_checksum_end(uint64_t sum)
{
	uint16_t folded = fold(sum);

	return (uint16_t)~FROM_NETWORK16(folded);
}

uint16_t wg_checksum(const void *data, size_t bytes)
{
	return wg_checksum_end(wg_checksum_add(0, data, bytes));
}

uint64_t wg_checksum_pseudo_ipv4(const uint8_t source[4], const uint8_t destination[4], uint8_t protocol,
				 uint32_t bytes)
{
	uint64_t sum = wg_checksum_add(wg_checksum_add(0, source, 4), destination, 4);

	/* Two words of the network, so turned into this processor's order like those read from memory. */
	return sum + FROM_NETWORK32((uint32_t)protocol) + FROM_NETWORK32(bytes);
}

uint64_t wg_checksum_pseudo_ipv6(const uint8_t source[16], const uint8_t destination[16], uint8_t protocol,
				 uint32_t bytes)
{
	uint64_t sum = wg_checksum_add(wg_checksum_add(0, source, 16), destination, 16);

	return sum + FROM_NETWORK32((uint32_t)protocol) + FROM_NETWORK32(bytes);
}

uint16_t wg_checksum_update16(uint16_t checksum, uint16_t before, uint16_t after)
{
	return (uint16_t)~fold((uint64_t)(uint16_t)~checksum + (uint16_t)~before + after);
}

uint16_t wg_checksum_update32(uint16_t checksum, uint32_t before, uint32_t after)
{
	checksum = wg_checksum_update16(checksum, (uint16_t)(before >> 16), (uint16_t)(after >> 16));
	return wg_checksum_update16(checksum, (uint16_t)before, (uint16_t)after);
}
