/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target without a fuzzer.
 *
 *     fuzz_NAME [-n CASES] [-s SEED] [-c FILE] FILE|FOLDER...
 *
 * Replays every file, and the files of every folder. With -n it then tries that many mutations of them; the same seed
 * and the same files give the same cases. With -c each case is written to FILE before it runs, so that after a crash
 * FILE holds the input that caused it: replay it by giving its name. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CASE_BYTES_MAX (1024u * 1024u)
#define GROWTH_MAX     256u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

struct input {
	char *name;
	uint8_t *data;
	size_t bytes;
};

struct corpus {
	struct input *inputs; /* sorted by name: the order of a folder is not the same everywhere */
	size_t count;
};

struct options {
	uint64_t cases;
	uint64_t seed;
	int case_file; /* -1: none */
};

static uint64_t random_state;
static uint64_t passed, failed;

static _Noreturn void stop(const char *what, const char *name)
{
	fprintf(stderr, "%s: %s%s%s\n", what, name, errno ? ": " : "", errno ? strerror(errno) : "");
	exit(2);
}

/* splitmix64 */
static uint64_t next_random(void)
{
	uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static size_t below(size_t bound)
{
	return bound ? (size_t)(next_random() % bound) : 0;
}

static void *must_have(void *memory)
{
	if (!memory)
		stop("out of memory", "a fuzz case");
	return memory;
}

static void read_file(struct corpus *corpus, const char *name)
{
	FILE *file = fopen(name, "rb");
	struct input *input;

	if (!file)
		stop("cannot open", name);
	corpus->inputs = must_have(realloc(corpus->inputs, (corpus->count + 1) * sizeof(*corpus->inputs)));
	input = &corpus->inputs[corpus->count++];
	input->name = must_have(strdup(name));
	input->data = must_have(malloc(CASE_BYTES_MAX));
	input->bytes = fread(input->data, 1, CASE_BYTES_MAX, file);
	if (ferror(file) || !feof(file)) {
		errno = ferror(file) ? errno : EFBIG;
		stop("cannot read (at most 1 MiB)", name);
	}
	input->data = must_have(realloc(input->data, input->bytes ? input->bytes : 1));
	fclose(file);
}

static void read_path(struct corpus *corpus, const char *name)
{
	struct dirent *entry;
	struct stat facts;
	char path[4096];
	DIR *folder;

	if (stat(name, &facts) != 0)
		stop("cannot open", name);
	if (!S_ISDIR(facts.st_mode)) {
		read_file(corpus, name);
		return;
	}
	folder = opendir(name);
	if (!folder)
		stop("cannot open", name);
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", name, entry->d_name) >= (int)sizeof(path))
			stop("the path is too long", name);
		read_path(corpus, path);
	}
	closedir(folder);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct input *)a)->name, ((const struct input *)b)->name);
}

static void save_case(int file, const uint8_t *data, size_t bytes)
{
	if (file < 0)
		return;
	if (ftruncate(file, 0) != 0 || pwrite(file, data, bytes, 0) != (ssize_t)bytes)
		stop("cannot write", "the file of -c");
}

/* The target gets a block of exactly its size, so that a read of one byte too many is seen. */
static void run_case(const struct options *options, const uint8_t *data, size_t bytes, const char *name)
{
	uint8_t *copy = must_have(malloc(bytes ? bytes : 1));
	int result;

	if (bytes)
		memcpy(copy, data, bytes);
	save_case(options->case_file, data, bytes);
	/* An empty case still gets an address, the end of the block, where nothing may be read. */
	result = LLVMFuzzerTestOneInput(bytes ? copy : copy + 1, bytes);
	free(copy);
	if (result == 0) {
		passed++;
		return;
	}
	failed++;
	printf("failed: %s returned %d\n", name, result);
}

struct scratch {
	uint8_t data[CASE_BYTES_MAX];
	size_t bytes;
};

static void flip_bit(struct scratch *s)
{
	if (s->bytes)
		s->data[below(s->bytes)] ^= (uint8_t)(1u << below(8));
}

static void set_byte(struct scratch *s)
{
	if (s->bytes)
		s->data[below(s->bytes)] = (uint8_t)next_random();
}

static void truncate_it(struct scratch *s)
{
	s->bytes = below(s->bytes + 1);
}

static void extend(struct scratch *s)
{
	size_t more = 1 + below(GROWTH_MAX);
	bool zeros = next_random() & 1;

	if (more > CASE_BYTES_MAX - s->bytes)
		more = CASE_BYTES_MAX - s->bytes;
	while (more--)
		s->data[s->bytes++] = zeros ? 0 : (uint8_t)next_random();
}

static void set_integer(struct scratch *s)
{
	static const uint64_t values[] = {0,	      1,	  2,	     4,		16,	    0x3f,
					  0x40,	      0x7f,	  0x80,	     0xff,	0x100,	    0x7fff,
					  0x8000,     0xfffe,	  0xffff,    0x10000,	0x7fffffff, 0x80000000,
					  0xfffffffe, 0xffffffff, INT64_MAX, UINT64_MAX};
	size_t width = (size_t)1 << below(4);
	uint64_t value = values[below(sizeof(values) / sizeof(values[0]))];
	bool big = next_random() & 1;
	size_t at, i;

	if (s->bytes < width)
		return;
	at = below(s->bytes - width + 1);
	for (i = 0; i < width; i++)
		s->data[at + i] = (uint8_t)(value >> (8 * (big ? width - 1 - i : i)));
}

static void copy_within(struct scratch *s)
{
	size_t from = below(s->bytes), to = below(s->bytes);
	size_t rest = s->bytes - (from > to ? from : to);

	if (s->bytes)
		memmove(s->data + to, s->data + from, 1 + below(rest));
}

static void remove_bytes(struct scratch *s)
{
	size_t at = below(s->bytes), count;

	if (!s->bytes)
		return;
	count = 1 + below(s->bytes - at);
	memmove(s->data + at, s->data + at + count, s->bytes - at - count);
	s->bytes -= count;
}

/* The head of this case and the tail of another file. */
static void splice(struct scratch *s, const struct corpus *corpus)
{
	const struct input *other = &corpus->inputs[below(corpus->count)];
	size_t head = below(s->bytes + 1), from = below(other->bytes + 1);
	size_t tail = other->bytes - from;

	if (tail > CASE_BYTES_MAX - head)
		tail = CASE_BYTES_MAX - head;
	memcpy(s->data + head, other->data + from, tail);
	s->bytes = head + tail;
}

static void mutate(struct scratch *s, const struct corpus *corpus)
{
	static void (*const mutations[])(struct scratch *) = {
		flip_bit, flip_bit, set_byte, set_byte, set_integer, extend, truncate_it, copy_within, remove_bytes};
	size_t rounds = 1 + below(8);
	size_t which;

	while (rounds--) {
		which = below(sizeof(mutations) / sizeof(mutations[0]) + 1);
		if (which == 0)
			splice(s, corpus);
		else
			mutations[which - 1](s);
	}
}

static void run_mutations(const struct options *options, const struct corpus *corpus)
{
	static struct scratch scratch;
	const struct input *start;
	char name[64];
	uint64_t i;

	random_state = options->seed;
	for (i = 0; i < options->cases; i++) {
		start = &corpus->inputs[below(corpus->count)];
		memcpy(scratch.data, start->data, start->bytes);
		scratch.bytes = start->bytes;
		mutate(&scratch, corpus);
		snprintf(name, sizeof(name), "mutation %" PRIu64, i);
		run_case(options, scratch.data, scratch.bytes, name);
	}
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		stop("not a number", text);
	return value;
}

static void parse_options(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt(argc, argv, "n:s:c:")) != -1) {
		switch (option) {
		case 'n':
			options->cases = number(optarg);
			break;
		case 's':
			options->seed = number(optarg);
			break;
		case 'c':
			options->case_file = open(optarg, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
			if (options->case_file < 0)
				stop("cannot write", optarg);
			break;
		default:
			exit(2);
		}
	}
	if (optind >= argc) {
		fprintf(stderr, "usage: %s [-n CASES] [-s SEED] [-c FILE] FILE|FOLDER...\n", argv[0]);
		exit(2);
	}
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct corpus corpus = {NULL, 0};
	struct options options = {0, (uint64_t)time(NULL), -1};
	double start;
	size_t i;
	int k;

	parse_options(argc, argv, &options);
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	for (k = optind; k < argc; k++)
		read_path(&corpus, argv[k]);
	if (!corpus.count)
		stop("no files in", argv[optind]);
	qsort(corpus.inputs, corpus.count, sizeof(*corpus.inputs), by_name);
	printf("%zu files, %" PRIu64 " mutations, seed %" PRIu64 "\n", corpus.count, options.cases, options.seed);
	fflush(stdout);
	start = seconds();
	for (i = 0; i < corpus.count; i++)
		run_case(&options, corpus.inputs[i].data, corpus.inputs[i].bytes, corpus.inputs[i].name);
	run_mutations(&options, &corpus);
	printf("%.0f cases/s\n%" PRIu64 " passed, %" PRIu64 " failed\n",
	       (double)(passed + failed) / (seconds() - start + 1e-9), passed, failed);
	for (i = 0; i < corpus.count; i++) {
		free(corpus.inputs[i].name);
		free(corpus.inputs[i].data);
	}
	free(corpus.inputs);
	return failed ? 1 : 0;
}
