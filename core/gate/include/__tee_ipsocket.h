/* SPDX-License-Identifier: Apache-2.0 */
/* OP-TEE's dev kit has TEE_ipSocket_ipVersion in a header of this name. */
#ifndef WG_TEE_IPSOCKET_H
#define WG_TEE_IPSOCKET_H

#include "tee_isocket.h"

#endif
