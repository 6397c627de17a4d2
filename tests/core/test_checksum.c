/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_checksum.h"
#include "wg_test.h"

/* The plainest form of RFC 1071. */
static uint16_t plain(const uint8_t *data, size_t bytes)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < bytes; i++) {
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

static void fill(uint8_t *data, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i++)
		data[i] = wg_test_random_below(3) ? (uint8_t)wg_test_random() : 0xff;
}

static void the_example_of_rfc_1071_comes_out(void)
{
	static const uint8_t words[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	CHECK_EQ(wg_checksum(words, sizeof(words)), 0x220d);
	CHECK_EQ(wg_checksum(words, 0), 0xffff);
}

static void random_data_of_every_size_agrees_with_the_plain_sum(void)
{
	uint64_t cases = wg_test_cases(20000), i;
	uint8_t data[200];
	size_t bytes, start, cut;
	uint64_t sum;

	for (i = 0; i < cases; i++) {
		start = wg_test_random_below(8);
		bytes = wg_test_random_below(190);
		cut = wg_test_random_below(bytes / 2 + 1) * 2;
		fill(data, sizeof(data));
		CHECK_EQ(wg_checksum(&data[start], bytes), plain(&data[start], bytes));
		sum = wg_checksum_add(wg_checksum_add(0, &data[start], cut), &data[start + cut], bytes - cut);
		CHECK_EQ(wg_checksum_end(sum), plain(&data[start], bytes));
	}
}

static void a_pseudo_header_counts_like_its_bytes(void)
{
	uint8_t header[40] = {0};
	unsigned i;

	for (i = 0; i < 1000; i++) {
		memset(header, 0, sizeof(header));
		fill(header, 8);
		header[9] = 17;
		header[10] = (uint8_t)wg_test_random();
		header[11] = (uint8_t)wg_test_random();
		CHECK_EQ(wg_checksum_end(wg_checksum_pseudo_ipv4(header, header + 4, 17,
								 (uint32_t)(header[10] << 8 | header[11]))),
			 plain(header, 12));
		fill(header, 36);
		memset(header + 36, 0, 3);
		header[39] = 58;
		CHECK_EQ(wg_checksum_end(wg_checksum_pseudo_ipv6(header, header + 16, 58,
								 (uint32_t)header[32] << 24 |
									 (uint32_t)header[33] << 16 |
									 (uint32_t)header[34] << 8 | header[35])),
			 plain(header, 40));
	}
}

static void the_example_of_rfc_1624_comes_out(void)
{
	CHECK_EQ(wg_checksum_update16(0xdd2f, 0x5555, 0x3285), 0x0000);
}

static void an_updated_checksum_equals_one_computed_anew(void)
{
	uint64_t cases = wg_test_cases(20000), i;
	uint16_t checksum, updated;
	uint8_t data[40], before[4];
	size_t at;

	for (i = 0; i < cases; i++) {
		fill(data, sizeof(data));
		data[0] = 0x45; /* some word is not zero, as in every header */
		checksum = plain(data, sizeof(data));
		at = 2 + wg_test_random_below(18) * 2;
		memcpy(before, &data[at], 4);
		fill(&data[at], 2);
		updated = wg_checksum_update16(checksum, (uint16_t)(before[0] << 8 | before[1]),
					       (uint16_t)(data[at] << 8 | data[at + 1]));
		CHECK_EQ(updated, plain(data, sizeof(data)));
		memcpy(before, &data[at], 4);
		fill(&data[at], 4);
		updated = wg_checksum_update32(updated,
					       (uint32_t)before[0] << 24 | (uint32_t)before[1] << 16 |
						       (uint32_t)before[2] << 8 | before[3],
					       (uint32_t)data[at] << 24 | (uint32_t)data[at + 1] << 16 |
						       (uint32_t)data[at + 2] << 8 | data[at + 3]);
		CHECK_EQ(updated, plain(data, sizeof(data)));
	}
}

static const struct wg_test tests[] = {
	WG_TEST(the_example_of_rfc_1071_comes_out),
	WG_TEST(random_data_of_every_size_agrees_with_the_plain_sum),
	WG_TEST(a_pseudo_header_counts_like_its_bytes),
	WG_TEST(the_example_of_rfc_1624_comes_out),
	WG_TEST(an_updated_checksum_equals_one_computed_anew),
};
WG_TEST_MAIN(tests)
