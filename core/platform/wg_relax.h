/* SPDX-License-Identifier: Apache-2.0 */
/* What a side of a ring does between two looks at it while it is empty. The same in every world; what differs is
 * whether there is a scheduler to yield to. */
#ifndef WG_RELAX_H
#define WG_RELAX_H

#include <stdint.h>

/* empty: how many looks in a row were in vain. */
void wg_relax(uint32_t empty);

#endif
