/* SPDX-License-Identifier: Apache-2.0 */
/* Transient objects: their life, their handles and what is known of them. All of ours hold one secret. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "tee_internal_api.h"
#include "wg_crypto.h"
#include "wg_internal.h"

/* The sizes of the specification's table of object types. */
static const struct wg_object_type types[] = {
	{TEE_TYPE_AES, 128, 256, 64},	      {TEE_TYPE_HMAC_MD5, 64, 512, 8},
	{TEE_TYPE_HMAC_SHA1, 80, 512, 8},     {TEE_TYPE_HMAC_SHA224, 112, 512, 8},
	{TEE_TYPE_HMAC_SHA256, 192, 1024, 8}, {TEE_TYPE_HMAC_SHA384, 256, 1024, 8},
	{TEE_TYPE_HMAC_SHA512, 256, 1024, 8}, {TEE_TYPE_GENERIC_SECRET, 0, 4096, 8},
};

const struct wg_object_type *wg_object_type_find(TEE_ObjectType type)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

bool wg_object_bits_fit(const struct wg_object_type *type, uint32_t bits)
{
	return bits >= type->min_bits && bits <= type->max_bits && bits % type->step_bits == 0;
}

/* Moves what it finds to the front: a handle that is used much is found at once. */
struct wg_object *wg_object_must(TEE_ObjectHandle handle)
{
	struct wg_instance *instance = wg_instance_must();
	struct wg_object **link;

	for (link = &instance->objects; *link; link = &(*link)->next) {
		struct wg_object *object = *link;

		if (object != handle)
			continue;
		*link = object->next;
		object->next = instance->objects;
		instance->objects = object;
		return object;
	}
	wg_instance_panic(TEE_ERROR_BAD_PARAMETERS);
}

void wg_object_set(struct wg_object *object, const uint8_t *secret, size_t bytes)
{
	if (bytes)
		memcpy(object->secret, secret, bytes);
	object->bytes = bytes;
	object->initialised = true;
}

void wg_object_clear(struct wg_object *object)
{
	OPENSSL_cleanse(object->secret, sizeof(object->secret));
	object->bytes = 0;
	object->initialised = false;
	object->usage = WG_USAGE_ALL;
}

static void release_first(struct wg_instance *instance)
{
	struct wg_object *object = instance->objects;

	instance->objects = object->next;
	OPENSSL_cleanse(object, sizeof(*object));
	free(object);
}

void wg_objects_free(struct wg_instance *instance)
{
	while (instance->objects)
		release_first(instance);
}

TEE_Result TEE_AllocateTransientObject(TEE_ObjectType objectType, uint32_t maxObjectSize, TEE_ObjectHandle *object)
{
	const struct wg_object_type *type = wg_object_type_find(objectType);
	struct wg_instance *instance = wg_instance_must();
	struct wg_object *made;

	wg_must(object != NULL);
	if (!type || !wg_object_bits_fit(type, maxObjectSize))
		return TEE_ERROR_NOT_SUPPORTED;
	made = calloc(1, sizeof(*made));
	if (!made)
		return TEE_ERROR_OUT_OF_MEMORY;
	made->type = type;
	made->max_bits = maxObjectSize;
	made->usage = WG_USAGE_ALL;
	made->next = instance->objects;
	instance->objects = made;
	*object = made;
	return TEE_SUCCESS;
}

/* No object of ours is persistent, so that both ways of closing one are the same. */
void TEE_CloseObject(TEE_ObjectHandle object)
{
	if (object == TEE_HANDLE_NULL)
		return;
	(void)wg_object_must(object); /* now the first */
	release_first(wg_instance_must());
}

void TEE_FreeTransientObject(TEE_ObjectHandle object)
{
	TEE_CloseObject(object);
}

void TEE_ResetTransientObject(TEE_ObjectHandle object)
{
	if (object != TEE_HANDLE_NULL)
		wg_object_clear(wg_object_must(object));
}

TEE_Result TEE_GetObjectInfo1(TEE_ObjectHandle object, TEE_ObjectInfo *objectInfo)
{
	const struct wg_object *own = wg_object_must(object);

	wg_must(objectInfo != NULL);
	memset(objectInfo, 0, sizeof(*objectInfo));
	objectInfo->objectType = own->type->type;
	objectInfo->objectSize = (uint32_t)own->bytes * 8u;
	objectInfo->maxObjectSize = own->max_bits;
	objectInfo->objectUsage = own->usage;
	objectInfo->handleFlags = own->initialised ? TEE_HANDLE_FLAG_INITIALIZED : 0;
	return TEE_SUCCESS;
}

TEE_Result TEE_RestrictObjectUsage1(TEE_ObjectHandle object, uint32_t objectUsage)
{
	wg_object_must(object)->usage &= objectUsage;
	return TEE_SUCCESS;
}
