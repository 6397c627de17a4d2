/* SPDX-License-Identifier: Apache-2.0 */
/* The string that names a world: what it may say, and what each mistake is answered with. */
#include "wg_gate.h"
#include "wg_test.h"

static struct wg_world_spec parse(const char *text)
{
	char reason[WG_REASON_BYTES] = "";
	struct wg_world_spec spec;

	if (wg_world_parse(text, &spec, reason) != WG_OK)
		printf("%s: %s\n", text, reason);
	CHECK_STR_EQ(reason, "");
	return spec;
}

static void every_kind_has_its_defaults(void)
{
	static const struct {
		const char *text;
		enum wg_world_kind kind;
	} kinds[] = {{"normal", WG_WORLD_NORMAL},
		     {"compartment", WG_WORLD_COMPARTMENT},
		     {"emulated:transition_ns=100", WG_WORLD_EMULATED},
		     {"optee", WG_WORLD_OPTEE},
		     {"compartment:", WG_WORLD_COMPARTMENT}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct wg_world_spec spec = parse(kinds[i].text);

		CHECK_EQ(spec.kind, kinds[i].kind);
		CHECK_STR_EQ(spec.aead, "auto");
		CHECK_EQ(spec.arena_bytes, 64u << 20);
		CHECK_EQ(spec.cpu, -1);
		CHECK(spec.costs.rpc_ns < 0 && spec.costs.copy_ns_per_kib < 0 && spec.costs.fault_ns < 0);
		CHECK(spec.costs.heap_bytes < 0);
	}
}

static void every_key_goes_to_its_place(void)
{
	struct wg_world_spec spec =
		parse("emulated:profile=x,transition_ns=1.5,rpc_ns=2e3,copy_ns_per_kib=0,"
		      "heap_bytes=65536,fault_ns=7000,aead=openssl,arena_bytes=1048576,cpu=1,exe=/a=b");

	CHECK_STR_EQ(spec.profile, "x");
	CHECK(spec.costs.transition_ns == 1.5 && spec.costs.rpc_ns == 2000 && spec.costs.copy_ns_per_kib == 0);
	CHECK(spec.costs.fault_ns == 7000);
	CHECK_EQ(spec.costs.heap_bytes, 65536);
	CHECK_STR_EQ(spec.aead, "openssl");
	CHECK_EQ(spec.arena_bytes, 1048576);
	CHECK_EQ(spec.cpu, 1);
	CHECK_STR_EQ(spec.exe, "/a=b");
	spec = parse("optee:device=tee0,library=/lib/x.so");
	CHECK_STR_EQ(spec.device, "tee0");
	CHECK_STR_EQ(spec.library, "/lib/x.so");
}

static void every_mistake_is_named(void)
{
	static const struct {
		const char *text, *part; /* of the reason */
	} mistakes[] = {
		{"", "no world is called ''"},
		{"Normal", "no world is called 'Normal'"},
		{"compartmen", "no world is called"},
		{"compartments", "no world is called"},
		{"sgx", "use normal, compartment, emulated:... or optee"},
		{"compartment:x", "'x' is not KEY=VALUE"},
		{"compartment:,", "'' is not KEY=VALUE"},
		{"compartment:cpu=0,,aead=auto", "'' is not KEY=VALUE"},
		{"compartment:wrong=1", "unknown key 'wrong'"},
		{"compartment:=1", "unknown key ''"},
		{"compartment:Cpu=1", "unknown key 'Cpu'"},
		{"normal:cpu=1", "cpu= does not fit the world 'normal'"},
		{"optee:aead=auto", "aead= does not fit the world 'optee'"},
		{"compartment:library=x", "library= does not fit"},
		{"compartment:transition_ns=1", "transition_ns= does not fit"},
		{"compartment:cpu=", "cpu=: give a whole number"},
		{"compartment:cpu=-1", "cpu=-1: give a whole number"},
		{"compartment:cpu=1x", "cpu=1x: give a whole number"},
		{"compartment:cpu=4096", "give the number of a processor"},
		{"compartment:cpu=99999999999999999999", "give a whole number"},
		{"compartment:arena_bytes=1048575", "give 1048576 to 17179869184 bytes"},
		{"compartment:arena_bytes=17179869185", "give 1048576 to 17179869184 bytes"},
		{"compartment:aead=", "empty or too long"},
		{"compartment:aead=0123456789abcdef", "empty or too long"},
		{"emulated", "needs transition_ns="},
		{"emulated:profile=x", "needs transition_ns="},
		{"emulated:transition_ns=-1", "give nanoseconds"},
		{"emulated:transition_ns=nan", "give nanoseconds"},
		{"emulated:transition_ns=inf", "give nanoseconds"},
		{"emulated:transition_ns=1e13", "give nanoseconds"},
		{"emulated:transition_ns=1e999", "give nanoseconds"},
		{"emulated:transition_ns=1,heap_bytes=65536", "heap_bytes= and fault_ns= go together"},
		{"emulated:transition_ns=1,fault_ns=1", "heap_bytes= and fault_ns= go together"},
		{"emulated:transition_ns=1,fault_ns=1,heap_bytes=65535", "give 65536 to 2^40 bytes"},
		{"emulated:transition_ns=1,fault_ns=1,heap_bytes=1099511627777", "give 65536 to 2^40 bytes"},
	};
	char reason[WG_REASON_BYTES];
	struct wg_world_spec spec;

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		wg_result result = wg_world_parse(mistakes[i].text, &spec, reason);

		if (result != WG_ERR_INPUT || !strstr(reason, mistakes[i].part))
			printf("%s: %d '%s', not '%s'\n", mistakes[i].text, (int)result, reason, mistakes[i].part);
		CHECK_EQ(result, WG_ERR_INPUT);
		CHECK(strstr(reason, mistakes[i].part) != NULL);
		CHECK(strchr(reason, '\n') == NULL);
	}
}

static void a_name_without_end_is_refused_and_not_shown_whole(void)
{
	static char text[1 << 16];
	char reason[WG_REASON_BYTES];
	struct wg_world_spec spec;

	memset(text, 'a', sizeof(text) - 1);
	CHECK_EQ(wg_world_parse(text, &spec, reason), WG_ERR_INPUT);
	memcpy(text, "compartment:exe=/", 17);
	CHECK_EQ(wg_world_parse(text, &spec, reason), WG_ERR_INPUT);
	CHECK(strlen(reason) < WG_REASON_BYTES);
	text[600] = '\0';
	CHECK_EQ(wg_world_parse(text, &spec, reason), WG_ERR_INPUT);
	CHECK(strstr(reason, "too long") != NULL);
}

static void a_later_key_wins(void)
{
	CHECK_EQ(parse("compartment:cpu=1,cpu=2").cpu, 2);
}

static const struct wg_test tests[] = {
	WG_TEST(every_kind_has_its_defaults),
	WG_TEST(every_key_goes_to_its_place),
	WG_TEST(every_mistake_is_named),
	WG_TEST(a_name_without_end_is_refused_and_not_shown_whole),
	WG_TEST(a_later_key_wins),
};

WG_TEST_MAIN(tests)
