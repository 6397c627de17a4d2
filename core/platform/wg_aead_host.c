/* SPDX-License-Identifier: Apache-2.0 */
/* The AEAD implementations of this machine. A separate file, so that a world with another table links the same
 * wg_aead.c. */
#include "wg_aead_library.h"

const struct wg_aead_library *const wg_aead_libraries[] = {&wg_aead_ipsecmb, &wg_aead_openssl, NULL};
