/* SPDX-License-Identifier: Apache-2.0 */
/* TCP of the GlobalPlatform TEE Sockets API 1.0. */
#ifndef TEE_TCPSOCKET_H
#define TEE_TCPSOCKET_H

#include "tee_isocket.h"

#define TEE_ISOCKET_PROTOCOLID_TCP		    0x65
#define TEE_ISOCKET_TCP_WARNING_UNKNOWN_OUT_OF_BAND 0xF1010002

typedef struct TEE_tcpSocket_Setup_s {
	TEE_ipSocket_ipVersion ipVersion;
	char *server_addr; /* a name or a numeric address */
	uint16_t server_port;
} TEE_tcpSocket_Setup;

extern TEE_iSocket *const TEE_tcpSocket;

#endif
