/* SPDX-License-Identifier: Apache-2.0 */
/* OP-TEE's own commands for the ioctl of a TCP socket, under its names and in the header where it has them. */
#ifndef WG_TEE_TCPSOCKET_DEFINES_EXTENSIONS_H
#define WG_TEE_TCPSOCKET_DEFINES_EXTENSIONS_H

/* buf: the size in bytes, an int. The kernel may choose another size. */
#define TEE_TCP_SET_RECVBUF 0x65f00000
#define TEE_TCP_SET_SENDBUF 0x65f00001

#endif
