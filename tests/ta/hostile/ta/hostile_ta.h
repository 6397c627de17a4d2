/* SPDX-License-Identifier: Apache-2.0 */
/* A TA that does on command what no TA may do. */
#ifndef HOSTILE_TA_H
#define HOSTILE_TA_H

#define HOSTILE_TA_UUID                                                \
	{                                                              \
		0xd1ce0bad, 0x4f1e, 0x4b5a,                            \
		{                                                      \
			0x8d, 0x66, 0x0c, 0x93, 0x5e, 0x71, 0x2a, 0xf4 \
		}                                                      \
	}

/* params[0]: memory in, the path of a file, with its NUL; params[1]: value in, see HOSTILE_SYSTEM_CALL. An answer other
 * than TEEC_ERROR_TARGET_DEAD means that the TA survived. */
#define HOSTILE_NOTHING	    0 /* what any TA may do */
#define HOSTILE_OPEN	    1 /* create the file */
#define HOSTILE_SOCKET	    2
#define HOSTILE_EXECUTE	    3
#define HOSTILE_FORK	    4
#define HOSTILE_MAP	    5
#define HOSTILE_EXECUTABLE  6  /* make its own memory executable */
#define HOSTILE_TRACE	    7  /* ptrace its parent */
#define HOSTILE_KILL	    8  /* signal its parent */
#define HOSTILE_PRINT	    9  /* write to standard error past the gate */
#define HOSTILE_READ	    10 /* read a descriptor that it may have inherited */
#define HOSTILE_THREAD	    11
#define HOSTILE_OLD_CALLS   12 /* the 32-bit system calls of the processor, where it has them */
#define HOSTILE_BAD_POINTER 13
#define HOSTILE_SYSTEM_CALL 14 /* value a: its number; its arguments are zeros */

#endif
