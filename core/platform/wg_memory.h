/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of three kinds: shared by two processes, secret (memfd_secret), and plain. */
#ifndef WG_MEMORY_H
#define WG_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "wg_result.h"

size_t wg_page_round_up(size_t bytes);

/* A memory file whose size can no longer change, so that a peer cannot make an access fault. Returns its descriptor
 * (close-on-exec, the caller's) or -1 with errno. */
int wg_shared_create(const char *name, size_t bytes);
/* NULL with errno set where it fails. */
void *wg_shared_map(int descriptor, size_t bytes);
void wg_shared_unmap(void *memory, size_t bytes);

/* Secret memory, which not even root reads from outside. WG_ERR_UNAVAILABLE or WG_ERR_SYSTEM with reason filled in. */
wg_result wg_secret_map(size_t bytes, void **out, char *reason, size_t reason_bytes) WG_MUST_CHECK;
/* Replaces the mapped pages [begin, begin + bytes) by secret ones with the same contents. Nothing else may run. */
wg_result wg_secret_replace(void *begin, size_t bytes, char *reason, size_t reason_bytes) WG_MUST_CHECK;

/* Plain private memory, NULL with errno set where it fails. */
void *wg_plain_map(size_t bytes);

#endif
