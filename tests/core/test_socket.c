/* SPDX-License-Identifier: Apache-2.0 */
/* The TEE Sockets API against a normal world that answers what a test tells it to, well or ill, and against the real
 * supplicant. */
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>

#include "__tee_tcpsocket_defines_extensions.h"
#include "tee_internal_api.h"
#include "tee_tcpsocket.h"
#include "tee_udpsocket.h"
#include "wg_test_instance.h"

#define HANDLE 0x77u

static struct {
	struct wg_rpc asked; /* the last request */
	unsigned requests;
	TEE_Result result;    /* of what follows the opening */
	uint32_t most;	      /* bytes that one send takes */
	uint32_t claimed;     /* not 0: bytes that a send claims */
	uint32_t data_bytes;  /* of a receive */
	uint32_t there_bytes; /* of a receive: what there was */
	unsigned fail_after;  /* not 0: the request from which on result counts */
	char host[300];
} ree;

static uint8_t data[1024 * 1024];

static void answer_send(struct wg_rpc *rpc, size_t out_bytes)
{
	rpc->word[2] = (uint32_t)out_bytes < ree.most ? (uint32_t)out_bytes : ree.most;
	if (ree.claimed)
		rpc->word[2] = ree.claimed;
}

static TEE_Result answer(void *context, struct wg_rpc *rpc, const void *out, size_t out_bytes, void *in,
			 size_t in_capacity)
{
	(void)context;
	ree.asked = *rpc;
	ree.requests++;
	rpc->data_bytes = 0;
	rpc->result = ree.requests < ree.fail_after ? TEE_SUCCESS : ree.result;
	switch (rpc->operation) {
	case WG_RPC_SOCKET_OPEN:
	case WG_RPC_SOCKET_IOCTL:
		CHECK(out_bytes < sizeof(ree.host));
		if (out_bytes > 0)
			memcpy(ree.host, out, out_bytes);
		ree.host[out_bytes] = '\0';
		rpc->word[3] = HANDLE;
		break;
	case WG_RPC_SOCKET_SEND:
		answer_send(rpc, out_bytes);
		break;
	case WG_RPC_SOCKET_RECV:
		rpc->data_bytes = ree.data_bytes;
		rpc->word[2] = ree.there_bytes;
		if (ree.data_bytes <= in_capacity && ree.data_bytes > 0)
			memset(in, 'r', ree.data_bytes);
		break;
	default:
		break;
	}
	return TEE_SUCCESS;
}

static void start(void)
{
	memset(&ree, 0, sizeof(ree));
	ree.most = UINT32_MAX;
	wg_test_kept_start(answer, NULL);
}

static void expect_success(void (*body)(void))
{
	start();
	CHECK_EQ(wg_test_kept_run(body), TEE_SUCCESS);
}

static void expect_panic(void (*body)(void))
{
	start();
	CHECK_EQ(wg_test_kept_run(body), TEE_ERROR_TARGET_DEAD);
	CHECK_EQ(wg_test_kept.instance.panic_code, TEE_ERROR_BAD_PARAMETERS);
}

static TEE_iSocketHandle open_tcp(void)
{
	TEE_tcpSocket_Setup setup = {.ipVersion = TEE_IP_VERSION_4, .server_addr = "host.example", .server_port = 5201};
	TEE_iSocketHandle socket = NULL;
	uint32_t error = 1;

	CHECK_EQ(TEE_tcpSocket->open(&socket, &setup, &error), TEE_SUCCESS);
	CHECK_EQ(error, TEE_SUCCESS);
	return socket;
}

static TEE_iSocketHandle open_udp(void)
{
	TEE_udpSocket_Setup setup = {.ipVersion = TEE_IP_VERSION_6, .server_addr = "::1", .server_port = 53};
	TEE_iSocketHandle socket = NULL;
	uint32_t error = 1;

	CHECK_EQ(TEE_udpSocket->open(&socket, &setup, &error), TEE_SUCCESS);
	return socket;
}

static void open_and_close(void)
{
	TEE_iSocketHandle socket = open_tcp();

	CHECK_EQ(ree.asked.word[0], 6);
	CHECK_EQ(ree.asked.word[1], TEE_IP_VERSION_4);
	CHECK_EQ(ree.asked.word[2], 5201);
	CHECK_STR_EQ(ree.host, "host.example");
	CHECK_EQ(TEE_tcpSocket->close(socket), TEE_SUCCESS);
	CHECK_EQ(ree.asked.operation, WG_RPC_SOCKET_CLOSE);
	CHECK_EQ(ree.asked.word[0], HANDLE);
	CHECK_EQ(TEE_tcpSocket->close(TEE_HANDLE_NULL), TEE_SUCCESS);
	CHECK_EQ(wg_test_kept.instance.heap.used_bytes, 0);
	CHECK_EQ(TEE_tcpSocket->TEE_iSocketVersion, TEE_ISOCKET_VERSION);
	CHECK_EQ(TEE_tcpSocket->protocolID, 0x65);
	CHECK_EQ(TEE_udpSocket->protocolID, 0x66);
}

static void opening_asks_once_and_closing_leaves_nothing(void)
{
	expect_success(open_and_close);
}

static void open_in_vain(void)
{
	static const struct {
		TEE_Result answered, result, error;
	} cases[] = {
		{TEE_ISOCKET_ERROR_HOSTNAME, TEE_ISOCKET_ERROR_PROTOCOL, TEE_ISOCKET_ERROR_HOSTNAME},
		{TEE_ISOCKET_ERROR_TIMEOUT, TEE_ISOCKET_ERROR_TIMEOUT, TEE_SUCCESS},
		{TEE_ISOCKET_ERROR_OUT_OF_RESOURCES, TEE_ISOCKET_ERROR_OUT_OF_RESOURCES, TEE_SUCCESS},
		{TEE_ERROR_COMMUNICATION, TEE_ERROR_COMMUNICATION, TEE_SUCCESS},
		{TEE_ERROR_CANCEL, TEE_ERROR_COMMUNICATION, TEE_SUCCESS},
		{0xdeadbeef, TEE_ERROR_COMMUNICATION, TEE_SUCCESS},
	};
	TEE_tcpSocket_Setup setup = {.server_addr = "h", .server_port = 1};
	TEE_iSocketHandle socket;
	uint32_t error;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ree.result = cases[i].answered;
		socket = &setup;
		CHECK_EQ(TEE_tcpSocket->open(&socket, &setup, &error), cases[i].result);
		CHECK_EQ(error, cases[i].error);
		CHECK(socket == TEE_HANDLE_NULL);
	}
	CHECK_EQ(wg_test_kept.instance.heap.used_bytes, 0);
}

static void a_failed_opening_gives_no_handle_and_a_known_code(void)
{
	expect_success(open_in_vain);
}

static void open_badly(void)
{
	static char long_name[300];
	TEE_udpSocket_Setup setup = {.server_addr = long_name, .server_port = 1};
	TEE_iSocketHandle socket;
	uint32_t error;

	memset(long_name, 'a', 254);
	CHECK_EQ(TEE_udpSocket->open(&socket, &setup, &error), TEE_ISOCKET_ERROR_PROTOCOL);
	CHECK_EQ(error, TEE_ISOCKET_ERROR_HOSTNAME);
	setup.server_addr = "";
	CHECK_EQ(TEE_udpSocket->open(&socket, &setup, &error), TEE_ISOCKET_ERROR_PROTOCOL);
	setup.server_addr = NULL;
	CHECK_EQ(TEE_udpSocket->open(&socket, &setup, &error), TEE_ERROR_BAD_PARAMETERS);
	setup.server_addr = "a";
	setup.ipVersion = (TEE_ipSocket_ipVersion)3;
	CHECK_EQ(TEE_udpSocket->open(&socket, &setup, &error), TEE_ERROR_BAD_PARAMETERS);
	CHECK_EQ(ree.requests, 0);
}

static void a_bad_set_up_never_leaves_the_world(void)
{
	expect_success(open_badly);
}

static void send_a_stream(void)
{
	TEE_iSocketHandle socket = open_tcp();
	uint32_t length = 600 * 1024;

	ree.requests = 0;
	CHECK_EQ(TEE_tcpSocket->send(socket, data, &length, TEE_TIMEOUT_INFINITE), TEE_SUCCESS);
	CHECK_EQ(length, 600 * 1024);
	CHECK_EQ(ree.requests, 3);
	CHECK_EQ(ree.asked.word[1], TEE_TIMEOUT_INFINITE);
	CHECK_EQ(wg_test_kept.instance.ledger.socket_bytes, 600 * 1024);
	ree.most = 1000;
	CHECK_EQ(TEE_tcpSocket->send(socket, data, &length, 50), TEE_SUCCESS);
	CHECK_EQ(length, 1000);
	ree.requests = 0;
	length = 0;
	CHECK_EQ(TEE_tcpSocket->send(socket, NULL, &length, 50), TEE_SUCCESS);
	CHECK_EQ(ree.requests, 0);
}

static void a_long_send_goes_in_pieces_and_may_be_partial(void)
{
	expect_success(send_a_stream);
}

static void fail_in_the_second_piece(void)
{
	TEE_iSocketHandle socket = open_tcp();
	uint32_t length = 600 * 1024;

	ree.requests = 0;
	ree.fail_after = 2;
	ree.result = TEE_ISOCKET_ERROR_REMOTE_CLOSED;
	CHECK_EQ(TEE_tcpSocket->send(socket, data, &length, 100), TEE_SUCCESS);
	CHECK_EQ(length, WG_RPC_BUFFER_BYTES);
	CHECK_EQ(TEE_tcpSocket->send(socket, data, &length, 100), TEE_ISOCKET_ERROR_REMOTE_CLOSED);
	CHECK_EQ(length, 0);
	CHECK_EQ(TEE_tcpSocket->error(socket), TEE_ISOCKET_ERROR_REMOTE_CLOSED);
}

static void what_was_sent_before_a_failure_counts(void)
{
	expect_success(fail_in_the_second_piece);
}

static void send_datagrams(void)
{
	TEE_iSocketHandle socket = open_udp();
	uint32_t length = WG_RPC_BUFFER_BYTES + 1;

	ree.requests = 0;
	CHECK_EQ(TEE_udpSocket->send(socket, data, &length, 0), TEE_ISOCKET_ERROR_LARGE_BUFFER);
	CHECK_EQ(ree.requests, 0);
	length = 0;
	CHECK_EQ(TEE_udpSocket->send(socket, NULL, &length, 0), TEE_SUCCESS);
	CHECK_EQ(ree.requests, 1);
	length = 100;
	ree.most = 99;
	CHECK_EQ(TEE_udpSocket->send(socket, data, &length, 0), TEE_ERROR_COMMUNICATION);
}

static void a_datagram_is_one_request_or_none(void)
{
	expect_success(send_datagrams);
}

static void meet_a_hostile_world(void)
{
	TEE_iSocketHandle socket = open_tcp();
	uint32_t length = 100;

	ree.claimed = 101;
	CHECK_EQ(TEE_tcpSocket->send(socket, data, &length, 0), TEE_ERROR_COMMUNICATION);
	CHECK_EQ(length, 0);
	ree.data_bytes = 101;
	length = 100;
	CHECK_EQ(TEE_tcpSocket->recv(socket, data, &length, 0), TEE_ERROR_COMMUNICATION);
	CHECK_EQ(length, 0);
	ree.data_bytes = 0;
	length = 100;
	CHECK_EQ(TEE_tcpSocket->recv(socket, data, &length, 0), TEE_ERROR_COMMUNICATION);
	ree.data_bytes = 1;
	length = 0;
	CHECK_EQ(TEE_tcpSocket->recv(socket, NULL, &length, 0), TEE_ERROR_COMMUNICATION);
	ree.data_bytes = 0;
	ree.result = 0x42;
	length = 100;
	CHECK_EQ(TEE_tcpSocket->recv(socket, data, &length, 0), TEE_ERROR_COMMUNICATION);
	CHECK_EQ(TEE_tcpSocket->error(socket), TEE_ERROR_COMMUNICATION);
	CHECK_EQ(wg_test_kept.instance.ledger.socket_bytes, 0);
}

static void an_answer_beyond_what_was_asked_is_refused(void)
{
	expect_success(meet_a_hostile_world);
}

static void receive(void)
{
	TEE_iSocketHandle socket = open_udp();
	uint32_t length = sizeof(data);

	ree.data_bytes = 10;
	ree.there_bytes = 10;
	CHECK_EQ(TEE_udpSocket->recv(socket, data, &length, 25), TEE_SUCCESS);
	CHECK_EQ(length, 10);
	CHECK_EQ(data[9], 'r');
	CHECK_EQ(ree.asked.word[1], 25);
	CHECK_EQ(ree.asked.word[2], WG_RPC_BUFFER_BYTES);
	CHECK_EQ(TEE_udpSocket->error(socket), TEE_SUCCESS);
	ree.there_bytes = 5000;
	length = 10;
	CHECK_EQ(TEE_udpSocket->recv(socket, data, &length, 25), TEE_SUCCESS);
	CHECK_EQ(length, 10);
	CHECK_EQ(TEE_udpSocket->error(socket), TEE_ISOCKET_ERROR_LARGE_BUFFER);
	ree.data_bytes = 0;
	length = 0;
	CHECK_EQ(TEE_udpSocket->recv(socket, NULL, &length, 25), TEE_SUCCESS);
	CHECK_EQ(length, 5000);
	CHECK_EQ(wg_test_kept.instance.ledger.socket_bytes, 20);
}

static void a_cut_datagram_is_told_and_never_longer_than_the_buffer(void)
{
	expect_success(receive);
}

static void send_unmasked(void)
{
	TEE_iSocketHandle socket = open_tcp();
	uint32_t length = 10;

	CHECK_EQ(ree.asked.cancellable, 0);
	TEE_UnmaskCancellation();
	CHECK_EQ(TEE_tcpSocket->send(socket, data, &length, 0), TEE_SUCCESS);
	CHECK_EQ(ree.asked.cancellable, 1);
	ree.requests = 0;
	atomic_store(&wg_test_kept.cancel, 1);
	length = 10;
	CHECK_EQ(TEE_tcpSocket->send(socket, data, &length, 0), TEE_ERROR_CANCEL);
	CHECK_EQ(TEE_tcpSocket->recv(socket, data, &length, 0), TEE_ERROR_CANCEL);
	CHECK_EQ(ree.requests, 0);
	CHECK_EQ(TEE_tcpSocket->close(socket), TEE_SUCCESS);
	CHECK_EQ(ree.requests, 1);
}

static void a_cancelled_operation_asks_for_nothing_but_a_close(void)
{
	expect_success(send_unmasked);
}

static void set_buffers(void)
{
	TEE_iSocketHandle socket = open_tcp();
	int32_t size = 65536;
	uint32_t length = sizeof(size);

	CHECK_EQ(TEE_tcpSocket->ioctl(socket, TEE_TCP_SET_SENDBUF, &size, &length), TEE_SUCCESS);
	CHECK_EQ(ree.asked.word[1], 0x65f00001);
	CHECK_EQ(ree.asked.word[2], 65536);
	CHECK_EQ(size, 65536);
	length = 3;
	CHECK_EQ(TEE_tcpSocket->ioctl(socket, TEE_TCP_SET_RECVBUF, &size, &length), TEE_ERROR_BAD_PARAMETERS);
	length = 0;
	CHECK_EQ(TEE_tcpSocket->ioctl(socket, 0x00000001, NULL, &length), TEE_SUCCESS);
	CHECK_EQ(ree.requests, 2);
}

static void change_the_peer(void)
{
	TEE_iSocketHandle socket = open_udp();
	uint16_t port = 9;
	uint32_t length = sizeof(port);
	char host[] = "::2";

	CHECK_EQ(TEE_udpSocket->ioctl(socket, TEE_UDP_CHANGEPORT, &port, &length), TEE_SUCCESS);
	CHECK_EQ(ree.asked.word[2], 9);
	length = sizeof(host);
	CHECK_EQ(TEE_udpSocket->ioctl(socket, TEE_UDP_CHANGEADDR, host, &length), TEE_SUCCESS);
	CHECK_STR_EQ(ree.host, "::2");
	length = sizeof(host) - 1;
	CHECK_EQ(TEE_udpSocket->ioctl(socket, TEE_UDP_CHANGEADDR, host, &length), TEE_ISOCKET_ERROR_HOSTNAME);
	CHECK_EQ(TEE_udpSocket->ioctl(socket, TEE_UDP_CHANGEPORT, &port, &length), TEE_ERROR_BAD_PARAMETERS);
}

static void commands_carry_their_values(void)
{
	expect_success(set_buffers);
	expect_success(change_the_peer);
}

static void use_an_unknown_command(void)
{
	uint32_t length = 0;

	(void)TEE_tcpSocket->ioctl(open_tcp(), TEE_UDP_CHANGEPORT, NULL, &length);
}

static void use_a_closed_socket(void)
{
	TEE_iSocketHandle socket = open_tcp();
	uint32_t length = 1;

	(void)TEE_tcpSocket->close(socket);
	(void)TEE_tcpSocket->send(socket, data, &length, 0);
}

static void use_another_block_as_socket(void)
{
	(void)TEE_tcpSocket->error(TEE_Malloc(64, TEE_MALLOC_FILL_ZERO));
}

static void send_from_nowhere(void)
{
	uint32_t length = 1;

	(void)TEE_tcpSocket->send(open_tcp(), NULL, &length, 0);
}

static void open_into_nothing(void)
{
	(void)TEE_tcpSocket->open(NULL, NULL, NULL);
}

static void a_programmers_error_is_a_panic(void)
{
	expect_panic(use_an_unknown_command);
	expect_panic(use_a_closed_socket);
	expect_panic(use_another_block_as_socket);
	expect_panic(send_from_nowhere);
	expect_panic(open_into_nothing);
}

/* The real supplicant, reached as from a sealed world: through one buffer. */
static struct wg_supplicant *supplicant;
static uint8_t shared[WG_RPC_BUFFER_BYTES];
static uint16_t echo_port;

static TEE_Result carry(void *context, struct wg_rpc *rpc, const void *out, size_t out_bytes, void *in,
			size_t in_capacity)
{
	(void)context;
	if (out_bytes > 0)
		memcpy(shared, out, out_bytes);
	wg_supplicant_serve(supplicant, rpc, shared, sizeof(shared));
	if (rpc->data_bytes > 0 && rpc->data_bytes <= in_capacity)
		memcpy(in, shared, rpc->data_bytes);
	return TEE_SUCCESS;
}

/* Sends back what comes, until the other side has closed; never more than one connection. */
static void *echo(void *context)
{
	static uint8_t bytes[32768];
	int listener = *(int *)context;
	int peer = accept(listener, NULL, NULL);
	ssize_t got, sent, at;

	while (peer >= 0 && (got = recv(peer, bytes, sizeof(bytes), 0)) > 0)
		for (at = 0; at < got; at += sent)
			if ((sent = send(peer, bytes + at, (size_t)(got - at), MSG_NOSIGNAL)) <= 0)
				break;
	(void)close(peer);
	return NULL;
}

static void exchange_with_the_echo(void)
{
	TEE_tcpSocket_Setup setup = {
		.ipVersion = TEE_IP_VERSION_4, .server_addr = "127.0.0.1", .server_port = echo_port};
	uint32_t out = 0, back = 0, length, error;
	TEE_iSocketHandle socket;
	static uint8_t received[sizeof(data)];
	TEE_Result result;

	CHECK_EQ(TEE_tcpSocket->open(&socket, &setup, &error), TEE_SUCCESS);
	while (back < sizeof(data)) {
		length = (uint32_t)sizeof(data) - out;
		result = length > 0 ? TEE_tcpSocket->send(socket, data + out, &length, 0) : TEE_ISOCKET_ERROR_TIMEOUT;
		CHECK(result == TEE_SUCCESS || result == TEE_ISOCKET_ERROR_TIMEOUT);
		out += result == TEE_SUCCESS ? length : 0;
		length = (uint32_t)sizeof(data) - back;
		result = TEE_tcpSocket->recv(socket, received + back, &length, out < sizeof(data) ? 0 : 5000);
		CHECK(result == TEE_SUCCESS || (result == TEE_ISOCKET_ERROR_TIMEOUT && out < sizeof(data)));
		back += length;
	}
	CHECK_MEM_EQ(received, data, sizeof(data));
	CHECK_EQ(TEE_tcpSocket->close(socket), TEE_SUCCESS);
	CHECK_EQ(wg_test_kept.instance.ledger.socket_bytes, 2 * sizeof(data));
}

static void a_mebibyte_comes_back_from_a_real_peer(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t bytes = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pthread_t thread;
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)wg_test_random();
	CHECK_EQ(bind(listener, (struct sockaddr *)&address, bytes), 0);
	CHECK_EQ(listen(listener, 1), 0);
	CHECK_EQ(getsockname(listener, (struct sockaddr *)&address, &bytes), 0);
	echo_port = ntohs(address.sin_port);
	supplicant = wg_supplicant_new(&wg_test_kept_facts.uuid);
	CHECK(supplicant != NULL);
	CHECK_EQ(pthread_create(&thread, NULL, echo, &listener), 0);
	wg_test_kept_start(carry, NULL);
	CHECK_EQ(wg_test_kept_run(exchange_with_the_echo), TEE_SUCCESS);
	wg_supplicant_free(supplicant);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(close(listener), 0);
}

static const struct wg_test tests[] = {
	WG_TEST(opening_asks_once_and_closing_leaves_nothing),
	WG_TEST(a_failed_opening_gives_no_handle_and_a_known_code),
	WG_TEST(a_bad_set_up_never_leaves_the_world),
	WG_TEST(a_long_send_goes_in_pieces_and_may_be_partial),
	WG_TEST(what_was_sent_before_a_failure_counts),
	WG_TEST(a_datagram_is_one_request_or_none),
	WG_TEST(an_answer_beyond_what_was_asked_is_refused),
	WG_TEST(a_cut_datagram_is_told_and_never_longer_than_the_buffer),
	WG_TEST(a_cancelled_operation_asks_for_nothing_but_a_close),
	WG_TEST(commands_carry_their_values),
	WG_TEST(a_programmers_error_is_a_panic),
	WG_TEST(a_mebibyte_comes_back_from_a_real_peer),
};

WG_TEST_MAIN(tests)
