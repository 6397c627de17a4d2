/* SPDX-License-Identifier: Apache-2.0 */
/* AES-CCM (NIST SP 800-38C). OpenSSL's own takes a record only in one piece and cannot be copied, while a TA may bring
 * it in many: so the mode is put together here from OpenSSL's AES-CBC (the authentication) and AES-CTR. */
#include <openssl/crypto.h>
#include <string.h>

#include "tee_internal_api.h"
#include "wg_crypto.h"

#define CCM_NONCE_MIN_BYTES 7u
#define CCM_NONCE_MAX_BYTES 13u
#define CCM_TAG_MIN_BYTES   4u
#define CCM_PIECE_BYTES	    1024u /* a multiple of the block */

static const uint8_t zeros[WG_AES_BLOCK_BYTES];

static bool ccm_available(uint32_t mode)
{
	return wg_evp_aes((enum wg_aes_mode)mode, 16) && wg_evp_aes(WG_AES_CBC, 16);
}

static bool ccm_make(struct wg_operation *operation)
{
	operation->evp.cipher = EVP_CIPHER_CTX_new();
	operation->ccm.mac = EVP_CIPHER_CTX_new();
	return operation->evp.cipher && operation->ccm.mac;
}

static void ccm_release(struct wg_operation *operation)
{
	EVP_CIPHER_CTX_free(operation->evp.cipher);
	EVP_CIPHER_CTX_free(operation->ccm.mac);
}

static bool ccm_copy(struct wg_operation *operation, const struct wg_operation *source)
{
	EVP_CIPHER_CTX *mac = operation->ccm.mac;

	operation->ccm = source->ccm;
	operation->ccm.mac = mac;
	operation->key_taken = EVP_CIPHER_CTX_copy(mac, source->ccm.mac) == 1 &&
			       EVP_CIPHER_CTX_copy(operation->evp.cipher, source->evp.cipher) == 1;
	return operation->key_taken;
}

/* Whole blocks. in is not read twice. */
static void mac_blocks(struct wg_ccm *ccm, const uint8_t *in, size_t bytes)
{
	uint8_t out[CCM_PIECE_BYTES];

	while (bytes > 0) {
		size_t piece = bytes < sizeof(out) ? bytes : sizeof(out);

		(void)wg_evp_feed(ccm->mac, out, in, piece);
		memcpy(ccm->last, out + piece - WG_AES_BLOCK_BYTES, WG_AES_BLOCK_BYTES);
		in += piece;
		bytes -= piece;
	}
	OPENSSL_cleanse(out, sizeof(out));
}

static void mac_bytes(struct wg_ccm *ccm, const uint8_t *in, size_t bytes)
{
	size_t whole;

	if (ccm->waiting) {
		size_t piece = sizeof(ccm->block) - ccm->waiting;

		if (piece > bytes)
			piece = bytes;
		memcpy(ccm->block + ccm->waiting, in, piece);
		ccm->waiting += piece;
		in += piece;
		bytes -= piece;
		if (ccm->waiting < sizeof(ccm->block))
			return;
		mac_blocks(ccm, ccm->block, sizeof(ccm->block));
		ccm->waiting = 0;
	}
	whole = bytes - bytes % WG_AES_BLOCK_BYTES;
	mac_blocks(ccm, in, whole);
	ccm->waiting = bytes - whole;
	if (ccm->waiting)
		memcpy(ccm->block, in + whole, ccm->waiting);
}

/* The additional data and the payload are each filled up with zeros to a block. */
static void mac_pad(struct wg_ccm *ccm)
{
	if (ccm->waiting)
		mac_bytes(ccm, zeros, sizeof(ccm->block) - ccm->waiting);
}

static void put_big_endian(uint8_t *out, uint64_t value, size_t bytes)
{
	while (bytes-- > 0) {
		out[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

/* How the additional data's length is written before it: 2, 6 or 10 bytes. */
static size_t aad_prefix(uint8_t prefix[10], uint64_t bytes)
{
	if (bytes < 0xff00u) {
		put_big_endian(prefix, bytes, 2);
		return 2;
	}
	prefix[0] = 0xff;
	if (bytes <= UINT32_MAX) {
		prefix[1] = 0xfe;
		put_big_endian(prefix + 2, bytes, 4);
		return 6;
	}
	prefix[1] = 0xff;
	put_big_endian(prefix + 2, bytes, 8);
	return 10;
}

static bool start_context(EVP_CIPHER_CTX *context, const struct wg_operation *operation, enum wg_aes_mode mode,
			  const uint8_t *iv)
{
	if (operation->key_taken)
		return EVP_EncryptInit_ex2(context, NULL, NULL, iv, NULL) == 1;
	return EVP_EncryptInit_ex2(context, wg_evp_aes(mode, operation->key_bytes), operation->key, iv, NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(context, 0) == 1;
}

static void first_blocks(struct wg_operation *operation, const uint8_t *nonce, size_t nonce_bytes, size_t aad_bytes,
			 size_t data_bytes)
{
	size_t size_bytes = 15 - nonce_bytes; /* of the counter and of the payload's length */
	struct wg_ccm *ccm = &operation->ccm;
	uint8_t counter[16] = {0}, first[16], prefix[10];

	counter[0] = (uint8_t)(size_bytes - 1);
	memcpy(counter + 1, nonce, nonce_bytes);
	memcpy(first, counter, sizeof(first));
	first[0] |= (uint8_t)((operation->digest_bytes - 2) / 2 << 3);
	if (aad_bytes)
		first[0] |= 0x40;
	put_big_endian(first + 1 + nonce_bytes, data_bytes, size_bytes);
	if (!start_context(operation->evp.cipher, operation, WG_AES_CTR, counter) ||
	    !start_context(ccm->mac, operation, WG_AES_CBC, zeros))
		wg_instance_panic(TEE_ERROR_OUT_OF_MEMORY);
	(void)wg_evp_feed(operation->evp.cipher, ccm->mask, zeros, sizeof(zeros)); /* counter 0 is the tag's */
	ccm->waiting = 0;
	ccm->aad_left = aad_bytes;
	ccm->data_left = data_bytes;
	mac_bytes(ccm, first, sizeof(first));
	if (aad_bytes)
		mac_bytes(ccm, prefix, aad_prefix(prefix, aad_bytes));
}

static TEE_Result ccm_begin(struct wg_operation *operation, const uint8_t *nonce, size_t nonce_bytes, size_t aad_bytes,
			    size_t data_bytes)
{
	size_t size_bits = (15 - nonce_bytes) * 8;

	if (operation->digest_bytes < CCM_TAG_MIN_BYTES || operation->digest_bytes % 2 != 0)
		return TEE_ERROR_NOT_SUPPORTED;
	wg_must(nonce_bytes >= CCM_NONCE_MIN_BYTES && nonce_bytes <= CCM_NONCE_MAX_BYTES);
	wg_must(size_bits >= 64 || (uint64_t)data_bytes >> size_bits == 0);
	first_blocks(operation, nonce, nonce_bytes, aad_bytes, data_bytes);
	return TEE_SUCCESS;
}

static void ccm_aad(struct wg_operation *operation, const uint8_t *aad, size_t bytes)
{
	struct wg_ccm *ccm = &operation->ccm;

	wg_must(bytes <= ccm->aad_left);
	mac_bytes(ccm, aad, bytes);
	ccm->aad_left -= bytes;
	if (ccm->aad_left == 0)
		mac_pad(ccm);
}

/* By way of the stack, so that memory shared with the client is read once. */
static void ccm_data(struct wg_operation *operation, const uint8_t *in, size_t bytes, uint8_t *out)
{
	struct wg_ccm *ccm = &operation->ccm;
	uint8_t piece[CCM_PIECE_BYTES];

	wg_must_state(ccm->aad_left == 0);
	wg_must(bytes <= ccm->data_left);
	ccm->data_left -= bytes;
	while (bytes > 0) {
		size_t count = bytes < sizeof(piece) ? bytes : sizeof(piece);

		memcpy(piece, in, count);
		if (operation->mode == TEE_MODE_ENCRYPT)
			mac_bytes(ccm, piece, count);
		(void)wg_evp_feed(operation->evp.cipher, piece, piece, count);
		if (operation->mode == TEE_MODE_DECRYPT)
			mac_bytes(ccm, piece, count);
		memcpy(out, piece, count);
		in += count;
		out += count;
		bytes -= count;
	}
	OPENSSL_cleanse(piece, sizeof(piece));
}

static void ccm_tag(struct wg_operation *operation, uint8_t *tag)
{
	struct wg_ccm *ccm = &operation->ccm;
	size_t i;

	wg_must_state(ccm->aad_left == 0 && ccm->data_left == 0);
	mac_pad(ccm);
	for (i = 0; i < operation->digest_bytes; i++)
		tag[i] = ccm->last[i] ^ ccm->mask[i];
}

static bool ccm_verify(struct wg_operation *operation, const uint8_t *tag)
{
	uint8_t expected[WG_AES_BLOCK_BYTES];
	bool right;

	ccm_tag(operation, expected);
	right = CRYPTO_memcmp(expected, tag, operation->digest_bytes) == 0;
	OPENSSL_cleanse(expected, sizeof(expected));
	return right;
}

static const struct wg_ae ccm = {
	.begin = ccm_begin,
	.aad = ccm_aad,
	.data = ccm_data,
	.tag = ccm_tag,
	.verify = ccm_verify,
};

const struct wg_operation_class wg_ccm_class = {
	.available = ccm_available,
	.make = ccm_make,
	.release = ccm_release,
	.copy = ccm_copy,
	.ae = &ccm,
};
