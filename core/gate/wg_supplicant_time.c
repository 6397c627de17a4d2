/* SPDX-License-Identifier: Apache-2.0 */
/* The persistent time of TAs: kept by UUID until this process ends. It runs with the real-time clock, so a clock that
 * was set back makes it worthless, and it says so. */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "wg_supplicant_state.h"

#define TIMES_MAX 256u

struct kept_time {
	TEE_UUID ta;
	int64_t ta_ms;	/* what the TA set */
	int64_t ree_ms; /* and when */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* for both */
static struct kept_time kept[TIMES_MAX];
static size_t kept_count;

static bool real_ms(int64_t *ms)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return false;
	*ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	return true;
}

static struct kept_time *find(const TEE_UUID *ta)
{
	size_t i;

	for (i = 0; i < kept_count; i++)
		if (memcmp(&kept[i].ta, ta, sizeof(*ta)) == 0)
			return &kept[i];
	return NULL;
}

static TEE_Result get(const TEE_UUID *ta, int64_t now_ms, int64_t *ms)
{
	const struct kept_time *time = find(ta);

	if (!time)
		return TEE_ERROR_TIME_NOT_SET;
	if (now_ms < time->ree_ms)
		return TEE_ERROR_TIME_NEEDS_RESET;
	*ms = time->ta_ms + (now_ms - time->ree_ms);
	return *ms / 1000 > UINT32_MAX ? TEE_ERROR_OVERFLOW : TEE_SUCCESS;
}

TEE_Result wg_supplicant_time_get(const TEE_UUID *ta, struct wg_rpc *rpc)
{
	int64_t now_ms, ms = 0;
	TEE_Result result;

	if (!real_ms(&now_ms))
		return TEE_ERROR_TIME_NEEDS_RESET;
	pthread_mutex_lock(&lock);
	result = get(ta, now_ms, &ms);
	pthread_mutex_unlock(&lock);
	rpc->word[0] = (uint32_t)(ms / 1000);
	rpc->word[1] = (uint32_t)(ms % 1000);
	return result;
}

static TEE_Result set(const TEE_UUID *ta, int64_t now_ms, int64_t ms)
{
	struct kept_time *time = find(ta);

	if (!time) {
		if (kept_count == TIMES_MAX)
			return TEE_ERROR_STORAGE_NO_SPACE;
		time = &kept[kept_count++];
		time->ta = *ta;
	}
	time->ta_ms = ms;
	time->ree_ms = now_ms;
	return TEE_SUCCESS;
}

TEE_Result wg_supplicant_time_set(const TEE_UUID *ta, const struct wg_rpc *rpc)
{
	int64_t now_ms;
	TEE_Result result;

	if (rpc->word[1] >= 1000)
		return TEE_ERROR_BAD_PARAMETERS;
	if (!real_ms(&now_ms))
		return TEE_ERROR_STORAGE_NO_SPACE;
	pthread_mutex_lock(&lock);
	result = set(ta, now_ms, (int64_t)rpc->word[0] * 1000 + rpc->word[1]);
	pthread_mutex_unlock(&lock);
	return result;
}
