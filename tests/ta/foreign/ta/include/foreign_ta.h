/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of the foreign TA: single instance, many sessions. Written to the GlobalPlatform specifications alone,
 * as somebody who has never seen Worldgate would. */
#ifndef FOREIGN_TA_H
#define FOREIGN_TA_H

#define FOREIGN_TA_UUID                                                \
	{                                                              \
		0x5f0e1a7c, 0x93b2, 0x4c1d,                            \
		{                                                      \
			0xa4, 0x6e, 0x21, 0x7b, 0x0d, 0x58, 0xc9, 0x33 \
		}                                                      \
	}

/* Commands that run a group of API functions and report. params[0]: memory out, text of "name: answer" lines. */
#define FOREIGN_MEMORY	0
#define FOREIGN_TIME	1
#define FOREIGN_RANDOM	2
#define FOREIGN_OBJECTS 3
#define FOREIGN_DIGESTS 4
#define FOREIGN_CIPHERS 5
#define FOREIGN_MACS	6
#define FOREIGN_AE	7
/* params[1]: memory in, the peer's numeric address with its NUL; params[2]: value in, a: its port, b: a port where
 * nobody listens */
#define FOREIGN_TCP 8
#define FOREIGN_UDP 9

/* Commands about parameters */
/* params[0]: value in (a, b); [1]: value out (a + b, a - b); [2]: value inout (a ^ its a, b ^ its b) */
#define FOREIGN_VALUES 16
/* params[0]: memory in; [1]: memory out, every byte of [0] complemented, the size of [0] needed;
 * [2]: value out (CRC-32 of [0], size of [0]) */
#define FOREIGN_COMPLEMENT 17
/* params[0]: memory inout, reversed in place, then cut to half its size; [1]: value out (1 if the pointer was NULL) */
#define FOREIGN_REVERSE 18
/* params[0..3]: memory in, out, inout, none: inout gets the first byte of in added to each byte; out gets its copy */
#define FOREIGN_THREE 19
/* params[0..3]: any kind; the answer is the code TEE_ERROR_BAD_FORMAT whatever they are */
#define FOREIGN_ANY 20

/* Commands about the instance */
/* params[0]: value out (sessions opened in this instance so far, sessions open now);
 * [1]: value out (label of this session, its calls so far) */
#define FOREIGN_INSTANCE 32
/* params[0]: value in (milliseconds, 1 if cancellation is to be unmasked first); [1]: value out: bits of the flag
 * while masked (1), the mask before (2), the flag once unmasked (4) */
#define FOREIGN_WAIT  33
#define FOREIGN_PANIC 34

#endif
