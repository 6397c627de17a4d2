/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "wg_checksum.h"
#include "wg_packet_parser.h"

#define OPTION_END	      0u
#define OPTION_NOP	      1u
#define OPTION_MSS	      2u
#define OPTION_SCALE	      3u
#define OPTION_SACK_PERMITTED 4u
#define OPTION_SACK	      5u
#define OPTION_TIMESTAMPS     8u

/* body: what follows kind and length. False: not a length that this kind can have. */
static bool decode_option(struct wg_tcp_options *options, uint8_t kind, struct wg_cursor body)
{
	size_t bytes = wg_cursor_left(&body);
	uint8_t i;

	switch (kind) {
	case OPTION_MSS:
		options->has_mss = bytes == 2 && wg_cursor_u16_be(&body, &options->mss);
		return options->has_mss;
	case OPTION_SCALE:
		options->has_scale = bytes == 1 && wg_cursor_u8(&body, &options->scale);
		return options->has_scale;
	case OPTION_SACK_PERMITTED:
		options->sack_permitted = bytes == 0;
		return options->sack_permitted;
	case OPTION_SACK:
		if (!bytes || bytes % 8 || bytes / 8 > WG_TCP_SACKS_MAX)
			return false;
		options->sack_count = (uint8_t)(bytes / 8);
		for (i = 0; i < options->sack_count; i++)
			if (!wg_cursor_u32_be(&body, &options->sacks[i].left) ||
			    !wg_cursor_u32_be(&body, &options->sacks[i].right))
				return false;
		return true;
	case OPTION_TIMESTAMPS:
		options->has_timestamps = bytes == 8 && wg_cursor_u32_be(&body, &options->timestamp) &&
					  wg_cursor_u32_be(&body, &options->timestamp_echo);
		return options->has_timestamps;
	default:
		return true; /* any other kind: only its place in the order */
	}
}

/* False: malformed, and the cursor stands at the option that is. raw: at most 40 bytes. */
static bool parse_options(struct wg_tcp_options *options, struct wg_cursor *raw)
{
	struct wg_cursor look, body;
	uint8_t kind, length;

	while (wg_cursor_left(raw)) {
		look = *raw;
		if (!wg_cursor_u8(&look, &kind))
			return false;
		options->order[options->count++] = kind;
		if (kind == OPTION_END) {
			options->after_end_bytes = (uint8_t)wg_cursor_left(&look);
			return true;
		}
		if (kind != OPTION_NOP) {
			if (!wg_cursor_u8(&look, &length) || length < 2 || !wg_cursor_sub(&look, length - 2u, &body) ||
			    !decode_option(options, kind, body))
				return false;
		}
		*raw = look;
	}
	return true;
}

static void parse_tcp(struct wg_packet_parser *parser)
{
	struct wg_packet *packet = parser->packet;
	size_t start = parser->cursor.at, header_bytes;
	struct wg_tcp *tcp = &packet->tcp;
	struct wg_cursor options;
	uint8_t raw[20];

	if (!wg_cursor_take(&parser->cursor, raw, sizeof(raw))) {
		wg_packet_cut(parser, start);
		return;
	}
	header_bytes = (raw[12] >> 4) * 4u;
	if (header_bytes < sizeof(raw)) {
		wg_packet_stop_at(packet, WG_PACKET_MALFORMED, start);
		return;
	}
	if (!wg_cursor_sub(&parser->cursor, header_bytes - sizeof(raw), &options)) {
		wg_packet_cut(parser, start);
		return;
	}
	tcp->source = wg_be16(&raw[0]);
	tcp->destination = wg_be16(&raw[2]);
	tcp->sequence = wg_be32(&raw[4]);
	tcp->acknowledgement = wg_be32(&raw[8]);
	tcp->flags = wg_be16(&raw[12]) & 0x1ffu;
	tcp->reserved = (raw[12] >> 1) & 7u;
	tcp->window = wg_be16(&raw[14]);
	tcp->checksum = wg_be16(&raw[16]);
	tcp->urgent = wg_be16(&raw[18]);
	packet->transport = wg_packet_span(start, parser->cursor.at);
	wg_packet_got(packet, WG_LAYER_TCP);
	if (parse_options(&tcp->options, &options))
		wg_packet_stop_at(packet, WG_PACKET_COMPLETE, parser->cursor.at);
	else
		wg_packet_stop_at(packet, WG_PACKET_MALFORMED, start + sizeof(raw) + options.at);
}

static void parse_udp(struct wg_packet_parser *parser)
{
	struct wg_packet *packet = parser->packet;
	size_t start = parser->cursor.at;
	uint8_t raw[8];
	uint16_t bytes;

	if (!wg_cursor_take(&parser->cursor, raw, sizeof(raw))) {
		wg_packet_cut(parser, start);
		return;
	}
	bytes = wg_be16(&raw[4]);
	/* The first fragment carries the length of the whole datagram, all of which is not here. */
	if (bytes < sizeof(raw) || (!packet->fragment.more && !wg_packet_bound(parser, bytes - sizeof(raw)))) {
		wg_packet_stop_at(packet, WG_PACKET_MALFORMED, start);
		return;
	}
	packet->udp.source = wg_be16(&raw[0]);
	packet->udp.destination = wg_be16(&raw[2]);
	packet->udp.bytes = bytes;
	packet->udp.checksum = wg_be16(&raw[6]);
	packet->transport = wg_packet_span(start, parser->cursor.at);
	wg_packet_got(packet, WG_LAYER_UDP);
	wg_packet_stop_at(packet, WG_PACKET_COMPLETE, parser->cursor.at);
}

static void parse_icmp(struct wg_packet_parser *parser, enum wg_packet_layer layer)
{
	struct wg_packet *packet = parser->packet;
	size_t start = parser->cursor.at, header_bytes = layer == WG_LAYER_ICMP ? 8 : 4;
	uint8_t raw[8] = {0};

	if (!wg_cursor_take(&parser->cursor, raw, header_bytes)) {
		wg_packet_cut(parser, start);
		return;
	}
	packet->icmp.type = raw[0];
	packet->icmp.code = raw[1];
	packet->icmp.checksum = wg_be16(&raw[2]);
	packet->icmp.rest = wg_be32(&raw[4]);
	packet->transport = wg_packet_span(start, parser->cursor.at);
	wg_packet_got(packet, layer);
	wg_packet_stop_at(packet, WG_PACKET_COMPLETE, parser->cursor.at);
}

void wg_packet_transport(struct wg_packet_parser *parser)
{
	struct wg_packet *packet = parser->packet;
	bool version4 = wg_packet_has(packet, WG_LAYER_IPV4);

	if (packet->protocol == WG_PROTOCOL_TCP)
		parse_tcp(parser);
	else if (packet->protocol == WG_PROTOCOL_UDP)
		parse_udp(parser);
	else if (packet->protocol == WG_PROTOCOL_ICMP && version4)
		parse_icmp(parser, WG_LAYER_ICMP);
	else if (packet->protocol == WG_PROTOCOL_ICMPV6 && !version4)
		parse_icmp(parser, WG_LAYER_ICMPV6);
	else if (packet->protocol == WG_PROTOCOL_NONE && !version4)
		wg_packet_stop_at(packet, WG_PACKET_COMPLETE, parser->cursor.at);
	else
		wg_packet_stop_at(packet, WG_PACKET_UNKNOWN, parser->cursor.at);
}

/* The bytes of a span; NULL where the frame is not the one that was parsed. */
static const uint8_t *view_of(struct wg_cursor frame, struct wg_span span)
{
	if (!wg_cursor_skip(&frame, span.offset))
		return NULL;
	return wg_cursor_view(&frame, span.bytes);
}

wg_result wg_packet_verify_ipv4(const struct wg_packet *packet, struct wg_cursor frame)
{
	struct wg_span header = packet->network;
	const uint8_t *view;

	if (!wg_packet_has(packet, WG_LAYER_IPV4))
		return WG_ERR_UNAVAILABLE;
	header.bytes = 20u + packet->ipv4.options.bytes;
	view = view_of(frame, header);
	if (!view)
		return WG_ERR_UNAVAILABLE;
	return wg_checksum(view, header.bytes) ? WG_ERR_INPUT : WG_OK;
}

static bool can_verify(const struct wg_packet *packet)
{
	if (!packet->transport.bytes || packet->missing_bytes || packet->fragment.more || packet->routed)
		return false;
	return !(wg_packet_has(packet, WG_LAYER_UDP) && wg_packet_has(packet, WG_LAYER_IPV4) && !packet->udp.checksum);
}

wg_result wg_packet_verify_transport(const struct wg_packet *packet, struct wg_cursor frame)
{
	struct wg_span covered = packet->transport;
	const uint8_t *view;
	uint64_t sum = 0;

	covered.bytes += packet->payload.bytes;
	view = can_verify(packet) ? view_of(frame, covered) : NULL;
	if (!view)
		return WG_ERR_UNAVAILABLE;
	if (wg_packet_has(packet, WG_LAYER_UDP) && !packet->udp.checksum)
		return WG_ERR_INPUT; /* IPv6 has no datagrams without a checksum */
	if (wg_packet_has(packet, WG_LAYER_IPV6))
		sum = wg_checksum_pseudo_ipv6(packet->ipv6.source, packet->ipv6.destination, packet->protocol,
					      covered.bytes);
	else if (!wg_packet_has(packet, WG_LAYER_ICMP))
		sum = wg_checksum_pseudo_ipv4(packet->ipv4.source, packet->ipv4.destination, packet->protocol,
					      covered.bytes);
	return wg_checksum_end(wg_checksum_add(sum, view, covered.bytes)) ? WG_ERR_INPUT : WG_OK;
}
