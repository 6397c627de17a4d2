/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"

#define BUFFER_BYTES 4096

static void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static int bound(int type, uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, type, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		give_up("foreign client: loopback socket");
	*port = ntohs(address.sin_port);
	return fd;
}

/* Echoes until the connection's last bytes are "bye!", which are not echoed: then it closes. */
static void echo_connection(int fd)
{
	char buffer[BUFFER_BYTES];
	ssize_t got;

	while ((got = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
		if (got == 4 && memcmp(buffer, "bye!", 4) == 0)
			break;
		if (send(fd, buffer, (size_t)got, MSG_NOSIGNAL) != got)
			break;
	}
	close(fd);
}

static void *tcp_peer(void *argument)
{
	struct peers *peers = argument;
	int fd;

	while ((fd = accept(peers->tcp, NULL, NULL)) >= 0)
		echo_connection(fd);
	return NULL;
}

static void *udp_peer(void *argument)
{
	struct peers *peers = argument;
	char buffer[BUFFER_BYTES];

	for (;;) {
		struct sockaddr_in from;
		socklen_t size = sizeof(from);
		ssize_t got = recvfrom(peers->udp, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &size);

		if (got < 0 || sendto(peers->udp, buffer, (size_t)got, 0, (struct sockaddr *)&from, size) != got)
			return NULL;
	}
}

void start_peers(struct peers *peers)
{
	pthread_t thread;

	peers->tcp = bound(SOCK_STREAM, &peers->tcp_port);
	peers->udp = bound(SOCK_DGRAM, &peers->udp_port);
	peers->nobody = bound(SOCK_STREAM, &peers->nobody_port);
	if (listen(peers->tcp, 4) != 0)
		give_up("foreign client: listen");
	if (pthread_create(&thread, NULL, tcp_peer, peers) != 0 || pthread_detach(thread) != 0 ||
	    pthread_create(&thread, NULL, udp_peer, peers) != 0 || pthread_detach(thread) != 0)
		give_up("foreign client: thread");
}
