/* SPDX-License-Identifier: Apache-2.0 */
/* What a TA sees of the outside while it is fuzzed: its calls of these names are renamed to the ones here (objcopy
 * --redefine-sym). Nothing waits, nothing reaches a network, and the same case gives the same answers. */
#include "tee_internal_api.h"
#include "tee_tcpsocket.h"
#include "tee_udpsocket.h"
#include "wg_ta_fuzz.h"

TEE_Result wg_fuzz_TEE_Wait(uint32_t timeout);
void wg_fuzz_TEE_GenerateRandom(void *buffer, size_t bytes);
extern TEE_iSocket *const wg_fuzz_TEE_tcpSocket;
extern TEE_iSocket *const wg_fuzz_TEE_udpSocket;

static char here; /* what every socket's handle points to */

TEE_Result wg_fuzz_TEE_Wait(uint32_t timeout)
{
	(void)timeout;
	return wg_fuzz_take() == 0xff ? TEE_ERROR_CANCEL : TEE_SUCCESS;
}

void wg_fuzz_TEE_GenerateRandom(void *buffer, size_t bytes)
{
	uint8_t *byte = buffer;
	uint8_t first = wg_fuzz_take();
	size_t i;

	if (bytes > 4096)
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	for (i = 0; i < bytes; i++)
		byte[i] = (uint8_t)(first + 31 * i);
}

static TEE_Result open_socket(TEE_iSocketHandle *handle, void *setup, uint32_t *protocol_error)
{
	(void)setup;
	*protocol_error = 0;
	*handle = &here;
	return wg_fuzz_take() == 0xff ? TEE_ISOCKET_ERROR_HOSTNAME : TEE_SUCCESS;
}

static TEE_Result close_socket(TEE_iSocketHandle handle)
{
	(void)handle;
	return TEE_SUCCESS;
}

/* Takes part of it now and then. */
static TEE_Result send_socket(TEE_iSocketHandle handle, const void *buffer, uint32_t *length, uint32_t timeout)
{
	uint8_t how = wg_fuzz_take();
	const uint8_t *byte = buffer;
	uint32_t i;
	volatile uint8_t sum = 0;

	(void)handle;
	(void)timeout;
	for (i = 0; i < *length; i++)
		sum = (uint8_t)(sum + byte[i]);
	if (how == 0xff)
		return TEE_ISOCKET_ERROR_REMOTE_CLOSED;
	if (how >= 0xc0 && *length > 1)
		*length /= 2;
	return TEE_SUCCESS;
}

/* A hostile peer: whatever the case says, then it closes. */
static TEE_Result receive_socket(TEE_iSocketHandle handle, void *buffer, uint32_t *length, uint32_t timeout)
{
	uint8_t *byte = buffer;
	uint32_t size = wg_fuzz_take_size();
	uint32_t i;

	(void)handle;
	(void)timeout;
	if (wg_fuzz_used_up())
		return TEE_ISOCKET_ERROR_REMOTE_CLOSED;
	if (size < *length)
		*length = size;
	for (i = 0; i < *length; i++)
		byte[i] = wg_fuzz_take();
	return TEE_SUCCESS;
}

static uint32_t error_socket(TEE_iSocketHandle handle)
{
	(void)handle;
	return 0;
}

static TEE_Result control_socket(TEE_iSocketHandle handle, uint32_t command, void *buffer, uint32_t *length)
{
	(void)handle;
	(void)command;
	(void)buffer;
	(void)length;
	return wg_fuzz_take() == 0xff ? TEE_ERROR_NOT_SUPPORTED : TEE_SUCCESS;
}

static TEE_iSocket tcp = {TEE_ISOCKET_VERSION, TEE_ISOCKET_PROTOCOLID_TCP,
			  open_socket,	       close_socket,
			  send_socket,	       receive_socket,
			  error_socket,	       control_socket};
static TEE_iSocket udp = {TEE_ISOCKET_VERSION, TEE_ISOCKET_PROTOCOLID_UDP,
			  open_socket,	       close_socket,
			  send_socket,	       receive_socket,
			  error_socket,	       control_socket};
TEE_iSocket *const wg_fuzz_TEE_tcpSocket = &tcp;
TEE_iSocket *const wg_fuzz_TEE_udpSocket = &udp;
