/* SPDX-License-Identifier: Apache-2.0 */
/* A client application as others write them, for what tracing one costs: calls that do nothing, one after another. It
 * knows of any libteec what the specification fixes, and is linked with the gate or with the libteec of the tests.
 * With the tracing library preloaded, its calls are traced. Every other few calls are LIBRARY's own function instead,
 * so that what else disturbs the machine disturbs both; pairs that took far longer than the median are left out.
 *
 *     bench_trace_client CPU WORLD MILLISECONDS PAYLOAD_BYTES LIBRARY
 *
 * prints: calls, the mean nanoseconds of a call of LIBRARY and of one by its name, over the pairs that are left. They
 * hold what a trace does now and then. */
#include <dlfcn.h>
#include <stdbool.h>

#include "bench_peer.h"
#include "crossing_ta.h"
#include "wg_lane_format.h"
#include "wg_trace_client.h"

#define BATCH	  16u
#define PAIRS_MIN 100u
#define PAIRS_MAX 65536u
#define MS	  10000u
#define BYTES_MAX 65536u
#define PRIVATE	  512u /* what any library keeps behind the public members */

#define VALUE_INOUT	0x3u
#define TEMPORARY_INOUT 0x7u

struct uuid {
	uint32_t low;
	uint16_t middle, high;
	uint8_t rest[8];
};

#ifdef BENCH_FAKE
static const struct uuid ta = {0x11223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}};
#else
static const struct uuid ta = CROSSING_TA_UUID;
#endif

static _Alignas(16) char context_room[PRIVATE], session_room[PRIVATE];
static struct {
	struct wg_teec_operation is;
	char rest[PRIVATE];
} operation;
static double directs[PAIRS_MAX], named[PAIRS_MAX], sorted[PAIRS_MAX];

static void need(const char *what, TEEC_Result result)
{
	if (result == WG_TEEC_SUCCESS)
		return;
	fprintf(stderr, "%s: 0x%08x\n", what, (unsigned)result);
	exit(1);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

typedef TEEC_Result (*invoke_function)(struct wg_teec_session *, uint32_t, struct wg_teec_operation *, uint32_t *);

static double batch(invoke_function invoke, struct wg_teec_session *session, size_t bytes)
{
	uint64_t began = peer_now_ns();
	uint32_t origin;

	for (unsigned i = 0; i < BATCH; i++) {
		operation.is.params[0].value.a = CROSSING_NOTHING;
		operation.is.params[0].value.b = (uint32_t)bytes;
		operation.is.params[1].temporary.size = bytes;
		need("a call", invoke(session, WG_LANE_COMMAND_CALL, &operation.is, &origin));
	}
	return (double)(peer_now_ns() - began) / BATCH;
}

/* The library's own function, whatever stands before it. */
static invoke_function direct_function(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
	void *function = library ? dlsym(library, "TEEC_InvokeCommand") : NULL;
	invoke_function found;

	if (!function) {
		fprintf(stderr, "%s: this program is not linked with it\n", path);
		exit(1);
	}
	memcpy(&found, &function, sizeof(found));
	return found;
}

static double median(const double *values, unsigned count)
{
	memcpy(sorted, values, count * sizeof(*values));
	qsort(sorted, count, sizeof(*sorted), compare);
	return sorted[count / 2];
}

static void print_means(unsigned count)
{
	const double spare = 1e5 / BATCH; /* ns of a call: a trace writes a block in less than 100 us */
	double direct_most = 2 * median(directs, count) + spare, named_most = 2 * median(named, count) + spare;
	double direct_sum = 0, named_sum = 0;
	unsigned kept = 0;

	for (unsigned i = 0; i < count; i++) {
		if (directs[i] > direct_most || named[i] > named_most)
			continue;
		direct_sum += directs[i];
		named_sum += named[i];
		kept++;
	}
	printf("%u %.2f %.2f\n", 2 * kept * BATCH, direct_sum / kept, named_sum / kept);
}

/* Pairs of batches, each in the order that the one before did not have. Their count. */
static unsigned measure(invoke_function direct, struct wg_teec_session *session, size_t bytes, uint64_t end)
{
	unsigned count = 0;

	while (count < PAIRS_MIN || (count < PAIRS_MAX && peer_now_ns() < end)) {
		bool first = count % 2;
		double a = batch(first ? direct : TEEC_InvokeCommand, session, bytes);
		double b = batch(first ? TEEC_InvokeCommand : direct, session, bytes);

		directs[count] = first ? a : b;
		named[count] = first ? b : a;
		count++;
	}
	return count;
}

int main(int argc, char **argv)
{
	static char payload[BYTES_MAX];
	struct wg_teec_context *context = (void *)context_room;
	struct wg_teec_session *session = (void *)session_room;
	invoke_function direct;
	size_t bytes;
	unsigned count;
	uint32_t origin;

	if (argc != 6) {
		fprintf(stderr, "usage: bench_trace_client CPU WORLD MILLISECONDS PAYLOAD_BYTES LIBRARY\n");
		return 2;
	}
	peer_pin((int)peer_number(argv[1], 0, CPU_SETSIZE - 1));
	bytes = peer_number(argv[4], 0, BYTES_MAX);
	direct = direct_function(argv[5]);
	operation.is.types = VALUE_INOUT | (bytes ? TEMPORARY_INOUT << WG_TEEC_PARAM_BITS : 0);
	operation.is.params[1].temporary.buffer = payload;
	need(argv[2], TEEC_InitializeContext(argv[2], context));
	need("the session", TEEC_OpenSession(context, session, &ta, 0, NULL, NULL, &origin));
	(void)batch(direct, session, bytes);
	(void)batch(TEEC_InvokeCommand, session, bytes);
	count = measure(direct, session, bytes, peer_now_ns() + (uint64_t)peer_number(argv[3], 1, MS) * 1000000u);
	TEEC_CloseSession(session);
	TEEC_FinalizeContext(context);
	print_means(count);
	return 0;
}
