/* SPDX-License-Identifier: Apache-2.0 */
/* An older name of tee_internal_api.h that OP-TEE's dev kit still has. */
#ifndef TEE_API_H
#define TEE_API_H

#include "tee_internal_api.h"

#endif
