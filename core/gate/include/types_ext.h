/* SPDX-License-Identifier: Apache-2.0 */
/* The types that OP-TEE's dev kit adds to the C library's. */
#ifndef WG_TYPES_EXT_H
#define WG_TYPES_EXT_H

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

typedef uintptr_t uaddr_t;
typedef uintptr_t vaddr_t;
typedef uintptr_t paddr_t;
typedef uintptr_t paddr_size_t;

#define PRIxUA PRIxPTR
#define PRIxVA PRIxPTR
#define PRIxPA PRIxPTR

#endif
