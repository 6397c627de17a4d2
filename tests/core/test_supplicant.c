/* SPDX-License-Identifier: Apache-2.0 */
/* The supplicant's sockets against real peers on loopback. */
#include <arpa/inet.h>
#include <dirent.h>
#include <pthread.h>
#include <sys/socket.h>

#include "__tee_tcpsocket_defines_extensions.h"
#include "tee_api_defines.h"
#include "tee_udpsocket.h"
#include "wg_ledger.h"
#include "wg_rpc.h"
#include "wg_test.h"

#define TCP 6u
#define UDP 17u

static const TEE_UUID uuid = {1, 2, 3, {4}};
static uint8_t buffer[WG_RPC_BUFFER_BYTES];
static struct wg_supplicant *supplicant;

static void start(void)
{
	supplicant = wg_supplicant_new(&uuid);
	CHECK(supplicant != NULL);
}

static void stop(void)
{
	wg_supplicant_free(supplicant);
	supplicant = NULL;
}

static TEE_Result serve(struct wg_rpc *rpc)
{
	wg_supplicant_serve(supplicant, rpc, buffer, sizeof(buffer));
	return rpc->result;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A socket of the test on a free port of 127.0.0.1. */
static int peer(int type, uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t bytes = sizeof(address);
	int descriptor = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	CHECK(descriptor >= 0);
	CHECK_EQ(bind(descriptor, (struct sockaddr *)&address, bytes), 0);
	if (type == SOCK_STREAM)
		CHECK_EQ(listen(descriptor, 100), 0);
	CHECK_EQ(getsockname(descriptor, (struct sockaddr *)&address, &bytes), 0);
	*port = ntohs(address.sin_port);
	return descriptor;
}

static TEE_Result open_socket(uint32_t protocol, const char *host, uint32_t port, uint32_t *handle)
{
	struct wg_rpc rpc = {.operation = WG_RPC_SOCKET_OPEN, .word = {protocol, TEE_IP_VERSION_DC, port}};

	rpc.data_bytes = (uint32_t)strlen(host);
	memcpy(buffer, host, rpc.data_bytes);
	(void)serve(&rpc);
	*handle = rpc.word[3];
	return rpc.result;
}

static TEE_Result close_socket(uint32_t handle)
{
	struct wg_rpc rpc = {.operation = WG_RPC_SOCKET_CLOSE, .word = {handle}};

	return serve(&rpc);
}

static TEE_Result send_bytes(uint32_t handle, uint32_t timeout, uint32_t bytes, uint32_t *sent)
{
	struct wg_rpc rpc = {.operation = WG_RPC_SOCKET_SEND, .word = {handle, timeout}, .data_bytes = bytes};

	(void)serve(&rpc);
	*sent = rpc.word[2];
	return rpc.result;
}

static TEE_Result receive(uint32_t handle, uint32_t timeout, uint32_t wanted, struct wg_rpc *rpc)
{
	memset(rpc, 0, sizeof(*rpc));
	rpc->operation = WG_RPC_SOCKET_RECV;
	rpc->word[0] = handle;
	rpc->word[1] = timeout;
	rpc->word[2] = wanted;
	rpc->cancellable = 1;
	return serve(rpc);
}

/* An open TCP socket and the other end of its connection. */
static uint32_t open_pair(int *other)
{
	uint16_t port;
	uint32_t handle;
	int listener = peer(SOCK_STREAM, &port);

	CHECK_EQ(open_socket(TCP, "127.0.0.1", port, &handle), TEE_SUCCESS);
	*other = accept(listener, NULL, NULL);
	CHECK(*other >= 0);
	CHECK_EQ(close(listener), 0);
	return handle;
}

static unsigned count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	CHECK(folder != NULL);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static void tcp_bytes_go_there_and_back(void)
{
	char text[8] = "";
	struct wg_rpc rpc;
	uint32_t handle, sent;
	int other;

	start();
	handle = open_pair(&other);
	memcpy(buffer, "hello", 5);
	CHECK_EQ(send_bytes(handle, 1000, 5, &sent), TEE_SUCCESS);
	CHECK_EQ(sent, 5);
	CHECK_EQ(read(other, text, sizeof(text)), 5);
	CHECK_EQ(write(other, text, 5), 5);
	memset(buffer, 0, 8);
	CHECK_EQ(receive(handle, 1000, 3, &rpc), TEE_SUCCESS);
	CHECK_EQ(rpc.data_bytes, 3);
	CHECK_EQ(receive(handle, 1000, 0, &rpc), TEE_SUCCESS);
	CHECK_EQ(rpc.word[2], 2);
	CHECK_EQ(rpc.data_bytes, 0);
	CHECK_EQ(receive(handle, 0, 100, &rpc), TEE_SUCCESS);
	CHECK_EQ(rpc.data_bytes, 2);
	CHECK_MEM_EQ(buffer, "lo", 2);
	CHECK_EQ(close(other), 0);
	stop();
}

static void udp_datagrams_keep_their_bounds(void)
{
	struct sockaddr_in from;
	socklen_t from_bytes = sizeof(from);
	char text[100];
	struct wg_rpc rpc;
	uint32_t handle, sent;
	uint16_t port;
	int other;

	start();
	other = peer(SOCK_DGRAM, &port);
	CHECK_EQ(open_socket(UDP, "127.0.0.1", port, &handle), TEE_SUCCESS);
	CHECK_EQ(send_bytes(handle, 0, 20, &sent), TEE_SUCCESS);
	CHECK_EQ(send_bytes(handle, 0, 0, &sent), TEE_SUCCESS);
	CHECK_EQ(send_bytes(handle, 0, 70000, &sent), TEE_ISOCKET_ERROR_LARGE_BUFFER);
	CHECK_EQ(recvfrom(other, text, sizeof(text), 0, (struct sockaddr *)&from, &from_bytes), 20);
	CHECK_EQ(recv(other, text, sizeof(text), 0), 0);
	CHECK_EQ(sendto(other, text, 50, 0, (struct sockaddr *)&from, from_bytes), 50);
	CHECK_EQ(sendto(other, text, 7, 0, (struct sockaddr *)&from, from_bytes), 7);
	CHECK_EQ(receive(handle, 1000, 0, &rpc), TEE_SUCCESS);
	CHECK_EQ(rpc.word[2], 50);
	CHECK_EQ(receive(handle, 1000, 10, &rpc), TEE_SUCCESS);
	CHECK_EQ(rpc.data_bytes, 10);
	CHECK_EQ(rpc.word[2], 50);
	CHECK_EQ(receive(handle, 1000, 10, &rpc), TEE_SUCCESS);
	CHECK_EQ(rpc.data_bytes, 7);
	CHECK_EQ(close(other), 0);
	stop();
}

static TEE_Result command(uint32_t handle, uint32_t code, uint32_t value, const char *host, uint32_t *back)
{
	struct wg_rpc rpc = {.operation = WG_RPC_SOCKET_IOCTL, .word = {handle, code, value}};

	rpc.data_bytes = (uint32_t)strlen(host);
	memcpy(buffer, host, rpc.data_bytes);
	(void)serve(&rpc);
	*back = rpc.word[2];
	return rpc.result;
}

static void a_udp_socket_can_change_its_peer(void)
{
	uint32_t handle, sent, back;
	uint16_t port, next_port;
	char text[8];
	int other, next;

	start();
	other = peer(SOCK_DGRAM, &port);
	next = peer(SOCK_DGRAM, &next_port);
	CHECK_EQ(open_socket(UDP, "127.0.0.1", port, &handle), TEE_SUCCESS);
	CHECK_EQ(command(handle, TEE_UDP_CHANGEPORT, next_port, "", &back), TEE_SUCCESS);
	CHECK_EQ(command(handle, TEE_UDP_CHANGEADDR, 0, "127.0.0.1", &back), TEE_SUCCESS);
	CHECK_EQ(send_bytes(handle, 0, 3, &sent), TEE_SUCCESS);
	CHECK_EQ(recv(next, text, sizeof(text), MSG_DONTWAIT), 3);
	CHECK_EQ(command(handle, TEE_UDP_CHANGEPORT, 65536, "", &back), TEE_ERROR_BAD_PARAMETERS);
	CHECK_EQ(command(handle, TEE_UDP_CHANGEADDR, 0, "!", &back), TEE_ISOCKET_ERROR_HOSTNAME);
	CHECK_EQ(command(handle, TEE_UDP_CHANGEADDR, 0, "", &back), TEE_ISOCKET_ERROR_HOSTNAME);
	CHECK_EQ(command(handle, TEE_TCP_SET_SENDBUF, 65536, "", &back), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(close(other), 0);
	CHECK_EQ(close(next), 0);
	stop();
}

static void buffer_sizes_are_set_and_told(void)
{
	uint32_t handle, back;
	int other;

	start();
	handle = open_pair(&other);
	CHECK_EQ(command(handle, TEE_TCP_SET_SENDBUF, 32768, "", &back), TEE_SUCCESS);
	CHECK(back >= 32768);
	CHECK_EQ(command(handle, TEE_TCP_SET_RECVBUF, 32768, "", &back), TEE_SUCCESS);
	CHECK(back >= 32768);
	CHECK_EQ(command(handle, TEE_TCP_SET_RECVBUF, 0x80000000, "", &back), TEE_ERROR_BAD_PARAMETERS);
	CHECK_EQ(command(handle, TEE_UDP_CHANGEPORT, 1, "", &back), TEE_ERROR_NOT_SUPPORTED);
	CHECK_EQ(close(other), 0);
	stop();
}

static void a_closed_port_and_an_unknown_host_say_so(void)
{
	/* A label of more than 63 letters is no name: nobody is asked. */
	static const char long_label[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid";
	uint16_t port;
	uint32_t handle;
	int gone;

	start();
	gone = peer(SOCK_STREAM, &port);
	CHECK_EQ(close(gone), 0);
	CHECK_EQ(open_socket(TCP, "127.0.0.1", port, &handle), TEE_ERROR_COMMUNICATION);
	CHECK_EQ(open_socket(TCP, long_label, port, &handle), TEE_ISOCKET_ERROR_HOSTNAME);
	CHECK_EQ(open_socket(TCP, "", port, &handle), TEE_ISOCKET_ERROR_HOSTNAME);
	CHECK_EQ(open_socket(TCP, "two words", port, &handle), TEE_ISOCKET_ERROR_HOSTNAME);
	CHECK_EQ(open_socket(TCP, "127.0.0.1", 65536, &handle), TEE_ERROR_BAD_PARAMETERS);
	CHECK_EQ(open_socket(99, "127.0.0.1", port, &handle), TEE_ERROR_BAD_PARAMETERS);
	stop();
}

static void a_name_is_resolved(void)
{
	uint16_t port;
	uint32_t handle;
	int listener;

	start();
	listener = peer(SOCK_STREAM, &port);
	CHECK_EQ(open_socket(TCP, "localhost", port, &handle), TEE_SUCCESS);
	CHECK_EQ(close(listener), 0);
	stop();
}

static void the_ip_version_is_kept_to(void)
{
	struct wg_rpc rpc = {.operation = WG_RPC_SOCKET_OPEN, .word = {UDP, TEE_IP_VERSION_6, 9}, .data_bytes = 9};

	start();
	memcpy(buffer, "127.0.0.1", 9);
	CHECK_EQ(serve(&rpc), TEE_ISOCKET_ERROR_HOSTNAME);
	rpc.word[1] = 3;
	rpc.data_bytes = 9;
	CHECK_EQ(serve(&rpc), TEE_ERROR_BAD_PARAMETERS);
	stop();
}

static void check_timeout(uint32_t handle, uint32_t timeout)
{
	struct wg_rpc rpc;
	uint64_t begin = now_ms();

	CHECK_EQ(receive(handle, timeout, 10, &rpc), TEE_ISOCKET_ERROR_TIMEOUT);
	CHECK(now_ms() - begin + 1 >= timeout);
	CHECK(now_ms() - begin < timeout + 500); /* a busy machine is late, never early */
}

static void a_timeout_is_kept_to(void)
{
	uint32_t handle;
	int other;

	start();
	handle = open_pair(&other);
	check_timeout(handle, 0);
	check_timeout(handle, 1);
	check_timeout(handle, 120);
	CHECK_EQ(close(other), 0);
	stop();
}

static void a_full_connection_takes_a_part_and_then_nothing(void)
{
	uint64_t total = 0;
	uint32_t handle, sent, back;
	bool partial = false;
	TEE_Result result;
	int other;

	start();
	handle = open_pair(&other);
	CHECK_EQ(command(handle, TEE_TCP_SET_SENDBUF, 16384, "", &back), TEE_SUCCESS);
	do {
		result = send_bytes(handle, 20, sizeof(buffer), &sent);
		total += sent;
		partial = partial || (sent > 0 && sent < sizeof(buffer));
	} while (result == TEE_SUCCESS && total < UINT64_C(100000000));
	CHECK_EQ(result, TEE_ISOCKET_ERROR_TIMEOUT);
	CHECK_EQ(sent, 0);
	CHECK(partial);
	CHECK_EQ(close(other), 0);
	stop();
}

static void a_closed_or_reset_connection_is_told(void)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	struct wg_rpc rpc;
	uint32_t handle, sent;
	int other;

	start();
	handle = open_pair(&other);
	CHECK_EQ(write(other, "x", 1), 1);
	CHECK_EQ(close(other), 0);
	CHECK_EQ(receive(handle, 1000, 10, &rpc), TEE_SUCCESS);
	CHECK_EQ(receive(handle, 1000, 10, &rpc), TEE_ISOCKET_ERROR_REMOTE_CLOSED);
	CHECK_EQ(rpc.data_bytes, 0);
	handle = open_pair(&other);
	CHECK_EQ(setsockopt(other, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
	CHECK_EQ(close(other), 0);
	CHECK_EQ(receive(handle, 1000, 10, &rpc), TEE_ISOCKET_ERROR_REMOTE_CLOSED);
	CHECK_EQ(send_bytes(handle, 1000, 10, &sent), TEE_ISOCKET_ERROR_REMOTE_CLOSED);
	stop();
}

static void *cancel_soon(void *context)
{
	(void)context;
	usleep(100000);
	wg_supplicant_cancel(supplicant);
	return NULL;
}

static void a_cancellation_ends_a_wait_at_once_and_the_next_ones(void)
{
	struct wg_rpc wait = {.operation = WG_RPC_WAIT, .word = {TEE_TIMEOUT_INFINITE}, .cancellable = 1};
	struct wg_rpc rpc;
	uint64_t begin;
	uint32_t handle;
	pthread_t thread;
	int other;

	start();
	handle = open_pair(&other);
	begin = now_ms();
	CHECK_EQ(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
	CHECK_EQ(receive(handle, TEE_TIMEOUT_INFINITE, 10, &rpc), TEE_ERROR_CANCEL);
	CHECK(now_ms() - begin < 2000);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(receive(handle, TEE_TIMEOUT_INFINITE, 10, &rpc), TEE_ERROR_CANCEL);
	CHECK_EQ(serve(&wait), TEE_ERROR_CANCEL);
	wait.word[0] = 1;
	wait.cancellable = 0;
	CHECK_EQ(serve(&wait), TEE_SUCCESS);
	wg_supplicant_cancel_reset(supplicant);
	CHECK_EQ(receive(handle, 5, 10, &rpc), TEE_ISOCKET_ERROR_TIMEOUT);
	CHECK_EQ(close(other), 0);
	stop();
}

/* With its queue full, a listener lets a connection wait. */
static void a_connection_that_is_not_answered_can_be_cancelled(void)
{
	struct wg_rpc rpc = {.operation = WG_RPC_SOCKET_OPEN, .word = {TCP}, .data_bytes = 9, .cancellable = 1};
	uint32_t ignored;
	uint16_t port;
	pthread_t thread;
	uint64_t begin;
	int listener;
	unsigned i;

	start();
	listener = peer(SOCK_STREAM, &port);
	CHECK_EQ(listen(listener, 0), 0);
	CHECK_EQ(open_socket(TCP, "127.0.0.1", port, &ignored), TEE_SUCCESS);
	rpc.word[2] = port;
	memcpy(buffer, "127.0.0.1", 9);
	CHECK_EQ(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
	begin = now_ms();
	for (i = 0; i < 10 && rpc.result == TEE_SUCCESS; i++) {
		rpc.data_bytes = 9;
		(void)serve(&rpc);
	}
	CHECK_EQ(rpc.result, TEE_ERROR_CANCEL);
	CHECK(now_ms() - begin < 2000);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(close(listener), 0);
	stop();
}

static void the_end_of_the_world_ends_every_wait(void)
{
	struct wg_rpc wait = {.operation = WG_RPC_WAIT, .word = {TEE_TIMEOUT_INFINITE}};
	struct wg_rpc rpc;
	uint32_t handle;
	int other, ends[2];

	start();
	CHECK_EQ(pipe(ends), 0);
	wg_supplicant_watch(supplicant, ends[0]);
	handle = open_pair(&other);
	CHECK_EQ(receive(handle, 5, 10, &rpc), TEE_ISOCKET_ERROR_TIMEOUT);
	CHECK_EQ(close(ends[1]), 0);
	CHECK_EQ(receive(handle, TEE_TIMEOUT_INFINITE, 10, &rpc), TEE_ERROR_TARGET_DEAD);
	CHECK_EQ(serve(&wait), TEE_ERROR_TARGET_DEAD);
	CHECK_EQ(close(ends[0]), 0);
	CHECK_EQ(close(other), 0);
	stop();
}

static void sockets_are_bounded_and_old_handles_are_dead(void)
{
	uint32_t handles[WG_RPC_SOCKETS_MAX], extra, sent;
	struct wg_rpc rpc;
	unsigned i;

	start();
	for (i = 0; i < WG_RPC_SOCKETS_MAX; i++)
		CHECK_EQ(open_socket(UDP, "127.0.0.1", 9, &handles[i]), TEE_SUCCESS);
	CHECK_EQ(open_socket(UDP, "127.0.0.1", 9, &extra), TEE_ISOCKET_ERROR_OUT_OF_RESOURCES);
	CHECK_EQ(close_socket(handles[7]), TEE_SUCCESS);
	CHECK_EQ(close_socket(handles[7]), TEE_ERROR_BAD_PARAMETERS);
	CHECK_EQ(open_socket(UDP, "127.0.0.1", 9, &extra), TEE_SUCCESS);
	CHECK(extra != handles[7]);
	CHECK_EQ(send_bytes(handles[7], 0, 1, &sent), TEE_ERROR_BAD_PARAMETERS);
	CHECK_EQ(receive(handles[7], 0, 1, &rpc), TEE_ERROR_BAD_PARAMETERS);
	CHECK_EQ(receive(UINT32_MAX, 0, 1, &rpc), TEE_ERROR_BAD_PARAMETERS);
	CHECK_EQ(receive(extra, 0, sizeof(buffer) + 1, &rpc), TEE_ERROR_BAD_PARAMETERS);
	stop();
}

static void no_descriptor_is_left_behind(void)
{
	unsigned before = count_descriptors();
	uint32_t handle;
	uint16_t port;
	unsigned i;
	int other;

	other = peer(SOCK_STREAM, &port);
	CHECK_EQ(close(other), 0);
	for (i = 0; i < 50; i++) {
		start();
		CHECK_EQ(open_socket(TCP, "127.0.0.1", port, &handle), TEE_ERROR_COMMUNICATION);
		handle = open_pair(&other);
		CHECK_EQ(close(other), 0);
		if (i % 2)
			CHECK_EQ(close_socket(handle), TEE_SUCCESS);
		stop();
	}
	CHECK_EQ(count_descriptors(), before);
}

static void what_the_supplicant_does_is_not_the_tas(void)
{
	struct wg_ledger ta;
	uint32_t handle;
	uint64_t before = wg_ledger_here()->system_calls;
	struct wg_ledger *own;

	memset(&ta, 0, sizeof(ta));
	start();
	own = wg_ledger_enter(&ta);
	CHECK_EQ(open_socket(UDP, "127.0.0.1", 9, &handle), TEE_SUCCESS);
	CHECK(wg_ledger_here() == &ta);
	(void)wg_ledger_enter(own);
	CHECK_EQ(ta.system_calls, 0);
	CHECK(wg_ledger_here()->system_calls > before);
	stop();
}

static const struct wg_test tests[] = {
	WG_TEST(tcp_bytes_go_there_and_back),
	WG_TEST(udp_datagrams_keep_their_bounds),
	WG_TEST(a_udp_socket_can_change_its_peer),
	WG_TEST(buffer_sizes_are_set_and_told),
	WG_TEST(a_closed_port_and_an_unknown_host_say_so),
	WG_TEST(a_name_is_resolved),
	WG_TEST(the_ip_version_is_kept_to),
	WG_TEST(a_timeout_is_kept_to),
	WG_TEST(a_full_connection_takes_a_part_and_then_nothing),
	WG_TEST(a_closed_or_reset_connection_is_told),
	WG_TEST(a_cancellation_ends_a_wait_at_once_and_the_next_ones),
	WG_TEST(a_connection_that_is_not_answered_can_be_cancelled),
	WG_TEST(the_end_of_the_world_ends_every_wait),
	WG_TEST(sockets_are_bounded_and_old_handles_are_dead),
	WG_TEST(no_descriptor_is_left_behind),
	WG_TEST(what_the_supplicant_does_is_not_the_tas),
};

WG_TEST_MAIN(tests)
