/* SPDX-License-Identifier: Apache-2.0 */
/* What OP-TEE's dev kit adds to <stdlib.h>. */
#ifndef WG_STDLIB_EXT_H
#define WG_STDLIB_EXT_H

/* Overwrites a block of the heap, then frees it. NULL is fine. */
void free_wipe(void *block);

#endif
