/* SPDX-License-Identifier: Apache-2.0 */
/* The TAs of the tests' worlds: every kind of the probe. */
#include <stddef.h>

#include "wg_instance.h"

extern const struct wg_ta probe_each_ta, probe_many_ta, probe_kept_ta, probe_lone_ta;

const struct wg_ta *const wg_tas[] = {&probe_each_ta, &probe_many_ta, &probe_kept_ta, &probe_lone_ta, NULL};
