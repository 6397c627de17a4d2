/* SPDX-License-Identifier: Apache-2.0 */
/* The three commands of a lane, for a TA that serves one: between its entry point and wg_lane_serve.h. */
#ifndef WG_TA_LANE_H
#define WG_TA_LANE_H

#include <tee_internal_api.h>

#include "wg_lane_serve.h"

/* TEE_ERROR_NOT_IMPLEMENTED where command is none of a lane. The server's payload may be NULL: it is allocated then, as
 * large as a slot's, and stays until wg_ta_lane_close(). */
TEE_Result wg_ta_lane_invoke(struct wg_lane_server *server, uint32_t command, uint32_t types, TEE_Param params[4]);
void wg_ta_lane_close(struct wg_lane_server *server);

#endif
