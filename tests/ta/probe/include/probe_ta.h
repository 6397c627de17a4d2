/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of the probe: a TA of the tests that shows what it was given, keeps a secret, and misbehaves on demand.
 * It exists four times, by how its instances live: PROBE_UUID(kind). */
#ifndef PROBE_TA_H
#define PROBE_TA_H

#define PROBE_EACH 1 /* an instance for each session */
#define PROBE_MANY 2 /* one instance, many sessions */
#define PROBE_KEPT 3 /* the same, and it outlives its last session */
#define PROBE_LONE 4 /* one instance, one session at a time */

#define PROBE_UUID(kind)                                               \
	{                                                              \
		0x3d0f6a10, 0x9b1e, 0x4a77,                            \
		{                                                      \
			0x8c, 0x52, 0x1f, 0x66, 0x70, 0x3e, 0xd4, kind \
		}                                                      \
	}

#define PROBE_SECRET_BYTES 32u

/* p0..p2 any: p3 value inout: a = fill byte, b = bytes to write. Each reference that the TA may read adds its bytes to
 * the sum; each that it may write is filled with fill + its number as far as it reaches, and its size becomes b.
 * Back: a = the sum, plus the a of each value that comes in; b = the types of p0..p2 as the TA sees them, and a bit
 * 16 + i for each null reference. A value that goes out becomes {fill, i}. */
#define PROBE_SEE 1u
/* p0 memref in: a secret of PROBE_SECRET_BYTES, each byte XOR 0xff, so that what crosses is not the secret. It is kept
 * in the heap, in a global, and in the keys of an AES-CTR, an AES-GCM and an HMAC operation and of the AEAD library,
 * all of which are used. */
#define PROBE_HOLD 2u
/* p0 memref out: SHA-256 of what each place holds, 32 bytes each: heap, global. */
#define PROBE_DIGEST 3u
/* p0 memref in: a secret as above; p1 value in: a = milliseconds. Keeps the secret on the stack and in registers while
 * it waits. p2 value out: a = 1 where it was still there afterwards. */
#define PROBE_HOLD_ON_STACK 4u
/* p0 value in: a = the code. */
#define PROBE_PANIC 5u
/* p0 value in: a = milliseconds, b = 1: may be cancelled. */
#define PROBE_WAIT 6u
/* p0 value in: a = milliseconds, without a system call to sleep. b = 1: ends early when cancelled, with
 * TEE_ERROR_CANCEL. */
#define PROBE_SPIN 7u
/* p0 value in: a = bytes, b = rounds: allocates, writes, checks and frees. */
#define PROBE_HEAP 8u
/* p0 value in: a = how often it asks the normal world for the time. */
#define PROBE_RPCS 9u
/* p0 value in: a = the number of a system call, b = how it is made (below), p1 value in: its first two arguments, p2
 * value in: a = its third, p3 value out: a = what the kernel answered, if there is still someone to tell. */
#define PROBE_SYSTEM_CALL 10u
/* p0 value out: a = sessions open, b = instances created in this process. */
#define PROBE_COUNT 11u
/* Fills the bell that the world rings, so full that another ring would have to wait, and ends by a forbidden call. */
#define PROBE_FILL_BELL 12u
/* p0 value inout: a = bytes of stack to use. Returns when it was deep enough. */
#define PROBE_STACK 13u
/* p0 memref out: not touched, its size becomes p1.a. Answers TEE_ERROR_SHORT_BUFFER where that is more. */
#define PROBE_SHORT 14u
/* p0 value in: a = the result to answer with. */
#define PROBE_ANSWER 15u
/* And the commands of a lane (wg_lane_format.h), whose operation adds one to each byte. */

#define PROBE_CALL_NATIVE 0u
#define PROBE_CALL_INT80  1u /* x86-64: the convention of 32 bits */
#define PROBE_CALL_X32	  2u /* x86-64: the number with bit 30 */

/* OpenSession: p0 value inout, b = milliseconds to wait before it answers, a = 0, else the result to refuse with. Or no
 * parameters. */

#endif
