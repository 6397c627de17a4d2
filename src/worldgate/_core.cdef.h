/* SPDX-License-Identifier: Apache-2.0 */
/* What Python sees of the C core; read by cffi (_core_build.py), which checks every line against the real headers when
 * the extension is compiled. `...` stands for what only the compiler knows. Not here, because they are taken from
 * the headers themselves: struct wg_ledger and its table of fields, and the constants of the Client API. */

/* core/portable/wg_result.h */
typedef enum wg_result {
	WG_OK,
	WG_ERR_INPUT,
	WG_ERR_SIZE,
	WG_ERR_MEMORY,
	WG_ERR_STATE,
	WG_ERR_AUTH,
	WG_ERR_UNAVAILABLE,
	WG_ERR_SYSTEM,
	...
} wg_result;

/* core/portable/wg_aead.h */
const char *wg_aead_library(void);
wg_result wg_aead_choose(const char *name);
const char *wg_aead_why_not(const char *name);
const char *wg_aead_version(const char *name);

/* core/gate/include/tee_client_api.h */
typedef uint32_t TEEC_Result;

typedef struct {
	uint32_t timeLow;
	uint16_t timeMid;
	uint16_t timeHiAndVersion;
	uint8_t clockSeqAndNode[8];
} TEEC_UUID;

typedef struct {
	...;
} TEEC_Context;

typedef struct {
	...;
} TEEC_Session;

typedef struct {
	void *buffer;
	size_t size;
	uint32_t flags;
	...;
} TEEC_SharedMemory;

typedef struct {
	void *buffer;
	size_t size;
} TEEC_TempMemoryReference;

typedef struct {
	TEEC_SharedMemory *parent;
	size_t size;
	size_t offset;
} TEEC_RegisteredMemoryReference;

typedef struct {
	uint32_t a;
	uint32_t b;
} TEEC_Value;

typedef union {
	TEEC_TempMemoryReference tmpref;
	TEEC_RegisteredMemoryReference memref;
	TEEC_Value value;
} TEEC_Parameter;

typedef struct {
	uint32_t started;
	uint32_t paramTypes;
	TEEC_Parameter params[4];
	...;
} TEEC_Operation;

TEEC_Result TEEC_InitializeContext(const char *name, TEEC_Context *context);
void TEEC_FinalizeContext(TEEC_Context *context);
TEEC_Result TEEC_RegisterSharedMemory(TEEC_Context *context, TEEC_SharedMemory *sharedMem);
TEEC_Result TEEC_AllocateSharedMemory(TEEC_Context *context, TEEC_SharedMemory *sharedMem);
void TEEC_ReleaseSharedMemory(TEEC_SharedMemory *sharedMem);
TEEC_Result TEEC_OpenSession(TEEC_Context *context, TEEC_Session *session, const TEEC_UUID *destination,
			     uint32_t connectionMethod, const void *connectionData, TEEC_Operation *operation,
			     uint32_t *returnOrigin);
void TEEC_CloseSession(TEEC_Session *session);
TEEC_Result TEEC_InvokeCommand(TEEC_Session *session, uint32_t commandID, TEEC_Operation *operation,
			       uint32_t *returnOrigin);
void TEEC_RequestCancellation(TEEC_Operation *operation);

/* ta/crossing/include/crossing_ta.h and core/portable/wg_lane_format.h: how to ask the crossing TA for an answer */
static const TEEC_UUID core_crossing_uuid;
#define CROSSING_NOTHING ...
#define CROSSING_ECHO ...
#define CROSSING_SUM ...
#define CROSSING_REQUEST ...
#define CROSSING_PAYLOAD_MAX ...
#define WG_LANE_COMMAND_CALL ...

/* core/gate/wg_gate.h */
#define WG_REASON_BYTES ...

struct wg_world_info {
	char fidelity[...];
	char aead[...];
	char memory[...];
	char memory_reason[...];
	double transition_floor_ns;
	double fault_floor_ns;
	int64_t process;
	...;
};

const char *wg_gate_reason(void);
wg_result wg_gate_world_ledger(TEEC_Session *session, struct wg_ledger *out);
wg_result wg_gate_world_info(TEEC_Session *session, struct wg_world_info *out);
void wg_gate_own_ledger(struct wg_ledger *out);
wg_result wg_gate_probe(const char *world, struct wg_world_info *out, char *reason);

/* core/portable/wg_hist.h */
#define WG_HIST_BUCKETS ...

struct wg_hist {
	uint64_t count;
	...;
};

/* core/gate/wg_lane.h and core/load/wg_crossing_load.h */
enum wg_lane_mode { WG_LANE_CALL, WG_LANE_BATCH, WG_LANE_RING, ... };

struct wg_lane_config {
	enum wg_lane_mode mode;
	uint32_t count;
	size_t payload_bytes;
	...;
};

struct wg_crossing_pins {
	int client;
	int lane;
	...;
};

struct wg_crossing_plan {
	struct wg_lane_config lane;
	uint32_t operation;
	uint32_t bytes;
	uint32_t depth;
	uint64_t warm_up;
	uint64_t count;
	uint64_t most_ns;
	const struct wg_crossing_pins *pins;
	struct wg_hist *hist;
	...;
};

struct wg_crossing_thread {
	_Bool known;
	struct wg_ledger counts;
	uint64_t stage_operations[...];
	double stage_ns[...];
	double cpu_ns;
	...;
};

struct wg_crossing_figures {
	uint64_t operations;
	double elapsed_ns;
	double p1_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns;
	struct wg_crossing_thread client;
	struct wg_crossing_thread lane;
	struct wg_crossing_thread world;
	...;
};

wg_result wg_crossing_run(TEEC_Context *context, TEEC_Session *session, const struct wg_crossing_plan *plan,
			  const volatile int *stop, struct wg_crossing_figures *figures);
wg_result wg_crossing_direct(const struct wg_crossing_plan *plan, const volatile int *stop,
			     struct wg_crossing_figures *figures);
uint32_t wg_crossing_distribution(const struct wg_hist *hist, double *values_ns, uint64_t *counts);

/* core/load/wg_limits.h */
struct wg_limit_plan {
	size_t bytes;
	bool cold;
	int cpu;
	int other_cpu;
	uint32_t repetitions;
	uint64_t repetition_ns;
	...;
};

struct wg_limit {
	double ns, low_ns, high_ns;
	...;
};

wg_result wg_limit_measure(const char *cause, const struct wg_limit_plan *plan, struct wg_limit *out, char *reason);

/* what compiled this */
static const char core_compiler[];
