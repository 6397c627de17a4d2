/* SPDX-License-Identifier: Apache-2.0 */
/* What OP-TEE adds to the TEE Internal Core API and a portable TA may use. Mapping of memory at run time and plug-ins
 * of the supplicant are left out. */
#ifndef TEE_INTERNAL_API_EXTENSIONS_H
#define TEE_INTERNAL_API_EXTENSIONS_H

#include <stdio.h>

#include "tee_api_types.h"
#include "trace.h"
#include "types_ext.h"

/* A hint of TEE_Malloc: the block is not filled with zeros. */
#define TEE_USER_MEM_HINT_NO_FILL_ZERO 0x80000000

/* The memory of every world here is coherent, so these only check: TEE_ERROR_NOT_SUPPORTED without
 * TA_FLAG_CACHE_MAINTENANCE, TEE_ERROR_ACCESS_DENIED for memory that the TA may not touch. */
TEE_Result TEE_CacheClean(char *buf, size_t len);
TEE_Result TEE_CacheFlush(char *buf, size_t len);
TEE_Result TEE_CacheInvalidate(char *buf, size_t len);

/* text: 8-4-4-4-12 hexadecimal digits, nothing else. */
TEE_Result tee_uuid_from_str(TEE_UUID *uuid, const char *text);

#endif
