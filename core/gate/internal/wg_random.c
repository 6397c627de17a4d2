/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers: the kernel's. */
#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/random.h>

#include "tee_internal_api.h"
#include "wg_crypto.h"
#include "wg_ledger.h"

void wg_random(uint8_t *out, size_t bytes)
{
	uint8_t stack[WG_RANDOM_MAX_BYTES];
	size_t have = 0;

	wg_must(bytes <= sizeof(stack));
	while (have < bytes) {
		ssize_t got = getrandom(stack + have, bytes - have, 0);

		WG_COUNT(system_calls, 1);
		if (got > 0)
			have += (size_t)got;
		else if (got == 0 || errno != EINTR)
			wg_instance_panic(TEE_ERROR_GENERIC);
	}
	if (bytes)
		memcpy(out, stack, bytes);
	OPENSSL_cleanse(stack, bytes);
}

void TEE_GenerateRandom(void *randomBuffer, size_t randomBufferLen)
{
	wg_must(randomBuffer || randomBufferLen == 0);
	wg_random(randomBuffer, randomBufferLen);
}
