/* SPDX-License-Identifier: Apache-2.0 */
/* The Internet checksum (RFC 1071), its pseudo-headers, and its incremental update (RFC 1624). A checksum is given and
 * returned as the number that a parser reads from the packet, most significant byte first. */
#ifndef WG_CHECKSUM_H
#define WG_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Partial sums: start with 0, add the pieces in order (only the last may have an odd size), end. A sum holds 2^32 words
 * without overflow. */
uint64_t wg_checksum_add(uint64_t sum, const void *data, size_t bytes);
uint16_t wg_checksum_end(uint64_t sum);

/* Of one piece. Over data that holds its own right checksum: 0. */
uint16_t wg_checksum(const void *data, size_t bytes);

/* The partial sum of the pseudo-header of TCP, UDP or ICMPv6; bytes: of the transport header and its payload. */
uint64_t wg_checksum_pseudo_ipv4(const uint8_t source[4], const uint8_t destination[4], uint8_t protocol,
				 uint32_t bytes);
uint64_t wg_checksum_pseudo_ipv6(const uint8_t source[16], const uint8_t destination[16], uint8_t protocol,
				 uint32_t bytes);

/* The checksum after a field at an even offset changed. Also right where the sum of all words becomes zero. */
uint16_t wg_checksum_update16(uint16_t checksum, uint16_t before, uint16_t after);
uint16_t wg_checksum_update32(uint16_t checksum, uint32_t before, uint32_t after);

#endif
