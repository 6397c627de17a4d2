/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of "name: answer" for the client. */
#ifndef FOREIGN_REPORT_H
#define FOREIGN_REPORT_H

#include <tee_internal_api.h>

struct report {
	char *text; /* owned, from TEE_Malloc */
	size_t capacity;
	size_t used;
	bool full; /* a line did not fit; the report is then refused */
};

TEE_Result report_start(struct report *report);
/* Gives the text to the client and frees it. Also after a failed start. */
TEE_Result report_send(struct report *report, TEE_Param *to);

void say_code(struct report *report, const char *name, TEE_Result code);
void say_number(struct report *report, const char *name, uint32_t number);
void say_bool(struct report *report, const char *name, bool answer);
/* As hexadecimal digits. */
void say_bytes(struct report *report, const char *name, const void *bytes, size_t size);

#endif
