/* SPDX-License-Identifier: Apache-2.0 */
/* Random sequences of calls with random handles, sizes and modes. Each ends by itself or in a panic; nothing is written
 * beyond what a buffer was said to hold. Worth most under the sanitizers. */
#include "crypto_fixture.h"

#define CALLS	     60u
#define HANDLES	     6u
#define BUFFER_BYTES 256u
#define CANARY	     0xc5
#define LIKELY_COUNT 8u

static uint64_t state; /* of the random numbers: a panic must not lose their place */

static struct {
	TEE_ObjectHandle objects[HANDLES];
	TEE_OperationHandle operations[HANDLES];
	uint8_t in[BUFFER_BYTES], out[BUFFER_BYTES], tag[BUFFER_BYTES];
	unsigned calls;
} ta;

static size_t below(size_t bound)
{
	return (size_t)(wg_test_random_of(&state) % bound);
}

/* Sizes near those that matter. */
static size_t some_bytes(void)
{
	static const size_t likely[LIKELY_COUNT] = {0, 1, 12, 15, 16, 17, 32, 100};

	return below(2) ? likely[below(LIKELY_COUNT)] : below(120);
}

static void new_object(void)
{
	static const uint32_t types[] = {TEE_TYPE_AES, TEE_TYPE_HMAC_SHA256, TEE_TYPE_GENERIC_SECRET};
	TEE_ObjectHandle made = TEE_HANDLE_NULL;
	uint32_t bits = (uint32_t)(128 + 64 * below(4));

	if (TEE_AllocateTransientObject(types[below(3)], bits, &made) != TEE_SUCCESS)
		return;
	if (below(4))
		(void)populate(made, below(4) ? bits / 8 : some_bytes());
	ta.objects[below(HANDLES)] = made;
}

static void new_operation(void)
{
	static const uint32_t algorithms[] = {TEE_ALG_AES_ECB_NOPAD, TEE_ALG_AES_CBC_NOPAD, TEE_ALG_AES_CTR,
					      TEE_ALG_AES_GCM,	     TEE_ALG_SHA256,	    TEE_ALG_HMAC_SHA256,
					      TEE_ALG_AES_CMAC};
	static const uint32_t modes[] = {TEE_MODE_ENCRYPT, TEE_MODE_DECRYPT, TEE_MODE_MAC, TEE_MODE_DIGEST};
	TEE_OperationHandle made = TEE_HANDLE_NULL;
	uint32_t bits = (uint32_t)(128 + 64 * below(3));
	size_t mode;

	/* Most combinations do not exist: until one does. */
	for (mode = 0; mode < 16 && !made; mode++)
		(void)TEE_AllocateOperation(&made, algorithms[below(7)], modes[below(4)], bits);
	if (!made)
		return;
	ta.operations[below(HANDLES)] = made;
}

/* Most calls fit the state, or every sequence would end at once. */
static bool careless(void)
{
	return below(60) == 0;
}

static bool has(TEE_OperationHandle operation, uint32_t flag)
{
	TEE_OperationInfo info;

	TEE_GetOperationInfo(operation, &info);
	return (info.handleState & flag) != 0;
}

static void set_key(TEE_OperationHandle operation)
{
	TEE_ObjectHandle object = TEE_HANDLE_NULL;
	TEE_OperationInfo info;

	TEE_GetOperationInfo(operation, &info);
	if (careless()) {
		(void)TEE_SetOperationKey(operation, ta.objects[below(HANDLES)]);
		return;
	}
	if (info.operationClass == TEE_OPERATION_DIGEST || (info.handleState & TEE_HANDLE_FLAG_INITIALIZED))
		return;
	object =
		object_of(info.algorithm == TEE_ALG_HMAC_SHA256 ? TEE_TYPE_HMAC_SHA256 : TEE_TYPE_AES, info.maxKeySize);
	CHECK_EQ(populate(object, info.maxKeySize / 8), TEE_SUCCESS);
	CHECK_EQ(TEE_SetOperationKey(operation, object), TEE_SUCCESS);
	TEE_CloseObject(object);
}

static void begin(TEE_OperationHandle operation)
{
	TEE_OperationInfo info;

	if (!has(operation, TEE_HANDLE_FLAG_KEY_SET) && !careless())
		set_key(operation);
	if (has(operation, TEE_HANDLE_FLAG_KEY_SET) && !careless())
		TEE_ResetOperation(operation);
	TEE_GetOperationInfo(operation, &info);
	if (info.operationClass == TEE_OPERATION_CIPHER)
		TEE_CipherInit(operation, nonce, info.algorithm == TEE_ALG_AES_ECB_NOPAD ? 0 : 16);
	else if (info.operationClass == TEE_OPERATION_MAC)
		TEE_MACInit(operation, NULL, 0);
	else if (info.operationClass == TEE_OPERATION_AE)
		(void)TEE_AEInit(operation, nonce, 7 + below(7), (uint32_t)(88 + 8 * below(6)),
				 below(2) ? 0 : some_bytes(), some_bytes());
}

static TEE_Result feed(TEE_OperationHandle operation, uint32_t class, size_t bytes, size_t *room)
{
	uint8_t *in = below(3) ? ta.in : ta.out;

	switch (class) {
	case TEE_OPERATION_CIPHER:
		return below(3) ? TEE_CipherUpdate(operation, in, bytes, ta.out, room)
				: TEE_CipherDoFinal(operation, in, bytes, ta.out, room);
	case TEE_OPERATION_AE:
		if (careless())
			TEE_AEUpdateAAD(operation, in, bytes);
		return TEE_AEUpdate(operation, in, bytes, ta.out, room);
	case TEE_OPERATION_MAC:
		if (below(2))
			TEE_MACUpdate(operation, in, bytes);
		return TEE_MACComputeFinal(operation, in, bytes, ta.out, room);
	default:
		if (!has(operation, TEE_HANDLE_FLAG_EXTRACTING) || careless())
			TEE_DigestUpdate(operation, in, bytes);
		return below(2) ? TEE_DigestExtract(operation, ta.out, room)
				: TEE_DigestDoFinal(operation, NULL, 0, ta.out, room);
	}
}

static TEE_Result finish(TEE_OperationHandle operation, uint32_t mode, size_t bytes, size_t *room, size_t *tag_room)
{
	if (mode == TEE_MODE_ENCRYPT)
		return TEE_AEEncryptFinal(operation, ta.in, bytes, ta.out, room, ta.tag, tag_room);
	return TEE_AEDecryptFinal(operation, ta.in, bytes, ta.out, room, ta.tag, *tag_room);
}

/* What lies behind the room is not written, whatever comes back. */
static void move_data(TEE_OperationHandle operation)
{
	size_t bytes = some_bytes(), capacity = some_bytes(), tag_capacity = some_bytes();
	size_t room = capacity, tag_room = tag_capacity, i;
	TEE_OperationInfo info;
	TEE_Result result;

	if (!has(operation, TEE_HANDLE_FLAG_INITIALIZED) && !careless())
		begin(operation);
	if (!has(operation, TEE_HANDLE_FLAG_INITIALIZED) && !careless())
		return; /* such a tag is not supported */
	TEE_GetOperationInfo(operation, &info);
	memset(ta.out + capacity, CANARY, sizeof(ta.out) - capacity);
	memset(ta.tag + tag_capacity, CANARY, sizeof(ta.tag) - tag_capacity);
	if (info.operationClass == TEE_OPERATION_AE && below(3) == 0)
		result = finish(operation, info.mode, bytes, &room, &tag_room);
	else
		result = feed(operation, info.operationClass, bytes, &room);
	CHECK(result == TEE_SUCCESS || result == TEE_ERROR_SHORT_BUFFER || result == TEE_ERROR_MAC_INVALID);
	for (i = capacity; i < sizeof(ta.out); i++)
		CHECK_EQ(ta.out[i], CANARY);
	for (i = tag_capacity; i < sizeof(ta.tag); i++)
		CHECK_EQ(ta.tag[i], CANARY);
	if (result == TEE_SUCCESS)
		CHECK(room <= capacity && tag_room <= (tag_capacity > 16 ? tag_capacity : 16));
}

static void copy_to(TEE_OperationHandle operation)
{
	TEE_OperationHandle source = ta.operations[below(HANDLES)];
	TEE_OperationInfo one, other;

	if (careless() || !source) {
		if (careless())
			TEE_CopyOperation(operation, source);
		return;
	}
	TEE_GetOperationInfo(operation, &one);
	TEE_GetOperationInfo(source, &other);
	if (one.algorithm == other.algorithm && one.mode == other.mode && one.maxKeySize >= other.keySize)
		TEE_CopyOperation(operation, source);
}

static void one_call(void)
{
	TEE_OperationHandle *operation = &ta.operations[below(HANDLES)];
	TEE_ObjectHandle *object = &ta.objects[below(HANDLES)];

	switch (*operation ? below(20) : below(2)) {
	case 0:
		new_object();
		break;
	case 1:
		new_operation();
		break;
	case 2:
		TEE_FreeOperation(*operation);
		if (!careless()) /* else it is used after its end */
			*operation = TEE_HANDLE_NULL;
		break;
	case 3:
		TEE_CloseObject(*object);
		*object = TEE_HANDLE_NULL;
		break;
	case 4:
	case 5:
	case 6:
		set_key(*operation);
		break;
	case 7:
		if (has(*operation, TEE_HANDLE_FLAG_KEY_SET) || careless())
			TEE_ResetOperation(*operation);
		break;
	case 8:
		copy_to(*operation);
		break;
	case 9:
	case 10:
	case 11:
	case 12:
		begin(*operation);
		break;
	default:
		move_data(*operation);
		break;
	}
	ta.calls++;
}

static TEE_Result run_sequence(void)
{
	unsigned i;

	memset(&ta, 0, sizeof(ta));
	for (i = 0; i < CALLS; i++)
		one_call();
	return TEE_SUCCESS;
}

static void any_sequence_of_calls_ends_by_itself_or_in_a_panic(void)
{
	uint64_t cases = wg_test_cases(20000);
	unsigned long calls = 0, panics = 0;
	uint64_t i;

	for (i = 0; i < cases; i++) {
		state = wg_test_random();
		panics += wg_test_ta_run(run_sequence).panicked;
		calls += ta.calls;
	}
	printf("%" PRIu64 " sequences, %lu calls, %lu panics\n", cases, calls, panics);
	CHECK(panics > 0 && panics < cases);
}

static const struct wg_test tests[] = {
	WG_TEST(any_sequence_of_calls_ends_by_itself_or_in_a_panic),
};

WG_TEST_MAIN(tests)
