/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_ledger_file.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wg_reason.h"

/* One instance of a TA that has ended. */
struct ended {
	struct ended *next;
	TEE_UUID uuid;
	char fidelity[16];
	struct wg_ledger ledger;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct ended *worlds;
static struct ended **last = &worlds;
static pid_t owner; /* the process that asked for the file; 0: nobody */

static void write_counters(FILE *file, const struct wg_ledger *ledger)
{
#define WG_LEDGER_WRITE(name, text) fprintf(file, ", \"%s\": %" PRIu64, #name, ledger->name);
	WG_LEDGER_FIELDS(WG_LEDGER_WRITE)
#undef WG_LEDGER_WRITE
}

static void write_world(FILE *file, const struct ended *world)
{
	const TEE_UUID *uuid = &world->uuid;
	const uint8_t *node = uuid->clockSeqAndNode;

	fprintf(file, "{\"uuid\": \"%08" PRIx32 "-%04x-%04x-%02x%02x-", uuid->timeLow, uuid->timeMid,
		uuid->timeHiAndVersion, node[0], node[1]);
	for (int i = 2; i < 8; i++)
		fprintf(file, "%02x", node[i]);
	fprintf(file, "\", \"fidelity\": \"%s\"", world->fidelity);
	write_counters(file, &world->ledger);
	fprintf(file, "}%s", world->next ? ",\n    " : "");
}

static void write_file(void)
{
	const char *path = getenv("WORLDGATE_LEDGER");
	struct wg_ledger own;
	FILE *file;

	if (!path || owner != getpid())
		return;
	file = fopen(path, "we");
	if (!file) {
		fprintf(stderr, "worldgate: the ledger cannot be written to %s: %m\n", path);
		return;
	}
	wg_ledger_sum(&own);
	fprintf(file, "{\n  \"schema\": 1,\n  \"own\": {\"side\": \"normal\"");
	write_counters(file, &own);
	fprintf(file, "},\n  \"worlds\": [");
	pthread_mutex_lock(&lock);
	for (const struct ended *world = worlds; world; world = world->next)
		write_world(file, world);
	pthread_mutex_unlock(&lock);
	fprintf(file, "]\n}\n");
	if (fclose(file) != 0)
		fprintf(stderr, "worldgate: the ledger could not be written whole to %s: %m\n", path);
}

void wg_ledger_file_start(void)
{
	pthread_mutex_lock(&lock);
	if (!owner && getenv("WORLDGATE_LEDGER")) {
		owner = getpid();
		atexit(write_file);
	}
	pthread_mutex_unlock(&lock);
}

void wg_ledger_file_add(const TEE_UUID *ta, const char *fidelity, const struct wg_ledger *ledger)
{
	struct ended *world;

	pthread_mutex_lock(&lock);
	world = owner ? calloc(1, sizeof(*world)) : NULL;
	if (world) {
		world->uuid = *ta;
		snprintf(world->fidelity, sizeof(world->fidelity), "%s", fidelity);
		world->ledger = *ledger;
		*last = world;
		last = &world->next;
	}
	pthread_mutex_unlock(&lock);
}
