/* SPDX-License-Identifier: Apache-2.0 */
/* The bits of TA_FLAGS. A TA's user_ta_header_defines.h defines TA_UUID, TA_FLAGS, TA_STACK_SIZE and TA_DATA_SIZE. */
#ifndef USER_TA_HEADER_H
#define USER_TA_HEADER_H

#include "tee_api_types.h"
#include "util.h"

#define TA_FLAG_USER_MODE			    0 /* no longer a bit */
#define TA_FLAG_EXEC_DDR			    0 /* no longer a bit */
#define TA_FLAG_SINGLE_INSTANCE			    BIT32(2)
#define TA_FLAG_MULTI_SESSION			    BIT32(3)
#define TA_FLAG_INSTANCE_KEEP_ALIVE		    BIT32(4) /* stays after the last close */
#define TA_FLAG_SECURE_DATA_PATH		    BIT32(5)
#define TA_FLAG_REMAP_SUPPORT			    0 /* no longer a bit */
#define TA_FLAG_CACHE_MAINTENANCE		    BIT32(7)
#define TA_FLAG_CONCURRENT			    BIT32(8) /* OP-TEE's own TAs only */
#define TA_FLAG_DEVICE_ENUM			    BIT32(9)
#define TA_FLAG_DEVICE_ENUM_SUPP		    BIT32(10)
#define TA_FLAG_DONT_CLOSE_HANDLE_ON_CORRUPT_OBJECT BIT32(11)
#define TA_FLAG_DEVICE_ENUM_TEE_STORAGE_PRIVATE	    BIT32(12)
#define TA_FLAG_INSTANCE_KEEP_CRASHED		    BIT32(13) /* a kept instance is not started again after a panic */
#define TA_FLAGS_MASK				    GENMASK_32(13, 0)

#endif
