/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_channel.h"

#include <string.h>

#include "wg_bell.h"
#include "wg_clock.h"
#include "wg_relax.h"

#define SPIN_NS		1e9 /* an emulated world burns its processor for a second after the last crossing */
#define LOOKS_PER_CHECK 64u

void wg_channel_init(struct wg_channel *channel, struct wg_control *control, bool world_side, int bell_in, int bell_out,
		     bool spin)
{
	memset(channel, 0, sizeof(*channel));
	channel->marked_cpu = WG_RELAX_CPU_UNKNOWN;
	channel->control = control;
	channel->in = world_side ? &control->to_world : &control->to_normal;
	channel->out = world_side ? &control->to_normal : &control->to_world;
	channel->bell_in = bell_in;
	channel->bell_out = bell_out;
	channel->spin = spin;
	channel->spin_ticks = spin ? wg_ns_to_ticks(SPIN_NS) : 0;
}

wg_result wg_channel_send(struct wg_channel *channel, const struct wg_message *message, const struct wg_rpc *rpc,
			  uint64_t ticks)
{
	struct wg_leg *leg = channel->out;

	leg->message = *message;
	if (rpc)
		leg->rpc = *rpc;
	leg->ticks = ticks;
	channel->sent++;
	if (!channel->spin) {
		/* Release pairs with the receiver's acquire in arrived(). */
		atomic_store_explicit(&leg->sequence, channel->sent, memory_order_release);
	} else {
		/* Sequentially consistent, as are the receiver's store of asleep and its last look at sequence in
		 * sleep_once(): either it sees the message, or this side sees that it is about to sleep. */
		atomic_store(&leg->sequence, channel->sent);
		if (!atomic_load(&leg->asleep))
			return WG_OK;
	}
	WG_COUNT(system_calls, 1);
	WG_COUNT(wakeups, 1);
	return wg_bell_ring(channel->bell_out);
}

/* The peer's sequence number once it has moved. Read once, so that a hostile peer cannot show two values. */
static bool arrived(struct wg_channel *channel)
{
	/* Acquire pairs with the release in wg_channel_send(). */
	unsigned sequence = atomic_load_explicit(&channel->in->sequence, memory_order_acquire);

	if (sequence == channel->seen)
		return false;
	channel->seen = sequence;
	return true;
}

static bool peer_dead(const struct wg_channel *channel)
{
	/* Acquire pairs with the keeper's release once it has reaped the process. */
	return channel->peer_dead && atomic_load_explicit(channel->peer_dead, memory_order_acquire);
}

static wg_result sleep_once(struct wg_channel *channel)
{
	wg_result result = WG_OK;
	bool needed = true;

	if (channel->spin) {
		/* Both sequentially consistent; they pair with wg_channel_send(). */
		atomic_store(&channel->in->asleep, 1);
		needed = atomic_load(&channel->in->sequence) == channel->seen;
	}
	if (needed) {
		WG_COUNT(system_calls, 1);
		result = wg_bell_wait(channel->bell_in);
	}
	if (channel->spin)
		atomic_store(&channel->in->asleep, 0);
	return result;
}

/* Ends once a message is there (true), the peer is dead, or the time to spin is over. */
static bool spin_for_message(struct wg_channel *channel)
{
	uint64_t until = wg_ticks() + channel->spin_ticks;
	uint32_t looks = 0;
	unsigned polls = 0;
	bool there;

	wg_relax_mark(&channel->out->cpu, &channel->marked_cpu);
	for (;;) {
		there = arrived(channel);
		if (there)
			break;
		if (++polls % LOOKS_PER_CHECK == 0 && (peer_dead(channel) || wg_ticks() > until))
			break;
		/* Relaxed: a hint, no data hangs on it. */
		looks = wg_relax(looks, atomic_load_explicit(&channel->in->cpu, memory_order_relaxed));
	}
	WG_COUNT(polls, polls);
	return there;
}

wg_result wg_channel_wait(struct wg_channel *channel)
{
	if (channel->spin && spin_for_message(channel))
		return WG_OK;
	do {
		if (peer_dead(channel))
			return arrived(channel) ? WG_OK : WG_ERR_STATE;
		if (sleep_once(channel) != WG_OK)
			return WG_ERR_SYSTEM;
	} while (!arrived(channel));
	return WG_OK;
}
