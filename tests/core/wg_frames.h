/* SPDX-License-Identifier: Apache-2.0 */
/* Frames built by hand, from hexadecimal text. Lengths and checksums are filled in by code of its own, so that the
 * parser is not tested against itself. */
#ifndef WG_FRAMES_H
#define WG_FRAMES_H

#include "wg_packet.h"
#include "wg_test.h"

struct frame {
	uint8_t data[512];
	size_t bytes;
};

#define ETHERNET "020000000002 020000000001 "
#define IPV4	 "45000000 12340000 40"	  /* then: protocol */
#define IPV4_TO	 "0000 c0000201 c6336402" /* checksum, 192.0.2.1, 198.51.100.2 */
#define IPV6	 "6a512345 0000"	  /* then: next header, hop limit */
#define IPV6_TO	 "20010db8000000000000000000000001 20010db8000000000000000000000002"
#define PORTS	 "3039 0050"

static inline void put(struct frame *f, const char *hex)
{
	char digits[3] = {0, 0, 0};

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		digits[0] = *hex++;
		digits[1] = *hex;
		f->data[f->bytes++] = (uint8_t)strtoul(digits, NULL, 16);
	}
}

static inline void put_text(struct frame *f, const char *text)
{
	memcpy(&f->data[f->bytes], text, strlen(text));
	f->bytes += strlen(text);
}

static inline void set16(struct frame *f, size_t at, size_t value)
{
	f->data[at] = (uint8_t)(value >> 8);
	f->data[at + 1] = (uint8_t)value;
}

/* The plainest form of RFC 1071. */
static inline uint32_t plain_sum(const uint8_t *data, size_t bytes)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < bytes; i++)
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	return sum;
}

static inline uint16_t plain_end(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Length and checksum of the IP header at l3. */
static inline void finish_ip(struct frame *f, size_t l3)
{
	size_t header = (f->data[l3] & 15u) * 4u;

	if (f->data[l3] >> 4 == 6) {
		set16(f, l3 + 4, f->bytes - l3 - 40);
		return;
	}
	set16(f, l3 + 2, f->bytes - l3);
	set16(f, l3 + 10, 0);
	set16(f, l3 + 10, plain_end(plain_sum(&f->data[l3], header)));
}

/* The checksum at field, over all from l4 on. protocol 1 has no pseudo-header. */
static inline void finish_transport(struct frame *f, size_t l3, size_t l4, uint8_t protocol, size_t field)
{
	uint32_t sum = 0;

	if (protocol == 17)
		set16(f, l4 + 4, f->bytes - l4);
	set16(f, field, 0);
	if (protocol != 1)
		sum = (f->data[l3] >> 4 == 6 ? plain_sum(&f->data[l3 + 8], 32) : plain_sum(&f->data[l3 + 12], 8)) +
		      protocol + (uint32_t)(f->bytes - l4);
	set16(f, field, plain_end(sum + plain_sum(&f->data[l4], f->bytes - l4)));
}

static inline void pad_to(struct frame *f, size_t bytes)
{
	while (f->bytes < bytes)
		f->data[f->bytes++] = 0xee;
}

#endif
