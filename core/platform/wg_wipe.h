/* SPDX-License-Identifier: Apache-2.0 */
/* Clears the vector registers, where copies and ciphers leave pieces of what they worked on. For the way out of a
 * world: whoever stops the process while it waits would read them. */
#ifndef WG_WIPE_H
#define WG_WIPE_H

void wg_wipe_registers(void);

#endif
