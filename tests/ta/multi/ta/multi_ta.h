/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of a TA of the multi-instance kind: each session has an instance of its own. */
#ifndef MULTI_TA_H
#define MULTI_TA_H

#define MULTI_TA_UUID                                                  \
	{                                                              \
		0x0b7d4f52, 0x8e1c, 0x4a39,                            \
		{                                                      \
			0x9c, 0x05, 0x6d, 0xe2, 0x41, 0xb8, 0x77, 0x1f \
		}                                                      \
	}

/* params[0]: value out (calls of this instance so far, instances' create entry points seen by it) */
#define MULTI_COUNT 0
#define MULTI_PANIC 1

#endif
