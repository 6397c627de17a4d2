/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing into the store and opening from it. The store belongs to the normal world and may change at any moment, so
 * no cipher ever works on it: an implementation may authenticate ciphertext that it reads back from its output, or
 * read its input twice. Pages pass through private frames, each byte copied once. */
#include <string.h>
#include <sys/random.h>

#include "wg_pager_state.h"

#define KEY_BYTES 16u

/* What the tag binds besides the page's bytes. */
struct binding {
	uint8_t instance[WG_PAGER_INSTANCE_BYTES];
	uint64_t page;
	uint64_t version;
};

static uint8_t *stored_page(const struct wg_pager *pager, size_t page)
{
	return (uint8_t *)pager->config.store + page * WG_PAGE_BYTES;
}

static uint8_t *stored_tag(const struct wg_pager *pager, size_t page)
{
	return (uint8_t *)pager->config.store + pager->config.virtual_bytes + page * WG_AEAD_TAG_BYTES;
}

/* Page and version fill the nonce: unique, since a page's version only grows while its key lives. */
static void bind_page(const struct wg_pager *pager, size_t page, uint64_t version, uint8_t nonce[WG_AEAD_NONCE_BYTES],
		      struct binding *binding)
{
	uint32_t index = (uint32_t)page;

	memcpy(nonce, &index, sizeof(index));
	memcpy(nonce + sizeof(index), &version, sizeof(version));
	memcpy(binding->instance, pager->instance, sizeof(binding->instance));
	binding->page = page;
	binding->version = version;
}

wg_result wg_pager_store_seal(struct wg_pager *pager, size_t page)
{
	uint8_t nonce[WG_AEAD_NONCE_BYTES];
	uint8_t tag[WG_AEAD_TAG_BYTES];
	struct wg_ledger *before;
	struct binding binding;
	wg_result result;

	/* Counted before the cipher runs: a version is used up even by a seal that fails. */
	pager->versions[page]++;
	bind_page(pager, page, pager->versions[page], nonce, &binding);
	before = wg_ledger_enter(&pager->unrecorded);
	result = wg_aead_seal(&pager->aead, nonce, &binding, sizeof(binding), pager->memory + page * WG_PAGE_BYTES,
			      WG_PAGE_BYTES, pager->outgoing, tag);
	(void)wg_ledger_enter(before);
	if (result != WG_OK)
		return result;
	memcpy(stored_page(pager, page), pager->outgoing, WG_PAGE_BYTES);
	memcpy(stored_tag(pager, page), tag, sizeof(tag));
	return WG_OK;
}

wg_result wg_pager_store_open(struct wg_pager *pager, size_t page)
{
	uint8_t nonce[WG_AEAD_NONCE_BYTES];
	uint8_t tag[WG_AEAD_TAG_BYTES];
	struct wg_ledger *before;
	struct binding binding;
	wg_result result;

	memcpy(pager->incoming, stored_page(pager, page), WG_PAGE_BYTES);
	memcpy(tag, stored_tag(pager, page), sizeof(tag));
	bind_page(pager, page, pager->versions[page], nonce, &binding);
	before = wg_ledger_enter(&pager->unrecorded);
	result = wg_aead_open(&pager->aead, nonce, &binding, sizeof(binding), pager->incoming, WG_PAGE_BYTES,
			      pager->incoming, tag);
	(void)wg_ledger_enter(before);
	return result;
}

/* Libraries allocate at their first failure, which under a seal would be their end instead of a report: it happens
 * here. Version 0 is never sealed, so the open cannot succeed. */
static wg_result rehearse_failure(struct wg_pager *pager)
{
	wg_result result = wg_pager_store_open(pager, 0);

	return result == WG_ERR_AUTH ? WG_OK : WG_ERR_STATE;
}

wg_result wg_pager_store_reset(struct wg_pager *pager)
{
	struct {
		uint8_t key[KEY_BYTES];
		uint8_t instance[WG_PAGER_INSTANCE_BYTES];
	} fresh;
	wg_result result;

	if (getrandom(&fresh, sizeof(fresh), 0) != (ssize_t)sizeof(fresh))
		return WG_ERR_SYSTEM;
	wg_aead_clear(&pager->aead);
	result = wg_aead_init(&pager->aead, WG_AES_128_GCM, fresh.key, sizeof(fresh.key));
	memcpy(pager->instance, fresh.instance, sizeof(pager->instance));
	explicit_bzero(&fresh, sizeof(fresh));

	/* Versions start again only because the key is another one. */
	memset(pager->versions, 0, pager->page_count * sizeof(*pager->versions));
	memset(pager->resident, 0, pager->page_count);
	pager->resident_count = 0;
	pager->hand = 0;
	pager->pages_in = 0;
	pager->pages_out = 0;
	return result == WG_OK ? rehearse_failure(pager) : result;
}
