/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, time and random numbers. */
#include "groups.h"

#define RANDOM_BYTES 4096

static bool all_are(const uint8_t *bytes, size_t size, uint8_t value)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

static int32_t sign(int32_t number)
{
	return (number > 0) - (number < 0);
}

void memory_group(struct report *report)
{
	const uint32_t both = TEE_MEMORY_ACCESS_READ | TEE_MEMORY_ACCESS_WRITE;
	uint8_t *block = TEE_Malloc(1000, TEE_MALLOC_FILL_ZERO);
	uint8_t *larger;

	say_bool(report, "memory.malloc", block != NULL);
	if (!block)
		return;
	say_bool(report, "memory.malloc.zeroed", all_are(block, 1000, 0));
	say_bool(report, "memory.malloc.aligned", ((uintptr_t)block & (sizeof(uint64_t) - 1)) == 0);
	TEE_MemFill(block, 0x1a5, 600);
	say_bool(report, "memory.fill", all_are(block, 600, 0xa5) && all_are(block + 600, 400, 0));
	larger = TEE_Realloc(block, 5000);
	say_bool(report, "memory.realloc", larger && all_are(larger, 600, 0xa5) && all_are(larger + 600, 400, 0));
	if (!larger) {
		TEE_Free(block);
		return;
	}
	block = larger;
	TEE_MemMove(block + 300, block, 600);
	say_bool(report, "memory.move.overlapping", all_are(block, 900, 0xa5) && all_are(block + 900, 100, 0));
	say_number(report, "memory.compare.equal", (uint32_t)sign(TEE_MemCompare(block, block + 300, 600)));
	say_number(report, "memory.compare.less", (uint32_t)(sign(TEE_MemCompare("abc", "abd", 3)) + 1));
	say_number(report, "memory.compare.more", (uint32_t)(sign(TEE_MemCompare("\xff", "\x01", 1)) + 1));
	say_code(report, "memory.rights.own", TEE_CheckMemoryAccessRights(both, block, 5000));
	say_code(report, "memory.rights.null", TEE_CheckMemoryAccessRights(TEE_MEMORY_ACCESS_READ, NULL, 1));
	say_bool(report, "memory.malloc.too_large", TEE_Malloc(64 * 1024 * 1024, TEE_MALLOC_FILL_ZERO) == NULL);
	TEE_Free(block);
	TEE_Free(NULL);
}

void memory_of_client(struct report *report, const TEE_Param *param)
{
	const uint32_t both = TEE_MEMORY_ACCESS_READ | TEE_MEMORY_ACCESS_WRITE;
	void *buffer = param->memref.buffer;
	size_t size = param->memref.size;

	say_code(report, "memory.rights.client", TEE_CheckMemoryAccessRights(both, buffer, size));
	say_code(report, "memory.rights.any_owner",
		 TEE_CheckMemoryAccessRights(both | TEE_MEMORY_ACCESS_ANY_OWNER, buffer, size));
}

static int64_t milliseconds(const TEE_Time *time)
{
	return (int64_t)time->seconds * 1000 + time->millis;
}

void time_group(struct report *report)
{
	TEE_Time before, after, ree, persistent;
	TEE_Result result;

	TEE_GetSystemTime(&before);
	say_code(report, "time.wait", TEE_Wait(30));
	TEE_GetSystemTime(&after);
	say_bool(report, "time.system.millis", before.millis < 1000 && after.millis < 1000);
	say_bool(report, "time.waited", milliseconds(&after) - milliseconds(&before) >= 29);
	TEE_GetREETime(&ree);
	say_bool(report, "time.ree.plausible", ree.seconds > 1600000000u && ree.millis < 1000);
	/* Set or not set before: another run may have left one. */
	result = TEE_GetTAPersistentTime(&persistent);
	say_bool(report, "time.persistent.before", result == TEE_SUCCESS || result == TEE_ERROR_TIME_NOT_SET);
	persistent.seconds = 1000;
	persistent.millis = 250;
	say_code(report, "time.persistent.set", TEE_SetTAPersistentTime(&persistent));
	say_code(report, "time.persistent.get", TEE_GetTAPersistentTime(&persistent));
	say_bool(report, "time.persistent.runs_on",
		 milliseconds(&persistent) >= 1000250 && milliseconds(&persistent) < 1060250);
}

void random_group(struct report *report)
{
	uint8_t *bytes = TEE_Malloc(2 * RANDOM_BYTES, TEE_MALLOC_FILL_ZERO);
	bool tail = false;
	size_t i;

	say_bool(report, "random.malloc", bytes != NULL);
	if (!bytes)
		return;
	TEE_GenerateRandom(bytes, RANDOM_BYTES);
	TEE_GenerateRandom(bytes + RANDOM_BYTES, RANDOM_BYTES - 16);
	say_bool(report, "random.differs", TEE_MemCompare(bytes, bytes + RANDOM_BYTES, RANDOM_BYTES - 16) != 0);
	for (i = RANDOM_BYTES - 16; i < RANDOM_BYTES; i++)
		tail = tail || bytes[i] != 0;
	say_bool(report, "random.fills_all", tail);
	say_bool(report, "random.stops", all_are(bytes + 2 * RANDOM_BYTES - 16, 16, 0));
	TEE_GenerateRandom(bytes, 0);
	TEE_Free(bytes);
}
