/* SPDX-License-Identifier: Apache-2.0 */
/* What is set beside the bare peers: echoes (a payload) or empty operations (none) through a lane to the crossing TA in
 * a compartment, as any client application would do it.
 *
 *     bench_lane call|ring CALLER_CPU WORLD_CPU MILLISECONDS PAYLOAD_BYTES DEPTH
 *
 * The world's executable is named by WORLDGATE_WORLD_EXE. Every answer is checked. A ring has DEPTH slots and as many
 * requests under way.
 * prints: operations, the nanoseconds they took, where DEPTH is 1 the median round trip in nanoseconds, and the
 * nanoseconds of CPU time of the client's thread and of the world. */
#include "bench_peer.h"
#include "crossing_ta.h"
#include "wg_crossing_load.h"
#include "wg_gate.h"

#define CPUS 4096u
#define MS   10000u

static void stop_gate(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, wg_gate_reason());
	exit(1);
}

static void run(TEEC_Context *context, TEEC_Session *session, const struct wg_crossing_plan *plan)
{
	struct wg_crossing_figures figures;

	if (wg_crossing_run(context, session, plan, NULL, &figures) != WG_OK)
		stop_gate("the crossing");
	printf("%llu %.0f", (unsigned long long)figures.operations, figures.elapsed_ns);
	if (figures.p50_ns >= 0)
		printf(" %.0f", figures.p50_ns);
	printf(" %.0f\n", figures.client.cpu_ns + figures.world.cpu_ns);
}

int main(int argc, char **argv)
{
	const TEEC_UUID uuid = CROSSING_TA_UUID;
	struct wg_crossing_plan plan = {.count = UINT64_C(1) << 40};
	TEEC_Context context;
	TEEC_Session session;
	char world[64];

	if (argc != 7 || (strcmp(argv[1], "call") != 0 && strcmp(argv[1], "ring") != 0)) {
		fprintf(stderr, "usage: bench_lane call|ring CALLER_CPU WORLD_CPU MILLISECONDS PAYLOAD_BYTES DEPTH\n");
		return 2;
	}
	plan.lane.mode = strcmp(argv[1], "call") == 0 ? WG_LANE_CALL : WG_LANE_RING;
	plan.most_ns = peer_number(argv[4], 1, MS) * 1000000u;
	plan.bytes = (uint32_t)peer_number(argv[5], 0, CROSSING_PAYLOAD_MAX);
	plan.depth = (uint32_t)peer_number(argv[6], 1, 65536);
	plan.operation = plan.bytes ? CROSSING_ECHO : CROSSING_NOTHING;
	plan.lane.count = plan.depth;
	plan.lane.payload_bytes = plan.bytes;
	plan.warm_up = plan.depth > 1 ? 100000 : 200;
	peer_pin((int)peer_number(argv[2], 0, CPUS));
	snprintf(world, sizeof(world), "compartment:cpu=%lu", peer_number(argv[3], 0, CPUS));
	if (TEEC_InitializeContext(world, &context) != TEEC_SUCCESS)
		stop_gate(world);
	if (TEEC_OpenSession(&context, &session, &uuid, TEEC_LOGIN_PUBLIC, NULL, NULL, NULL) != TEEC_SUCCESS)
		stop_gate("the session");
	run(&context, &session, &plan);
	TEEC_CloseSession(&session);
	TEEC_FinalizeContext(&context);
	return 0;
}
