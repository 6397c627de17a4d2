/* SPDX-License-Identifier: Apache-2.0 */
#include "tee_internal_api.h"
#include "wg_internal.h"

bool wg_cancel_pending(const struct wg_instance *instance)
{
	/* Relaxed, as the gate's store: a hint, no data hangs on it. */
	return !instance->cancel_masked && instance->cancel_requested &&
	       atomic_load_explicit(instance->cancel_requested, memory_order_relaxed) != 0;
}

bool TEE_GetCancellationFlag(void)
{
	return wg_cancel_pending(wg_instance_must());
}

static bool set_mask(bool masked)
{
	struct wg_instance *instance = wg_instance_must();
	bool before = instance->cancel_masked;

	instance->cancel_masked = masked;
	return before;
}

bool TEE_UnmaskCancellation(void)
{
	return set_mask(false);
}

bool TEE_MaskCancellation(void)
{
	return set_mask(true);
}
