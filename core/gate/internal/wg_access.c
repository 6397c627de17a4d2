/* SPDX-License-Identifier: Apache-2.0 */
/* TEE_CheckMemoryAccessRights, and OP-TEE's cache maintenance, which is nothing but that check here. */
#include <stdint.h>

#include "tee_internal_api.h"
#include "tee_internal_api_extensions.h"
#include "user_ta_header.h"
#include "wg_internal.h"
#include "wg_memory_map.h"

struct span {
	uintptr_t begin, end;
};

static bool overlap(const struct span *a, const struct span *b)
{
	return a->begin < b->end && b->begin < a->end;
}

static bool inside(const struct span *inner, const struct span *outer)
{
	return inner->begin >= outer->begin && inner->end <= outer->end;
}

/* A memory reference belongs to the client: shared with it, and its direction decides. */
enum verdict { VERDICT_NONE, VERDICT_ALLOWED, VERDICT_DENIED };

static enum verdict ask_param(uint32_t type, const TEE_Param *param, const struct span *span, uint32_t flags)
{
	uint32_t rights = TEE_MEMORY_ACCESS_READ | TEE_MEMORY_ACCESS_ANY_OWNER;
	struct span reference;

	if (type < TEE_PARAM_TYPE_MEMREF_INPUT || type > TEE_PARAM_TYPE_MEMREF_INOUT || !param->memref.buffer)
		return VERDICT_NONE;
	reference.begin = (uintptr_t)param->memref.buffer;
	reference.end = reference.begin + param->memref.size;
	if (!overlap(span, &reference))
		return VERDICT_NONE;
	if (type != TEE_PARAM_TYPE_MEMREF_INPUT)
		rights |= TEE_MEMORY_ACCESS_WRITE;
	if ((flags & ~rights) != 0 || !(flags & TEE_MEMORY_ACCESS_ANY_OWNER) || !inside(span, &reference))
		return VERDICT_DENIED;
	return VERDICT_ALLOWED;
}

static enum verdict ask_params(const struct wg_instance *instance, const struct span *span, uint32_t flags)
{
	enum verdict verdict = VERDICT_NONE;
	enum verdict one;
	uint32_t i;

	for (i = 0; instance->params && i < TEE_NUM_PARAMS; i++) {
		one = ask_param(TEE_PARAM_TYPE_GET(instance->param_types, i), &instance->params[i], span, flags);
		if (one == VERDICT_DENIED)
			return VERDICT_DENIED;
		if (one == VERDICT_ALLOWED)
			verdict = VERDICT_ALLOWED;
	}
	return verdict;
}

TEE_Result TEE_CheckMemoryAccessRights(uint32_t accessFlags, void *buffer, size_t size)
{
	const uint32_t known = TEE_MEMORY_ACCESS_READ | TEE_MEMORY_ACCESS_WRITE | TEE_MEMORY_ACCESS_ANY_OWNER;
	struct wg_instance *instance = wg_instance_must();
	struct span span = {.begin = (uintptr_t)buffer, .end = (uintptr_t)buffer + size};
	struct span heap = {.begin = (uintptr_t)instance->heap.base,
			    .end = (uintptr_t)instance->heap.base + (size_t)instance->heap.units * WG_HEAP_ALIGN};
	enum verdict verdict;

	if (size == 0)
		return TEE_SUCCESS;
	if (!buffer || span.end < span.begin)
		return TEE_ERROR_ACCESS_DENIED;
	verdict = ask_params(instance, &span, accessFlags & known);
	if (verdict != VERDICT_NONE)
		return verdict == VERDICT_ALLOWED ? TEE_SUCCESS : TEE_ERROR_ACCESS_DENIED;
	if (overlap(&span, &heap))
		return inside(&span, &heap) ? TEE_SUCCESS : TEE_ERROR_ACCESS_DENIED;
	if (!wg_memory_map_allows(buffer, size, (accessFlags & TEE_MEMORY_ACCESS_WRITE) != 0))
		return TEE_ERROR_ACCESS_DENIED;
	return TEE_SUCCESS;
}

static TEE_Result maintain_cache(char *buffer, size_t bytes, uint32_t flags)
{
	if (!(wg_instance_must()->ta->flags & TA_FLAG_CACHE_MAINTENANCE))
		return TEE_ERROR_NOT_SUPPORTED;
	return TEE_CheckMemoryAccessRights(flags | TEE_MEMORY_ACCESS_ANY_OWNER, buffer, bytes);
}

TEE_Result TEE_CacheClean(char *buf, size_t len)
{
	return maintain_cache(buf, len, TEE_MEMORY_ACCESS_READ);
}

TEE_Result TEE_CacheFlush(char *buf, size_t len)
{
	return maintain_cache(buf, len, TEE_MEMORY_ACCESS_READ);
}

/* What is in the cache and not in memory would be lost: a write. */
TEE_Result TEE_CacheInvalidate(char *buf, size_t len)
{
	return maintain_cache(buf, len, TEE_MEMORY_ACCESS_WRITE);
}
