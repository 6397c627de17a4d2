/* SPDX-License-Identifier: Apache-2.0 */
/* Operations: what all classes have in common. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "tee_internal_api.h"
#include "wg_crypto.h"
#include "wg_internal.h"

/* Moves what it finds to the front: a handle that is used much is found at once. */
struct wg_operation *wg_operation_must(TEE_OperationHandle handle)
{
	struct wg_instance *instance = wg_instance_must();
	struct wg_operation **link;

	for (link = &instance->operations; *link; link = &(*link)->next) {
		struct wg_operation *operation = *link;

		if (operation != handle)
			continue;
		*link = operation->next;
		operation->next = instance->operations;
		instance->operations = operation;
		return operation;
	}
	wg_instance_panic(TEE_ERROR_BAD_PARAMETERS);
}

struct wg_operation *wg_operation_of(TEE_OperationHandle handle, uint32_t class)
{
	struct wg_operation *operation = wg_operation_must(handle);

	wg_must(operation->algorithm->operation == class);
	return operation;
}

static void release_first(struct wg_instance *instance)
{
	struct wg_operation *operation = instance->operations;

	instance->operations = operation->next;
	operation->algorithm->class->release(operation);
	OPENSSL_cleanse(operation, sizeof(*operation));
	free(operation);
}

void wg_operations_free(struct wg_instance *instance)
{
	while (instance->operations)
		release_first(instance);
}

static bool acceptable(const struct wg_algorithm *algorithm, uint32_t mode, uint32_t bits)
{
	if (!algorithm || !wg_algorithm_has_mode(algorithm, mode))
		return false;
	return algorithm->key_type == 0 || wg_object_bits_fit(wg_object_type_find(algorithm->key_type), bits);
}

TEE_Result TEE_AllocateOperation(TEE_OperationHandle *operation, uint32_t algorithm, uint32_t mode, uint32_t maxKeySize)
{
	const struct wg_algorithm *found = wg_algorithm_find(algorithm);
	struct wg_instance *instance = wg_instance_must();
	struct wg_operation *made;

	wg_must(operation != NULL);
	if (!acceptable(found, mode, maxKeySize))
		return TEE_ERROR_NOT_SUPPORTED;
	made = calloc(1, sizeof(*made));
	if (!made)
		return TEE_ERROR_OUT_OF_MEMORY;
	made->algorithm = found;
	made->mode = mode;
	made->max_bits = maxKeySize;
	made->digest_bytes = found->digest_bytes;
	made->next = instance->operations;
	instance->operations = made;
	if (!found->class->make(made)) {
		release_first(instance);
		return TEE_ERROR_OUT_OF_MEMORY;
	}
	if (found->operation == TEE_OPERATION_DIGEST) {
		made->flags = TEE_HANDLE_FLAG_KEY_SET | TEE_HANDLE_FLAG_INITIALIZED;
		wg_digest_begin(made);
	}
	*operation = made;
	return TEE_SUCCESS;
}

void TEE_FreeOperation(TEE_OperationHandle operation)
{
	if (operation == TEE_HANDLE_NULL)
		return;
	(void)wg_operation_must(operation); /* now the first */
	release_first(wg_instance_must());
}

/* What a key must allow. */
static uint32_t usage_of(uint32_t mode)
{
	switch (mode) {
	case TEE_MODE_ENCRYPT:
		return TEE_USAGE_ENCRYPT;
	case TEE_MODE_DECRYPT:
		return TEE_USAGE_DECRYPT;
	case TEE_MODE_MAC:
		return TEE_USAGE_MAC;
	default:
		return 0;
	}
}

void TEE_GetOperationInfo(TEE_OperationHandle operation, TEE_OperationInfo *operationInfo)
{
	const struct wg_operation *own = wg_operation_must(operation);

	wg_must(operationInfo != NULL);
	operationInfo->algorithm = own->algorithm->id;
	operationInfo->operationClass = own->algorithm->operation;
	operationInfo->mode = own->mode;
	operationInfo->digestLength = own->digest_bytes;
	operationInfo->maxKeySize = own->max_bits;
	operationInfo->keySize = (uint32_t)own->key_bytes * 8u;
	operationInfo->requiredKeyUsage = usage_of(own->mode);
	operationInfo->handleState = own->flags;
}

TEE_Result TEE_GetOperationInfoMultiple(TEE_OperationHandle operation, TEE_OperationInfoMultiple *operationInfoMultiple,
					size_t *operationSize)
{
	const struct wg_operation *own = wg_operation_must(operation);
	uint32_t keys = own->algorithm->key_type ? 1 : 0;
	size_t needed = sizeof(*operationInfoMultiple) + keys * sizeof(TEE_OperationInfoKey);

	wg_must(operationSize != NULL);
	if (*operationSize < needed)
		return wg_short(operationSize, needed);
	wg_must(operationInfoMultiple != NULL);
	*operationSize = needed;
	operationInfoMultiple->algorithm = own->algorithm->id;
	operationInfoMultiple->operationClass = own->algorithm->operation;
	operationInfoMultiple->mode = own->mode;
	operationInfoMultiple->digestLength = own->digest_bytes;
	operationInfoMultiple->maxKeySize = own->max_bits;
	operationInfoMultiple->handleState = own->flags;
	operationInfoMultiple->operationState = own->state;
	operationInfoMultiple->numberOfKeys = keys;
	if (keys) {
		operationInfoMultiple->keyInformation[0].keySize = (uint32_t)own->key_bytes * 8u;
		operationInfoMultiple->keyInformation[0].requiredKeyUsage = usage_of(own->mode);
	}
	return TEE_SUCCESS;
}

void wg_operation_reset(struct wg_operation *operation)
{
	operation->state = TEE_OPERATION_STATE_INITIAL;
	if (operation->algorithm->operation == TEE_OPERATION_DIGEST) {
		operation->flags &= ~(uint32_t)TEE_HANDLE_FLAG_EXTRACTING;
		wg_digest_begin(operation);
	} else {
		operation->flags &= ~(uint32_t)TEE_HANDLE_FLAG_INITIALIZED;
	}
}

void TEE_ResetOperation(TEE_OperationHandle operation)
{
	struct wg_operation *own = wg_operation_must(operation);

	wg_must_state((own->flags & TEE_HANDLE_FLAG_KEY_SET) != 0);
	wg_operation_reset(own);
}

static void clear_key(struct wg_operation *operation)
{
	OPENSSL_cleanse(operation->key, sizeof(operation->key));
	operation->key_bytes = 0;
	operation->key_taken = false;
	operation->flags &= ~(uint32_t)TEE_HANDLE_FLAG_KEY_SET;
}

static void take_key(struct wg_operation *operation, const uint8_t *key, size_t bytes)
{
	clear_key(operation);
	memcpy(operation->key, key, bytes);
	operation->key_bytes = bytes;
	operation->flags |= TEE_HANDLE_FLAG_KEY_SET;
}

static void must_be_idle(const struct wg_operation *operation)
{
	wg_must_state(operation->state == TEE_OPERATION_STATE_INITIAL &&
		      !(operation->flags & TEE_HANDLE_FLAG_INITIALIZED));
}

TEE_Result TEE_SetOperationKey(TEE_OperationHandle operation, TEE_ObjectHandle key)
{
	struct wg_operation *own = wg_operation_must(operation);
	uint32_t usage = usage_of(own->mode);
	const struct wg_object *object;

	wg_must(own->algorithm->key_type != 0);
	must_be_idle(own);
	if (key == TEE_HANDLE_NULL) {
		clear_key(own);
		return TEE_SUCCESS;
	}
	object = wg_object_must(key);
	wg_must_state(object->initialised);
	wg_must(object->type->type == own->algorithm->key_type);
	wg_must((object->usage & usage) == usage);
	wg_must(object->bytes <= own->max_bits / 8 && object->bytes <= sizeof(own->key));
	take_key(own, object->secret, object->bytes);
	return TEE_SUCCESS;
}

/* Only AES-XTS and key agreements take two keys, and the gate has neither: all that is left is to clear. */
TEE_Result TEE_SetOperationKey2(TEE_OperationHandle operation, TEE_ObjectHandle key1, TEE_ObjectHandle key2)
{
	struct wg_operation *own = wg_operation_must(operation);

	if (key1 != TEE_HANDLE_NULL && key1 == key2)
		return TEE_ERROR_SECURITY;
	wg_must(key1 == TEE_HANDLE_NULL && key2 == TEE_HANDLE_NULL && own->algorithm->key_type != 0);
	must_be_idle(own);
	clear_key(own);
	return TEE_SUCCESS;
}

void TEE_CopyOperation(TEE_OperationHandle dstOperation, TEE_OperationHandle srcOperation)
{
	struct wg_operation *own = wg_operation_must(dstOperation);
	const struct wg_operation *source = wg_operation_must(srcOperation);
	const uint32_t fresh = TEE_HANDLE_FLAG_INITIALIZED | TEE_HANDLE_FLAG_EXTRACTING;

	wg_must(own->algorithm == source->algorithm && own->mode == source->mode);
	wg_must(source->key_bytes <= own->max_bits / 8 || source->algorithm->key_type == 0);
	if (own == source)
		return;
	wg_operation_reset(own);
	if (source->key_bytes)
		take_key(own, source->key, source->key_bytes);
	else if (source->algorithm->key_type)
		clear_key(own);
	if ((source->flags & fresh) && !source->algorithm->class->copy(own, source))
		wg_instance_panic(TEE_ERROR_OUT_OF_MEMORY);
	own->flags = source->flags;
	own->state = source->state;
	own->digest_bytes = source->digest_bytes;
	own->pending = source->pending;
	own->extracted = source->extracted;
	own->record_bytes = source->record_bytes;
	memcpy(own->extract, source->extract, sizeof(own->extract));
}
