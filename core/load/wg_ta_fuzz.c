/* SPDX-License-Identifier: Apache-2.0 */
/* The client application of `worldgate ta fuzz`. A case is a string of bytes from which sessions, commands and
 * parameters are read; cases are made at random and by mutating those that reached new code of the TA or gave a new
 * return code. The same seed gives the same cases. What the TA asks of the outside, random numbers and sockets, is
 * answered from the case too.
 *
 *   wg_ta_fuzz UUID SEED CASES SECONDS FOLDER [CASE-FILE]     CASES, SECONDS 0: no bound
 *
 * Exit status 0: nothing found, 1: a crash, a hang or a panic; its case is kept in FOLDER. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tee_client_api.h"
#include "wg_ta_fuzz.h"

#define CASE_BYTES     1024u
#define CORPUS_MAX     4096u
#define CALLS_MAX      8u
#define COVERAGE_SIZE  65536u
#define ANSWERS_SIZE   16384u
#define COMMANDS_APART 4096u
#define PANICS_MAX     64u
#define HANG_S	       20u
#define MEMORY_MAX     70000u

void __sanitizer_set_death_callback(void (*callback)(void));
void __sanitizer_cov_trace_pc(void);

struct test_case {
	uint16_t size;
	uint8_t bytes[CASE_BYTES];
};

static struct {
	TEEC_UUID uuid;
	unsigned long long seed, number;
	const char *folder;
	uint64_t random; /* of the generator of cases */
	struct test_case now;
	size_t at; /* how far the running case is read */
	struct test_case *corpus;
	size_t corpus_count;
	uint8_t covered[COVERAGE_SIZE], answered[ANSWERS_SIZE];
	bool is_new;
	uint32_t command;	     /* the last one called */
	uint32_t panics[PANICS_MAX]; /* commands that panicked */
	size_t panic_count;
	unsigned long long code_count, answer_count;
} fuzz;

static const uint32_t numbers[] = {0,	  1,	   2,	     3,		 4,	     7,		 8,
				   15,	  16,	   17,	     31,	 32,	     64,	 127,
				   128,	  255,	   256,	     4095,	 4096,	     4097,	 65535,
				   65536, 1 << 20, 1u << 31, 0x7fffffff, 0x80000001, 0xfffffff0, 0xffffffff};

static uint64_t next(void)
{
	uint64_t mixed = (fuzz.random += 0x9e3779b97f4a7c15ull);

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ull;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebull;
	return mixed ^ (mixed >> 31);
}

static uint32_t below(uint32_t bound)
{
	return (uint32_t)(next() % bound);
}

uint8_t wg_fuzz_take(void)
{
	return fuzz.at < fuzz.now.size ? fuzz.now.bytes[fuzz.at++] : 0;
}

uint32_t wg_fuzz_take_number(void)
{
	uint8_t kind = wg_fuzz_take();
	uint32_t raw = 0;
	unsigned i;

	if (kind < 128)
		return numbers[kind % (sizeof(numbers) / sizeof(numbers[0]))];
	if (kind < 192)
		return wg_fuzz_take();
	for (i = 0; i < 4; i++)
		raw = raw << 8 | wg_fuzz_take();
	return raw;
}

uint32_t wg_fuzz_take_size(void)
{
	uint32_t size = wg_fuzz_take_number();

	return size <= MEMORY_MAX ? size : size % 1024;
}

bool wg_fuzz_used_up(void)
{
	return fuzz.at >= fuzz.now.size;
}

/* Called at every branch of the TA (-fsanitize-coverage=trace-pc). Not for two threads, as a TA has one. */
void __sanitizer_cov_trace_pc(void)
{
	uintptr_t place = (uintptr_t)__builtin_return_address(0);
	uint8_t *seen = &fuzz.covered[(place ^ place >> 16) % COVERAGE_SIZE];

	if (*seen)
		return;
	*seen = 1;
	fuzz.code_count++;
	fuzz.is_new = true;
}

static void note_answer(uint32_t command, TEEC_Result result)
{
	uint32_t place = command < COMMANDS_APART ? command : COMMANDS_APART; /* the rest count as one */
	uint8_t *seen = &fuzz.answered[((place * 2654435761u) ^ (result * 40503u)) % ANSWERS_SIZE];

	if (*seen)
		return;
	*seen = 1;
	fuzz.answer_count++;
	fuzz.is_new = true;
}

static void keep(const char *what)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/fuzz-%llu-%llu.case", fuzz.folder, fuzz.seed, fuzz.number);
	file = fopen(path, "wb");
	if (!file || fwrite(fuzz.now.bytes, 1, fuzz.now.size, file) != fuzz.now.size)
		perror(path);
	if (file && fclose(file) != 0)
		perror(path);
	fprintf(stderr, "found: %s in command %u, seed %llu, case %llu; replay it with --replay %s\n", what,
		fuzz.command, fuzz.seed, fuzz.number, path);
}

static void on_death(void)
{
	keep("a crash");
}

/* The process cannot go on, so what a signal handler must not call does no harm any more. */
static void on_alarm(int number)
{
	(void)number;
	keep("a hang");
	_exit(1);
}

static void on_panic(void)
{
	size_t i;

	for (i = 0; i < fuzz.panic_count; i++)
		if (fuzz.panics[i] == fuzz.command)
			return;
	if (fuzz.panic_count == PANICS_MAX)
		return;
	fuzz.panics[fuzz.panic_count++] = fuzz.command;
	keep("a panic");
}

/* One parameter. Memory is exactly as large as it says, so that the sanitizer sees a step beyond it. */
static void make_parameter(TEEC_Operation *operation, unsigned i, uint32_t type)
{
	TEEC_Parameter *param = &operation->params[i];
	size_t j;

	operation->paramTypes |= type << (4 * i);
	if (type >= TEEC_MEMREF_TEMP_INPUT) {
		uint8_t *bytes;
		uint8_t step;

		param->tmpref.size = wg_fuzz_take_size();
		if (param->tmpref.size == 0 && (wg_fuzz_take() & 1))
			return;
		bytes = malloc(param->tmpref.size);
		param->tmpref.buffer = bytes;
		if (!bytes)
			exit(2);
		step = wg_fuzz_take();
		for (j = 0; j < param->tmpref.size; j++)
			bytes[j] = step < 128 ? wg_fuzz_take() : (uint8_t)(step * j);
	} else if (type) {
		param->value.a = wg_fuzz_take_number();
		param->value.b = wg_fuzz_take_number();
	}
}

static void make_operation(TEEC_Operation *operation)
{
	static const uint32_t types[8] = {
		TEEC_NONE, TEEC_VALUE_INPUT,	   TEEC_VALUE_OUTPUT,	    TEEC_VALUE_INOUT,
		TEEC_NONE, TEEC_MEMREF_TEMP_INPUT, TEEC_MEMREF_TEMP_OUTPUT, TEEC_MEMREF_TEMP_INOUT};
	uint8_t first = wg_fuzz_take();
	uint8_t second = wg_fuzz_take();
	unsigned i;

	memset(operation, 0, sizeof(*operation));
	for (i = 0; i < 4; i++)
		make_parameter(operation, i, types[((i < 2 ? first : second) >> (i % 2 * 4)) & 7]);
}

static void free_buffers(void *const buffers[4])
{
	unsigned i;

	for (i = 0; i < 4; i++)
		free(buffers[i]);
}

static void buffers_of(const TEEC_Operation *operation, void *buffers[4])
{
	unsigned i;

	for (i = 0; i < 4; i++)
		buffers[i] = TEEC_PARAM_TYPE_GET(operation->paramTypes, i) >= TEEC_MEMREF_TEMP_INPUT
				     ? operation->params[i].tmpref.buffer
				     : NULL;
}

/* false: the instance is dead. */
static bool call(TEEC_Session *session)
{
	TEEC_Operation operation;
	TEEC_Result result;
	void *buffers[4];

	fuzz.command = wg_fuzz_take_number();
	make_operation(&operation);
	buffers_of(&operation, buffers);
	result = TEEC_InvokeCommand(session, fuzz.command, &operation, NULL);
	note_answer(fuzz.command, result);
	free_buffers(buffers);
	if (result == TEEC_ERROR_TARGET_DEAD)
		on_panic();
	return result != TEEC_ERROR_TARGET_DEAD;
}

static void run_case(TEEC_Context *context)
{
	uint8_t how;
	unsigned count;
	TEEC_Operation operation;
	TEEC_Session session;
	TEEC_Result result;
	void *buffers[4] = {NULL, NULL, NULL, NULL};

	alarm(HANG_S);
	fuzz.at = 0;
	fuzz.is_new = false;
	how = wg_fuzz_take();
	count = 1 + how % CALLS_MAX;
	fuzz.command = UINT32_MAX;
	if (how >= 0xc0) {
		make_operation(&operation);
		buffers_of(&operation, buffers);
	}
	result = TEEC_OpenSession(context, &session, &fuzz.uuid, TEEC_LOGIN_PUBLIC, NULL,
				  how >= 0xc0 ? &operation : NULL, NULL);
	free_buffers(buffers);
	note_answer(UINT32_MAX, result);
	if (result == TEEC_ERROR_TARGET_DEAD)
		on_panic();
	if (result != TEEC_SUCCESS)
		return;
	while (count-- && call(&session))
		;
	TEEC_CloseSession(&session);
}

static void mutate(struct test_case *one)
{
	unsigned count = 1 + below(6);

	while (count--) {
		uint32_t place = below(one->size);
		uint32_t length = 1 + below(16);

		switch (below(4)) {
		case 0:
			one->bytes[place] = (uint8_t)next();
			break;
		case 1:
			one->bytes[place] ^= (uint8_t)(1u << below(8));
			break;
		case 2: /* a piece of another case */
			if (length > CASE_BYTES - place)
				length = CASE_BYTES - place;
			memcpy(one->bytes + place, fuzz.corpus[below((uint32_t)fuzz.corpus_count)].bytes + place,
			       length);
			break;
		default: /* longer or shorter */
			one->size = (uint16_t)(1 + below(CASE_BYTES));
			break;
		}
	}
}

static void make_case(void)
{
	size_t i;

	if (fuzz.corpus_count && below(4)) {
		fuzz.now = fuzz.corpus[below((uint32_t)fuzz.corpus_count)];
		mutate(&fuzz.now);
		return;
	}
	fuzz.now.size = (uint16_t)(8 + below(below(8) ? 120 : CASE_BYTES - 8));
	for (i = 0; i < CASE_BYTES; i++)
		fuzz.now.bytes[i] = (uint8_t)next();
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void run_cases(TEEC_Context *context, unsigned long long cases, double limit)
{
	double began = seconds();

	fuzz.corpus = calloc(CORPUS_MAX, sizeof(*fuzz.corpus));
	if (!fuzz.corpus)
		exit(2);
	for (fuzz.number = 0; (!cases || fuzz.number < cases) && (limit <= 0 || seconds() - began < limit);
	     fuzz.number++) {
		make_case();
		run_case(context);
		if (!fuzz.is_new)
			continue;
		fuzz.corpus[fuzz.corpus_count < CORPUS_MAX ? fuzz.corpus_count++ : below(CORPUS_MAX)] = fuzz.now;
	}
	alarm(0);
	printf("seed %llu: %llu cases in %.1f s, %llu places of the TA reached, %llu pairs of command and return code, "
	       "%zu commands that panic\n",
	       fuzz.seed, fuzz.number, seconds() - began, fuzz.code_count, fuzz.answer_count, fuzz.panic_count);
	free(fuzz.corpus);
}

static void replay(TEEC_Context *context, const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file) {
		perror(path);
		exit(2);
	}
	fuzz.now.size = (uint16_t)fread(fuzz.now.bytes, 1, CASE_BYTES, file);
	fclose(file);
	run_case(context);
	printf("replayed %s: %s\n", path, fuzz.panic_count ? "a panic" : "nothing found");
}

static bool parse_uuid(const char *text)
{
	unsigned p[11];
	unsigned i;

	if (sscanf(text, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &p[0], &p[1], &p[2], &p[3], &p[4], &p[5], &p[6],
		   &p[7], &p[8], &p[9], &p[10]) != 11)
		return false;
	fuzz.uuid = (TEEC_UUID){p[0], (uint16_t)p[1], (uint16_t)p[2], {0}};
	for (i = 0; i < 8; i++)
		fuzz.uuid.clockSeqAndNode[i] = (uint8_t)p[3 + i];
	return true;
}

int main(int argc, char **argv)
{
	TEEC_Context context;

	if (argc < 6 || argc > 7 || !parse_uuid(argv[1])) {
		fprintf(stderr, "usage: wg_ta_fuzz UUID SEED CASES SECONDS FOLDER [CASE-FILE]\n");
		return 2;
	}
	fuzz.seed = strtoull(argv[2], NULL, 0);
	fuzz.random = fuzz.seed;
	fuzz.folder = argv[5];
	__sanitizer_set_death_callback(on_death);
	signal(SIGALRM, on_alarm);
	if (TEEC_InitializeContext(NULL, &context) != TEEC_SUCCESS) {
		fprintf(stderr, "wg_ta_fuzz: the world cannot be opened\n");
		return 2;
	}
	if (argc == 7)
		replay(&context, argv[6]);
	else
		run_cases(&context, strtoull(argv[3], NULL, 0), strtod(argv[4], NULL));
	TEEC_FinalizeContext(&context);
	return fuzz.panic_count ? 1 : 0;
}
