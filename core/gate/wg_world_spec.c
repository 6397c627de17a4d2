/* SPDX-License-Identifier: Apache-2.0 */
/* KIND[:KEY=VALUE,...]: the string that names a world. See wg_gate.h. */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wg_gate.h"

#define ARENA_BYTES_DEFAULT (64u << 20)
#define ARENA_BYTES_MIN	    (1u << 20)
#define ARENA_BYTES_MAX	    (16ull << 30)

enum field_type { FIELD_TEXT, FIELD_COST, FIELD_BYTES, FIELD_ARENA, FIELD_CPU };

/* One key: where its value goes and which kinds of world have it (a bit per enum wg_world_kind). */
struct field {
	const char *key;
	enum field_type type;
	unsigned kinds;
	size_t offset;
	size_t bytes;
};

#define KIND(kind) (1u << WG_WORLD_##kind)
#define SEALED	   (KIND(COMPARTMENT) | KIND(EMULATED))
#define ALL	   (KIND(NORMAL) | SEALED | KIND(OPTEE))
#define TEXT(key, kinds, member)                                                \
	{                                                                       \
		key, FIELD_TEXT, kinds, offsetof(struct wg_world_spec, member), \
			sizeof(((struct wg_world_spec *)0)->member)             \
	}
#define OTHER(key, type, kinds, member)                                     \
	{                                                                   \
		key, type, kinds, offsetof(struct wg_world_spec, member), 0 \
	}

static const struct field fields[] = {
	TEXT("aead", KIND(NORMAL) | SEALED, aead),
	TEXT("exe", SEALED, exe),
	TEXT("profile", KIND(EMULATED), profile),
	TEXT("device", KIND(OPTEE), device),
	TEXT("library", KIND(OPTEE), library),
	OTHER("arena_bytes", FIELD_ARENA, SEALED, arena_bytes),
	OTHER("cpu", FIELD_CPU, SEALED, cpu),
	OTHER("transition_ns", FIELD_COST, KIND(EMULATED), costs.transition_ns),
	OTHER("rpc_ns", FIELD_COST, KIND(EMULATED), costs.rpc_ns),
	OTHER("copy_ns_per_kib", FIELD_COST, KIND(EMULATED), costs.copy_ns_per_kib),
	OTHER("temporary_ns_per_kib", FIELD_COST, KIND(EMULATED), costs.temporary_ns_per_kib),
	OTHER("fault_ns", FIELD_COST, KIND(EMULATED), costs.fault_ns),
	OTHER("heap_bytes", FIELD_BYTES, KIND(EMULATED), costs.heap_bytes),
};

static const char *const kind_names[] = {"normal", "compartment", "emulated", "optee"};

static wg_result find_kind(const char *text, size_t bytes, enum wg_world_kind *kind, char *reason)
{
	for (size_t i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++) {
		if (strlen(kind_names[i]) == bytes && memcmp(kind_names[i], text, bytes) == 0) {
			*kind = (enum wg_world_kind)i;
			return WG_OK;
		}
	}
	snprintf(reason, WG_REASON_BYTES, "no world is called '%.*s': use normal, compartment, emulated:... or optee",
		 (int)(bytes < 64 ? bytes : 64), text);
	return WG_ERR_INPUT;
}

static wg_result bad_value(const struct field *field, const char *value, const char *wanted, char *reason)
{
	snprintf(reason, WG_REASON_BYTES, "%s=%.64s: %s", field->key, value, wanted);
	return WG_ERR_INPUT;
}

static wg_result set_number(const struct field *field, const char *value, void *target, char *reason)
{
	char *end = NULL;
	double cost;
	long long whole;

	errno = 0;
	if (field->type == FIELD_COST) {
		cost = strtod(value, &end);
		if (end == value || *end || errno || !isfinite(cost) || cost < 0 || cost > 1e12)
			return bad_value(field, value, "give nanoseconds, 0 to 1e12", reason);
		*(double *)target = cost;
		return WG_OK;
	}
	whole = strtoll(value, &end, 10);
	if (end == value || *end || errno || whole < 0)
		return bad_value(field, value, "give a whole number", reason);
	if (field->type == FIELD_CPU) {
		if (whole > 4095)
			return bad_value(field, value, "give the number of a processor", reason);
		*(int *)target = (int)whole;
	} else if (field->type == FIELD_ARENA) {
		if (whole < (long long)ARENA_BYTES_MIN || whole > (long long)ARENA_BYTES_MAX)
			return bad_value(field, value, "give 1048576 to 17179869184 bytes", reason);
		*(size_t *)target = (size_t)whole;
	} else {
		if (whole < 65536 || whole > (1ll << 40))
			return bad_value(field, value, "give 65536 to 2^40 bytes", reason);
		*(int64_t *)target = whole;
	}
	return WG_OK;
}

static wg_result set_field(struct wg_world_spec *spec, char *pair, char *reason)
{
	char *value = strchr(pair, '=');

	if (!value) {
		snprintf(reason, WG_REASON_BYTES, "'%.64s' is not KEY=VALUE", pair);
		return WG_ERR_INPUT;
	}
	*value++ = '\0';
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct field *field = &fields[i];
		char *target = (char *)spec + field->offset;
		size_t bytes = strlen(value);

		if (strcmp(field->key, pair) != 0)
			continue;
		if (!(field->kinds & (1u << spec->kind))) {
			snprintf(reason, WG_REASON_BYTES, "%s= does not fit the world '%s'", field->key,
				 kind_names[spec->kind]);
			return WG_ERR_INPUT;
		}
		if (field->type != FIELD_TEXT)
			return set_number(field, value, target, reason);
		if (bytes == 0 || bytes >= field->bytes)
			return bad_value(field, value, "empty or too long", reason);
		memcpy(target, value, bytes + 1);
		return WG_OK;
	}
	snprintf(reason, WG_REASON_BYTES, "unknown key '%.64s' in the name of a world", pair);
	return WG_ERR_INPUT;
}

static void set_defaults(struct wg_world_spec *spec)
{
	memset(spec, 0, sizeof(*spec));
	memcpy(spec->aead, "auto", 5);
	spec->arena_bytes = ARENA_BYTES_DEFAULT;
	spec->cpu = -1;
	spec->costs.transition_ns = -1;
	spec->costs.rpc_ns = -1;
	spec->costs.copy_ns_per_kib = -1;
	spec->costs.temporary_ns_per_kib = -1;
	spec->costs.fault_ns = -1;
	spec->costs.heap_bytes = -1;
}

/* What the parts of a specification demand of each other. */
static wg_result check_whole(const struct wg_world_spec *spec, char *reason)
{
	const char *problem = NULL;

	if (spec->kind == WG_WORLD_EMULATED && spec->costs.transition_ns < 0)
		problem = "an emulated world needs transition_ns=";
	else if ((spec->costs.heap_bytes < 0) != (spec->costs.fault_ns < 0))
		problem = "heap_bytes= and fault_ns= go together";
	if (!problem)
		return WG_OK;
	snprintf(reason, WG_REASON_BYTES, "%s", problem);
	return WG_ERR_INPUT;
}

wg_result wg_world_parse(const char *text, struct wg_world_spec *spec, char reason[WG_REASON_BYTES])
{
	char copy[2048];
	size_t bytes = strnlen(text, sizeof(copy));
	size_t kind_bytes = strcspn(text, ":");
	char *rest;
	wg_result result;

	set_defaults(spec);
	reason[0] = '\0';
	if (bytes == sizeof(copy)) {
		snprintf(reason, WG_REASON_BYTES, "the name of the world is longer than %zu bytes", sizeof(copy) - 1);
		return WG_ERR_INPUT;
	}
	result = find_kind(text, kind_bytes, &spec->kind, reason);
	if (result != WG_OK)
		return result;
	memcpy(copy, text, bytes + 1);
	rest = copy[kind_bytes] ? copy + kind_bytes + 1 : NULL;
	while (rest && *rest && result == WG_OK)
		result = set_field(spec, strsep(&rest, ","), reason);
	return result == WG_OK ? check_whole(spec, reason) : result;
}
