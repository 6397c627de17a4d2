/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the Internal Core API share. */
#ifndef WG_INTERNAL_H
#define WG_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "wg_instance.h"

/* The instance whose code this thread runs. Outside a TA there is none, and the process ends. */
struct wg_instance *wg_instance_must(void);

/* Free what a TA left open; called once, at its end. */
void wg_objects_free(struct wg_instance *instance);
void wg_operations_free(struct wg_instance *instance);

/* The client asked to cancel, and the TA listens. */
bool wg_cancel_pending(const struct wg_instance *instance);

/* Text of the TA for the log of the normal world; no NUL needed. What cannot be delivered is lost. */
void wg_ta_log(const char *text, size_t bytes);

/* The TA's heap, for TEE_Malloc and malloc alike. Panics where block is not a live block. */
enum wg_fill { WG_FILL_ZERO, WG_FILL_NONE };
void *wg_ta_alloc(size_t align, size_t bytes, enum wg_fill fill);
/* Bytes beyond those of the old block are zero. NULL: nothing changed. */
void *wg_ta_resize(void *block, size_t bytes);
void wg_ta_release(void *block);

#endif
