/* SPDX-License-Identifier: Apache-2.0 */
/* What goes into an object and comes out of it. All types of ours have one attribute, the protected secret value. */
#include <openssl/crypto.h>
#include <string.h>

#include "tee_internal_api.h"
#include "wg_crypto.h"

void TEE_InitRefAttribute(TEE_Attribute *attr, uint32_t attributeID, const void *buffer, size_t length)
{
	wg_must(attr && !(attributeID & TEE_ATTR_FLAG_VALUE));
	attr->attributeID = attributeID;
	/* The specification's structure has no const; an attribute is only read. */
	memcpy(&attr->content.ref.buffer, &buffer, sizeof(buffer));
	attr->content.ref.length = length;
}

void TEE_InitValueAttribute(TEE_Attribute *attr, uint32_t attributeID, uint32_t a, uint32_t b)
{
	wg_must(attr && (attributeID & TEE_ATTR_FLAG_VALUE));
	attr->attributeID = attributeID;
	attr->content.value.a = a;
	attr->content.value.b = b;
}

/* A missing, repeated, unknown or too large attribute is a programmer's error; a size that the type does not have comes
 * back, with the object unchanged. */
TEE_Result TEE_PopulateTransientObject(TEE_ObjectHandle object, const TEE_Attribute *attrs, uint32_t attrCount)
{
	struct wg_object *own = wg_object_must(object);
	TEE_Attribute secret;

	wg_must_state(!own->initialised);
	wg_must(attrs && attrCount == 1);
	secret = attrs[0];
	wg_must(secret.attributeID == TEE_ATTR_SECRET_VALUE);
	wg_must(secret.content.ref.buffer || secret.content.ref.length == 0);
	wg_must(secret.content.ref.length <= own->max_bits / 8);
	if (!wg_object_bits_fit(own->type, (uint32_t)secret.content.ref.length * 8u))
		return TEE_ERROR_BAD_PARAMETERS;
	wg_object_set(own, secret.content.ref.buffer, secret.content.ref.length);
	return TEE_SUCCESS;
}

TEE_Result TEE_GetObjectBufferAttribute(TEE_ObjectHandle object, uint32_t attributeID, void *buffer, size_t *size)
{
	const struct wg_object *own = wg_object_must(object);
	size_t capacity;

	wg_must(size && !(attributeID & TEE_ATTR_FLAG_VALUE));
	wg_must_state(own->initialised);
	if (!(attributeID & TEE_ATTR_FLAG_PUBLIC) && !(own->usage & TEE_USAGE_EXTRACTABLE))
		wg_instance_panic(TEE_ERROR_ACCESS_DENIED);
	if (attributeID != TEE_ATTR_SECRET_VALUE)
		return TEE_ERROR_ITEM_NOT_FOUND;
	capacity = *size;
	*size = own->bytes;
	if (capacity < own->bytes || (!buffer && own->bytes))
		return TEE_ERROR_SHORT_BUFFER;
	if (own->bytes)
		memcpy(buffer, own->secret, own->bytes);
	return TEE_SUCCESS;
}

TEE_Result TEE_GetObjectValueAttribute(TEE_ObjectHandle object, uint32_t attributeID, uint32_t *a, uint32_t *b)
{
	const struct wg_object *own = wg_object_must(object);

	(void)a; /* no type of ours has an attribute that is a value */
	(void)b;
	wg_must((attributeID & TEE_ATTR_FLAG_VALUE) != 0);
	wg_must_state(own->initialised);
	return TEE_ERROR_ITEM_NOT_FOUND;
}

TEE_Result TEE_CopyObjectAttributes1(TEE_ObjectHandle destObject, TEE_ObjectHandle srcObject)
{
	struct wg_object *destination = wg_object_must(destObject);
	const struct wg_object *source = wg_object_must(srcObject);

	wg_must_state(source->initialised && !destination->initialised);
	wg_must(source->type == destination->type && source->bytes <= destination->max_bits / 8);
	wg_object_set(destination, source->secret, source->bytes);
	destination->usage = source->usage;
	return TEE_SUCCESS;
}

TEE_Result TEE_GenerateKey(TEE_ObjectHandle object, uint32_t keySize, const TEE_Attribute *params, uint32_t paramCount)
{
	struct wg_object *own = wg_object_must(object);
	uint8_t secret[WG_SECRET_MAX_BYTES];

	(void)params;
	wg_must_state(!own->initialised);
	wg_must(paramCount == 0); /* secrets have no parameters */
	wg_must(wg_object_bits_fit(own->type, keySize) && keySize <= own->max_bits);
	wg_random(secret, keySize / 8);
	wg_object_set(own, secret, keySize / 8);
	OPENSSL_cleanse(secret, sizeof(secret));
	return TEE_SUCCESS;
}
