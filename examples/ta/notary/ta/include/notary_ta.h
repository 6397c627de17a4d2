/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of the notary: it signs messages with a key that never leaves it. */
#ifndef NOTARY_TA_H
#define NOTARY_TA_H

#define NOTARY_TA_UUID                                                 \
	{                                                              \
		0x9b1c54e0, 0x2d7f, 0x4e63,                            \
		{                                                      \
			0x87, 0x1a, 0x3f, 0x0d, 0xb6, 0xc5, 0x48, 0x92 \
		}                                                      \
	}

#define NOTARY_TAG_BYTES     32
#define NOTARY_MESSAGE_BYTES 4096 /* at most */

/* params[0]: memory in, the message; params[1]: memory out, its tag (HMAC-SHA-256) */
#define NOTARY_SIGN 0
/* params[0]: memory in, the message; params[1]: memory in, a tag. TEE_ERROR_MAC_INVALID where it is not the message's
 */
#define NOTARY_VERIFY 1

#endif
