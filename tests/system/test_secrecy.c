/* SPDX-License-Identifier: Apache-2.0 */
/* What root can read of a world's process while its TA keeps a secret: nothing where the memory is secret; and where it
 * is not, the same search finds it, so that it can fail. */
#include <linux/capability.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "../core/wg_test_afresh.h"
#include "../core/wg_test_world.h"
#include "wg_aead.h"
#include "wg_test_scan.h"

static struct wg_test_peer peer;
static uint8_t secret[PROBE_SECRET_BYTES], masked[PROBE_SECRET_BYTES];
/* Of the AES-256 key's decryption schedule nothing is searched: encryption begins with the key itself. */
static uint8_t ipad[PROBE_SECRET_BYTES], opad[PROBE_SECRET_BYTES];

static void make_secret(void)
{
	CHECK_EQ(getrandom(secret, sizeof(secret), 0), (ssize_t)sizeof(secret));
	for (unsigned i = 0; i < sizeof(secret); i++) {
		masked[i] = (uint8_t)~secret[i];
		ipad[i] = secret[i] ^ 0x36;
		opad[i] = secret[i] ^ 0x5c;
	}
}

static struct scan needles(void)
{
	struct scan scan = {.needle_count = 6};

	/* In pieces as large as a register. */
	for (unsigned i = 0; i < 4; i++)
		scan.needles[i] = (struct scan_needle){secret + 8 * i, 8};
	scan.needles[4] = (struct scan_needle){ipad, 16};
	scan.needles[5] = (struct scan_needle){opad, 16};
	return scan;
}

static void need_root(void)
{
	if (geteuid() != 0)
		SKIP("only root may look into another process that is not dumpable: run as root to see that it finds "
		     "nothing");
}

/* With little shared memory, as all of it is read word by word. */
static void open_small(const char *world)
{
	wg_test_open_context("compartment", &peer.context);
	TEEC_FinalizeContext(&peer.context);
	CHECK_EQ(TEEC_InitializeContext(world, &peer.context), TEEC_SUCCESS);
	wg_test_open_session(&peer, PROBE_EACH);
}

static void need_secret_memory(struct wg_world_info *info)
{
	CHECK_EQ(wg_gate_world_info(&peer.session, info), WG_OK);
	if (strcmp(info->memory, "secret") != 0)
		SKIP(info->memory_reason);
}

static void hold(void)
{
	TEEC_Operation operation = {.paramTypes = WG_TEST_TYPES(MEMREF_TEMP_INPUT, NONE, NONE, NONE)};

	operation.params[0].tmpref = (TEEC_TempMemoryReference){masked, sizeof(masked)};
	CHECK_EQ(TEEC_InvokeCommand(&peer.session, PROBE_HOLD, &operation, NULL), TEEC_SUCCESS);
}

/* The TA still has it, in both places. */
static void still_held(void)
{
	TEEC_Operation operation = {.paramTypes = WG_TEST_TYPES(MEMREF_TEMP_OUTPUT, NONE, NONE, NONE)};
	uint8_t digest[32], seen[64];

	SHA256(secret, sizeof(secret), digest);
	operation.params[0].tmpref = (TEEC_TempMemoryReference){seen, sizeof(seen)};
	CHECK_EQ(TEEC_InvokeCommand(&peer.session, PROBE_DIGEST, &operation, NULL), TEEC_SUCCESS);
	CHECK_MEM_EQ(seen, digest, 32);
	CHECK_MEM_EQ(seen + 32, digest, 32);
}

static void found_nothing(const struct scan *scan)
{
	printf("read %llu KiB, refused %llu KiB\n", (unsigned long long)scan->bytes / 1024,
	       (unsigned long long)scan->refused / 1024);
	if (scan->found)
		printf("found %u times, last in %s\n", scan->found, scan->where);
	CHECK_EQ(scan->found, 0);
	CHECK(scan->bytes > 1u << 20);	 /* the search did read something */
	CHECK(scan->refused > 1u << 20); /* and something was kept from it */
}

static void hold_and_search(const char *world)
{
	struct wg_world_info info;
	struct scan scan;

	make_secret();
	open_small(world);
	need_secret_memory(&info);
	printf("keys by %s\n", info.aead);
	hold();
	still_held();
	scan = needles();
	scan_all(&scan, (pid_t)info.process);
	still_held();
	found_nothing(&scan);
	wg_test_close(&peer);
}

static void a_secret_in_heap_variables_and_keys_is_not_read_by_root(void)
{
	need_root();
	hold_and_search("compartment:arena_bytes=1048576,aead=openssl");
}

static void nor_is_it_where_libipsec_mb_has_the_keys(void)
{
	need_root();
	if (wg_aead_choose("ipsecmb") != WG_OK)
		SKIP(wg_aead_why_not("ipsecmb"));
	hold_and_search("compartment:arena_bytes=1048576,aead=ipsecmb");
}

static void *hold_on_stack(void *result)
{
	TEEC_Operation operation = {.paramTypes = WG_TEST_TYPES(MEMREF_TEMP_INPUT, VALUE_INPUT, VALUE_OUTPUT, NONE)};

	operation.params[0].tmpref = (TEEC_TempMemoryReference){masked, sizeof(masked)};
	operation.params[1].value.a = 4000;
	*(TEEC_Result *)result = TEEC_InvokeCommand(&peer.session, PROBE_HOLD_ON_STACK, &operation, NULL);
	if (operation.params[2].value.a != 1)
		*(TEEC_Result *)result = TEEC_ERROR_GENERIC;
	return NULL;
}

static void a_secret_on_the_stack_is_not_read_by_root_while_the_TA_waits(void)
{
	struct wg_world_info info;
	TEEC_Result result;
	pthread_t thread;
	struct scan scan;

	need_root();
	make_secret();
	open_small("compartment:arena_bytes=1048576");
	need_secret_memory(&info);
	CHECK_EQ(pthread_create(&thread, NULL, hold_on_stack, &result), 0);
	usleep(300000);
	scan = needles();
	scan_all(&scan, (pid_t)info.process);
	pthread_join(thread, NULL);
	CHECK_EQ(result, TEEC_SUCCESS);
	found_nothing(&scan);
	wg_test_close(&peer);
}

static void a_world_is_hidden_from_its_own_user_and_leaves_no_core(void)
{
	char path[64], line[256];
	unsigned long soft = 1, hard = 1;
	struct wg_world_info info;
	FILE *limits;
	int empty;
	char byte;

	wg_test_open("compartment", PROBE_EACH, &peer);
	CHECK_EQ(wg_gate_world_info(&peer.session, &info), WG_OK);
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)info.process);
	empty = open(path, O_RDONLY | O_CLOEXEC);
	if (geteuid() == 0) {
		CHECK(empty >= 0);
		CHECK_EQ(read(empty, &byte, 1), 0);
		close(empty);
	} else {
		CHECK(empty < 0 || read(empty, &byte, 1) <= 0);
	}
	snprintf(path, sizeof(path), "/proc/%d/limits", (int)info.process);
	limits = fopen(path, "r");
	while (limits && fgets(line, sizeof(line), limits))
		sscanf(line, "Max core file size %lu %lu", &soft, &hard);
	CHECK(limits != NULL);
	fclose(limits);
	CHECK(soft == 0 && hard == 0);
	wg_test_close(&peer);
}

/* The counter-test, in a process that may not have secret memory: the same search must find the same secret. */
static void drop_locked_memory(void)
{
	const struct rlimit none = {0, 0};
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];

	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	CHECK_EQ(prctl(PR_CAPBSET_DROP, CAP_IPC_LOCK, 0, 0, 0), 0);
	CHECK_EQ(syscall(SYS_capget, &header, data), 0);
	data[0].effective &= ~(1u << CAP_IPC_LOCK);
	data[0].permitted &= ~(1u << CAP_IPC_LOCK);
	data[0].inheritable &= ~(1u << CAP_IPC_LOCK);
	CHECK_EQ(syscall(SYS_capset, &header, data), 0);
}

static void without_secret_memory_the_same_search_finds_it_and_the_world_says_so(void)
{
	struct wg_world_info info;
	struct scan scan;

	need_root();
	if (wg_test_ran_afresh("without_secret_memory_the_same_search_finds_it_and_the_world_says_so",
			       drop_locked_memory))
		return;
	make_secret();
	open_small("compartment:arena_bytes=1048576");
	CHECK_EQ(wg_gate_world_info(&peer.session, &info), WG_OK);
	CHECK_STR_EQ(info.memory, "anonymous");
	if (!strstr(info.memory_reason, "memfd_secret")) /* else this kernel has none at all */
		CHECK(strstr(info.memory_reason, "RLIMIT_MEMLOCK") != NULL);
	hold();
	scan = needles();
	scan_memory(&scan, SCAN_PROCESS_VM, (pid_t)info.process);
	CHECK(scan.found >= 4); /* heap, variable, keys of AES and of HMAC */
	scan.found = 0;
	scan_memory(&scan, SCAN_PROC_MEM, (pid_t)info.process);
	CHECK(scan.found >= 4);
	scan.found = 0;
	scan_attach((pid_t)info.process);
	scan_memory(&scan, SCAN_PTRACE, (pid_t)info.process);
	CHECK_EQ(ptrace(PTRACE_DETACH, (pid_t)info.process, NULL, NULL), 0);
	CHECK(scan.found >= 4);
	still_held();
	wg_test_close(&peer);
}

/* A paged heap cannot be secret; all else is. */
static void of_a_paged_world_only_the_heap_is_read(void)
{
	const uint8_t kind = PROBE_EACH;
	struct wg_world_info info;
	struct scan scan;

	need_root();
	make_secret();
	alarm(100);
	if (!getenv("WORLDGATE_WORLD_EXE"))
		SKIP("WORLDGATE_WORLD_EXE does not name the executable of the tests' worlds");
	if (TEEC_InitializeContext(
		    "emulated:arena_bytes=1048576,transition_ns=2000000,heap_bytes=131072,fault_ns=500000",
		    &peer.context) != TEEC_SUCCESS)
		SKIP(wg_gate_reason());
	wg_test_open_session(&peer, kind);
	CHECK_EQ(wg_gate_world_info(&peer.session, &info), WG_OK);
	CHECK_STR_EQ(info.memory, "paged");
	hold();
	CHECK_EQ(wg_test_command(&peer.session, PROBE_HEAP, 300 * 1024, 2, NULL), TEEC_SUCCESS); /* pages all around */
	still_held();
	scan = needles();
	/* The keys' own copies lie in the heap only as objects; what is searched is HMAC's and AES's state elsewhere.
	 */
	scan.needles[0] = scan.needles[4];
	scan.needles[1] = scan.needles[5];
	scan.needle_count = 2;
	scan_all(&scan, (pid_t)info.process);
	printf("found %u times %s\n", scan.found, scan.where);
	CHECK_EQ(scan.found, 0);
	still_held();
	wg_test_close(&peer);
}

static const struct wg_test tests[] = {
	WG_TEST(a_secret_in_heap_variables_and_keys_is_not_read_by_root),
	WG_TEST(nor_is_it_where_libipsec_mb_has_the_keys),
	WG_TEST(a_secret_on_the_stack_is_not_read_by_root_while_the_TA_waits),
	WG_TEST(a_world_is_hidden_from_its_own_user_and_leaves_no_core),
	WG_TEST(without_secret_memory_the_same_search_finds_it_and_the_world_says_so),
	WG_TEST(of_a_paged_world_only_the_heap_is_read),
};

WG_TEST_MAIN(tests)
