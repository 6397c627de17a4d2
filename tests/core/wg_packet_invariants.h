/* SPDX-License-Identifier: Apache-2.0 */
/* What holds after parsing any bytes whatever; for the unit tests and the fuzz target. */
#ifndef WG_PACKET_INVARIANTS_H
#define WG_PACKET_INVARIANTS_H

#include "wg_packet.h"

static inline bool wg_span_within(struct wg_span span, size_t bytes)
{
	return span.offset <= bytes && span.bytes <= bytes - span.offset;
}

static inline bool wg_spans_lie_inside(const struct wg_packet *p, size_t bytes)
{
	size_t i;

	for (i = 0; i < p->extension_count; i++)
		if (!wg_span_within(p->extensions[i].span, bytes) || p->extensions[i].span.bytes < 8)
			return false;
	if (wg_packet_has(p, WG_LAYER_IPV4) && !wg_span_within(p->ipv4.options, bytes))
		return false;
	return wg_span_within(p->link, bytes) && wg_span_within(p->network, bytes) &&
	       wg_span_within(p->transport, bytes) && wg_span_within(p->payload, bytes) &&
	       wg_span_within(p->trailer, bytes) && p->stop_offset <= bytes;
}

/* Each layer starts where the one around it ends. */
static inline bool wg_spans_are_in_order(const struct wg_packet *p)
{
	size_t at = p->link.bytes;

	if (p->network.bytes) {
		if (p->network.offset != at)
			return false;
		at += p->network.bytes;
	}
	if (p->transport.bytes) {
		if (p->transport.offset != at)
			return false;
		at += p->transport.bytes;
	}
	if (p->payload.bytes && p->payload.offset != at)
		return false;
	return !p->trailer.bytes || p->trailer.offset >= at + p->payload.bytes;
}

static inline bool wg_counts_are_in_bounds(const struct wg_packet *p)
{
	if (p->vlan_count > WG_PACKET_VLANS_MAX || p->extension_count > WG_PACKET_EXTENSIONS_MAX)
		return false;
	return !wg_packet_has(p, WG_LAYER_TCP) ||
	       (p->tcp.options.count <= WG_TCP_OPTIONS_MAX && p->tcp.options.sack_count <= WG_TCP_SACKS_MAX);
}

/* result: what the parser returned; bytes: of the frame. */
static inline bool wg_packet_is_sound(const struct wg_packet *p, wg_result result, size_t bytes)
{
	bool fine = p->stop == WG_PACKET_COMPLETE || p->stop == WG_PACKET_UNKNOWN || p->stop == WG_PACKET_FRAGMENT;

	if (result != (fine ? WG_OK : WG_ERR_INPUT) || !wg_counts_are_in_bounds(p) || !wg_spans_lie_inside(p, bytes))
		return false;
	if (p->last != WG_LAYER_NONE && !wg_packet_has(p, p->last))
		return false;
	return wg_spans_are_in_order(p);
}

#endif
