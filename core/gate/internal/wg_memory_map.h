/* SPDX-License-Identifier: Apache-2.0 */
/* Which memory is the process's own. In the normal world the kernel is asked each time; a sealed process cannot ask, so
 * it keeps the answer before it is sealed. */
#ifndef WG_MEMORY_MAP_H
#define WG_MEMORY_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "wg_result.h"

/* Remembers the map of this process for ever. Later mappings are not the process's own; the main stack may still grow
 * to its limit. */
wg_result wg_memory_map_keep(void) WG_MUST_CHECK;

/* Whether all of [memory, memory + bytes) is mapped, readable, writable where write is set, and not shared with another
 * process. bytes > 0 and the range does not wrap. */
bool wg_memory_map_allows(const void *memory, size_t bytes, bool write);

#endif
