/* SPDX-License-Identifier: Apache-2.0 */
/* The one error convention of the core: every fallible function returns a wg_result that must be checked. */
#ifndef WG_RESULT_H
#define WG_RESULT_H

typedef enum wg_result {
	WG_OK = 0,
	WG_ERR_INPUT,	    /* the other side of a boundary sent something malformed */
	WG_ERR_SIZE,	    /* a buffer of the caller is too small, or a size is over a limit */
	WG_ERR_MEMORY,	    /* no memory left */
	WG_ERR_STATE,	    /* the call does not fit the object's state */
	WG_ERR_AUTH,	    /* a tag, a version or a binding did not verify */
	WG_ERR_UNAVAILABLE, /* this machine or this build lacks it */
	WG_ERR_SYSTEM	    /* a system call failed; errno says why */
} wg_result;

#define WG_MUST_CHECK __attribute__((warn_unused_result))

#endif
