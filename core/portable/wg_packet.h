/* SPDX-License-Identifier: Apache-2.0 */
/* Packet parsing into a plain struct: Ethernet II and 802.3, VLAN tags, ARP, IPv4, IPv6 with extension headers, TCP
 * with options, UDP, ICMP, ICMPv6. Numbers are in this processor's byte order. The packet must not change meanwhile:
 * copy it out of shared memory first. */
#ifndef WG_PACKET_H
#define WG_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wg_cursor.h"
#include "wg_result.h"

#define WG_PACKET_VLANS_MAX	 4u
#define WG_PACKET_EXTENSIONS_MAX 8u
#define WG_TCP_OPTIONS_MAX	 40u /* the room for options, all of one byte */
#define WG_TCP_SACKS_MAX	 4u

/* From the outside to the inside. */
enum wg_packet_layer {
	WG_LAYER_NONE,
	WG_LAYER_ETHERNET,
	WG_LAYER_VLAN,
	WG_LAYER_LLC,
	WG_LAYER_ARP,
	WG_LAYER_IPV4,
	WG_LAYER_IPV6,
	WG_LAYER_EXTENSION,
	WG_LAYER_TCP,
	WG_LAYER_UDP,
	WG_LAYER_ICMP,
	WG_LAYER_ICMPV6
};

enum wg_packet_stop {
	WG_PACKET_COMPLETE,  /* every header was read; what follows is payload */
	WG_PACKET_UNKNOWN,   /* the next protocol is none of ours; what follows is given as payload */
	WG_PACKET_FRAGMENT,  /* a later fragment: the payload is a piece from the middle of a datagram */
	WG_PACKET_LIMIT,     /* more tags or extension headers than are followed */
	WG_PACKET_TRUNCATED, /* the captured bytes end inside a header */
	WG_PACKET_MALFORMED  /* a header contradicts itself or the one around it */
};

/* A stretch of the packet. */
struct wg_span {
	uint32_t offset;
	uint32_t bytes;
};

struct wg_vlan {
	uint16_t type; /* 0x8100, 0x88a8 or 0x9100 */
	uint16_t tag;  /* priority (3 bits), drop eligible (1), VLAN (12) */
};

struct wg_llc {
	uint8_t destination, source, control;
	bool snap; /* its protocol is then in ether_type if the organisation is 0 */
	uint8_t organisation[3];
};

/* For Ethernet and IPv4; of other kinds only the first five members are filled in. */
struct wg_arp {
	uint16_t hardware, protocol, operation;
	uint8_t hardware_bytes, protocol_bytes;
	uint8_t sender_mac[6], sender_ip[4], target_mac[6], target_ip[4];
};

struct wg_ipv4 {
	uint8_t service; /* DSCP and ECN */
	uint8_t flags;	 /* 4 reserved, 2 do not fragment, 1 more fragments */
	uint8_t ttl;
	uint16_t total_bytes, id, checksum;
	uint8_t source[4], destination[4];
	struct wg_span options;
};

struct wg_ipv6 {
	uint8_t service; /* traffic class */
	uint8_t hop_limit;
	uint16_t payload_bytes; /* extension headers included */
	uint32_t flow_label;
	uint8_t source[16], destination[16];
};

/* IPv6 extension headers, and AH in IPv4. */
struct wg_extension {
	uint8_t protocol; /* its own number: 0 hop-by-hop, 43 routing, 44 fragment, 51 AH, 60 destination */
	struct wg_span span;
};

struct wg_fragment {
	bool present;
	bool more;
	uint16_t offset; /* bytes */
	uint32_t id;
};

enum wg_tcp_flag {
	WG_TCP_FIN = 0x001,
	WG_TCP_SYN = 0x002,
	WG_TCP_RST = 0x004,
	WG_TCP_PSH = 0x008,
	WG_TCP_ACK = 0x010,
	WG_TCP_URG = 0x020,
	WG_TCP_ECE = 0x040,
	WG_TCP_CWR = 0x080,
	WG_TCP_AE = 0x100
};

struct wg_tcp_sack {
	uint32_t left, right;
};

/* Of an option that comes twice the last one counts; the order keeps both. */
struct wg_tcp_options {
	uint8_t order[WG_TCP_OPTIONS_MAX]; /* the kinds as they come, padding included */
	uint8_t count;
	uint8_t after_end_bytes; /* behind the end-of-options mark */
	bool has_mss, has_scale, has_timestamps, sack_permitted;
	uint8_t scale;
	uint8_t sack_count;
	uint16_t mss;
	uint32_t timestamp, timestamp_echo;
	struct wg_tcp_sack sacks[WG_TCP_SACKS_MAX];
};

struct wg_tcp {
	uint16_t source, destination;
	uint32_t sequence, acknowledgement;
	uint16_t flags; /* enum wg_tcp_flag */
	uint8_t reserved;
	uint16_t window, checksum, urgent;
	struct wg_tcp_options options;
};

struct wg_udp {
	uint16_t source, destination, bytes, checksum;
};

struct wg_icmp {
	uint8_t type, code;
	uint16_t checksum;
	uint32_t rest; /* of the header; 0 for ICMPv6, where it is payload */
};

/* A member is filled in only if wg_packet_has() of its layer; all else is zero. */
struct wg_packet {
	enum wg_packet_stop stop;
	enum wg_packet_layer last; /* the last header that was read whole */
	uint32_t stop_offset;	   /* of the header, option or payload at which the parser stopped */
	uint32_t layers;	   /* bits 1 << enum wg_packet_layer */

	struct wg_span link;	  /* Ethernet, tags, LLC */
	struct wg_span network;	  /* ARP, or IP with options and extension headers */
	struct wg_span transport; /* TCP with options, UDP, ICMP */
	struct wg_span payload; /* as captured, without padding; empty after TRUNCATED and MALFORMED, except where only
				 * the TCP options are malformed */
	struct wg_span trailer; /* behind what the headers announce: the padding of a short frame, or anything */
	uint32_t missing_bytes; /* the most that a header announces and that is not captured. Fine in a capture that
				 * cuts packets short; from a wire it is a lie */

	uint8_t destination_mac[6], source_mac[6];
	uint16_t ether_type; /* the innermost; 0 where there is none */
	uint8_t vlan_count;
	uint8_t extension_count;
	uint8_t protocol; /* of IP: the number of the transport protocol, or where it stopped */
	bool routed;	  /* a routing header has segments left, so destination is not the last one */
	struct wg_vlan vlans[WG_PACKET_VLANS_MAX];
	struct wg_llc llc;
	struct wg_fragment fragment;
	struct wg_extension extensions[WG_PACKET_EXTENSIONS_MAX];
	union {
		struct wg_arp arp;
		struct wg_ipv4 ipv4;
		struct wg_ipv6 ipv6;
	};
	union {
		struct wg_tcp tcp;
		struct wg_udp udp;
		struct wg_icmp icmp; /* ICMPv6 too */
	};
};

static inline bool wg_packet_has(const struct wg_packet *packet, enum wg_packet_layer layer)
{
	return (packet->layers >> layer) & 1u;
}

/* Parses what the cursor has left, a frame that starts with Ethernet; offsets count from there. Always fills in packet.
 * WG_OK: stop is COMPLETE, UNKNOWN or FRAGMENT; WG_ERR_INPUT: LIMIT, TRUNCATED or MALFORMED; WG_ERR_SIZE: 4 GiB or
 * more, nothing parsed. Verifies no checksum. */
wg_result wg_packet_parse(struct wg_cursor frame, struct wg_packet *packet) WG_MUST_CHECK;
/* The same for a packet that starts with IPv4 or IPv6. */
wg_result wg_packet_parse_ip(struct wg_cursor datagram, struct wg_packet *packet) WG_MUST_CHECK;

/* frame: the bytes that packet was parsed from. WG_OK: right; WG_ERR_INPUT: wrong; WG_ERR_UNAVAILABLE: cannot be told,
 * as there is no such header, no checksum, or not all that it covers (fragment, bytes missing, routing header). */
wg_result wg_packet_verify_ipv4(const struct wg_packet *packet, struct wg_cursor frame) WG_MUST_CHECK;
wg_result wg_packet_verify_transport(const struct wg_packet *packet, struct wg_cursor frame) WG_MUST_CHECK;

#endif
