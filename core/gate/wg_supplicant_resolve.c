/* SPDX-License-Identifier: Apache-2.0 */
/* From a host name of the world to addresses. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tee_isocket.h"
#include "wg_ledger.h"
#include "wg_supplicant_state.h"

#define HOST_BYTES_MAX 253u

/* Letters of names and of numeric addresses, with the scope of a link-local one. */
static bool host_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr(".-_:%", c));
}

static bool take_host(const uint8_t *host, size_t host_bytes, char name[HOST_BYTES_MAX + 1])
{
	size_t i;

	if (host_bytes == 0 || host_bytes > HOST_BYTES_MAX)
		return false;
	memcpy(name, host, host_bytes);
	name[host_bytes] = '\0';
	for (i = 0; i < host_bytes; i++)
		if (!host_letter(name[i]))
			return false;
	return true;
}

TEE_Result wg_supplicant_resolve(const uint8_t *host, size_t host_bytes, int family, int type, uint16_t port,
				 struct addrinfo **list)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_family = family, .ai_socktype = type};
	char name[HOST_BYTES_MAX + 1];
	char service[6];
	int error;

	if (!take_host(host, host_bytes, name))
		return TEE_ISOCKET_ERROR_HOSTNAME;
	(void)snprintf(service, sizeof(service), "%u", (unsigned)port);
	error = getaddrinfo(name, service, &hints, list);
	if (error == EAI_NONAME) {
		hints.ai_flags = AI_NUMERICSERV;
		error = getaddrinfo(name, service, &hints, list);
	}
	if (error == EAI_MEMORY)
		return TEE_ERROR_OUT_OF_MEMORY;
	return error == 0 ? TEE_SUCCESS : TEE_ISOCKET_ERROR_HOSTNAME;
}

TEE_Result wg_supplicant_error(int error)
{
	switch (error) {
	case EPIPE:
	case ECONNRESET:
		return TEE_ISOCKET_ERROR_REMOTE_CLOSED;
	case ETIMEDOUT:
		return TEE_ISOCKET_ERROR_TIMEOUT;
	case EMSGSIZE:
		return TEE_ISOCKET_ERROR_LARGE_BUFFER;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return TEE_ISOCKET_ERROR_OUT_OF_RESOURCES;
	default:
		return TEE_ERROR_COMMUNICATION;
	}
}
