/* SPDX-License-Identifier: Apache-2.0 */
/* What the header of a trace says beside counts: the process, its clock, the TEE driver. */
#ifndef WG_TRACE_ABOUT_H
#define WG_TRACE_ABOUT_H

#include "wg_trace_format.h"

/* Which clock this machine's records have. */
uint32_t wg_trace_choose_clock(void);
/* Fills a header of zeros, but for what is known only later. */
void wg_trace_describe(struct wg_trace_header *header);
/* The capabilities of the first GlobalPlatform TEE among /dev/tee*, or WG_TRACE_UNKNOWN. */
uint32_t wg_trace_capabilities(void);

#endif
