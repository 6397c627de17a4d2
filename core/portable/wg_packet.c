/* SPDX-License-Identifier: Apache-2.0 */
/* Each header is copied out of the cursor at once and decoded from the copy. */
#include "wg_packet.h"

#include <string.h>

#include "wg_packet_parser.h"

#define ETHER_IPV4	0x0800u
#define ETHER_ARP	0x0806u
#define ETHER_VLAN	0x8100u
#define ETHER_IPV6	0x86ddu
#define ETHER_QINQ	0x88a8u
#define ETHER_OLD_QINQ	0x9100u
#define ETHER_TYPE_MIN	0x0600u /* below: the length of an 802.3 frame */
#define ETHER_BYTES_MAX 1500u

#define EXTENSION_HOP_BY_HOP  0u
#define EXTENSION_ROUTING     43u
#define EXTENSION_FRAGMENT    44u
#define EXTENSION_AH	      51u
#define EXTENSION_DESTINATION 60u

#define IPV4_BYTES_MAX 65535u

bool wg_packet_bound(struct wg_packet_parser *parser, size_t bytes)
{
	struct wg_packet *packet = parser->packet;
	size_t left = wg_cursor_left(&parser->cursor);

	if (parser->bounded && bytes > left + parser->missing)
		return false;
	parser->bounded = true;
	parser->missing = bytes > left ? (uint32_t)(bytes - left) : 0;
	if (parser->missing > packet->missing_bytes)
		packet->missing_bytes = parser->missing;
	if (bytes > left || !wg_cursor_limit(&parser->cursor, bytes))
		return true;
	packet->trailer = wg_packet_span(parser->cursor.size, parser->frame_bytes);
	return true;
}

static void parse_arp(struct wg_packet_parser *parser)
{
	struct wg_packet *packet = parser->packet;
	struct wg_arp *arp = &packet->arp;
	size_t start = parser->cursor.at;
	uint8_t raw[8], body[20];

	if (!wg_cursor_take(&parser->cursor, raw, sizeof(raw))) {
		wg_packet_cut(parser, start);
		return;
	}
	arp->hardware = wg_be16(&raw[0]);
	arp->protocol = wg_be16(&raw[2]);
	arp->hardware_bytes = raw[4];
	arp->protocol_bytes = raw[5];
	arp->operation = wg_be16(&raw[6]);
	if (arp->hardware != 1 || arp->protocol != ETHER_IPV4 || arp->hardware_bytes != 6 || arp->protocol_bytes != 4) {
		wg_packet_got(packet, WG_LAYER_ARP);
		packet->network = wg_packet_span(start, parser->cursor.at);
		wg_packet_stop_at(packet, WG_PACKET_UNKNOWN, parser->cursor.at);
		return;
	}
	if (!wg_cursor_take(&parser->cursor, body, sizeof(body))) {
		wg_packet_cut(parser, start);
		return;
	}
	memcpy(arp->sender_mac, &body[0], 6);
	memcpy(arp->sender_ip, &body[6], 4);
	memcpy(arp->target_mac, &body[10], 6);
	memcpy(arp->target_ip, &body[16], 4);
	wg_packet_got(packet, WG_LAYER_ARP);
	packet->network = wg_packet_span(start, parser->cursor.at);
	if (wg_packet_bound(parser, 0))
		wg_packet_stop_at(packet, WG_PACKET_COMPLETE, parser->cursor.at);
}

static bool is_extension(const struct wg_packet *packet, uint8_t protocol)
{
	if (protocol == EXTENSION_AH)
		return true;
	return wg_packet_has(packet, WG_LAYER_IPV6) &&
	       (protocol == EXTENSION_HOP_BY_HOP || protocol == EXTENSION_ROUTING || protocol == EXTENSION_FRAGMENT ||
		protocol == EXTENSION_DESTINATION);
}

static size_t extension_bytes(uint8_t protocol, uint8_t length)
{
	if (protocol == EXTENSION_FRAGMENT)
		return 8;
	return protocol == EXTENSION_AH ? (length + 2u) * 4u : (length + 1u) * 8u;
}

/* One header; false: stopped. */
static bool parse_extension(struct wg_packet_parser *parser)
{
	struct wg_packet *packet = parser->packet;
	struct wg_extension *extension = &packet->extensions[packet->extension_count];
	size_t start = parser->cursor.at, bytes;
	uint8_t raw[8];

	if (!wg_cursor_take(&parser->cursor, raw, sizeof(raw))) {
		wg_packet_cut(parser, start);
		return false;
	}
	bytes = extension_bytes(packet->protocol, raw[1]);
	if ((packet->protocol == EXTENSION_AH && bytes < 12) ||
	    (packet->protocol == EXTENSION_HOP_BY_HOP && packet->extension_count)) {
		wg_packet_stop_at(packet, WG_PACKET_MALFORMED, start);
		return false;
	}
	if (!wg_cursor_skip(&parser->cursor, bytes - sizeof(raw))) {
		wg_packet_cut(parser, start);
		return false;
	}
	if (packet->protocol == EXTENSION_FRAGMENT) {
		packet->fragment.present = true;
		packet->fragment.offset = wg_be16(&raw[2]) & 0xfff8u;
		packet->fragment.more = raw[3] & 1u;
		packet->fragment.id = wg_be32(&raw[4]);
	}
	if (packet->protocol == EXTENSION_ROUTING && raw[3])
		packet->routed = true;
	extension->protocol = packet->protocol;
	extension->span = wg_packet_span(start, parser->cursor.at);
	packet->extension_count++;
	packet->protocol = raw[0];
	packet->network = wg_packet_span(packet->network.offset, parser->cursor.at);
	wg_packet_got(packet, WG_LAYER_EXTENSION);
	return true;
}

/* What follows the fixed header and the options of IP. */
static void parse_ip_payload(struct wg_packet_parser *parser)
{
	struct wg_packet *packet = parser->packet;

	while (!packet->fragment.offset && is_extension(packet, packet->protocol)) {
		if (packet->extension_count == WG_PACKET_EXTENSIONS_MAX) {
			wg_packet_stop_at(packet, WG_PACKET_LIMIT, parser->cursor.at);
			return;
		}
		if (!parse_extension(parser))
			return;
	}
	if (packet->fragment.offset + wg_cursor_left(&parser->cursor) + parser->missing > IPV4_BYTES_MAX &&
	    packet->fragment.present)
		wg_packet_stop_at(packet, WG_PACKET_MALFORMED, packet->network.offset);
	else if (packet->fragment.offset)
		wg_packet_stop_at(packet, WG_PACKET_FRAGMENT, parser->cursor.at);
	else
		wg_packet_transport(parser);
}

static void decode_ipv4(struct wg_packet *packet, const uint8_t raw[20])
{
	struct wg_ipv4 *ipv4 = &packet->ipv4;

	ipv4->service = raw[1];
	ipv4->total_bytes = wg_be16(&raw[2]);
	ipv4->id = wg_be16(&raw[4]);
	ipv4->flags = raw[6] >> 5;
	ipv4->ttl = raw[8];
	ipv4->checksum = wg_be16(&raw[10]);
	memcpy(ipv4->source, &raw[12], 4);
	memcpy(ipv4->destination, &raw[16], 4);
	packet->protocol = raw[9];
	packet->fragment.offset = (uint16_t)((wg_be16(&raw[6]) & 0x1fffu) * 8u);
	packet->fragment.more = ipv4->flags & 1u;
	packet->fragment.present = packet->fragment.more || packet->fragment.offset;
	packet->fragment.id = packet->fragment.present ? ipv4->id : 0;
}

static void parse_ipv4(struct wg_packet_parser *parser)
{
	struct wg_packet *packet = parser->packet;
	size_t start = parser->cursor.at, header_bytes, total_bytes;
	uint8_t raw[20];

	if (!wg_cursor_take(&parser->cursor, raw, sizeof(raw))) {
		wg_packet_cut(parser, start);
		return;
	}
	header_bytes = (raw[0] & 15u) * 4u;
	total_bytes = wg_be16(&raw[2]);
	if (raw[0] >> 4 != 4 || header_bytes < sizeof(raw) || total_bytes < header_bytes) {
		wg_packet_stop_at(packet, WG_PACKET_MALFORMED, start);
		return;
	}
	if (!wg_cursor_skip(&parser->cursor, header_bytes - sizeof(raw))) {
		wg_packet_cut(parser, start);
		return;
	}
	if (!wg_packet_bound(parser, total_bytes - header_bytes)) {
		wg_packet_stop_at(packet, WG_PACKET_MALFORMED, start);
		return;
	}
	decode_ipv4(packet, raw);
	packet->ipv4.options = wg_packet_span(start + sizeof(raw), start + header_bytes);
	packet->network = wg_packet_span(start, start + header_bytes);
	wg_packet_got(packet, WG_LAYER_IPV4);
	parse_ip_payload(parser);
}

static void parse_ipv6(struct wg_packet_parser *parser)
{
	struct wg_packet *packet = parser->packet;
	struct wg_ipv6 *ipv6 = &packet->ipv6;
	size_t start = parser->cursor.at;
	uint8_t raw[40];

	if (!wg_cursor_take(&parser->cursor, raw, sizeof(raw))) {
		wg_packet_cut(parser, start);
		return;
	}
	if (raw[0] >> 4 != 6 || !wg_packet_bound(parser, wg_be16(&raw[4]))) {
		wg_packet_stop_at(packet, WG_PACKET_MALFORMED, start);
		return;
	}
	ipv6->service = (uint8_t)(wg_be16(&raw[0]) >> 4);
	ipv6->flow_label = wg_be32(&raw[0]) & 0xfffffu;
	ipv6->payload_bytes = wg_be16(&raw[4]);
	ipv6->hop_limit = raw[7];
	memcpy(ipv6->source, &raw[8], 16);
	memcpy(ipv6->destination, &raw[24], 16);
	packet->protocol = raw[6];
	packet->network = wg_packet_span(start, parser->cursor.at);
	wg_packet_got(packet, WG_LAYER_IPV6);
	parse_ip_payload(parser);
}

static void parse_ether_type(struct wg_packet_parser *parser)
{
	switch (parser->packet->ether_type) {
	case ETHER_IPV4:
		parse_ipv4(parser);
		break;
	case ETHER_IPV6:
		parse_ipv6(parser);
		break;
	case ETHER_ARP:
		parse_arp(parser);
		break;
	default:
		wg_packet_stop_at(parser->packet, WG_PACKET_UNKNOWN, parser->cursor.at);
	}
}

/* 802.3: the length is known, the protocol is in the LLC header, or in a SNAP header behind it. */
static void parse_llc(struct wg_packet_parser *parser, uint16_t bytes)
{
	struct wg_packet *packet = parser->packet;
	size_t start = parser->cursor.at;
	uint8_t raw[3], snap[5] = {0};

	if (bytes > ETHER_BYTES_MAX || !wg_packet_bound(parser, bytes)) {
		wg_packet_stop_at(packet, WG_PACKET_MALFORMED, start);
		return;
	}
	if (!wg_cursor_take(&parser->cursor, raw, sizeof(raw))) {
		wg_packet_cut(parser, start);
		return;
	}
	packet->llc.destination = raw[0];
	packet->llc.source = raw[1];
	packet->llc.control = raw[2];
	packet->llc.snap = raw[0] == 0xaa && raw[1] == 0xaa && raw[2] == 3;
	if (packet->llc.snap && !wg_cursor_take(&parser->cursor, snap, sizeof(snap))) {
		memset(&packet->llc, 0, sizeof(packet->llc));
		wg_packet_cut(parser, start);
		return;
	}
	memcpy(packet->llc.organisation, snap, 3);
	packet->link = wg_packet_span(0, parser->cursor.at);
	wg_packet_got(packet, WG_LAYER_LLC);
	if (packet->llc.snap && !snap[0] && !snap[1] && !snap[2])
		packet->ether_type = wg_be16(&snap[3]);
	parse_ether_type(parser);
}

static bool is_vlan(uint16_t type)
{
	return type == ETHER_VLAN || type == ETHER_QINQ || type == ETHER_OLD_QINQ;
}

static void parse_ethernet(struct wg_packet_parser *parser)
{
	struct wg_packet *packet = parser->packet;
	uint8_t raw[14], tag[4];
	uint16_t type;

	if (!wg_cursor_take(&parser->cursor, raw, sizeof(raw))) {
		wg_packet_cut(parser, 0);
		return;
	}
	memcpy(packet->destination_mac, &raw[0], 6);
	memcpy(packet->source_mac, &raw[6], 6);
	packet->link = wg_packet_span(0, parser->cursor.at);
	wg_packet_got(packet, WG_LAYER_ETHERNET);
	for (type = wg_be16(&raw[12]); is_vlan(type); type = wg_be16(&tag[2])) {
		if (packet->vlan_count == WG_PACKET_VLANS_MAX) {
			wg_packet_stop_at(packet, WG_PACKET_LIMIT, parser->cursor.at);
			return;
		}
		if (!wg_cursor_take(&parser->cursor, tag, sizeof(tag))) {
			wg_packet_cut(parser, parser->cursor.at);
			return;
		}
		packet->vlans[packet->vlan_count].type = type;
		packet->vlans[packet->vlan_count++].tag = wg_be16(&tag[0]);
		packet->link = wg_packet_span(0, parser->cursor.at);
		wg_packet_got(packet, WG_LAYER_VLAN);
	}
	if (type < ETHER_TYPE_MIN) {
		parse_llc(parser, type);
		return;
	}
	packet->ether_type = type;
	parse_ether_type(parser);
}

static void parse_ip(struct wg_packet_parser *parser)
{
	struct wg_cursor first = parser->cursor;
	uint8_t version;

	if (!wg_cursor_u8(&first, &version))
		wg_packet_cut(parser, 0);
	else if (version >> 4 == 6)
		parse_ipv6(parser);
	else
		parse_ipv4(parser);
}

static wg_result parse(struct wg_cursor bytes, struct wg_packet *packet, void (*start)(struct wg_packet_parser *))
{
	struct wg_packet_parser parser;
	bool broken;

	memset(packet, 0, sizeof(*packet));
	parser.packet = packet;
	parser.frame_bytes = wg_cursor_left(&bytes);
	parser.bounded = false;
	parser.missing = 0;
	packet->stop = WG_PACKET_TRUNCATED;
	if (parser.frame_bytes > UINT32_MAX || !wg_cursor_sub(&bytes, parser.frame_bytes, &parser.cursor))
		return WG_ERR_SIZE;
	start(&parser);
	broken = packet->stop == WG_PACKET_MALFORMED || packet->stop == WG_PACKET_TRUNCATED;
	/* Behind malformed TCP options the payload is still known. */
	if (broken && !wg_packet_has(packet, WG_LAYER_TCP))
		packet->payload = wg_packet_span(packet->stop_offset, packet->stop_offset);
	else
		packet->payload = wg_packet_span(parser.cursor.at, parser.cursor.size);
	return broken || packet->stop == WG_PACKET_LIMIT ? WG_ERR_INPUT : WG_OK;
}

wg_result wg_packet_parse(struct wg_cursor frame, struct wg_packet *packet)
{
	return parse(frame, packet, parse_ethernet);
}

wg_result wg_packet_parse_ip(struct wg_cursor datagram, struct wg_packet *packet)
{
	return parse(datagram, packet, parse_ip);
}
