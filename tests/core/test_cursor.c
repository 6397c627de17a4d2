/* SPDX-License-Identifier: Apache-2.0 */
#include "wg_cursor.h"
#include "wg_test.h"

static const uint8_t bytes[8] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};

static void integers_come_in_both_byte_orders(void)
{
	struct wg_cursor be = wg_cursor_of(bytes, 8), le = be;
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;
	uint8_t u8;

	CHECK(wg_cursor_u64_be(&be, &u64) && u64 == UINT64_C(0x0123456789abcdef));
	CHECK(wg_cursor_u64_le(&le, &u64) && u64 == UINT64_C(0xefcdab8967452301));
	be = le = wg_cursor_of(bytes, 8);
	CHECK(wg_cursor_u32_be(&be, &u32) && u32 == 0x01234567);
	CHECK(wg_cursor_u32_le(&le, &u32) && u32 == 0x67452301);
	CHECK(wg_cursor_u16_be(&be, &u16) && u16 == 0x89ab);
	CHECK(wg_cursor_u16_le(&le, &u16) && u16 == 0xab89);
	CHECK(wg_cursor_u8(&be, &u8) && u8 == 0xcd);
	CHECK_EQ(wg_cursor_left(&be), 1);
}

static void a_value_that_does_not_fit_is_refused_and_nothing_moves(void)
{
	struct wg_cursor cursor = wg_cursor_of(bytes, 7), sub;
	uint8_t out[8];
	uint64_t u64;

	CHECK(!wg_cursor_u64_be(&cursor, &u64));
	CHECK(!wg_cursor_take(&cursor, out, 8));
	CHECK(!wg_cursor_view(&cursor, 8));
	CHECK(!wg_cursor_skip(&cursor, 8));
	CHECK(!wg_cursor_skip(&cursor, SIZE_MAX));
	CHECK(!wg_cursor_sub(&cursor, SIZE_MAX, &sub));
	CHECK_EQ(cursor.at, 0);
	CHECK(wg_cursor_skip(&cursor, 7));
	CHECK(!wg_cursor_skip(&cursor, SIZE_MAX));
	CHECK(!wg_cursor_u8(&cursor, out));
	CHECK_EQ(wg_cursor_left(&cursor), 0);
}

static void a_sub_cursor_ends_where_it_was_told(void)
{
	struct wg_cursor cursor = wg_cursor_of(bytes, 8), sub;
	uint16_t u16;
	uint8_t u8;

	CHECK(wg_cursor_skip(&cursor, 1));
	CHECK(wg_cursor_sub(&cursor, 3, &sub));
	CHECK(wg_cursor_u16_be(&sub, &u16) && u16 == 0x2345);
	CHECK(!wg_cursor_u16_be(&sub, &u16));
	CHECK(wg_cursor_u8(&sub, &u8) && u8 == 0x67);
	CHECK(wg_cursor_u8(&cursor, &u8) && u8 == 0x89);
}

static void a_limited_cursor_never_reads_behind_its_limit(void)
{
	struct wg_cursor cursor = wg_cursor_of(bytes, 8);
	uint32_t u32;

	CHECK(wg_cursor_skip(&cursor, 2));
	CHECK(!wg_cursor_limit(&cursor, 7));
	CHECK(!wg_cursor_limit(&cursor, SIZE_MAX));
	CHECK(wg_cursor_limit(&cursor, 4));
	CHECK(wg_cursor_u32_be(&cursor, &u32) && u32 == 0x456789ab);
	CHECK_EQ(wg_cursor_left(&cursor), 0);
	CHECK(!wg_cursor_skip(&cursor, 1));
}

static void an_empty_cursor_may_have_no_address(void)
{
	struct wg_cursor cursor = wg_cursor_of(NULL, 0), sub;
	uint8_t u8;

	CHECK(!wg_cursor_u8(&cursor, &u8));
	CHECK(!wg_cursor_view(&cursor, 0));
	CHECK(wg_cursor_take(&cursor, NULL, 0));
	CHECK(wg_cursor_sub(&cursor, 0, &sub));
	CHECK_EQ(wg_cursor_left(&sub), 0);
}

static void bytes_are_copied_in_order(void)
{
	struct wg_cursor cursor = wg_cursor_of(bytes, 8);
	const uint8_t *view;
	uint8_t out[3];

	CHECK(wg_cursor_take(&cursor, out, 3));
	CHECK_MEM_EQ(out, bytes, 3);
	view = wg_cursor_view(&cursor, 5);
	CHECK(view == bytes + 3);
}

static const struct wg_test tests[] = {
	WG_TEST(integers_come_in_both_byte_orders),   WG_TEST(a_value_that_does_not_fit_is_refused_and_nothing_moves),
	WG_TEST(a_sub_cursor_ends_where_it_was_told), WG_TEST(a_limited_cursor_never_reads_behind_its_limit),
	WG_TEST(an_empty_cursor_may_have_no_address), WG_TEST(bytes_are_copied_in_order),
};
WG_TEST_MAIN(tests)
