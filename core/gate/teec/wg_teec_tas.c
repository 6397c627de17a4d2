/* SPDX-License-Identifier: Apache-2.0 */
/* The library holds no TA: one in the normal world is linked into its client, with the gate as an archive. */
#include <stddef.h>

#include "wg_instance.h"

const struct wg_ta *const wg_tas[] = {NULL};
