/* SPDX-License-Identifier: Apache-2.0 */
/* The Client API against the probe, in the normal world and in a compartment: memory of every kind and direction. */
#include "wg_arena.h"
#include "wg_test_world.h"
#include "wg_transport.h"

#define ROOM 10000u

static const char *world;
static struct wg_test_peer peer;
static TEEC_Operation operation;

static void start(void)
{
	wg_test_open(world, PROBE_MANY, &peer);
	memset(&operation, 0, sizeof(operation));
}

static bool sealed(void)
{
	return strcmp(world, "normal") != 0;
}

/* PROBE_SEE with types for the first three parameters. */
static TEEC_Result see(uint32_t types, uint8_t fill, uint32_t bytes)
{
	operation.paramTypes = types | TEEC_VALUE_INOUT << 12;
	operation.params[3].value.a = fill;
	operation.params[3].value.b = bytes;
	return TEEC_InvokeCommand(&peer.session, PROBE_SEE, &operation, NULL);
}

static uint32_t seen_sum(void)
{
	return operation.params[3].value.a;
}

static uint32_t seen_types(void)
{
	return operation.params[3].value.b;
}

static bool all(const uint8_t *bytes, size_t count, uint8_t value)
{
	while (count--)
		if (*bytes++ != value)
			return false;
	return true;
}

static uint64_t shared_bytes(void)
{
	struct wg_ledger ledger;

	wg_gate_own_ledger(&ledger);
	return ledger.share_bytes;
}

static TEEC_SharedMemory allocated(size_t bytes, uint32_t flags)
{
	TEEC_SharedMemory memory = {.size = bytes, .flags = flags};

	CHECK_EQ(TEEC_AllocateSharedMemory(&peer.context, &memory), TEEC_SUCCESS);
	CHECK(memory.buffer != NULL);
	return memory;
}

static TEEC_SharedMemory registered(void *buffer, size_t bytes, uint32_t flags)
{
	TEEC_SharedMemory memory = {.buffer = buffer, .size = bytes, .flags = flags};

	CHECK_EQ(TEEC_RegisterSharedMemory(&peer.context, &memory), TEEC_SUCCESS);
	return memory;
}

static void values_go_the_way_their_type_says(void)
{
	start();
	operation.params[0].value = (TEEC_Value){5, 6};
	operation.params[1].value = (TEEC_Value){7, 8};
	operation.params[2].value = (TEEC_Value){9, 10};
	CHECK_EQ(see(WG_TEST_TYPES(VALUE_INPUT, VALUE_OUTPUT, VALUE_INOUT, NONE), 77, 0), TEEC_SUCCESS);
	CHECK_EQ(seen_sum(), 14);
	CHECK_EQ(seen_types(), 0x321);
	CHECK(operation.params[0].value.a == 5 && operation.params[0].value.b == 6);
	CHECK(operation.params[1].value.a == 77 && operation.params[1].value.b == 1);
	CHECK(operation.params[2].value.a == 77 && operation.params[2].value.b == 2);
	wg_test_close(&peer);
}

static void temporary_memory_goes_the_way_its_type_says(void)
{
	static uint8_t in[ROOM], out[ROOM], both[ROOM];
	uint64_t before;

	start();
	memset(in, 1, sizeof(in));
	memset(out, 2, sizeof(out));
	memset(both, 3, sizeof(both));
	operation.params[0].tmpref = (TEEC_TempMemoryReference){in, sizeof(in)};
	operation.params[1].tmpref = (TEEC_TempMemoryReference){out, sizeof(out)};
	operation.params[2].tmpref = (TEEC_TempMemoryReference){both, sizeof(both)};
	before = shared_bytes();
	CHECK_EQ(see(WG_TEST_TYPES(MEMREF_TEMP_INPUT, MEMREF_TEMP_OUTPUT, MEMREF_TEMP_INOUT, NONE), 50, 600),
		 TEEC_SUCCESS);
	CHECK_EQ(seen_sum(), ROOM * (1 + 3));
	CHECK_EQ(seen_types(), 0x765);
	CHECK(all(in, ROOM, 1));
	CHECK(all(out, 600, 51) && all(out + 600, ROOM - 600, 2));
	CHECK(all(both, 600, 52) && all(both + 600, ROOM - 600, 3));
	CHECK_EQ(operation.params[0].tmpref.size, ROOM);
	CHECK_EQ(operation.params[1].tmpref.size, 600);
	CHECK_EQ(operation.params[2].tmpref.size, 600);
	CHECK_EQ(shared_bytes() - before, sealed() ? ROOM + ROOM + 600 + 600 : 0);
	wg_test_close(&peer);
}

static void allocated_memory_is_never_copied(void)
{
	TEEC_SharedMemory memory[3];
	uint64_t before;

	start();
	for (unsigned i = 0; i < 3; i++) {
		memory[i] = allocated(ROOM, i + 1);
		CHECK(all(memory[i].buffer, ROOM, 0));
		CHECK_EQ((uintptr_t)memory[i].buffer % 64, 0);
		memset(memory[i].buffer, (int)i + 1, ROOM);
		operation.params[i].memref.parent = &memory[i];
	}
	before = shared_bytes();
	CHECK_EQ(see(WG_TEST_TYPES(MEMREF_WHOLE, MEMREF_WHOLE, MEMREF_WHOLE, NONE), 90, 100), TEEC_SUCCESS);
	CHECK_EQ(shared_bytes() - before, 0);
	CHECK_EQ(seen_types(), 0x765);
	CHECK_EQ(seen_sum(), ROOM * (1 + 3));
	CHECK(all(memory[0].buffer, ROOM, 1));
	CHECK(all(memory[1].buffer, 100, 91) && all((uint8_t *)memory[1].buffer + 100, ROOM - 100, 2));
	CHECK(all(memory[2].buffer, 100, 92));
	CHECK_EQ(operation.params[1].memref.size, 100);
	for (unsigned i = 0; i < 3; i++)
		TEEC_ReleaseSharedMemory(&memory[i]);
	wg_test_close(&peer);
}

static void registered_memory_is_copied_by_direction_and_range(void)
{
	static uint8_t buffer[ROOM];
	TEEC_SharedMemory memory;
	uint64_t before;

	start();
	memset(buffer, 4, sizeof(buffer));
	memory = registered(buffer, sizeof(buffer), TEEC_MEM_INPUT | TEEC_MEM_OUTPUT);
	operation.params[0].memref = (TEEC_RegisteredMemoryReference){&memory, 100, 0};
	operation.params[1].memref = (TEEC_RegisteredMemoryReference){&memory, 200, 1000};
	operation.params[2].memref = (TEEC_RegisteredMemoryReference){&memory, 300, ROOM - 300};
	before = shared_bytes();
	CHECK_EQ(see(WG_TEST_TYPES(MEMREF_PARTIAL_INPUT, MEMREF_PARTIAL_OUTPUT, MEMREF_PARTIAL_INOUT, NONE), 10, 50),
		 TEEC_SUCCESS);
	CHECK_EQ(shared_bytes() - before, sealed() ? 100 + 300 + 50 + 50 : 0);
	CHECK_EQ(seen_types(), 0x765);
	CHECK_EQ(seen_sum(), (100 + 300) * 4);
	CHECK(all(buffer, 1000, 4) && all(buffer + 1000, 50, 11) && all(buffer + 1050, ROOM - 300 - 1050, 4));
	CHECK(all(buffer + ROOM - 300, 50, 12) && all(buffer + ROOM - 250, 250, 4));
	TEEC_ReleaseSharedMemory(&memory);
	CHECK(memory.buffer == buffer); /* registered memory stays the client's */
	wg_test_close(&peer);
}

static void null_references_reach_the_TA_as_null(void)
{
	start();
	CHECK_EQ(see(WG_TEST_TYPES(MEMREF_TEMP_INPUT, MEMREF_TEMP_OUTPUT, MEMREF_TEMP_INOUT, NONE), 1, 1234),
		 TEEC_SUCCESS);
	CHECK_EQ(seen_types(), 0x70765);
	CHECK_EQ(operation.params[1].tmpref.size, 1234); /* the size that the TA asks for */
	operation.params[1].tmpref = (TEEC_TempMemoryReference){NULL, 8};
	CHECK_EQ(see(WG_TEST_TYPES(NONE, MEMREF_TEMP_OUTPUT, NONE, NONE), 1, 1), TEEC_ERROR_BAD_PARAMETERS);
	CHECK(strstr(wg_gate_reason(), "null buffer") != NULL);
	wg_test_close(&peer);
}

static void empty_references_are_not_null(void)
{
	uint8_t byte = 9;

	start();
	operation.params[0].tmpref = (TEEC_TempMemoryReference){&byte, 0};
	CHECK_EQ(see(WG_TEST_TYPES(MEMREF_TEMP_INPUT, NONE, NONE, NONE), 1, 1), TEEC_SUCCESS);
	CHECK_EQ(seen_types(), 0x005);
	CHECK_EQ(seen_sum(), 0);
	wg_test_close(&peer);
}

static void a_short_buffer_is_told_its_size_and_not_overrun(void)
{
	uint8_t buffer[64];
	uint32_t origin = 0;

	start();
	memset(buffer, 6, sizeof(buffer));
	operation.paramTypes = WG_TEST_TYPES(MEMREF_TEMP_OUTPUT, VALUE_INPUT, NONE, NONE);
	operation.params[0].tmpref = (TEEC_TempMemoryReference){buffer, 16};
	operation.params[1].value.a = 1000000;
	CHECK_EQ(TEEC_InvokeCommand(&peer.session, PROBE_SHORT, &operation, &origin), TEEC_ERROR_SHORT_BUFFER);
	CHECK_EQ(origin, TEEC_ORIGIN_TRUSTED_APP);
	CHECK_EQ(operation.params[0].tmpref.size, 1000000);
	CHECK(all(buffer + 16, sizeof(buffer) - 16, 6));
	wg_test_close(&peer);
}

static void overlapping_ranges_of_one_block_are_the_same_bytes(void)
{
	TEEC_SharedMemory memory;

	start();
	memory = allocated(4096, TEEC_MEM_INPUT | TEEC_MEM_OUTPUT);
	memset(memory.buffer, 1, 4096);
	operation.params[0].memref = (TEEC_RegisteredMemoryReference){&memory, 1000, 0};
	operation.params[1].memref = (TEEC_RegisteredMemoryReference){&memory, 1000, 500};
	operation.params[2].memref = (TEEC_RegisteredMemoryReference){&memory, 4096, 0};
	CHECK_EQ(see(WG_TEST_TYPES(MEMREF_PARTIAL_OUTPUT, MEMREF_PARTIAL_INOUT, MEMREF_PARTIAL_INPUT, NONE), 20, 1000),
		 TEEC_SUCCESS);
	/* The first fills 0..999 before the second reads 500..1499 and fills it, before the third reads all. */
	CHECK_EQ(seen_sum(), 500 * 20 + 500 * 1 + 500 * 20 + 1000 * 21 + (4096 - 1500) * 1);
	TEEC_ReleaseSharedMemory(&memory);
	wg_test_close(&peer);
}

static void wrong_references_are_refused_before_anything_crosses(void)
{
	static uint8_t buffer[4096];
	static const struct {
		uint32_t type;
		size_t bytes, offset;
		const char *reason;
	} wrong[] = {
		{TEEC_MEMREF_PARTIAL_OUTPUT, 10, 0, "not a direction"},
		{TEEC_MEMREF_PARTIAL_INOUT, 10, 0, "not a direction"},
		{TEEC_MEMREF_PARTIAL_INPUT, 4097, 0, "reaches beyond"},
		{TEEC_MEMREF_PARTIAL_INPUT, 1, 4096, "reaches beyond"},
		{TEEC_MEMREF_PARTIAL_INPUT, 2, SIZE_MAX, "reaches beyond"},
		{TEEC_MEMREF_PARTIAL_INPUT, SIZE_MAX, 2, "reaches beyond"},
		{4, 0, 0, "no parameter has the type 4"},
		{8, 0, 0, "no parameter has the type 8"},
		{11, 0, 0, "no parameter has the type 11"},
	};
	TEEC_SharedMemory in, other;
	TEEC_Context second;
	struct wg_ledger before, after;
	uint32_t origin = 0;

	start();
	in = registered(buffer, sizeof(buffer), TEEC_MEM_INPUT);
	CHECK_EQ(TEEC_InitializeContext(world, &second), TEEC_SUCCESS);
	other = (TEEC_SharedMemory){.size = 64, .flags = TEEC_MEM_INPUT};
	CHECK_EQ(TEEC_AllocateSharedMemory(&second, &other), TEEC_SUCCESS);
	wg_gate_own_ledger(&before);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		operation.params[1].memref = (TEEC_RegisteredMemoryReference){&in, wrong[i].bytes, wrong[i].offset};
		operation.paramTypes = wrong[i].type << 4;
		CHECK_EQ(TEEC_InvokeCommand(&peer.session, PROBE_SEE, &operation, &origin), TEEC_ERROR_BAD_PARAMETERS);
		CHECK_EQ(origin, TEEC_ORIGIN_API);
		CHECK(strstr(wg_gate_reason(), wrong[i].reason) != NULL);
	}
	operation.params[1].memref = (TEEC_RegisteredMemoryReference){&other, 1, 0};
	CHECK_EQ(see(WG_TEST_TYPES(NONE, MEMREF_PARTIAL_INPUT, NONE, NONE), 0, 0), TEEC_ERROR_BAD_PARAMETERS);
	CHECK_EQ(see(WG_TEST_TYPES(NONE, MEMREF_WHOLE, NONE, NONE), 0, 0), TEEC_ERROR_BAD_PARAMETERS);
	CHECK(strstr(wg_gate_reason(), "not shared memory of this context") != NULL);
	operation.params[1].memref.parent = NULL;
	CHECK_EQ(see(WG_TEST_TYPES(NONE, MEMREF_WHOLE, NONE, NONE), 0, 0), TEEC_ERROR_BAD_PARAMETERS);
	wg_gate_own_ledger(&after);
	CHECK_EQ(after.crossings, before.crossings);
	CHECK_EQ(after.share_bytes, before.share_bytes);
	TEEC_ReleaseSharedMemory(&in);
	TEEC_ReleaseSharedMemory(&other);
	TEEC_FinalizeContext(&second);
	wg_test_close(&peer);
}

/* The client may write to the public members: they do not decide where memory lies or ends. */
static void a_tampered_size_does_not_reach_beyond_the_block(void)
{
	TEEC_SharedMemory memory;

	start();
	memory = allocated(4096, TEEC_MEM_INPUT);
	memory.size = 4097;
	operation.params[0].memref.parent = &memory;
	CHECK_EQ(see(WG_TEST_TYPES(MEMREF_WHOLE, NONE, NONE, NONE), 0, 0), TEEC_ERROR_BAD_PARAMETERS);
	memory.size = 10;
	CHECK_EQ(see(WG_TEST_TYPES(MEMREF_WHOLE, NONE, NONE, NONE), 0, 0), TEEC_SUCCESS);
	TEEC_ReleaseSharedMemory(&memory);
	CHECK_EQ(memory.size, 0);
	TEEC_ReleaseSharedMemory(&memory); /* a second time is harmless */
	wg_test_close(&peer);
}

static void sizes_beyond_all_memory_are_refused(void)
{
	static const size_t sizes[] = {SIZE_MAX,	SIZE_MAX - 1,	  SIZE_MAX - 4095,
				       SIZE_MAX - 4096, SIZE_MAX / 2 + 1, SIZE_MAX / 2 - 4096};
	static const uint32_t wrong_flags[] = {0, 4, 0xffffffff};
	TEEC_SharedMemory memory = {.size = 1};

	start();
	memory.flags = TEEC_MEM_INPUT;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memory.size = sizes[i];
		memory.buffer = &memory;
		CHECK_EQ(TEEC_AllocateSharedMemory(&peer.context, &memory), TEEC_ERROR_OUT_OF_MEMORY);
		CHECK(memory.buffer == NULL);
		TEEC_ReleaseSharedMemory(&memory);
	}
	memory.size = 1;
	memory.buffer = NULL;
	CHECK_EQ(TEEC_RegisterSharedMemory(&peer.context, &memory), TEEC_ERROR_BAD_PARAMETERS);
	for (size_t i = 0; i < sizeof(wrong_flags) / sizeof(wrong_flags[0]); i++) {
		memory.flags = wrong_flags[i];
		CHECK_EQ(TEEC_AllocateSharedMemory(&peer.context, &memory), TEEC_ERROR_BAD_PARAMETERS);
	}
	CHECK_EQ(TEEC_AllocateSharedMemory(NULL, &memory), TEEC_ERROR_BAD_PARAMETERS);
	CHECK_EQ(TEEC_RegisterSharedMemory(&peer.context, NULL), TEEC_ERROR_BAD_PARAMETERS);
	wg_test_close(&peer);
}

static void blocks_can_be_released_in_any_order(void)
{
	TEEC_SharedMemory memory[40];
	struct wg_gate *gate;
	uint64_t before;

	start();
	gate = peer.context.imp.gate;
	before = sealed() ? wg_arena_free_bytes(&gate->arena) : 0;
	for (unsigned i = 0; i < 40; i++)
		memory[i] = allocated(1 + i * 977, TEEC_MEM_INPUT);
	for (unsigned i = 0; i < 40; i++)
		TEEC_ReleaseSharedMemory(&memory[(i * 27) % 40]);
	if (sealed())
		CHECK_EQ(wg_arena_free_bytes(&gate->arena), before);
	TEEC_ReleaseSharedMemory(NULL);
	wg_test_close(&peer);
}

static void memory_with_random_references_arrives_whole(void)
{
	static uint8_t buffer[3 * ROOM];
	struct wg_gate *gate;
	uint64_t free_before;

	start();
	gate = peer.context.imp.gate;
	free_before = sealed() ? wg_arena_free_bytes(&gate->arena) : 0;
	for (uint64_t round = 0; round < wg_test_cases(300) && round < 100000; round++) {
		uint32_t types = 0;
		uint32_t expected = 0;

		memset(&operation, 0, sizeof(operation));
		for (unsigned i = 0; i < 3; i++) {
			uint32_t type = TEEC_MEMREF_TEMP_INPUT + (uint32_t)wg_test_random_below(3);
			uint8_t *at = buffer + i * ROOM;
			size_t bytes = wg_test_random_below(ROOM);

			for (size_t k = 0; k < bytes; k++)
				at[k] = (uint8_t)wg_test_random();
			for (size_t k = 0; (type & 1) && k < bytes; k++)
				expected += at[k];
			operation.params[i].tmpref = (TEEC_TempMemoryReference){at, bytes};
			types |= type << (4 * i);
		}
		CHECK_EQ(see(types, 3, (uint32_t)wg_test_random_below(20)), TEEC_SUCCESS);
		CHECK_EQ(seen_sum(), expected);
	}
	if (sealed())
		CHECK_EQ(wg_arena_free_bytes(&gate->arena), free_before);
	wg_test_close(&peer);
}

#define IN_BOTH(test)                                \
	static void in_the_normal_world_##test(void) \
	{                                            \
		world = "normal";                    \
		test();                              \
	}                                            \
	static void in_a_compartment_##test(void)    \
	{                                            \
		world = "compartment";               \
		test();                              \
	}
#define BOTH(test) WG_TEST(in_the_normal_world_##test), WG_TEST(in_a_compartment_##test)

IN_BOTH(values_go_the_way_their_type_says)
IN_BOTH(temporary_memory_goes_the_way_its_type_says)
IN_BOTH(allocated_memory_is_never_copied)
IN_BOTH(registered_memory_is_copied_by_direction_and_range)
IN_BOTH(null_references_reach_the_TA_as_null)
IN_BOTH(empty_references_are_not_null)
IN_BOTH(a_short_buffer_is_told_its_size_and_not_overrun)
IN_BOTH(overlapping_ranges_of_one_block_are_the_same_bytes)
IN_BOTH(wrong_references_are_refused_before_anything_crosses)
IN_BOTH(a_tampered_size_does_not_reach_beyond_the_block)
IN_BOTH(sizes_beyond_all_memory_are_refused)
IN_BOTH(blocks_can_be_released_in_any_order)
IN_BOTH(memory_with_random_references_arrives_whole)

static const struct wg_test tests[] = {
	BOTH(values_go_the_way_their_type_says),
	BOTH(temporary_memory_goes_the_way_its_type_says),
	BOTH(allocated_memory_is_never_copied),
	BOTH(registered_memory_is_copied_by_direction_and_range),
	BOTH(null_references_reach_the_TA_as_null),
	BOTH(empty_references_are_not_null),
	BOTH(a_short_buffer_is_told_its_size_and_not_overrun),
	BOTH(overlapping_ranges_of_one_block_are_the_same_bytes),
	BOTH(wrong_references_are_refused_before_anything_crosses),
	BOTH(a_tampered_size_does_not_reach_beyond_the_block),
	BOTH(sizes_beyond_all_memory_are_refused),
	BOTH(blocks_can_be_released_in_any_order),
	BOTH(memory_with_random_references_arrives_whole),
};

WG_TEST_MAIN(tests)
