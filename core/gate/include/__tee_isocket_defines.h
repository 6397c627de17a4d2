/* SPDX-License-Identifier: Apache-2.0 */
/* OP-TEE's dev kit has the constants of tee_isocket.h in a header of this name. */
#ifndef WG_TEE_ISOCKET_DEFINES_H
#define WG_TEE_ISOCKET_DEFINES_H

#include "tee_isocket.h"

#endif
