/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

#define TA_UUID                                                        \
	{                                                              \
		0x6c22d9e4, 0x1a0f, 0x4d73,                            \
		{                                                      \
			0x95, 0x3c, 0xee, 0x02, 0x84, 0x5b, 0xd7, 0x60 \
		}                                                      \
	}
#define TA_FLAGS      0
#define TA_STACK_SIZE (8 * 1024)
#define TA_DATA_SIZE  (32 * 1024)

#endif
