/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_stage.h"

#include <string.h>

#include "wg_clock.h"

#define LAPS	      64
#define INTERVAL_MASK 255u /* 0 to 255 are skipped before each sample: one of 128.5 is taken */

static _Thread_local struct wg_stages own = {.random = 0x9E3779B9u};

void wg_stage_own(struct wg_stage out[WG_STAGES])
{
	memcpy(out, own.stage, sizeof(own.stage));
}

#ifndef WG_NO_LEDGER

_Thread_local struct wg_sampling wg_sampling = {.until = INTERVAL_MASK / 2};

/* xorshift: the intervals need no more than to have no period of the operations'. */
static uint32_t next_interval(void)
{
	own.random ^= own.random << 13;
	own.random ^= own.random >> 17;
	own.random ^= own.random << 5;
	return own.random & INTERVAL_MASK;
}

/* The best of some: a lap that was interrupted says nothing of the others. */
static uint64_t measure_lap(void)
{
	struct wg_stages scratch = {.last = wg_ticks()};
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < LAPS; i++) {
		uint64_t before = scratch.stage[WG_STAGE_put].ticks;

		wg_stage_add(&scratch, WG_STAGE_put, 1);
		before = scratch.stage[WG_STAGE_put].ticks - before;
		best = before < best ? before : best;
	}
	return best;
}

void wg_stage_start(void)
{
	if (own.lap_ticks == 0)
		own.lap_ticks = measure_lap();
	wg_sampling.until = next_interval();
	wg_sampling.now = &own;
	own.waited = 0;
	own.requested = 0;
	own.operations = 1;
	own.last = wg_ticks();
}

#endif

void wg_stage_add(struct wg_stages *stages, enum wg_stage_name stage, uint32_t operations)
{
	const uint64_t now = wg_ticks();
	uint64_t passed = now - stages->last;

	passed = passed > stages->lap_ticks ? passed - stages->lap_ticks : 0;
	stages->last = now;
	stages->stage[stage].ticks += passed;
	stages->stage[stage].operations += operations;
	if (stage == WG_STAGE_inside)
		stages->stage[WG_STAGE_request].operations += operations; /* whether it asked for anything or not */
	if (stage == WG_STAGE_wait)
		stages->waited += passed;
	else if (stage == WG_STAGE_request)
		stages->requested += passed;
}

void wg_stage_inside(struct wg_stages *stages, uint64_t ta_ticks)
{
	uint64_t inside = ta_ticks > stages->requested ? ta_ticks - stages->requested : 0;

	if (inside > stages->waited)
		inside = stages->waited;
	stages->stage[WG_STAGE_wait].ticks -= inside;
	stages->stage[WG_STAGE_inside].ticks += inside;
	stages->stage[WG_STAGE_inside].operations += stages->operations;
	stages->stage[WG_STAGE_request].operations += stages->operations;
	stages->waited = 0;
	stages->requested = 0;
}
