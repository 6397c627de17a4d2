/* SPDX-License-Identifier: Apache-2.0 */
/* UDP of the GlobalPlatform TEE Sockets API 1.0. One send is one datagram. */
#ifndef TEE_UDPSOCKET_H
#define TEE_UDPSOCKET_H

#include "tee_isocket.h"

#define TEE_ISOCKET_PROTOCOLID_UDP		    0x66
#define TEE_ISOCKET_UDP_WARNING_UNKNOWN_OUT_OF_BAND 0xF1020002

#define TEE_UDP_CHANGEADDR 0x66000001 /* buf: the new peer, a string with its NUL; the port stays */
#define TEE_UDP_CHANGEPORT 0x66000002 /* buf: the new port, a uint16_t; the address stays */

typedef struct TEE_udpSocket_Setup_s {
	TEE_ipSocket_ipVersion ipVersion;
	char *server_addr; /* a name or a numeric address */
	uint16_t server_port;
} TEE_udpSocket_Setup;

extern TEE_iSocket *const TEE_udpSocket;

#endif
