/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a frame and as a datagram; whatever comes out, the checksums are asked for too. */
#include <stdlib.h>

#include "../core/wg_packet_invariants.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void verify(const struct wg_packet *packet, struct wg_cursor bytes)
{
	wg_result header = wg_packet_verify_ipv4(packet, bytes);
	wg_result transport = wg_packet_verify_transport(packet, bytes);

	must(header == WG_OK || header == WG_ERR_INPUT || header == WG_ERR_UNAVAILABLE);
	must(transport == WG_OK || transport == WG_ERR_INPUT || transport == WG_ERR_UNAVAILABLE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct wg_cursor cursor = wg_cursor_of(data, bytes);
	struct wg_packet packet;

	must(wg_packet_is_sound(&packet, wg_packet_parse(cursor, &packet), bytes));
	verify(&packet, cursor);
	must(wg_packet_is_sound(&packet, wg_packet_parse_ip(cursor, &packet), bytes));
	verify(&packet, cursor);
	return 0;
}
