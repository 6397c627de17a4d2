/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_trace_about.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "wg_trace_clock.h"

#define TEE_DEVICES 10u
#define TEE_CAP_GP  1u

/* The kernel's interface to TEEs: who answers, and what it can do. */
struct tee_version {
	uint32_t implementation;
	uint32_t implementation_capabilities;
	uint32_t capabilities;
};
#define TEE_VERSION _IOR(0xa4, 0, struct tee_version)

uint32_t wg_trace_clock = WG_TRACE_CLOCK_RAW;

/* The bytes of a small file, ended by NUL; 0 where it cannot be read. */
static size_t read_file(const char *path, char *text, size_t size)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = descriptor < 0 ? 0 : read(descriptor, text, size - 1);

	if (descriptor >= 0)
		close(descriptor);
	text[got > 0 ? got : 0] = '\0';
	return got > 0 ? (size_t)got : 0;
}

uint32_t wg_trace_choose_clock(void)
{
#if defined(__x86_64__) || defined(__i386__)
	static const char *const doubtful[] = {"hpet", "acpi_pm", "jiffies", "refined-jiffies"};
	char source[32];

	/* The kernel gives the counter up where it does not keep time. */
	read_file("/sys/devices/system/clocksource/clocksource0/current_clocksource", source, sizeof(source));
	source[strcspn(source, "\n")] = '\0';
	for (size_t i = 0; i < sizeof(doubtful) / sizeof(doubtful[0]); i++)
		if (strcmp(source, doubtful[i]) == 0)
			return WG_TRACE_CLOCK_RAW;
	return WG_TRACE_CLOCK_TSC;
#elif defined(__aarch64__)
	return WG_TRACE_CLOCK_CNTVCT;
#else
	return WG_TRACE_CLOCK_RAW;
#endif
}

static void describe_place(struct wg_trace_header *header)
{
	cpu_set_t processors;

	header->cpu_count = 0;
	if (sched_getaffinity(0, sizeof(processors), &processors) != 0)
		return;
	header->cpu_count = (uint32_t)CPU_COUNT(&processors);
	while (header->cpu < CPU_SETSIZE && !CPU_ISSET(header->cpu, &processors))
		header->cpu++;
}

void wg_trace_describe(struct wg_trace_header *header)
{
	memcpy(header->magic, WG_TRACE_MAGIC, sizeof(header->magic));
	header->version = WG_TRACE_VERSION;
	header->header_bytes = WG_TRACE_HEADER_BYTES;
	header->record_bytes = WG_TRACE_RECORD_BYTES;
	header->block_bytes = WG_TRACE_BLOCK_BYTES;
	header->clock = wg_trace_clock;
	header->process = (uint32_t)getpid();
	header->parent = (uint32_t)getppid();
	header->capabilities = WG_TRACE_UNKNOWN;
	header->started_unix_ns = wg_trace_clock_ns(CLOCK_REALTIME);
	describe_place(header);
	read_file("/proc/self/cmdline", header->command, sizeof(header->command));
}

uint32_t wg_trace_capabilities(void)
{
	char path[32];

	for (unsigned i = 0; i < TEE_DEVICES; i++) {
		struct tee_version version = {0, 0, 0};
		int descriptor;
		int failed;

		snprintf(path, sizeof(path), "/dev/tee%u", i);
		descriptor = open(path, O_RDWR | O_CLOEXEC);
		if (descriptor < 0)
			continue;
		failed = ioctl(descriptor, TEE_VERSION, &version);
		close(descriptor);
		if (!failed && (version.capabilities & TEE_CAP_GP))
			return version.capabilities;
	}
	return WG_TRACE_UNKNOWN;
}
