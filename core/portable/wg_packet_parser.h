/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the packet parser; nobody else includes it. */
#ifndef WG_PACKET_PARSER_H
#define WG_PACKET_PARSER_H

#include "wg_packet.h"

#define WG_PROTOCOL_ICMP   1u
#define WG_PROTOCOL_TCP	   6u
#define WG_PROTOCOL_UDP	   17u
#define WG_PROTOCOL_ICMPV6 58u
#define WG_PROTOCOL_NONE   59u

struct wg_packet_parser {
	struct wg_packet *packet;
	struct wg_cursor cursor; /* over the whole frame, so that its position is the offset */
	size_t frame_bytes;
	bool bounded;	  /* a header has said how much follows */
	uint32_t missing; /* what the innermost such header announces beyond the captured bytes */
};

static inline uint16_t wg_be16(const uint8_t raw[2])
{
	return (uint16_t)(raw[0] << 8 | raw[1]);
}

static inline uint32_t wg_be32(const uint8_t raw[4])
{
	return (uint32_t)wg_be16(raw) << 16 | wg_be16(raw + 2);
}

static inline struct wg_span wg_packet_span(size_t offset, size_t end)
{
	struct wg_span span = {(uint32_t)offset, (uint32_t)(end - offset)};

	return span;
}

static inline void wg_packet_got(struct wg_packet *packet, enum wg_packet_layer layer)
{
	packet->last = layer;
	packet->layers |= 1u << layer;
}

static inline void wg_packet_stop_at(struct wg_packet *packet, enum wg_packet_stop why, size_t offset)
{
	packet->stop = why;
	packet->stop_offset = (uint32_t)offset;
}

/* What it means that a header at offset does not fit. */
static inline void wg_packet_cut(struct wg_packet_parser *parser, size_t offset)
{
	bool captured_all = parser->bounded && !parser->missing;

	wg_packet_stop_at(parser->packet, captured_all ? WG_PACKET_MALFORMED : WG_PACKET_TRUNCATED, offset);
}

/* A header says that bytes follow it. False: the header around it leaves less room than that. */
bool wg_packet_bound(struct wg_packet_parser *parser, size_t bytes) WG_MUST_CHECK;

/* Parses packet->protocol; sets stop. */
void wg_packet_transport(struct wg_packet_parser *parser);

#endif
