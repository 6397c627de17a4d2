/* SPDX-License-Identifier: Apache-2.0 */
/* Included before the sources of one of several TAs in one executable (-include, with -DWG_TA_PREFIX=name): gives its
 * entry points names of their own. Every other global symbol of such a TA must be unique by itself. */
#ifndef WG_TA_ENTRY_NAMES_H
#define WG_TA_ENTRY_NAMES_H

#define WG_TA_ENTRY_JOIN(prefix, name) prefix##_##name
#define WG_TA_ENTRY(prefix, name)      WG_TA_ENTRY_JOIN(prefix, name)

#define TA_CreateEntryPoint	   WG_TA_ENTRY(WG_TA_PREFIX, TA_CreateEntryPoint)
#define TA_DestroyEntryPoint	   WG_TA_ENTRY(WG_TA_PREFIX, TA_DestroyEntryPoint)
#define TA_OpenSessionEntryPoint   WG_TA_ENTRY(WG_TA_PREFIX, TA_OpenSessionEntryPoint)
#define TA_CloseSessionEntryPoint  WG_TA_ENTRY(WG_TA_PREFIX, TA_CloseSessionEntryPoint)
#define TA_InvokeCommandEntryPoint WG_TA_ENTRY(WG_TA_PREFIX, TA_InvokeCommandEntryPoint)

#endif
