/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the probe that keeps a secret. */
#ifndef PROBE_SECRET_H
#define PROBE_SECRET_H

#include <tee_internal_api.h>

/* Names of their own for each kind of the probe in one executable. */
#define PROBE_JOIN_(prefix, name) prefix##_##name
#define PROBE_JOIN(prefix, name)  PROBE_JOIN_(prefix, name)
#ifdef WG_TA_PREFIX
#define probe_hold	    PROBE_JOIN(WG_TA_PREFIX, probe_hold)
#define probe_digest	    PROBE_JOIN(WG_TA_PREFIX, probe_digest)
#define probe_hold_on_stack PROBE_JOIN(WG_TA_PREFIX, probe_hold_on_stack)
#endif

TEE_Result probe_hold(uint32_t types, TEE_Param params[4]);
TEE_Result probe_digest(uint32_t types, TEE_Param params[4]);
TEE_Result probe_hold_on_stack(uint32_t types, TEE_Param params[4]);

#endif
