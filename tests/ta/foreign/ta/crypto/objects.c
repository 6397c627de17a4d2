/* SPDX-License-Identifier: Apache-2.0 */
/* Transient objects, attributes and key generation. */
#include "groups.h"
#include "keys.h"

#define NO_SUCH_VALUE 0xf0000441 /* the curve of an elliptic key: a value attribute that an AES key has not */

static void attributes(struct report *report)
{
	TEE_Attribute value;
	TEE_Attribute reference;

	TEE_InitValueAttribute(&value, NO_SUCH_VALUE, 7, 9);
	say_bool(report, "objects.value_attribute",
		 value.attributeID == NO_SUCH_VALUE && value.content.value.a == 7 && value.content.value.b == 9);
	TEE_InitRefAttribute(&reference, TEE_ATTR_SECRET_VALUE, "key", 3);
	say_bool(report, "objects.reference_attribute",
		 reference.attributeID == TEE_ATTR_SECRET_VALUE && reference.content.ref.length == 3);
}

static void say_info(struct report *report, const char *sizes, const char *flags, TEE_ObjectHandle object)
{
	TEE_ObjectInfo info;

	if (TEE_GetObjectInfo1(object, &info) != TEE_SUCCESS)
		return;
	say_number(report, sizes, info.objectSize * 10000 + info.maxObjectSize);
	say_code(report, flags, info.handleFlags);
}

static void populated(struct report *report, TEE_ObjectHandle object)
{
	uint8_t bytes[32];
	size_t size = sizeof(bytes);
	uint32_t a = 0;
	uint32_t b = 0;

	say_info(report, "objects.populated.sizes", "objects.populated.flags", object);
	say_code(report, "objects.buffer", TEE_GetObjectBufferAttribute(object, TEE_ATTR_SECRET_VALUE, bytes, &size));
	say_bytes(report, "objects.buffer.bytes", bytes, size);
	size = 3;
	say_code(report, "objects.buffer.short",
		 TEE_GetObjectBufferAttribute(object, TEE_ATTR_SECRET_VALUE, bytes, &size));
	say_number(report, "objects.buffer.needed", (uint32_t)size);
	say_code(report, "objects.value.missing", TEE_GetObjectValueAttribute(object, NO_SUCH_VALUE, &a, &b));
}

static void copied(struct report *report, TEE_ObjectHandle source)
{
	TEE_ObjectHandle copy = TEE_HANDLE_NULL;
	TEE_ObjectInfo info;
	uint8_t bytes[32];
	size_t size = sizeof(bytes);

	if (TEE_AllocateTransientObject(TEE_TYPE_AES, 256, &copy) != TEE_SUCCESS)
		return;
	say_code(report, "objects.copy", TEE_CopyObjectAttributes1(copy, source));
	say_code(report, "objects.copy.buffer",
		 TEE_GetObjectBufferAttribute(copy, TEE_ATTR_SECRET_VALUE, bytes, &size));
	say_bytes(report, "objects.copy.bytes", bytes, size);
	say_code(report, "objects.restrict", TEE_RestrictObjectUsage1(copy, TEE_USAGE_ENCRYPT));
	if (TEE_GetObjectInfo1(copy, &info) == TEE_SUCCESS)
		say_code(report, "objects.restrict.usage", info.objectUsage);
	TEE_ResetTransientObject(copy);
	say_info(report, "objects.reset.sizes", "objects.reset.flags", copy);
	TEE_CloseObject(copy);
}

static void generated(struct report *report)
{
	TEE_ObjectHandle key = TEE_HANDLE_NULL;
	uint8_t first[32];
	uint8_t second[32];
	size_t first_size = sizeof(first);
	size_t second_size = sizeof(second);

	if (TEE_AllocateTransientObject(TEE_TYPE_HMAC_SHA256, 256, &key) != TEE_SUCCESS)
		return;
	say_code(report, "objects.generate", TEE_GenerateKey(key, 256, NULL, 0));
	(void)TEE_GetObjectBufferAttribute(key, TEE_ATTR_SECRET_VALUE, first, &first_size);
	TEE_ResetTransientObject(key);
	say_code(report, "objects.generate.again", TEE_GenerateKey(key, 256, NULL, 0));
	(void)TEE_GetObjectBufferAttribute(key, TEE_ATTR_SECRET_VALUE, second, &second_size);
	say_bool(report, "objects.generate.differs",
		 first_size == 32 && second_size == 32 && TEE_MemCompare(first, second, 32) != 0);
	TEE_FreeTransientObject(key);
}

void objects_group(struct report *report)
{
	TEE_ObjectHandle object = TEE_HANDLE_NULL;
	TEE_Attribute attribute;

	attributes(report);
	say_code(report, "objects.allocate.unknown", TEE_AllocateTransientObject(TEE_TYPE_ILLEGAL_VALUE, 128, &object));
	say_code(report, "objects.allocate.size", TEE_AllocateTransientObject(TEE_TYPE_AES, 100, &object));
	say_code(report, "objects.allocate", TEE_AllocateTransientObject(TEE_TYPE_AES, 256, &object));
	say_info(report, "objects.empty.sizes", "objects.empty.flags", object);
	TEE_InitRefAttribute(&attribute, TEE_ATTR_SECRET_VALUE, test_key, 5);
	say_code(report, "objects.populate.bad_size", TEE_PopulateTransientObject(object, &attribute, 1));
	TEE_InitRefAttribute(&attribute, TEE_ATTR_SECRET_VALUE, test_key, FOREIGN_KEY_BYTES);
	say_code(report, "objects.populate", TEE_PopulateTransientObject(object, &attribute, 1));
	populated(report, object);
	copied(report, object);
	generated(report);
	TEE_FreeTransientObject(object);
	TEE_FreeTransientObject(TEE_HANDLE_NULL);
}
