/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

#include <foreign_ta.h>

#define TA_UUID	      FOREIGN_TA_UUID
#define TA_FLAGS      (TA_FLAG_SINGLE_INSTANCE | TA_FLAG_MULTI_SESSION)
#define TA_STACK_SIZE (16 * 1024)
#define TA_DATA_SIZE  (256 * 1024)

#define TA_VERSION     "1.0"
#define TA_DESCRIPTION "Uses every function of the portable subset"

#endif
