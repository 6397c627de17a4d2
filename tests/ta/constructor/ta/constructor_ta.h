/* SPDX-License-Identifier: Apache-2.0 */
/* A TA with constructors. Where FORBIDDEN_PATH is set in the environment of its build, one of them creates that file.
 */
#ifndef CONSTRUCTOR_TA_H
#define CONSTRUCTOR_TA_H

#define CONSTRUCTOR_TA_UUID                                            \
	{                                                              \
		0x3e9a5c10, 0x77d4, 0x4f08,                            \
		{                                                      \
			0xb2, 0x1b, 0x8f, 0x60, 0xe4, 0x95, 0x0c, 0x57 \
		}                                                      \
	}

/* params[0]: value out (the order in which the constructors ran, as digits; 1 if before the create entry point) */
#define CONSTRUCTOR_ASK 0

#endif
