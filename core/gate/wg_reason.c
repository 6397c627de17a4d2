/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_reason.h"

#include <stdarg.h>
#include <stdio.h>

#include "wg_gate.h"

static _Thread_local char reason[WG_REASON_BYTES];

TEEC_Result wg_fail(TEEC_Result code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	return code;
}

void wg_reason_clear(void)
{
	reason[0] = '\0';
}

const char *wg_gate_reason(void)
{
	return reason;
}
