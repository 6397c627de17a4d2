/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

#include "crossing_ta.h"

#define TA_UUID	      CROSSING_TA_UUID
#define TA_FLAGS      0 /* an instance for each session */
#define TA_STACK_SIZE (16 * 1024)
#define TA_DATA_SIZE  (1024 * 1024)

#define TA_VERSION     "1.0"
#define TA_DESCRIPTION "Operations that cost next to nothing, to measure the crossing"

#endif
