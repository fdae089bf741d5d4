#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void err_gathers_context(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(err_set(&err, EINVAL, "name '%s'", "a\x1b[31m\n \x7f"), -EINVAL);
	assert_int_equal(err.code, -EINVAL);
	assert_string_equal(err.msg, "name 'a?[31m? ?'");
	assert_int_equal(err_wrap(&err, "file %d", 7), -EINVAL);
	assert_string_equal(err.msg, "file 7: name 'a?[31m? ?'");
	assert_int_equal(err_sys(&err, -ENOENT, "x"), -ENOENT);
	assert_string_equal(err.msg, "x: No such file or directory");
	/* the status is the same without a place for the text */
	assert_int_equal(err_set(NULL, EINVAL, "x"), -EINVAL);
	assert_int_equal(err_sys(NULL, -EPERM, "x"), -EPERM);
	assert_int_equal(err_wrap(NULL, "x"), -EIO);
}

/* A sentence that is too long is cut, in a wrap too, and stays a string. */
static void err_is_cut(void **state)
{
	char text[2 * ERR_MSG_MAX];
	struct err err = {0};

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, EIO, "%s", text);
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
	err_wrap(&err, "b");
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
	assert_memory_equal(err.msg, "b: aaa", 6);
	err_wrap(&err, "%s", text);
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
	err_sys(&err, EIO, "%s", text);
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
}

static void buf_grows(void **state)
{
	cleanup_buf struct buf b = {0};
	cleanup_free char *s = NULL;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		buf_addf(&b, "%u,", i);
	buf_addc(&b, '\0');
	buf_add(&b, NULL, 0);
	buf_adds(&b, "end");
	assert_int_equal(b.len, 10 * 2 + 90 * 3 + 900 * 4 + 4);
	assert_memory_equal(b.data, "0,1,2,", 6);
	assert_memory_equal(b.data + b.len - 4, "\0end", 5);
	buf_clear(&b);
	assert_int_equal(b.len, 0);
	buf_adds(&b, "again");
	s = buf_steal(&b);
	assert_string_equal(s, "again");
	assert_null(b.data);
	free(s);
	s = buf_steal(&b);
	assert_string_equal(s, "");
	buf_done(NULL);
}

/* At every length before it, a formatted text must fit or grow the buffer to the byte. */
static void buf_formats_at_any_length(void **state)
{
	static const unsigned long long numbers[] = {0, 9, 10, 4294967295u, ULLONG_MAX};

	(void)state;
	for (size_t before = 0; before < 300; before++) {
		cleanup_buf struct buf b = {0};
		char want[400];

		for (size_t i = 0; i < before; i++)
			buf_addc(&b, 'x');
		for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
			size_t at = b.len;

			buf_addf(&b, "<%llu>", numbers[i]);
			buf_addu(&b, numbers[i]);
			snprintf(want, sizeof(want), "<%llu>%llu", numbers[i], numbers[i]);
			assert_string_equal(b.data + at, want);
			assert_int_equal(b.len, at + strlen(want));
		}
	}
}

static void buf_failure_sticks(void **state)
{
	cleanup_buf struct buf b = {0};

	(void)state;
	buf_adds(&b, "kept");
	buf_add(&b, "x", SIZE_MAX - 2);
	assert_true(buf_failed(&b));
	buf_adds(&b, "more");
	buf_addf(&b, "%s", "more");
	assert_string_equal(b.data, "kept");
	assert_null(buf_steal(&b));
}

static void safe_text(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		const char *out;
	} cases[] = {
		{"plain text ~", 12, "plain text ~"},
		{"\x1b[31m", 5, "\\x1b[31m"},
		{"a\nb\rc\td", 7, "a\\x0ab\\x0dc\\x09d"},
		{"a\\x41", 5, "a\\x5cx41"},
		{"\xc3\xa4\x9b\xff\x7f", 5, "\\xc3\\xa4\\x9b\\xff\\x7f"},
		{"a\0b", 3, "a\\x00b"},
		{"", 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_buf struct buf b = {0};

		buf_adds(&b, "");
		text_add_safe(&b, cases[i].in, cases[i].len);
		assert_string_equal(b.data, cases[i].out);
	}
}

static void times(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
		const char *written; /* NULL: text */
	} good[] = {
		{"1970-01-01T00:00:00.000Z", 0, NULL},
		{"2026-01-31T12:00:00.123Z", 1769860800123, NULL},
		{"2024-02-29T23:59:59.999Z", 1709251199999, NULL},
		{"2026-01-31T12:00:00Z", 1769860800000, "2026-01-31T12:00:00.000Z"},
		{"2026-01-31T12:00:00.5Z", 1769860800500, "2026-01-31T12:00:00.500Z"},
		{"2026-01-31T12:00:00.123456789Z", 1769860800123, "2026-01-31T12:00:00.123Z"},
		{"2016-12-31T23:59:60.000Z", 1483228800000, "2017-01-01T00:00:00.000Z"},
		{"9999-12-31T23:59:59.999Z", 253402300799999, NULL},
	};
	static const char *const bad[] = {
		"", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31T12:00:00+00:00", "2026-01-31 12:00:00Z", "2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z", "2026-01-32T00:00:00Z", "2026-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2026-01-00T00:00:00Z",
		"2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z", "2026-01-31T12:00:61Z", "2026-01-31T12:00:00.Z",
		"2026-01-31T12:00:00.1234567890Z", "2026-01-31T12:00:00Zx", "1969-12-31T23:59:59Z", "-026-01-31T12:00:00Z",
		"2026-1-31T12:00:00Z",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cleanup_buf struct buf b = {0};
		uint64_t ms = 7;

		assert_int_equal(text_parse_time(good[i].text, &ms), 0);
		assert_true(ms == good[i].ms);
		text_add_time(&b, ms);
		assert_string_equal(b.data, good[i].written ? good[i].written : good[i].text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t ms = 7;

		if (text_parse_time(bad[i], &ms) != -EINVAL || ms != 7)
			fail_msg("%s", bad[i]);
	}
}

/* A time that no calendar of ours holds is written as one that can be read: it must not make a whole file unreadable. */
static void times_beyond(void **state)
{
	static const uint64_t ms[] = {253402300800000, UINT64_MAX / 2, UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ms); i++) {
		cleanup_buf struct buf b = {0};
		uint64_t back;

		text_add_time(&b, ms[i]);
		if (text_parse_time(b.data, &back) < 0)
			fail_msg("%s", b.data);
	}
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		int status;
		uint64_t value;
	} cases[] = {
		{"0", 0, 0},        {"007", 0, 7},           {"18446744073709551615", 0, UINT64_MAX},
		{"", -EINVAL, 0},   {"-1", -EINVAL, 0},      {"18446744073709551616", -ERANGE, 0},
		{"+1", -EINVAL, 0}, {" 1", -EINVAL, 0},      {"99999999999999999999", -ERANGE, 0},
		{"1 ", -EINVAL, 0}, {"0x1", -EINVAL, 0},     {"1\xb2", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t v = 0;

		assert_int_equal(text_parse_u64(cases[i].text, &v), cases[i].status);
		assert_true(v == cases[i].value);
	}
}

static void strings(void **state)
{
	(void)state;
	assert_true(text_streq(NULL, NULL));
	assert_false(text_streq(NULL, ""));
	assert_false(text_streq("", NULL));
	assert_true(text_streq("a", "a"));
	assert_true(text_starts("abc", "ab"));
	assert_false(text_starts("a", "ab"));
	/* the published vectors of FNV-1a */
	assert_true(text_hash("", 0) == 0xcbf29ce484222325u);
	assert_true(text_hash("foobar", 6) == 0x85944171f73967e8u);
}

/* Texts of the lengths at which the padding changes; the digests are those of sha256sum(1). */
static void sha256_of(void **state)
{
	static const struct {
		size_t len;
		const char *hex;
	} rows[] = {
		{0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{3, "e124adcce1fb2f88e1ea799c3d0820845ed343e6c739e54131fcb3a56e4bc1bd"},
		{55, "0725e421a88343db887c5f33eca3fda068b6dff655bd4edc599e293bd0112577"},
		{56, "e28a1c623d63808963831c9950769130357b99cc565ea87afb6d6d2fe4f77eb1"},
		{63, "0664e10bb088fb2f24beacc0df9974da17ff7854735fad77eb0dbd41189dbe18"},
		{64, "4bfeea08063e42c1f5c45fd702ce3301a94af0e905dad65b904a054324cc69e6"},
		{65, "e88c5438595bdd8836bab0265ac3937a7b5b10710c4d93e6f031f10c2de72f3d"},
		{119, "5ca436ae47aa32e94bdb4f276f08485d94cb1fc59a97a5d9f8713b6e965cde5f"},
		{120, "569697e06c45f96dbc61cfb795ecc8ce24718b494c9ebe39fec7b32a774c7d55"},
		{1000, "0d853d9d06c1aa20f9a769e561bd3023aff61129038e14a36c600879e7cb6fe6"},
	};
	char text[1000], hex[SHA256_HEX_MAX];

	memset(text, 'a', sizeof(text));
	text[1] = 'b';
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		sha256_hex(text, rows[i].len, hex);
		assert_string_equal(hex, rows[i].hex);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_gathers_context),
		cmocka_unit_test(err_is_cut),
		cmocka_unit_test(buf_grows),
		cmocka_unit_test(buf_formats_at_any_length),
		cmocka_unit_test(buf_failure_sticks),
		cmocka_unit_test(safe_text),
		cmocka_unit_test(times),
		cmocka_unit_test(times_beyond),
		cmocka_unit_test(numbers),
		cmocka_unit_test(strings),
		cmocka_unit_test(sha256_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
