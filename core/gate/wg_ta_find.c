/* SPDX-License-Identifier: Apache-2.0 */
/* Apart from wg_instance.c: only an executable with TAs linked in has the table. */
#include <string.h>

#include "wg_instance.h"

const struct wg_ta *wg_ta_find(const TEE_UUID *uuid)
{
	size_t i;

	for (i = 0; wg_tas[i]; i++)
		if (memcmp(&wg_tas[i]->uuid, uuid, sizeof(*uuid)) == 0)
			return wg_tas[i];
	return NULL;
}
