/* SPDX-License-Identifier: Apache-2.0 */
/* One implementation of AEAD, as wg_aead.c calls it: arguments are checked, and bytes is within every library's limit.
 * Which implementations a world has is the constant table wg_aead_libraries: wg_aead_host.c on this machine,
 * wg_aead_gp.c inside OP-TEE. */
#ifndef WG_AEAD_LIBRARY_H
#define WG_AEAD_LIBRARY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wg_aead.h"

/* What one record is made of. in may equal out. */
struct wg_aead_record {
	const uint8_t *nonce;
	const uint8_t *aad;
	size_t aad_bytes;
	const uint8_t *in;
	size_t bytes;
	uint8_t *out;
};

struct wg_aead_library {
	const char *name;
	/* The first call loads the library, once per process. NULL: usable; else why not. */
	const char *(*why_not)(void);
	const char *(*why_not_algorithm)(enum wg_aead_algorithm algorithm);
	const char *(*version)(void);
	wg_result (*init)(struct wg_aead *aead, const uint8_t *key, size_t key_bytes);
	void (*clear)(struct wg_aead *aead); /* the caller wipes state afterwards */
	wg_result (*seal)(struct wg_aead *aead, const struct wg_aead_record *record, uint8_t tag[WG_AEAD_TAG_BYTES]);
	wg_result (*open)(struct wg_aead *aead, const struct wg_aead_record *record,
			  const uint8_t tag[WG_AEAD_TAG_BYTES]);
};

/* In the order in which "auto" tries them, ended by NULL. */
extern const struct wg_aead_library *const wg_aead_libraries[];

extern const struct wg_aead_library wg_aead_openssl;
extern const struct wg_aead_library wg_aead_ipsecmb;
extern const struct wg_aead_library wg_aead_gp;

/* A memset that the compiler may not leave out. */
static inline void wg_aead_wipe(void *memory, size_t bytes)
{
	memset(memory, 0, bytes);
	__asm__ volatile("" : : "r"(memory) : "memory");
}

/* The first 64-byte boundary inside state, as vector instructions want it; a heap aligns to less. */
static inline void *wg_aead_state(struct wg_aead *aead)
{
	uintptr_t start = ((uintptr_t)aead->state + 63u) & ~(uintptr_t)63u;

	return (void *)start;
}

#define WG_AEAD_USABLE_BYTES (WG_AEAD_STATE_BYTES - 63u)

#endif
