/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_frames.h"
#include "wg_packet_invariants.h"

#define TCP_PLAIN "01020304 05060708 5018 0400 0000 0000"

static struct wg_packet packet;

static void build_arp(struct frame *f)
{
	put(f, ETHERNET "0806 0001 0800 06 04 0002 020000000001 c0000201 020000000002 c0000202");
	pad_to(f, 60);
}

static void build_tcp_syn(struct frame *f)
{
	put(f, ETHERNET "0800" IPV4 "06" IPV4_TO PORTS "01020304 00000000 a0c2 faf0 0000 0000");
	put(f, "0204 05b4 0402 080a 11223344 55667788 01 0303 07");
	finish_ip(f, 14);
	finish_transport(f, 14, 34, 6, 50);
}

static void build_tcp_ack_in_a_short_frame(struct frame *f)
{
	put(f, ETHERNET "0800" IPV4 "06" IPV4_TO PORTS TCP_PLAIN);
	finish_ip(f, 14);
	finish_transport(f, 14, 34, 6, 50);
	pad_to(f, 60);
}

static void build_tcp_sacks(struct frame *f)
{
	put(f, ETHERNET "0800" IPV4 "06" IPV4_TO PORTS "01020304 05060708 a010 0400 0000 0000");
	put(f, "01 01 05 12 00000001 00000002 00000003 00000004");
	put_text(f, "odd");
	finish_ip(f, 14);
	finish_transport(f, 14, 34, 6, 50);
}

static void build_udp_with_ip_options(struct frame *f)
{
	put(f, ETHERNET "0800 46b80000 00004000 3f11" IPV4_TO "94040000" PORTS "0000 0000");
	put_text(f, "payload");
	finish_ip(f, 14);
	finish_transport(f, 14, 38, 17, 44);
}

static void build_udp6_in_two_tags(struct frame *f)
{
	put(f, ETHERNET "88a8 6064 8100 00c8 86dd" IPV6 "11 40" IPV6_TO PORTS "0000 0000");
	put_text(f, "hello");
	finish_ip(f, 22);
	finish_transport(f, 22, 62, 17, 68);
}

static void build_tcp6_behind_extensions(struct frame *f)
{
	put(f, ETHERNET "86dd" IPV6 "00 40" IPV6_TO);
	put(f, "2b 00 0104 00000000");						   /* hop-by-hop */
	put(f, "3c 00 0000 00000000");						   /* routing, no segments left */
	put(f, "33 01 0104 00000000 0000000000000000");				   /* destination */
	put(f, "06 05 0000 00000001 00000002 aabbccdd eeff0011 2233445566778899"); /* AH, 28 bytes */
	put(f, PORTS TCP_PLAIN);
	put_text(f, "x");
	finish_ip(f, 14);
	finish_transport(f, 14, 14 + 40 + 32 + 28, 6, 14 + 40 + 32 + 28 + 16);
}

static void build_first_fragment6(struct frame *f)
{
	put(f, ETHERNET "86dd" IPV6 "2c 40" IPV6_TO "11 00 0001 cafebabe" PORTS "0fff 1234");
	put_text(f, "8 bytes.");
	finish_ip(f, 14);
}

static void build_later_fragment6(struct frame *f)
{
	put(f, ETHERNET "86dd" IPV6 "2c 40" IPV6_TO "11 00 0010 cafebabe");
	put_text(f, "tail");
	finish_ip(f, 14);
}

static void build_later_fragment4(struct frame *f)
{
	put(f, ETHERNET "0800 45000000 12342003 4006" IPV4_TO);
	put_text(f, "a piece.");
	finish_ip(f, 14);
}

static void build_icmp(struct frame *f)
{
	put(f, ETHERNET "0800" IPV4 "01" IPV4_TO "0800 0000 00010002");
	put_text(f, "ping");
	finish_ip(f, 14);
	finish_transport(f, 14, 34, 1, 36);
}

static void build_icmp6(struct frame *f)
{
	put(f, ETHERNET "86dd" IPV6 "3a ff" IPV6_TO "8000 0000 00010002");
	finish_ip(f, 14);
	finish_transport(f, 14, 54, 58, 56);
}

static void build_spanning_tree(struct frame *f)
{
	put(f, "0180c2000000 020000000001 0007 424203 00000000");
	pad_to(f, 60);
}

static void build_udp_in_snap(struct frame *f)
{
	put(f, ETHERNET "0000 aaaa03 000000 0800" IPV4 "11" IPV4_TO PORTS "0000 0000");
	put_text(f, "snap");
	finish_ip(f, 22);
	finish_transport(f, 22, 42, 17, 48);
	set16(f, 12, f->bytes - 14);
}

static void build_tcp_behind_ah(struct frame *f)
{
	put(f, ETHERNET "0800" IPV4 "33" IPV4_TO "06 04 0000 00000001 00000002 aabbccdd eeff0011 22334455");
	put(f, PORTS TCP_PLAIN);
	finish_ip(f, 14);
	finish_transport(f, 14, 58, 6, 74);
}

static void build_gre(struct frame *f)
{
	put(f, ETHERNET "0800" IPV4 "2f" IPV4_TO "00000800");
	finish_ip(f, 14);
	pad_to(f, 60);
}

static void build_no_next_header(struct frame *f)
{
	put(f, ETHERNET "86dd" IPV6 "3b 40" IPV6_TO);
	finish_ip(f, 14);
}

static void build_lldp(struct frame *f)
{
	put(f, ETHERNET "88cc 0207 04020000000001");
}

static const struct sample {
	void (*build)(struct frame *f);
	enum wg_packet_stop stop;
	enum wg_packet_layer last;
	wg_result header, transport; /* of the checksums */
	uint32_t network, transport_bytes, payload, trailer;
} samples[] = {
	{build_arp, WG_PACKET_COMPLETE, WG_LAYER_ARP, WG_ERR_UNAVAILABLE, WG_ERR_UNAVAILABLE, 28, 0, 0, 18},
	{build_tcp_syn, WG_PACKET_COMPLETE, WG_LAYER_TCP, WG_OK, WG_OK, 20, 40, 0, 0},
	{build_tcp_ack_in_a_short_frame, WG_PACKET_COMPLETE, WG_LAYER_TCP, WG_OK, WG_OK, 20, 20, 0, 6},
	{build_tcp_sacks, WG_PACKET_COMPLETE, WG_LAYER_TCP, WG_OK, WG_OK, 20, 40, 3, 0},
	{build_udp_with_ip_options, WG_PACKET_COMPLETE, WG_LAYER_UDP, WG_OK, WG_OK, 24, 8, 7, 0},
	{build_udp6_in_two_tags, WG_PACKET_COMPLETE, WG_LAYER_UDP, WG_ERR_UNAVAILABLE, WG_OK, 40, 8, 5, 0},
	{build_tcp6_behind_extensions, WG_PACKET_COMPLETE, WG_LAYER_TCP, WG_ERR_UNAVAILABLE, WG_OK, 100, 20, 1, 0},
	{build_first_fragment6, WG_PACKET_COMPLETE, WG_LAYER_UDP, WG_ERR_UNAVAILABLE, WG_ERR_UNAVAILABLE, 48, 8, 8, 0},
	{build_later_fragment6, WG_PACKET_FRAGMENT, WG_LAYER_EXTENSION, WG_ERR_UNAVAILABLE, WG_ERR_UNAVAILABLE, 48, 0,
	 4, 0},
	{build_later_fragment4, WG_PACKET_FRAGMENT, WG_LAYER_IPV4, WG_OK, WG_ERR_UNAVAILABLE, 20, 0, 8, 0},
	{build_icmp, WG_PACKET_COMPLETE, WG_LAYER_ICMP, WG_OK, WG_OK, 20, 8, 4, 0},
	{build_icmp6, WG_PACKET_COMPLETE, WG_LAYER_ICMPV6, WG_ERR_UNAVAILABLE, WG_OK, 40, 4, 4, 0},
	{build_spanning_tree, WG_PACKET_UNKNOWN, WG_LAYER_LLC, WG_ERR_UNAVAILABLE, WG_ERR_UNAVAILABLE, 0, 0, 4, 39},
	{build_udp_in_snap, WG_PACKET_COMPLETE, WG_LAYER_UDP, WG_OK, WG_OK, 20, 8, 4, 0},
	{build_tcp_behind_ah, WG_PACKET_COMPLETE, WG_LAYER_TCP, WG_OK, WG_OK, 44, 20, 0, 0},
	{build_gre, WG_PACKET_UNKNOWN, WG_LAYER_IPV4, WG_OK, WG_ERR_UNAVAILABLE, 20, 0, 4, 22},
	{build_no_next_header, WG_PACKET_COMPLETE, WG_LAYER_IPV6, WG_ERR_UNAVAILABLE, WG_ERR_UNAVAILABLE, 40, 0, 0, 0},
	{build_lldp, WG_PACKET_UNKNOWN, WG_LAYER_ETHERNET, WG_ERR_UNAVAILABLE, WG_ERR_UNAVAILABLE, 0, 0, 9, 0},
};
#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static struct wg_cursor cursor_of(const struct frame *f)
{
	return wg_cursor_of(f->data, f->bytes);
}

static wg_result build_and_parse(struct frame *f, void (*build)(struct frame *))
{
	wg_result result;

	memset(f, 0, sizeof(*f));
	build(f);
	result = wg_packet_parse(cursor_of(f), &packet);
	CHECK(wg_packet_is_sound(&packet, result, f->bytes));
	return result;
}

static void every_layer_has_the_place_it_has(void)
{
	const struct sample *s;
	struct frame f;

	for (s = samples; s < samples + SAMPLES; s++) {
		CHECK_EQ(build_and_parse(&f, s->build), WG_OK);
		CHECK_EQ(packet.stop, s->stop);
		CHECK_EQ(packet.last, s->last);
		CHECK_EQ(packet.network.bytes, s->network);
		CHECK_EQ(packet.transport.bytes, s->transport_bytes);
		CHECK_EQ(packet.payload.bytes, s->payload);
		CHECK_EQ(packet.trailer.bytes, s->trailer);
		CHECK_EQ(packet.missing_bytes, 0);
		CHECK_EQ(packet.stop_offset, packet.payload.offset);
		CHECK_EQ(wg_packet_verify_ipv4(&packet, cursor_of(&f)), s->header);
		CHECK_EQ(wg_packet_verify_transport(&packet, cursor_of(&f)), s->transport);
	}
}

/* In a block of exactly n bytes, so that ASan sees a step outside. */
static wg_result parse_prefix(const struct frame *f, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	wg_result result;

	CHECK(copy != NULL);
	memcpy(copy, f->data, n);
	result = wg_packet_parse(wg_cursor_of(copy, n), &packet);
	CHECK(wg_packet_is_sound(&packet, result, n));
	if (n < f->bytes)
		CHECK(packet.missing_bytes == 0 ||
		      wg_packet_verify_transport(&packet, wg_cursor_of(copy, n)) == WG_ERR_UNAVAILABLE);
	free(copy);
	return result;
}

static void every_prefix_of_every_frame_is_handled(void)
{
	size_t i, n, headers, announced;
	enum wg_packet_layer last;
	struct frame f;

	for (i = 0; i < SAMPLES; i++) {
		CHECK_EQ(build_and_parse(&f, samples[i].build), WG_OK);
		headers = packet.link.bytes + packet.network.bytes + packet.transport.bytes;
		announced = headers + packet.payload.bytes;
		for (n = 0, last = WG_LAYER_NONE; n < f.bytes; n++) {
			CHECK_EQ(parse_prefix(&f, n), n < headers ? WG_ERR_INPUT : WG_OK);
			CHECK_EQ(packet.stop, n < headers ? WG_PACKET_TRUNCATED : samples[i].stop);
			CHECK(packet.last >= last);
			last = packet.last;
			if (n < headers)
				CHECK_EQ(packet.payload.bytes, 0);
			else if (samples[i].build != build_lldp)
				CHECK_EQ(packet.missing_bytes, n < announced ? announced - n : 0);
		}
	}
}

static void every_flipped_bit_leaves_the_result_sound(void)
{
	struct frame f, g;
	size_t i, bit;

	for (i = 0; i < SAMPLES; i++) {
		memset(&f, 0, sizeof(f));
		samples[i].build(&f);
		for (bit = 0; bit < f.bytes * 8; bit++) {
			g = f;
			g.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
			CHECK(wg_packet_is_sound(&packet, wg_packet_parse(cursor_of(&g), &packet), g.bytes));
			CHECK(wg_packet_verify_transport(&packet, cursor_of(&g)) != WG_ERR_SIZE);
		}
	}
}

static void an_arp_answer_tells_who_has_the_address(void)
{
	struct frame f;

	CHECK_EQ(build_and_parse(&f, build_arp), WG_OK);
	CHECK_EQ(packet.ether_type, 0x0806);
	CHECK_EQ(packet.arp.operation, 2);
	CHECK_MEM_EQ(packet.arp.sender_mac, "\x02\0\0\0\0\x01", 6);
	CHECK_MEM_EQ(packet.arp.sender_ip, "\xc0\0\x02\x01", 4);
	CHECK_MEM_EQ(packet.arp.target_mac, "\x02\0\0\0\0\x02", 6);
	CHECK_MEM_EQ(packet.arp.target_ip, "\xc0\0\x02\x02", 4);
	f.data[18] = 8;
	CHECK_EQ(wg_packet_parse(cursor_of(&f), &packet), WG_OK);
	CHECK_EQ(packet.stop, WG_PACKET_UNKNOWN);
	CHECK_EQ(packet.arp.hardware_bytes, 8);
}

static void tcp_options_keep_their_order(void)
{
	static const uint8_t order[] = {2, 4, 8, 1, 3};
	const struct wg_tcp_options *options = &packet.tcp.options;
	struct frame f;

	CHECK_EQ(build_and_parse(&f, build_tcp_syn), WG_OK);
	CHECK_EQ(packet.tcp.source, 12345);
	CHECK_EQ(packet.tcp.destination, 80);
	CHECK_EQ(packet.tcp.sequence, 0x01020304);
	CHECK_EQ(packet.tcp.flags, WG_TCP_SYN | WG_TCP_ECE | WG_TCP_CWR);
	CHECK_EQ(packet.tcp.window, 64240);
	CHECK_EQ(options->count, 5);
	CHECK_MEM_EQ(options->order, order, 5);
	CHECK(options->has_mss && options->mss == 1460);
	CHECK(options->has_scale && options->scale == 7);
	CHECK(options->sack_permitted);
	CHECK(options->has_timestamps && options->timestamp == 0x11223344 && options->timestamp_echo == 0x55667788);
	CHECK_EQ(build_and_parse(&f, build_tcp_sacks), WG_OK);
	CHECK_EQ(options->sack_count, 2);
	CHECK_EQ(options->sacks[1].left, 3);
	CHECK_EQ(options->sacks[1].right, 4);
}

/* Puts options at the place of those of build_tcp_syn, the rest being no-operations. */
static wg_result parse_with_options(const char *hex)
{
	struct frame f, options;

	memset(&f, 0, sizeof(f));
	memset(&options, 0, sizeof(options));
	build_tcp_syn(&f);
	put_text(&f, "data");
	finish_ip(&f, 14);
	put(&options, hex);
	memset(&f.data[54], 1, 20);
	memcpy(&f.data[54], options.data, options.bytes);
	return wg_packet_parse(cursor_of(&f), &packet);
}

static void malformed_tcp_options_are_told_and_the_payload_kept(void)
{
	static const char *const bad[] = {"0200",  "0201",  "0203ff", "0402 0402 0403 ff", "05 0b", "05 02",
					  "08 09", "fe 00", "fe 15",  "01 0205",	   "0401"};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		/* a length that is wrong for its kind, too short, or beyond the header */
		if (parse_with_options(bad[i]) == WG_OK)
			printf("accepted: %s\n", bad[i]);
		CHECK_EQ(packet.stop, WG_PACKET_MALFORMED);
		CHECK_EQ(packet.last, WG_LAYER_TCP);
		CHECK(packet.stop_offset >= 54 && packet.stop_offset < 74);
		CHECK_EQ(packet.payload.offset, 74);
		CHECK_EQ(packet.payload.bytes, 4);
	}
	CHECK_EQ(parse_with_options("fe04ffff 00 ff 0000"), WG_OK);
	CHECK_EQ(packet.tcp.options.count, 2);
	CHECK_EQ(packet.tcp.options.after_end_bytes, 15);
	CHECK_EQ(parse_with_options("0204 0001 0204 0002"), WG_OK);
	CHECK_EQ(packet.tcp.options.mss, 2);
	CHECK_EQ(parse_with_options(""), WG_OK);
	CHECK_EQ(packet.tcp.options.count, 20);
}

static void tags_and_addresses_of_ipv6_are_read(void)
{
	struct frame f;

	CHECK_EQ(build_and_parse(&f, build_udp6_in_two_tags), WG_OK);
	CHECK_EQ(packet.vlan_count, 2);
	CHECK_EQ(packet.vlans[0].type, 0x88a8);
	CHECK_EQ(packet.vlans[0].tag, 0x6064);
	CHECK_EQ(packet.vlans[1].type, 0x8100);
	CHECK_EQ(packet.vlans[1].tag & 0xfff, 200);
	CHECK_EQ(packet.ether_type, 0x86dd);
	CHECK_EQ(packet.ipv6.service, 0xa5);
	CHECK_EQ(packet.ipv6.flow_label, 0x12345);
	CHECK_EQ(packet.ipv6.payload_bytes, 13);
	CHECK_EQ(packet.ipv6.hop_limit, 0x40);
	CHECK_EQ(packet.ipv6.source[15], 1);
	CHECK_EQ(packet.ipv6.destination[15], 2);
	CHECK_EQ(packet.udp.bytes, 13);
}

static void more_tags_than_are_followed_stop_the_parser(void)
{
	struct frame f = {{0}, 0};
	int i;

	put(&f, ETHERNET);
	for (i = 0; i < 5; i++)
		put(&f, "8100 0001");
	put(&f, "0800");
	CHECK_EQ(wg_packet_parse(cursor_of(&f), &packet), WG_ERR_INPUT);
	CHECK_EQ(packet.stop, WG_PACKET_LIMIT);
	CHECK_EQ(packet.vlan_count, WG_PACKET_VLANS_MAX);
}

static void extension_headers_are_listed_and_limited(void)
{
	struct frame f = {{0}, 0};
	int i;

	CHECK_EQ(build_and_parse(&f, build_tcp6_behind_extensions), WG_OK);
	CHECK_EQ(packet.extension_count, 4);
	CHECK_EQ(packet.extensions[0].protocol, 0);
	CHECK_EQ(packet.extensions[3].protocol, 51);
	CHECK_EQ(packet.extensions[3].span.offset, 86);
	CHECK_EQ(packet.extensions[3].span.bytes, 28);
	CHECK_EQ(packet.protocol, 6);
	f.data[14 + 40 + 8 + 3] = 1; /* a segment left */
	CHECK_EQ(wg_packet_parse(cursor_of(&f), &packet), WG_OK);
	CHECK(packet.routed);
	CHECK_EQ(wg_packet_verify_transport(&packet, cursor_of(&f)), WG_ERR_UNAVAILABLE);
	memset(&f, 0, sizeof(f));
	put(&f, ETHERNET "86dd" IPV6 "3c 40" IPV6_TO);
	for (i = 0; i < 9; i++)
		put(&f, "3c 00 0104 00000000");
	finish_ip(&f, 14);
	CHECK_EQ(wg_packet_parse(cursor_of(&f), &packet), WG_ERR_INPUT);
	CHECK_EQ(packet.stop, WG_PACKET_LIMIT);
	f.data[14 + 40] = 0; /* hop-by-hop, but second */
	CHECK_EQ(wg_packet_parse(cursor_of(&f), &packet), WG_ERR_INPUT);
	CHECK_EQ(packet.stop, WG_PACKET_MALFORMED);
}

static void fragments_are_told_apart(void)
{
	struct frame f;

	CHECK_EQ(build_and_parse(&f, build_first_fragment6), WG_OK);
	CHECK(packet.fragment.present && packet.fragment.more && packet.fragment.offset == 0);
	CHECK_EQ(packet.fragment.id, 0xcafebabe);
	CHECK_EQ(packet.udp.bytes, 0xfff);
	CHECK_EQ(build_and_parse(&f, build_later_fragment4), WG_OK);
	CHECK(packet.fragment.present && packet.fragment.more && packet.fragment.offset == 24);
	CHECK_EQ(packet.fragment.id, 0x1234);
	set16(&f, 20, 0x1fff);
	CHECK_EQ(wg_packet_parse(cursor_of(&f), &packet), WG_ERR_INPUT);
	CHECK_EQ(packet.stop, WG_PACKET_MALFORMED);
}

/* Changes one byte of a good frame; the result must be malformed at the header that holds it. */
static void check_malformed(void (*build)(struct frame *), size_t at, uint8_t value, enum wg_packet_layer last)
{
	struct frame f;

	CHECK_EQ(build_and_parse(&f, build), WG_OK);
	f.data[at] = value;
	CHECK_EQ(wg_packet_parse(cursor_of(&f), &packet), WG_ERR_INPUT);
	CHECK_EQ(packet.stop, WG_PACKET_MALFORMED);
	CHECK_EQ(packet.last, last);
	CHECK_EQ(packet.payload.bytes, 0);
}

static void a_header_that_contradicts_itself_is_malformed(void)
{
	check_malformed(build_tcp_syn, 14, 0x65, WG_LAYER_ETHERNET);		  /* version 6 in an IPv4 frame */
	check_malformed(build_tcp_syn, 14, 0x44, WG_LAYER_ETHERNET);		  /* header of 16 bytes */
	check_malformed(build_tcp_syn, 17, 19, WG_LAYER_ETHERNET);		  /* total below the header */
	check_malformed(build_tcp_syn, 17, 39, WG_LAYER_IPV4);			  /* no room for TCP */
	check_malformed(build_tcp_syn, 46, 0x40, WG_LAYER_IPV4);		  /* data offset of 16 bytes */
	check_malformed(build_tcp_syn, 46, 0xb0, WG_LAYER_IPV4);		  /* beyond the packet */
	check_malformed(build_udp_with_ip_options, 43, 7, WG_LAYER_IPV4);	  /* UDP length below its header */
	check_malformed(build_udp_with_ip_options, 43, 16, WG_LAYER_IPV4);	  /* beyond the packet */
	check_malformed(build_udp6_in_two_tags, 22, 0x4a, WG_LAYER_VLAN);	  /* version 4 in an IPv6 frame */
	check_malformed(build_tcp6_behind_extensions, 55, 30, WG_LAYER_IPV6);	  /* hop-by-hop beyond the packet */
	check_malformed(build_tcp6_behind_extensions, 87, 0, WG_LAYER_EXTENSION); /* AH of 8 bytes */
	CHECK_EQ(packet.extension_count, 3);
	check_malformed(build_udp_in_snap, 13, 20, WG_LAYER_LLC);	/* IPv4 larger than its 802.3 frame */
	check_malformed(build_spanning_tree, 13, 2, WG_LAYER_ETHERNET); /* no room for LLC */
}

static void a_number_that_is_neither_length_nor_type_is_malformed(void)
{
	struct frame f;

	CHECK_EQ(build_and_parse(&f, build_spanning_tree), WG_OK);
	set16(&f, 12, 1501);
	CHECK_EQ(wg_packet_parse(cursor_of(&f), &packet), WG_ERR_INPUT);
	CHECK_EQ(packet.stop, WG_PACKET_MALFORMED);
	set16(&f, 12, 1500);
	CHECK_EQ(wg_packet_parse(cursor_of(&f), &packet), WG_OK);
	CHECK_EQ(packet.missing_bytes, 1500 - 46);
	set16(&f, 12, 1536);
	CHECK_EQ(wg_packet_parse(cursor_of(&f), &packet), WG_OK);
	CHECK_EQ(packet.ether_type, 1536);
}

static void a_shorter_udp_length_leaves_a_trailer(void)
{
	struct frame f;

	CHECK_EQ(build_and_parse(&f, build_udp_with_ip_options), WG_OK);
	set16(&f, 42, 8 + 3);
	CHECK_EQ(wg_packet_parse(cursor_of(&f), &packet), WG_OK);
	CHECK_EQ(packet.payload.bytes, 3);
	CHECK_EQ(packet.trailer.bytes, 4);
}

static void a_total_length_beyond_the_frame_is_told(void)
{
	struct frame f;

	CHECK_EQ(build_and_parse(&f, build_tcp_sacks), WG_OK);
	set16(&f, 16, 1500);
	CHECK_EQ(wg_packet_parse(cursor_of(&f), &packet), WG_OK);
	CHECK_EQ(packet.missing_bytes, 1500 - (f.bytes - 14));
	CHECK_EQ(packet.payload.bytes, 3);
	CHECK_EQ(wg_packet_verify_transport(&packet, cursor_of(&f)), WG_ERR_UNAVAILABLE);
	/* A UDP length that fits does not hide it. */
	CHECK_EQ(build_and_parse(&f, build_udp_with_ip_options), WG_OK);
	set16(&f, 16, 1500);
	CHECK_EQ(wg_packet_parse(cursor_of(&f), &packet), WG_OK);
	CHECK_EQ(packet.missing_bytes, 1500 - (f.bytes - 14));
}

static void a_datagram_needs_no_frame(void)
{
	struct wg_cursor datagram;
	struct wg_packet framed;
	struct frame f;

	CHECK_EQ(build_and_parse(&f, build_udp_with_ip_options), WG_OK);
	framed = packet;
	datagram = cursor_of(&f);
	CHECK(wg_cursor_skip(&datagram, 14));
	CHECK_EQ(wg_packet_parse_ip(datagram, &packet), WG_OK);
	CHECK_EQ(packet.last, WG_LAYER_UDP);
	CHECK_EQ(packet.payload.offset, framed.payload.offset - 14);
	CHECK_EQ(build_and_parse(&f, build_icmp6), WG_OK);
	datagram = cursor_of(&f);
	CHECK(wg_cursor_skip(&datagram, 14));
	CHECK_EQ(wg_packet_parse_ip(datagram, &packet), WG_OK);
	CHECK_EQ(packet.last, WG_LAYER_ICMPV6);
	CHECK_EQ(wg_packet_parse_ip(wg_cursor_of(NULL, 0), &packet), WG_ERR_INPUT);
	CHECK_EQ(wg_packet_parse(wg_cursor_of(NULL, 0), &packet), WG_ERR_INPUT);
	CHECK_EQ(wg_packet_parse_ip(wg_cursor_of("\x50", 1), &packet), WG_ERR_INPUT);
}

static void a_flipped_bit_breaks_the_checksum(void)
{
	size_t i, bit;
	struct frame f;

	for (i = 0; i < SAMPLES; i++) {
		CHECK_EQ(build_and_parse(&f, samples[i].build), WG_OK);
		if (samples[i].transport != WG_OK)
			continue;
		for (bit = packet.payload.offset * 8; bit < (packet.payload.offset + packet.payload.bytes) * 8; bit++) {
			f.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
			CHECK_EQ(wg_packet_verify_transport(&packet, cursor_of(&f)), WG_ERR_INPUT);
			f.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		}
	}
	CHECK_EQ(build_and_parse(&f, build_tcp_syn), WG_OK);
	f.data[22] ^= 1;
	CHECK_EQ(wg_packet_verify_ipv4(&packet, cursor_of(&f)), WG_ERR_INPUT);
	CHECK_EQ(wg_packet_verify_ipv4(&packet, wg_cursor_of(f.data, 30)), WG_ERR_UNAVAILABLE);
	CHECK_EQ(wg_packet_verify_transport(&packet, wg_cursor_of(f.data, 30)), WG_ERR_UNAVAILABLE);
}

static void udp_without_a_checksum_is_fine_in_ipv4_alone(void)
{
	struct frame f;

	CHECK_EQ(build_and_parse(&f, build_udp_with_ip_options), WG_OK);
	set16(&f, 44, 0);
	CHECK_EQ(wg_packet_parse(cursor_of(&f), &packet), WG_OK);
	CHECK_EQ(wg_packet_verify_transport(&packet, cursor_of(&f)), WG_ERR_UNAVAILABLE);
	CHECK_EQ(build_and_parse(&f, build_udp6_in_two_tags), WG_OK);
	set16(&f, 68, 0);
	CHECK_EQ(wg_packet_parse(cursor_of(&f), &packet), WG_OK);
	CHECK_EQ(wg_packet_verify_transport(&packet, cursor_of(&f)), WG_ERR_INPUT);
}

static const struct wg_test tests[] = {
	WG_TEST(every_layer_has_the_place_it_has),
	WG_TEST(every_prefix_of_every_frame_is_handled),
	WG_TEST(every_flipped_bit_leaves_the_result_sound),
	WG_TEST(an_arp_answer_tells_who_has_the_address),
	WG_TEST(tcp_options_keep_their_order),
	WG_TEST(malformed_tcp_options_are_told_and_the_payload_kept),
	WG_TEST(tags_and_addresses_of_ipv6_are_read),
	WG_TEST(more_tags_than_are_followed_stop_the_parser),
	WG_TEST(extension_headers_are_listed_and_limited),
	WG_TEST(fragments_are_told_apart),
	WG_TEST(a_header_that_contradicts_itself_is_malformed),
	WG_TEST(a_number_that_is_neither_length_nor_type_is_malformed),
	WG_TEST(a_shorter_udp_length_leaves_a_trailer),
	WG_TEST(a_total_length_beyond_the_frame_is_told),
	WG_TEST(a_datagram_needs_no_frame),
	WG_TEST(a_flipped_bit_breaks_the_checksum),
	WG_TEST(udp_without_a_checksum_is_fine_in_ipv4_alone),
};
WG_TEST_MAIN(tests)
