/* SPDX-License-Identifier: Apache-2.0 */
/* AEAD by libipsec-mb's direct functions: one record a call, no job queue. Compiled with its header where there is one;
 * the library itself is opened at run time, so that a machine without it only lacks this choice. */
#include "wg_aead_library.h"

#ifdef WG_HAVE_IPSECMB_H

#include <intel-ipsec-mb.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* The library's major version is that of its file name. */
#define WG_IPSECMB_MAJOR (IMB_VERSION_NUM >> 16)

/* What one algorithm needs of the library. */
struct gcm_functions {
	aes_gcm_pre_t expand;
	aes_gcm_enc_dec_t seal;
	aes_gcm_enc_dec_t open;
};

struct ipsecmb_key {
	union {
		struct gcm_key_data gcm; /* first: wants 64-byte alignment */
		uint8_t chacha[32];
	} key;
	/* Of one record; here and not on the stack, so that clearing the key clears them. */
	union {
		struct gcm_context_data gcm;
		struct chacha20_poly1305_context_data chacha;
	} record;
};

_Static_assert(sizeof(struct ipsecmb_key) <= WG_AEAD_USABLE_BYTES, "the key fits in the state");

/* Written once under load_once, then only read. */
static pthread_once_t load_once = PTHREAD_ONCE_INIT;
static struct gcm_functions gcm[2];
static chacha_poly_init_t chacha_init;
static chacha_poly_enc_dec_update_t chacha_seal, chacha_open;
static chacha_poly_finalize_t chacha_finish;
static char version_text[64];
static char reason[256];

struct ipsecmb_symbols {
	unsigned (*version)(void);
	const char *(*version_text)(void);
	size_t (*manager_bytes)(void);
	IMB_MGR *(*place)(void *memory, uint64_t flags, unsigned reset);
	void (*start)(IMB_MGR *manager, IMB_ARCH *arch);
};

/* A function pointer out of dlsym, without a cast that C does not allow. */
static int symbol(void *library, const char *name, void *function)
{
	void *address = dlsym(library, name);

	memcpy(function, &address, sizeof(address));
	return address != NULL;
}

static int find_symbols(void *library, struct ipsecmb_symbols *found)
{
	return symbol(library, "imb_get_version", &found->version) &&
	       symbol(library, "imb_get_version_str", &found->version_text) &&
	       symbol(library, "imb_get_mb_mgr_size", &found->manager_bytes) &&
	       symbol(library, "imb_set_pointers_mb_mgr", &found->place) &&
	       symbol(library, "init_mb_mgr_auto", &found->start);
}

static void take_functions(const IMB_MGR *manager)
{
	gcm[WG_AES_128_GCM] = (struct gcm_functions){manager->gcm128_pre, manager->gcm128_enc, manager->gcm128_dec};
	gcm[WG_AES_256_GCM] = (struct gcm_functions){manager->gcm256_pre, manager->gcm256_enc, manager->gcm256_dec};
	chacha_init = manager->chacha20_poly1305_init;
	chacha_seal = manager->chacha20_poly1305_enc_update;
	chacha_open = manager->chacha20_poly1305_dec_update;
	chacha_finish = manager->chacha20_poly1305_finalize;
}

/* The manager is only a table of the functions for this processor: they are taken out and it is given back. */
static void start(const struct ipsecmb_symbols *found)
{
	size_t bytes = (found->manager_bytes() + 63u) & ~(size_t)63u;
	void *memory = aligned_alloc(64, bytes);
	IMB_MGR *manager;

	if (!memory) {
		(void)snprintf(reason, sizeof(reason), "no memory for libipsec-mb's manager (%zu bytes)", bytes);
		return;
	}
	manager = found->place(memory, 0, 1);
	if (manager)
		found->start(manager, NULL);
	if (!manager || !(manager->features & IMB_FEATURE_AESNI))
		(void)snprintf(reason, sizeof(reason), "this processor lacks the AES instructions libipsec-mb needs");
	else if ((manager->features & IMB_FEATURE_SELF_TEST) && !(manager->features & IMB_FEATURE_SELF_TEST_PASS))
		(void)snprintf(reason, sizeof(reason), "libipsec-mb failed its own test on this processor");
	else
		take_functions(manager);
	free(memory);
}

static void load(void)
{
	static const char file[] = "libIPSec_MB.so.%d";
	struct ipsecmb_symbols found;
	char name[sizeof(file) + 12];
	void *library;

	(void)snprintf(name, sizeof(name), file, WG_IPSECMB_MAJOR);
	library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		(void)snprintf(reason, sizeof(reason),
			       "%s cannot be loaded: install libipsec-mb (Debian: libipsec-mb1)", name);
		return;
	}
	if (!find_symbols(library, &found)) {
		(void)snprintf(reason, sizeof(reason), "%s lacks functions that this build needs", name);
	} else if (found.version() >> 8 != IMB_VERSION_NUM >> 8) {
		/* The manager's layout belongs to a version. */
		(void)snprintf(reason, sizeof(reason), "libipsec-mb is %.16s here, this build is for " IMB_VERSION_STR,
			       found.version_text());
	} else {
		(void)snprintf(version_text, sizeof(version_text), "libipsec-mb %.32s", found.version_text());
		start(&found);
	}
	if (reason[0])
		dlclose(library);
}

static const char *ipsecmb_why_not(void)
{
	if (pthread_once(&load_once, load) != 0)
		return "libipsec-mb could not be set up";
	return reason[0] ? reason : NULL;
}

static const char *ipsecmb_why_not_algorithm(enum wg_aead_algorithm algorithm)
{
	(void)algorithm; /* it has all of ours */
	return NULL;
}

static const char *ipsecmb_version(void)
{
	return version_text;
}

static wg_result ipsecmb_init(struct wg_aead *aead, const uint8_t *key, size_t key_bytes)
{
	struct ipsecmb_key *own = wg_aead_state(aead);

	if (aead->algorithm == WG_CHACHA20_POLY1305)
		memcpy(own->key.chacha, key, key_bytes);
	else
		gcm[aead->algorithm].expand(key, &own->key.gcm);
	return WG_OK;
}

static void ipsecmb_clear(struct wg_aead *aead)
{
	(void)aead; /* all there is lies in the state */
}

static void chacha(struct ipsecmb_key *own, const struct wg_aead_record *record, chacha_poly_enc_dec_update_t update,
		   uint8_t tag[WG_AEAD_TAG_BYTES])
{
	chacha_init(own->key.chacha, &own->record.chacha, record->nonce, record->aad, record->aad_bytes);
	if (record->bytes)
		update(own->key.chacha, &own->record.chacha, record->out, record->in, record->bytes);
	chacha_finish(&own->record.chacha, tag, WG_AEAD_TAG_BYTES);
}

static wg_result ipsecmb_seal(struct wg_aead *aead, const struct wg_aead_record *record, uint8_t *tag)
{
	struct ipsecmb_key *own = wg_aead_state(aead);

	if (aead->algorithm == WG_CHACHA20_POLY1305)
		chacha(own, record, chacha_seal, tag);
	else
		gcm[aead->algorithm].seal(&own->key.gcm, &own->record.gcm, record->out, record->in, record->bytes,
					  record->nonce, record->aad, record->aad_bytes, tag, WG_AEAD_TAG_BYTES);
	return WG_OK;
}

/* In a time that does not depend on where they differ. */
static int tags_equal(const uint8_t *a, const uint8_t *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

static wg_result ipsecmb_open(struct wg_aead *aead, const struct wg_aead_record *record, const uint8_t *tag)
{
	struct ipsecmb_key *own = wg_aead_state(aead);
	uint8_t expected[WG_AEAD_TAG_BYTES];
	int equal;

	if (aead->algorithm == WG_CHACHA20_POLY1305)
		chacha(own, record, chacha_open, expected);
	else
		gcm[aead->algorithm].open(&own->key.gcm, &own->record.gcm, record->out, record->in, record->bytes,
					  record->nonce, record->aad, record->aad_bytes, expected, WG_AEAD_TAG_BYTES);
	equal = tags_equal(expected, tag);
	wg_aead_wipe(expected, sizeof(expected)); /* the right tag of a forged record is a secret */
	return equal ? WG_OK : WG_ERR_AUTH;
}

const struct wg_aead_library wg_aead_ipsecmb = {
	.name = "ipsecmb",
	.why_not = ipsecmb_why_not,
	.why_not_algorithm = ipsecmb_why_not_algorithm,
	.version = ipsecmb_version,
	.init = ipsecmb_init,
	.clear = ipsecmb_clear,
	.seal = ipsecmb_seal,
	.open = ipsecmb_open,
};

#else

static const char *absent(void)
{
	return "this build had no intel-ipsec-mb.h: install libipsec-mb-dev (x86-64 only) and build again";
}

/* why_not comes first and says no: the rest is never reached. */
const struct wg_aead_library wg_aead_ipsecmb = {.name = "ipsecmb", .why_not = absent};

#endif
