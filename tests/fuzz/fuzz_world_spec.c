/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the name of a world: it is a whole specification, or there is one line that says what is wrong. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "wg_gate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void check_text(const char *text, size_t bytes)
{
	must(memchr(text, '\0', bytes) != NULL);
}

static void check_cost(double cost)
{
	must(isfinite(cost) && cost <= 1e12 && (cost >= 0 || cost == -1));
}

static void check(const struct wg_world_spec *spec)
{
	must(spec->kind >= WG_WORLD_NORMAL && spec->kind <= WG_WORLD_OPTEE);
	check_text(spec->profile, sizeof(spec->profile));
	check_text(spec->aead, sizeof(spec->aead));
	check_text(spec->exe, sizeof(spec->exe));
	check_text(spec->device, sizeof(spec->device));
	check_text(spec->library, sizeof(spec->library));
	must(spec->arena_bytes >= 1u << 20 && spec->arena_bytes <= 16ull << 30);
	must(spec->cpu >= -1 && spec->cpu < 4096);
	check_cost(spec->costs.transition_ns);
	check_cost(spec->costs.rpc_ns);
	check_cost(spec->costs.copy_ns_per_kib);
	check_cost(spec->costs.temporary_ns_per_kib);
	check_cost(spec->costs.fault_ns);
	must(spec->kind != WG_WORLD_EMULATED || spec->costs.transition_ns >= 0);
	must((spec->costs.heap_bytes < 0) == (spec->costs.fault_ns < 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char reason[WG_REASON_BYTES];
	struct wg_world_spec spec;
	char *text = malloc(bytes + 1);
	wg_result result;

	must(text != NULL);
	memcpy(text, data, bytes);
	text[bytes] = '\0';
	memset(reason, 'x', sizeof(reason));
	result = wg_world_parse(text, &spec, reason);
	must(result == WG_OK || result == WG_ERR_INPUT);
	check_text(reason, sizeof(reason));
	must((result == WG_OK) == (reason[0] == '\0'));
	if (result == WG_OK)
		check(&spec);
	free(text);
	return 0;
}
