/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

#include <user_ta_header.h>

#include "probe_ta.h"

#ifndef PROBE_KIND
#define PROBE_KIND PROBE_MANY
#endif

#define TA_UUID PROBE_UUID(PROBE_KIND)
#define TA_FLAGS                                                                                                    \
	(PROBE_KIND == PROBE_EACH   ? 0                                                                             \
	 : PROBE_KIND == PROBE_MANY ? TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION                               \
	 : PROBE_KIND == PROBE_KEPT ? TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION | TA_FLAG_INSTANCE_KEEP_ALIVE \
				    : TA_FLAG_SINGLE_INSTANCE)
#define TA_STACK_SIZE (32 * 1024)
#define TA_DATA_SIZE  (512 * 1024)

#define TA_VERSION     "1.0"
#define TA_DESCRIPTION "The probe of the tests"

#endif
