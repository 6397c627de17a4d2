/* SPDX-License-Identifier: Apache-2.0 */
/* TCP and UDP with an echo peer. */
#include <tee_tcpsocket.h>
#include <tee_udpsocket.h>

#include "groups.h"

#define TIMEOUT_MS	 5000
#define PAYLOAD_BYTES	 20000
#define DATAGRAM_BYTES	 1200
#define SET_RECEIVE_SIZE 0x65f00000 /* OP-TEE's extension to the TCP ioctls */
#define SET_SEND_SIZE	 0x65f00001

static TEE_Result send_all(TEE_iSocket *api, TEE_iSocketHandle socket, const uint8_t *bytes, uint32_t size)
{
	uint32_t done = 0;

	while (done < size) {
		uint32_t part = size - done;
		TEE_Result result = api->send(socket, bytes + done, &part, TIMEOUT_MS);

		if (result != TEE_SUCCESS)
			return result;
		if (part == 0 || part > size - done)
			return TEE_ERROR_COMMUNICATION;
		done += part;
	}
	return TEE_SUCCESS;
}

static TEE_Result receive_all(TEE_iSocket *api, TEE_iSocketHandle socket, uint8_t *bytes, uint32_t size)
{
	uint32_t done = 0;

	while (done < size) {
		uint32_t part = size - done;
		TEE_Result result = api->recv(socket, bytes + done, &part, TIMEOUT_MS);

		if (result != TEE_SUCCESS)
			return result;
		if (part == 0 || part > size - done)
			return TEE_ERROR_COMMUNICATION;
		done += part;
	}
	return TEE_SUCCESS;
}

static void fill(uint8_t *bytes, size_t size, uint32_t seed)
{
	size_t i;

	for (i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(seed >> 24);
	}
}

static void tcp_echo(struct report *report, TEE_iSocketHandle socket, uint8_t *out, uint8_t *in)
{
	uint32_t value = 32768;
	uint32_t size = sizeof(value);

	say_code(report, "tcp.set_receive_size", TEE_tcpSocket->ioctl(socket, SET_RECEIVE_SIZE, &value, &size));
	value = 32768;
	size = sizeof(value);
	say_code(report, "tcp.set_send_size", TEE_tcpSocket->ioctl(socket, SET_SEND_SIZE, &value, &size));
	say_number(report, "tcp.error", TEE_tcpSocket->error(socket));
	fill(out, PAYLOAD_BYTES, 1);
	say_code(report, "tcp.send", send_all(TEE_tcpSocket, socket, out, PAYLOAD_BYTES));
	say_code(report, "tcp.recv", receive_all(TEE_tcpSocket, socket, in, PAYLOAD_BYTES));
	say_bool(report, "tcp.echoed", TEE_MemCompare(out, in, PAYLOAD_BYTES) == 0);
	size = PAYLOAD_BYTES;
	say_code(report, "tcp.recv.timeout", TEE_tcpSocket->recv(socket, in, &size, 50));
	/* The peer closes after this word. */
	say_code(report, "tcp.send.bye", send_all(TEE_tcpSocket, socket, (const uint8_t *)"bye!", 4));
	size = PAYLOAD_BYTES;
	say_code(report, "tcp.recv.closed", TEE_tcpSocket->recv(socket, in, &size, TIMEOUT_MS));
	say_code(report, "tcp.close", TEE_tcpSocket->close(socket));
}

void tcp_group(struct report *report, char *address, uint16_t port, uint16_t nobody)
{
	TEE_tcpSocket_Setup setup = {TEE_IP_VERSION_4, address, port};
	TEE_iSocketHandle socket = NULL;
	uint32_t protocol_error = 0;
	uint8_t *bytes;
	TEE_Result result;

	say_code(report, "tcp.version", TEE_tcpSocket->TEE_iSocketVersion);
	say_code(report, "tcp.protocol", TEE_tcpSocket->protocolID);
	bytes = TEE_Malloc(2 * PAYLOAD_BYTES, TEE_MALLOC_FILL_ZERO);
	say_bool(report, "tcp.malloc", bytes != NULL);
	if (!bytes)
		return;
	result = TEE_tcpSocket->open(&socket, &setup, &protocol_error);
	say_code(report, "tcp.open", result);
	if (result == TEE_SUCCESS)
		tcp_echo(report, socket, bytes, bytes + PAYLOAD_BYTES);
	setup.server_port = nobody;
	result = TEE_tcpSocket->open(&socket, &setup, &protocol_error);
	say_bool(report, "tcp.open.nobody", result == TEE_SUCCESS);
	if (result == TEE_SUCCESS)
		(void)TEE_tcpSocket->close(socket);
	TEE_Free(bytes);
}

void udp_group(struct report *report, char *address, uint16_t port)
{
	TEE_udpSocket_Setup setup = {TEE_IP_VERSION_4, address, port};
	uint8_t out[DATAGRAM_BYTES];
	uint8_t in[DATAGRAM_BYTES];
	TEE_iSocketHandle socket = NULL;
	uint32_t protocol_error = 0;
	uint32_t size;
	TEE_Result result;

	say_code(report, "udp.version", TEE_udpSocket->TEE_iSocketVersion);
	say_code(report, "udp.protocol", TEE_udpSocket->protocolID);
	result = TEE_udpSocket->open(&socket, &setup, &protocol_error);
	say_code(report, "udp.open", result);
	if (result != TEE_SUCCESS)
		return;
	fill(out, sizeof(out), 2);
	size = sizeof(out);
	say_code(report, "udp.send", TEE_udpSocket->send(socket, out, &size, TIMEOUT_MS));
	say_number(report, "udp.send.size", size);
	size = sizeof(in);
	say_code(report, "udp.recv", TEE_udpSocket->recv(socket, in, &size, TIMEOUT_MS));
	say_number(report, "udp.recv.size", size);
	say_bool(report, "udp.echoed", size == sizeof(out) && TEE_MemCompare(out, in, sizeof(out)) == 0);
	say_number(report, "udp.error", TEE_udpSocket->error(socket));
	size = sizeof(in);
	say_code(report, "udp.recv.timeout", TEE_udpSocket->recv(socket, in, &size, 50));
	say_code(report, "udp.close", TEE_udpSocket->close(socket));
}
