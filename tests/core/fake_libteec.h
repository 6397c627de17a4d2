/* SPDX-License-Identifier: Apache-2.0 */
/* What the fake libteec and its test agree on; the numbers are the specification's, and wg_lane_format.h's. */
#ifndef FAKE_LIBTEEC_H
#define FAKE_LIBTEEC_H

/* As a TEEC_UUID lies in memory on a little-endian machine: 0x11223344, 0x5566, 0x7788, {1, 2, ... 8}. */
#define FAKE_TA_UUID_BYTES                                                                                     \
	{                                                                                                      \
		0x44, 0x33, 0x22, 0x11, 0x66, 0x55, 0x88, 0x77, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08 \
	}

#define FAKE_NOTHING	  0u
#define FAKE_SUM_AND_FILL 1u
#define FAKE_WAIT	  2u
#define FAKE_METHOD	  3u
#define FAKE_DIE	  4u
#define FAKE_LANE_CALL	  0x574C0001u

#define FAKE_CANCEL		0xFFFF0002u
#define FAKE_BAD_PARAMETERS	0xFFFF0006u
#define FAKE_ITEM_NOT_FOUND	0xFFFF0008u
#define FAKE_NOT_IMPLEMENTED	0xFFFF0009u
#define FAKE_OUT_OF_MEMORY	0xFFFF000Cu
#define FAKE_TARGET_DEAD	0xFFFF3024u
#define FAKE_ORIGIN_TEE		3u
#define FAKE_ORIGIN_TRUSTED_APP 4u

#endif
