/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of the crossing TA: operations that cost next to nothing themselves, so that what is measured is the way
 * to them. They come by any of the lanes of wg_lane_format.h. */
#ifndef CROSSING_TA_H
#define CROSSING_TA_H

#define CROSSING_TA_UUID                                               \
	{                                                              \
		0x7c1a5be6, 0x2f4d, 0x4e0b,                            \
		{                                                      \
			0x9a, 0x63, 0x51, 0xd8, 0x0e, 0x27, 0xb4, 0x9f \
		}                                                      \
	}

/* Operations: payload in -> payload out, result */
#define CROSSING_NOTHING 0u	     /* any -> none, 0 */
#define CROSSING_ECHO	 1u	     /* any -> the same, 0 */
#define CROSSING_SUM	 2u	     /* any -> none, the sum of its bytes modulo 2^32 */
#define CROSSING_REQUEST 3u	     /* any -> none, 0; the TA asks the normal world for its time on the way */
#define CROSSING_UNKNOWN 0xFFFFFFFFu /* the result of any other operation */

/* The largest payload of a lane: 512 KiB. The TA copies it in before it looks at it, and out where it echoes. */
#define CROSSING_PAYLOAD_MAX (512u * 1024u)

#endif
