/* The audit record: what the kernel writes is read in full, what it never writes is refused. */
#include "base/cleanup.h"
#include "seccomp/record/record.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STAMP           "audit(1795476556.018:2): "
#define IDS             "auid=4294967295 uid=0 gid=0 ses=4294967295"
#define NUMBERS         " sig=0 arch=c000003e syscall=59 compat=0 ip=0x7fefcec29829 code=0x7ffc0000"
#define TAIL            " pid=2725 comm=\"p\" exe=\"/tmp/x/p\"" NUMBERS
#define WITH(comm, exe) STAMP IDS " pid=2725 comm=" comm " exe=" exe NUMBERS
#define LABEL(subj)     STAMP IDS " subj=" subj TAIL
#define HEAD            STAMP IDS " pid=1 comm=\"p\" exe=\"/p\" sig=31"
#define CALL(nr)        HEAD " arch=c000003e syscall=" nr " compat=0 ip=0x1 code=0x7ffc0000"
#define CODE(code)      HEAD " arch=c000003e syscall=1 compat=0 ip=0x1 code=0x" code

/* Parses a copy that ends where its memory ends, so that a read beyond it is seen by ASan. */
static int parse(const char *text, size_t len, struct record *ret)
{
	static char *last;
	free(last);
	last = malloc(len ? len : 1);
	assert_non_null(last);
	memcpy(last, text, len);
	return record_parse(last, len, ret);
}

static void parse_good(const char *text, struct record *ret)
{
	memset(ret, 0xaa, sizeof(*ret));
	if (parse(text, strlen(text), ret) != 0)
		fail_msg("refused: %s", text);
}

static void all_fields(void **state)
{
	struct record r;
	parse_good("audit(1795476556.018:4294967295): auid=1000 uid=1001 gid=1002 ses=7"
		   " subj=system_u:system_r:container_t:s0:c1,c2 pid=2725 comm=\"p\" exe=\"/tmp/x/p\" sig=31"
		   " arch=40000003 syscall=358 compat=1 ip=0xffffffffff600000 code=0x50000",
		   &r);
	assert_true(r.time_ms == 1795476556018);
	assert_true(r.serial == 4294967295);
	assert_int_equal(r.auid, 1000);
	assert_int_equal(r.uid, 1001);
	assert_int_equal(r.gid, 1002);
	assert_int_equal(r.session, 7);
	assert_int_equal(r.pid, 2725);
	assert_true(r.arch == 0x40000003);
	assert_int_equal(r.nr, 358);
	assert_int_equal(r.sig, 31);
	assert_int_equal(r.compat, 1);
	assert_true(r.code == 0x50000);
	assert_int_equal(r.action, RECORD_ERRNO);
	assert_true(r.ip == 0xffffffffff600000);
	assert_int_equal(r.subj.len, strlen("system_u:system_r:container_t:s0:c1,c2"));
	assert_memory_equal(r.subj.p, "system_u:system_r:container_t:s0:c1,c2", r.subj.len);
	assert_false(r.subj.hex || r.comm.hex || r.exe.hex);
}

static void unset_ids(void **state)
{
	struct record r;
	parse_good(STAMP IDS TAIL, &r);
	assert_true(r.auid == UINT32_MAX && r.session == UINT32_MAX);
	assert_true(r.time_ms == 1795476556018);
	assert_null(r.subj.p);
}

/* What a field holds, decoded; NULL where the record has none. */
static void check_field(const char *text, const char *name, const struct record_field *f, const char *want)
{
	char got[64];
	size_t len = record_field_bytes(f, got, sizeof(got));
	if (!f->p != !want || len != (want ? strlen(want) : 0) || (want && memcmp(got, want, len) != 0))
		fail_msg("%s is '%.*s' in %s", name, (int)len, got, text);
}

static void strings(void **state)
{
	static const struct {
		const char *text, *comm, *exe, *subj;
	} cases[] = {
		{WITH("\"p\"", "\"/tmp/x/p\""), "p", "/tmp/x/p", NULL},
		{WITH("\"\"", "\"/\""), "", "/", NULL},
		{WITH("\"runc:[2:INIT]\"", "\"/\""), "runc:[2:INIT]", "/", NULL},
		{WITH("\"p\"", "(null)"), "p", NULL, NULL},
		{WITH("\"p\"", "\"<no_memory>\""), "p", "<no_memory>", NULL},
		{WITH("\"p\"", "\"<too_long>\""), "p", "<too_long>", NULL},
		{WITH("\"(null)\"", "\"(null)\""), "(null)", "(null)", NULL},
		{WITH("\"pid=1\"", "\"/code=0x0\""), "pid=1", "/code=0x0", NULL},
		/* a name that would be structure if the kernel did not write it as hex */
		{WITH("7822207365733D312079", "\"/p\""), "x\" ses=1 y", "/p", NULL},
		{WITH("\"p\"", "2F746D702F78202864656C6574656429"), "p", "/tmp/x (deleted)", NULL},
		{WITH("C3A4", "FF"), "\xc3\xa4", "\xff", NULL},
		{WITH("0A1B", "7F"), "\n\x1b", "\x7f", NULL},
		{LABEL("docker-default (enforce)"), "p", "/tmp/x/p", "docker-default (enforce)"},
		{LABEL("unconfined"), "p", "/tmp/x/p", "unconfined"},
		{LABEL("?"), "p", "/tmp/x/p", NULL},
		{LABEL("??"), "p", "/tmp/x/p", "??"},
		{LABEL(""), "p", "/tmp/x/p", ""},
		{LABEL(" "), "p", "/tmp/x/p", " "},
		{LABEL("a pid=1"), "p", "/tmp/x/p", "a pid=1"},
		{LABEL("a pid=1 comm="), "p", "/tmp/x/p", "a pid=1 comm="},
		{LABEL("a pid=1 comm=\"\" exe="), "p", "/tmp/x/p", "a pid=1 comm=\"\" exe="},
		{LABEL("a pid=1 comm=\"x\" exe=\"y"), "p", "/tmp/x/p", "a pid=1 comm=\"x\" exe=\"y"},
		{LABEL("x pid=1 comm=\"\" exe=\"\" sig=0"), "p", "/tmp/x/p", "x pid=1 comm=\"\" exe=\"\" sig=0"},
		{LABEL("a\"b\nc"), "p", "/tmp/x/p", "a\"b\nc"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct record r;
		parse_good(cases[i].text, &r);
		check_field(cases[i].text, "comm", &r.comm, cases[i].comm);
		check_field(cases[i].text, "exe", &r.exe, cases[i].exe);
		check_field(cases[i].text, "subj", &r.subj, cases[i].subj);
		assert_int_equal(r.nr, 59);
		assert_int_equal(r.pid, 2725);
		assert_true(r.session == UINT32_MAX);
	}
}

/* The label is a whole tail: the number is still the one behind it. */
static void label_that_is_a_tail(void **state)
{
#define FAKE "a pid=1 comm=\"x\" exe=\"y\" sig=0 arch=c000003e syscall=60 compat=0 ip=0x0 code=0x0"
	struct record r;
	parse_good(LABEL(FAKE), &r);
	assert_int_equal(r.nr, 59);
	assert_int_equal(r.pid, 2725);
	assert_int_equal(r.action, RECORD_LOG);
	char label[128];
	assert_int_equal(record_field_bytes(&r.subj, label, sizeof(label)), strlen(FAKE));
	assert_memory_equal(label, FAKE, strlen(FAKE));
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		uint32_t nr;
	} cases[] = {
		{CALL("0"), 0},
		{CALL("1000000"), 1000000},
		{CALL("1073741824"), 0x40000000},
		{CALL("2147483647"), 0x7fffffff},
		{CALL("-1"), 0xffffffff},
		{CALL("-2147483648"), 0x80000000},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct record r;
		parse_good(cases[i].text, &r);
		assert_true(r.nr == cases[i].nr);
	}
}

static void actions(void **state)
{
	static const struct {
		const char *text;
		enum record_action action;
		const char *name;
	} cases[] = {
		{CODE("7ffc0000"), RECORD_LOG, "SCMP_ACT_LOG"},
		{CODE("50000"), RECORD_ERRNO, "SCMP_ACT_ERRNO"},
		{CODE("50001"), RECORD_ERRNO, "SCMP_ACT_ERRNO"},
		{CODE("30000"), RECORD_TRAP, "SCMP_ACT_TRAP"},
		{CODE("7ff00000"), RECORD_TRACE, "SCMP_ACT_TRACE"},
		{CODE("7fc00000"), RECORD_USER_NOTIF, "SCMP_ACT_NOTIFY"},
		{CODE("0"), RECORD_KILL_THREAD, "SCMP_ACT_KILL_THREAD"},
		{CODE("80000000"), RECORD_KILL_PROCESS, "SCMP_ACT_KILL_PROCESS"},
		{CODE("7fff0000"), RECORD_OTHER, "?"},
		{CODE("ffffffff"), RECORD_OTHER, "?"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct record r;
		parse_good(cases[i].text, &r);
		assert_int_equal(r.action, cases[i].action);
		assert_string_equal(record_action_name(r.action), cases[i].name);
		assert_int_equal(record_is_used(&r), cases[i].action == RECORD_LOG);
	}
}

static void refused(void **state)
{
	static const char *const cases[] = {
		"",
		"\n",
		"audit(",
		STAMP,
		STAMP IDS,
		STAMP IDS " subj=x",
		STAMP IDS " subj=",
		"audit(1.2:3): " IDS TAIL,
		"audit(1.0018:3): " IDS TAIL,
		"audit(1.018:4294967296): " IDS TAIL,
		"audit(1795476556000000.018:2): " IDS TAIL,
		"audit(-1.018:2): " IDS TAIL,
		"audit(1.018:2):" IDS TAIL,
		" " STAMP IDS TAIL,
		STAMP " " IDS TAIL,
		STAMP IDS TAIL " ",
		STAMP IDS TAIL " x=1",
		STAMP IDS TAIL "\n\n",
		STAMP IDS TAIL "g",
		STAMP IDS TAIL "000000000",
		STAMP "uid=0 auid=0 gid=0 ses=1" TAIL,
		STAMP "auid=0 uid=0 gid=0" TAIL,
		STAMP "auid=4294967296 uid=0 gid=0 ses=1" TAIL,
		STAMP "auid=-1 uid=0 gid=0 ses=1" TAIL,
		STAMP "auid= uid=0 gid=0 ses=1" TAIL,
		STAMP "auid=0  uid=0 gid=0 ses=1" TAIL,
		STAMP "auid=0 uid=0x0 gid=0 ses=1" TAIL,
		STAMP IDS " obj=x" TAIL,
		STAMP IDS " comm=\"p\" pid=1 exe=\"/p\"" NUMBERS,
		STAMP IDS " pid=-1 comm=\"p\" exe=\"/p\"" NUMBERS,
		STAMP IDS " pid=1 pid=1 comm=\"p\" exe=\"/p\"" NUMBERS,
		STAMP IDS " pid=1 exe=\"/p\" comm=\"p\"" NUMBERS,
		WITH("\"p", "\"/p\""),
		WITH("\"p q\"", "\"/p\""),
		WITH("\"p\"q\"", "\"/p\""),
		WITH("\"p\nq\"", "\"/p\""),
		WITH("\"p\x7f\"", "\"/p\""),
		WITH("\"p\xc3\xa4\"", "\"/p\""),
		WITH("", "\"/p\""),
		WITH("p", "\"/p\""),
		WITH("(null)", "\"/p\""),
		WITH("4", "\"/p\""),
		WITH("414", "\"/p\""),
		WITH("4a", "\"/p\""),
		WITH("4G", "\"/p\""),
		WITH("\"p\"", ""),
		WITH("\"p\"", "(nil)"),
		WITH("\"p\"", "(null)x"),
		WITH("\"p\"", "/p"),
		/* a comm that closes its own quote and goes on as a record */
		WITH("\"x\" ses=1 syscall=60 y=\"", "\"/p\""),
		CALL("2147483648"),
		CALL("-2147483649"),
		CALL("4294967295"),
		CALL("--1"),
		CALL("-"),
		CALL("+1"),
		CALL(""),
		CALL("3b"),
		CALL("1 syscall=2"),
		CODE(""),
		CODE("7FFC0000"),
		CODE("7ffc00001"),
		HEAD " arch=0xc000003e syscall=1 compat=0 ip=0x1 code=0x0",
		HEAD " arch=1c000003e syscall=1 compat=0 ip=0x1 code=0x0",
		HEAD " arch=c000003e syscall=1 compat=2 ip=0x1 code=0x0",
		HEAD " arch=c000003e syscall=1 compat=0 ip=1 code=0x0",
		HEAD " arch=c000003e syscall=1 compat=0 ip=0x10000000000000000 code=0x0",
		HEAD " arch=c000003e syscall=1 compat=0 code=0x0",
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct record r;
		if (parse(cases[i], strlen(cases[i]), &r) != -EBADMSG)
			fail_msg("accepted: %s", cases[i]);
	}
}

/* A record that was cut off anywhere before its last number is none. */
static void truncated(void **state)
{
	static const char text[] = LABEL("a b") "\n";
	size_t fixed = (size_t)(strstr(text, "code=0x") + strlen("code=0x") - text);
	struct record r;
	for (size_t len = 0; len <= fixed; len++)
		if (parse(text, len, &r) != -EBADMSG)
			fail_msg("accepted: %.*s", (int)len, text);
	assert_int_equal(parse(text, strlen(text), &r), 0);
}

static void endings(void **state)
{
	static const struct {
		const char *end;
		size_t len;
		int want;
	} cases[] = {
		{"", 0, 0},         {"\n", 1, 0},          {"\0", 1, 0},         {"\n\0", 2, 0},
		{"\n\0\0\0", 4, 0}, {"\0\n", 2, -EBADMSG}, {"\0x", 2, -EBADMSG}, {"\r\n", 2, -EBADMSG},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[512] = STAMP IDS TAIL;
		size_t len = strlen(text);
		memcpy(text + len, cases[i].end, cases[i].len);
		struct record r;
		assert_int_equal(parse(text, len + cases[i].len, &r), cases[i].want);
	}
}

static void stamps(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		uint64_t time_ms, serial;
	} cases[] = {
		{"audit(1795476556.018:2): ", 25, 1795476556018, 2},
		{"audit(1795476556.018:2): proctitle=\"x\"", 25, 1795476556018, 2},
		{"audit(0.000:0): x", 16, 0, 0},
		{"audit(1.999:4294967295): ", 25, 1999, 4294967295},
		{"audit(1.999:4294967295):", 0, 0, 0},
		{"audit(1.99:1): ", 0, 0, 0},
		{"audit(1.1000:1): ", 0, 0, 0},
		{"audit(1.:1): ", 0, 0, 0},
		{"audit(:1): ", 0, 0, 0},
		{"audit(1.000): ", 0, 0, 0},
		{"user pid=1", 0, 0, 0},
		{"", 0, 0, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t time_ms = 77, serial = 88;
		size_t len = record_stamp(cases[i].text, strlen(cases[i].text), &time_ms, &serial);
		assert_int_equal(len, cases[i].len);
		assert_true(time_ms == (len ? cases[i].time_ms : 77));
		assert_true(serial == (len ? cases[i].serial : 88));
	}
}

static void field_bytes(void **state)
{
	static const struct {
		struct record_field field;
		size_t cap;
		const char *want;
	} cases[] = {
		{{"abc", 3, false}, 8, "abc"},   {{"abc", 3, false}, 2, "ab"},
		{{"abc", 3, false}, 0, ""},      {{"0A20FF", 6, true}, 8, "\n \xff"},
		{{"0A20FF", 6, true}, 2, "\n "}, {{NULL, 0, false}, 8, ""},
		{{"", 0, false}, 8, ""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[9] = "########";
		size_t len = record_field_bytes(&cases[i].field, out, cases[i].cap);
		assert_int_equal(len, strlen(cases[i].want));
		assert_memory_equal(out, cases[i].want, len);
		assert_int_equal(out[len], '#');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_fields),  cmocka_unit_test(unset_ids),
		cmocka_unit_test(strings),     cmocka_unit_test(label_that_is_a_tail),
		cmocka_unit_test(numbers),     cmocka_unit_test(actions),
		cmocka_unit_test(refused),     cmocka_unit_test(truncated),
		cmocka_unit_test(endings),     cmocka_unit_test(stamps),
		cmocka_unit_test(field_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
