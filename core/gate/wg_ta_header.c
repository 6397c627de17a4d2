/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled once for each TA, with its folder among the include directories:
 *
 *   several TAs in one executable   -DWG_TA_SYMBOL=NAME_ta -DWG_TA_PREFIX=NAME -include wg_ta_entry_names.h
 *   one user's TA                   -DWG_TA_SYMBOL=NAME_ta; its objects and this one are linked into one (ld -r) and
 *                                   all symbols but NAME_ta made local (objcopy --keep-global-symbol=NAME_ta)
 *
 * -DWG_TA_NAME="name" is what the log calls it; WG_TA_SYMBOL else. */
#include "user_ta_header.h"
#include "user_ta_header_defines.h"

#include "tee_internal_api.h"
#include "wg_instance.h"

#define WG_TA_STRING_OF(symbol) #symbol
#define WG_TA_STRING(symbol)	WG_TA_STRING_OF(symbol)
#ifndef WG_TA_NAME
#define WG_TA_NAME WG_TA_STRING(WG_TA_SYMBOL)
#endif

_Static_assert(((TA_FLAGS) & ~TA_FLAGS_MASK) == 0, "TA_FLAGS has a bit that user_ta_header.h does not know");
_Static_assert((TA_STACK_SIZE) > 0 && (TA_STACK_SIZE) <= UINT32_MAX, "TA_STACK_SIZE is bytes");
_Static_assert((TA_DATA_SIZE) > 0 && (TA_DATA_SIZE) <= UINT32_MAX, "TA_DATA_SIZE is bytes");

extern const struct wg_ta WG_TA_SYMBOL;
const struct wg_ta WG_TA_SYMBOL = {
	.uuid = TA_UUID,
	.name = WG_TA_NAME,
	.flags = TA_FLAGS,
	.stack_bytes = TA_STACK_SIZE,
	.data_bytes = TA_DATA_SIZE,
	.create = TA_CreateEntryPoint,
	.destroy = TA_DestroyEntryPoint,
	.open = TA_OpenSessionEntryPoint,
	.close = TA_CloseSessionEntryPoint,
	.invoke = TA_InvokeCommandEntryPoint,
};
