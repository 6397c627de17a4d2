/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the fuzzer of users' TAs share. */
#ifndef WG_TA_FUZZ_H
#define WG_TA_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads on in the running case: zeros once it is used up. */
uint8_t wg_fuzz_take(void);
/* Often a number that programs trip over. */
uint32_t wg_fuzz_take_number(void);
/* A number that is a size a client would really give. */
uint32_t wg_fuzz_take_size(void);
bool wg_fuzz_used_up(void);

#endif
