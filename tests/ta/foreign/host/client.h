/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the foreign client share: answers, calls that keep account of what they should cost, peers. */
#ifndef FOREIGN_CLIENT_H
#define FOREIGN_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tee_client_api.h>

/* Prints "name: answer". */
void say_code(const char *name, TEEC_Result code);
void say_number(const char *name, unsigned long number);
void say_pair(const char *name, uint32_t a, uint32_t b);
void say_bool(const char *name, bool answer);
/* For what must not fail: ends the program with status 1. */
void need(const char *what, TEEC_Result result);

/* The three calls that pass through the gate. They add up what a ledger has to show: passages, and the bytes of
 * temporary and registered memory by direction (allocated memory need not be copied). */
TEEC_Result open_session(TEEC_Context *context, TEEC_Session *session, TEEC_Operation *operation);
TEEC_Result invoke(TEEC_Session *session, uint32_t command, TEEC_Operation *operation);
void close_session(TEEC_Session *session);
/* Call it on memory from TEEC_AllocateSharedMemory; at most 8 at once. */
void is_allocated(const TEEC_SharedMemory *memory);
void is_released(const TEEC_SharedMemory *memory);
void print_account(void);

/* Echo peers on the loopback address, each a thread; ports chosen by the system. */
struct peers {
	int tcp, udp;
	uint16_t tcp_port, udp_port;
	uint16_t nobody_port; /* bound by us and not listening, so that nobody answers there */
	int nobody;
};
void start_peers(struct peers *peers);

void parameter_steps(TEEC_Context *context, TEEC_Session *session);
void session_steps(TEEC_Context *context, TEEC_Session *session);
void cancellation_steps(TEEC_Session *session);

#endif
