/* The file of the evidence: what it holds, and what is refused. */
#include "base/cleanup.h"
#include "seccomp/evidence/evidence.h"

#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define T0 1769860800000u /* 2026-01-31T12:00:00Z */

/* A file of one ended learning run and one live audit run, as evidence_write makes it. */
static const char golden[] =
	"{\n"
	"  \"version\": 1,\n"
	"  \"key\": \"web\",\n"
	"  \"shape\": {\"nnp\":true},\n"
	"  \"runs_dropped\": 0,\n"
	"  \"runs\": [\n"
	"    {\"id\": \"web-1\", \"root\": \"/run/runc\", \"container\": \"web-1\", \"runtime\": \"/usr/sbin/runc\", "
	"\"runtime_id\": \"runc-1\", \"runtime_version\": \"runc version 1.1.5\", \"go\": true, \"kernel\": \"6.1.0\", "
	"\"mode\": \"learn\", \"baseline\": \"drop\", \"attribution\": \"session\", \"started\": \"2026-01-31T12:00:00.000Z\", "
	"\"ended\": \"2026-01-31T12:00:09.500Z\", \"records\": 4, \"complete\": true, \"complete_for\": [\"x86_64\", \"i386\"], \"reasons\": [], "
	"\"new\": 2},\n"
	"    {\"id\": \"\", \"root\": \"\", \"container\": \"\", \"runtime\": \"\", \"runtime_id\": \"\", "
	"\"runtime_version\": \"\", \"go\": false, \"kernel\": \"\", \"mode\": \"audit\", \"baseline\": \"\", "
	"\"attribution\": \"session\", \"started\": \"2026-01-31T12:01:00.000Z\", \"ended\": null, \"records\": 2, \"complete\": false, "
	"\"reasons\": [\"running\", \"overrun\", \"not-learning\"]}\n"
	"  ],\n"
	"  \"syscalls\": [\n"
	"    {\"arch\": \"x86_64\", \"nr\": 59, \"name\": \"execve\", \"phase\": \"runtime\", \"count\": 1, \"runs\": "
	"1, "
	"\"first\": \"2026-01-31T12:00:01.000Z\", \"last\": \"2026-01-31T12:00:01.000Z\", "
	"\"comm\": [\"runc:[2:INIT]\"], \"exe\": [\"/\"], \"denied\": 0, \"audited\": 0},\n"
	"    {\"arch\": \"x86_64\", \"nr\": 101, \"name\": \"ptrace\", \"phase\": \"workload\", \"count\": 0, "
	"\"runs\": 1, "
	"\"first\": \"2026-01-31T12:01:01.000Z\", \"last\": \"2026-01-31T12:01:02.000Z\", "
	"\"comm\": [\"a\\\\x0ab\"], \"exe\": [], \"denied\": 1, \"audited\": 1},\n"
	"    {\"arch\": \"x86_64\", \"nr\": 0, \"name\": \"read\", \"phase\": \"workload\", \"count\": 2, \"runs\": 1, "
	"\"first\": \"2026-01-31T12:00:02.000Z\", \"last\": \"2026-01-31T12:00:03.000Z\", "
	"\"comm\": [\"sh\", \"cat\"], \"exe\": [\"/bin/busybox\"], \"denied\": 0, \"audited\": 0, \"learnt\": 1},\n"
	"    {\"arch\": \"i386\", \"nr\": 102, \"name\": \"socketcall\", \"phase\": \"workload\", \"count\": 1, "
	"\"runs\": 1, "
	"\"first\": \"2026-01-31T12:00:04.000Z\", \"last\": \"2026-01-31T12:00:04.000Z\", "
	"\"comm\": [\"old\"], \"exe\": [], \"denied\": 0, \"audited\": 0, \"learnt\": 2}\n"
	"  ],\n"
	"  \"since\": \"2026-01-31T12:00:00.000Z\",\n"
	"  \"blind\": []\n"
	"}\n";

static struct record_field field(const char *s)
{
	struct record_field f = {.p = s, .len = s ? strlen(s) : 0};
	return f;
}

static struct record record(uint32_t arch, uint32_t nr, uint64_t ms, const char *comm, const char *exe)
{
	struct record r = {.arch = arch, .nr = nr, .time_ms = ms, .comm = field(comm), .exe = field(exe)};
	return r;
}

static struct evidence *make(void)
{
	struct evidence *ev = NULL;
	assert_int_equal(evidence_new("web", &ev, NULL), 0);
	return ev;
}

static const struct evidence_call *find(const struct evidence *ev, uint32_t nr, enum evidence_phase phase)
{
	static const struct evidence_call none;
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(ev, &calls);
	for (size_t i = 0; i < n; i++)
		if (calls[i]->nr == nr && calls[i]->phase == phase)
			return calls[i];
	fail_msg("no call %u in phase %s", nr, evidence_phase_name(phase));
	return &none;
}

/* Parses a copy that ends where its memory ends, so that a read beyond it is seen by ASan. */
static int parse(const char *text, size_t len, struct evidence **ret, struct err *err)
{
	cleanup_free char *copy = malloc(len ? len : 1);
	assert_non_null(copy);
	memcpy(copy, text, len);
	return evidence_parse(copy, len, "f", ret, err);
}

static struct evidence *make_golden(void)
{
	struct evidence *ev = make();
	struct evidence_run init = {.container = (char[]){"web-1"},
				    .root = (char[]){"/run/runc"},
				    .runtime = (char[]){"/usr/sbin/runc"},
				    .runtime_id = (char[]){"runc-1"},
				    .runtime_version = (char[]){"runc version 1.1.5"},
				    .kernel = (char[]){"6.1.0"},
				    .baseline = (char[]){"drop"},
				    .go = true,
				    .started_ms = T0};
	struct record r = record(AUDIT_ARCH_X86_64, 59, T0 + 1000, "runc:[2:INIT]", "/");
	uint64_t learn = 0, audit = 0;
	assert_int_equal(evidence_set_shape(ev, "{\"nnp\":true}", NULL), 0);
	assert_int_equal(evidence_run_begin(ev, &init, &learn, NULL), 0);
	assert_int_equal(evidence_add(ev, learn, EVIDENCE_RUNTIME, EVIDENCE_USED, &r), 1);
	r = record(AUDIT_ARCH_X86_64, 0, T0 + 2000, "sh", "/bin/busybox");
	assert_int_equal(evidence_add(ev, learn, EVIDENCE_WORKLOAD, EVIDENCE_USED, &r), 1);
	r = record(AUDIT_ARCH_X86_64, 0, T0 + 3000, "cat", "/bin/busybox");
	assert_int_equal(evidence_add(ev, learn, EVIDENCE_WORKLOAD, EVIDENCE_USED, &r), 1);
	r = record(AUDIT_ARCH_I386, 102, T0 + 4000, "old", NULL);
	assert_int_equal(evidence_add(ev, learn, EVIDENCE_WORKLOAD, EVIDENCE_USED, &r), 1);
	evidence_run_end(ev, learn, T0 + 9500);
	init = (struct evidence_run){.mode = EVIDENCE_AUDIT, .started_ms = T0 + 60000, .reasons = REASON_BIT(OVERRUN)};
	assert_int_equal(evidence_run_begin(ev, &init, &audit, NULL), 0);
	r = record(AUDIT_ARCH_X86_64, 101, T0 + 61000, "610A62", NULL);
	r.comm.hex = true;
	assert_int_equal(evidence_add(ev, audit, EVIDENCE_WORKLOAD, EVIDENCE_AUDITED, &r), 1);
	r.time_ms += 1000;
	assert_int_equal(evidence_add(ev, audit, EVIDENCE_WORKLOAD, EVIDENCE_DENIED, &r), 1);
	return ev;
}

static void writes_the_file(void **state)
{
	cleanup_evidence struct evidence *ev = make_golden();
	cleanup_buf struct buf out = {0};
	assert_int_equal(evidence_write(ev, &out, NULL), 0);
	assert_string_equal(out.data, golden);
}

static void reads_what_it_writes(void **state)
{
	cleanup_evidence struct evidence *ev = NULL;
	cleanup_buf struct buf out = {0};
	const struct evidence_call *c;
	struct err err = {0};
	if (parse(golden, strlen(golden), &ev, &err) != 0)
		fail_msg("%s", err.msg);
	assert_int_equal(evidence_write(ev, &out, NULL), 0);
	assert_string_equal(out.data, golden);
	assert_string_equal(evidence_key(ev), "web");
	assert_string_equal(evidence_shape(ev), "{\"nnp\":true}");
	c = find(ev, 101, EVIDENCE_WORKLOAD);
	assert_true(c->denied == 1 && c->audited == 1 && c->count == 0 && c->first_ms == T0 + 61000);
	assert_string_equal(evidence_comm(ev, c, 0), "a\\x0ab");
	assert_null(evidence_comm(ev, c, 1));
}

static void goes_on_after_reading(void **state)
{
	cleanup_evidence struct evidence *ev = NULL;
	struct record r = record(AUDIT_ARCH_X86_64, 101, T0 + 70000, "610A62", NULL);
	struct evidence_run init = {.mode = EVIDENCE_LEARN, .started_ms = T0};
	const struct evidence_call *c;
	uint64_t no = 0;
	assert_int_equal(parse(golden, strlen(golden), &ev, NULL), 0);
	r.comm.hex = true;
	/* The same call, use and comm: nothing is news, and the live run is not counted twice. */
	assert_int_equal(evidence_add(ev, 2, EVIDENCE_WORKLOAD, EVIDENCE_AUDITED, &r), 0);
	c = find(ev, 101, EVIDENCE_WORKLOAD);
	assert_true(c->audited == 2 && c->runs == 1 && c->last_ms == T0 + 70000);
	assert_null(evidence_comm(ev, c, 1));
	r = record(AUDIT_ARCH_X86_64, 0, T0 + 70000, "new", NULL);
	assert_int_equal(evidence_add(ev, 2, EVIDENCE_WORKLOAD, EVIDENCE_USED, &r), 1);
	assert_true(find(ev, 0, EVIDENCE_WORKLOAD)->runs == 2);
	assert_true(evidence_run(ev, 2)->records == 4);
	assert_int_equal(evidence_run_begin(ev, &init, &no, NULL), 0);
	assert_true(no == 3);
}

static void refuses_every_truncation(void **state)
{
	size_t len = strlen(golden);
	for (size_t i = 0; i < len - 1; i++) { /* without the newline it is still whole */
		struct evidence *ev = NULL;
		struct err err = {0};
		if (parse(golden, i, &ev, &err) == 0)
			fail_msg("accepted %zu of %zu bytes", i, len);
		assert_null(ev);
		assert_true(err.code < 0 && strncmp(err.msg, "f: ", 3) == 0);
	}
}

/* The golden file with the first `from` replaced by `to`, and what the error must say. */
static const struct damage {
	const char *from, *to, *says;
} damages[] = {
	{"\"version\": 1", "\"version\": 0", "version, line 2: version 0"},
	{"\"version\": 1", "\"version\": \"1\"", "version, line 2"},
	{"\"version\": 1", "\"version\": -1", "version, line 2"},
	{"\"version\": 1,", "", "\"version\" is missing"},
	{"\"version\": 1", "\"version\": 1, \"version\": 1", "appears twice"},
	{"\"version\": 1", "\"version\": 1, \"extra\": 1", "extra, line 2: unknown member"},
	{"\"key\": \"web\"", "\"key\": 7", "key, line 3: expected a string"},
	{"\"key\": \"web\"", "\"key\": \"w\\u001bb\"", "printable"},
	{"{\"nnp\":true}", "[]", "shape, line 4: expected an object"},
	{"\"runs_dropped\": 0", "\"runs_dropped\": -1", "runs_dropped, line 5"},
	{"\"runs_dropped\": 0", "\"runs_dropped\": 0.5", "runs_dropped, line 5"},
	{"\"id\": \"web-1\"", "\"id\": \"web-2\"", "runs[0].id, line 7: contradicts"},
	{"\"id\": \"web-1\"", "\"id\": \"web-1\", \"id\": \"web-1\"", "appears twice"},
	{"\"root\": \"/run/runc\", ", "", "\"root\" is missing"},
	{"/run/runc", "/run\\nrunc", "runs[0].root, line 7: contains more"},
	{"/run/runc", "/run\\u0000runc", "NUL"},
	{"/run/runc", "/r\xc3\xbcn", "runs[0].root, line 7: contains more"},
	{"\"go\": true", "\"go\": 1", "runs[0].go, line 7: expected true or false"},
	{"\"go\": true", "\"gone\": true", "runs[0].gone, line 7: unknown member"},
	{"\"mode\": \"learn\"", "\"mode\": \"lean\"", "runs[0].mode, line 7: unknown mode"},
	{"12:00:00.000Z", "12:00:00.000+01:00", "runs[0].started, line 7: expected a UTC time"},
	{"\"2026-01-31T12:00:09.500Z\"", "\"1970-01-01T00:00:00.000Z\"", "runs[0].ended"},
	{"\"2026-01-31T12:00:09.500Z\"", "0", "runs[0].ended, line 7: expected a string"},
	{"\"records\": 4", "\"records\": 18446744073709551616", "runs[0].records, line 7"},
	{"\"records\": 4", "\"records\": 1e3", "runs[0].records, line 7"},
	{"\"overrun\"", "\"overran\"", "runs[1].reasons[1], line 8: unknown reason \"overran\""},
	{"\"overrun\"", "\"running\"", "runs[1].reasons[1], line 8: appears twice"},
	{"\"overrun\"", "null", "runs[1].reasons[1], line 8: expected a string"},
	{"\"reasons\": []", "\"reasons\": {}", "runs[0].reasons, line 7: expected an array"},
	/* Never believed: complete, and something else speaks against it. */
	{"\"i386\"], \"reasons\": []", "\"i386\"], \"reasons\": [\"overrun\"]", "contradicts \"reasons\""},
	{"\"complete\": false", "\"complete\": false, \"complete_for\": []", "runs[1].complete_for, line 8: contradicts \"reasons\""},
	{"[\"x86_64\", \"i386\"]", "[\"x86_64\", \"vax\"]", "runs[0].complete_for[1], line 7: expected an architecture"},
	{"[\"x86_64\", \"i386\"]", "\"x86_64\"", "runs[0].complete_for, line 7: expected an array"},
	{"\"complete\": true", "\"complete\": false", "contradicts \"reasons\""},
	{"\"complete\": false", "\"complete\": true", "contradicts \"reasons\""},
	{"\"complete\": true", "\"complete\": \"true\"", "runs[0].complete, line 7: expected true or false"},
	{"\"complete\": true, ", "", "\"complete\" is missing"},
	{"\"ended\": \"2026-01-31T12:00:09.500Z\"", "\"ended\": null", "contradicts \"ended\""},
	{"\"ended\": null", "\"ended\": \"2026-01-31T12:02:00.000Z\"", "contradicts \"ended\""},
	{"\"ended\": null, ", "", "\"ended\" is missing"},
	{", \"not-learning\"]", "]", "\"not-learning\" is missing for mode \"audit\""},
	{"\"mode\": \"learn\"", "\"mode\": \"enforce\"", "\"not-learning\" is missing for mode \"enforce\""},
	{"\"arch\": \"x86_64\"", "\"arch\": \"vax\"", "syscalls[0].arch, line 11: unknown arch"},
	{"\"arch\": \"x86_64\"", "\"arch\": \"x32\"", "syscalls[0].nr, line 11: no number"},
	{"\"nr\": 59", "\"nr\": 1073741883", "syscalls[0].nr, line 11: no number"},
	{"\"nr\": 59", "\"nr\": 4294967296", "syscalls[0].nr, line 11: no number"},
	{"\"nr\": 59", "\"nr\": -1", "syscalls[0].nr, line 11"},
	{"\"name\": \"execve\"", "\"name\": null", "syscalls[0].name, line 11: expected a string"},
	{"\"phase\": \"runtime\"", "\"phase\": \"start\"", "syscalls[0].phase, line 11: unknown phase"},
	{"\"nr\": 101", "\"nr\": 0", "syscalls[2], line 13: this call and phase appears twice"},
	{"\"count\": 2", "\"count\": true", "syscalls[2].count, line 13"},
	{"\"denied\": 1, ", "", "syscalls[1], line 12: \"denied\" is missing"},
	{"12:01:02.000Z", "12:01:00.999Z", "syscalls[1].last, line 12: before"},
	{"[\"/\"]", "[\"/\", \"/\"]", "syscalls[0].exe[1], line 11: appears twice"},
	{"[\"/\"]", "\"/\"", "syscalls[0].exe, line 11: expected an array"},
	{"[\"/\"]", "[\"\\u001b[2J\"]", "syscalls[0].exe[0], line 11: contains more"},
	{"[\"/\"]", "[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\"]", "syscalls[0].exe, line 11: more than 8"},
	{"\"denied\": 0", "\"more\": 1, \"denied\": 0", "syscalls[0].more, line 11: expected true or false"},
	{"\"syscalls\"", "\"calls\"", "calls, line 10: unknown member"},
	{"    {\"arch\"", "    7, {\"arch\"", "syscalls[0], line 11: expected an object"},
	{"{\n  \"version\": 1", "[{\n  \"version\": 1", "not JSON"},
	{"[]\n}\n", "[]\n}\n{}", "not JSON"},
	{"\"since\": \"2026", "\"since\": \"20x6", "since, line 16: expected a UTC time"},
	{"\"learnt\": 1", "\"learnt\": 4097", "syscalls[2].learnt, line 13: more than"},
	{"\"new\": 2", "\"new\": -3", "runs[0].new, line 7"},
	{"\"new\": 2", "\"opened\": [\"a\\u001b\"]", "runs[0].opened[0], line 7: expected the name of"},
	{"\"new\": 2", "\"quiet\": []", "runs[0].quiet, line 7: expected an object"},
	{"\"new\": 2", "\"quiet\": {\"upto\": 4097}", "runs[0].quiet.upto, line 7: more than"},
	{"\"new\": 2", "\"quiet\": {\"upto\": 1, \"digest\": \"12\"}", "runs[0].quiet.digest, line 7: expected 16 hex"},
};

static char *replaced(const char *text, const char *from, const char *to)
{
	struct buf b = {0};
	const char *at = strstr(text, from);
	if (!at)
		fail_msg("the golden text has no %s", from);
	buf_add(&b, text, (size_t)(at - text));
	buf_adds(&b, to);
	buf_adds(&b, at + strlen(from));
	return buf_steal(&b);
}

static void refuses_damage(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		cleanup_free char *text = replaced(golden, damages[i].from, damages[i].to);
		struct evidence *ev = NULL;
		struct err err = {0};
		if (parse(text, strlen(text), &ev, &err) != -EINVAL || ev)
			fail_msg("%s: accepted, or another code than EINVAL", damages[i].to);
		if (!strstr(err.msg, damages[i].says))
			fail_msg("%s: \"%s\" does not say \"%s\"", damages[i].to, err.msg, damages[i].says);
	}
}

static const struct {
	const char *from, *to;
} variants[] = {
	{"\"count\": 2", "\"count\": 18446744073709551615"}, /* beyond what a double holds */
	{"\"denied\": 0", "\"more\": true, \"denied\": 0"},
	{"\"complete_for\": [\"x86_64\", \"i386\"], ", ""}, /* of an older snug */
	{"  \"shape\": {\"nnp\":true},\n", ""},
	{"\"nr\": 59, \"name\": \"execve\"", "\"nr\": 9999, \"name\": \"syscall_9999\""},
	{"\"arch\": \"x86_64\", \"nr\": 59", "\"arch\": \"aarch64\", \"nr\": 221"},
	{"\"arch\": \"i386\", \"nr\": 102, \"name\": \"socketcall\"",
	 "\"arch\": \"x32\", \"nr\": 1073741824, \"name\": \"read\""},
};

static void reads_variants(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		cleanup_free char *text = replaced(golden, variants[i].from, variants[i].to);
		cleanup_evidence struct evidence *ev = NULL, *again = NULL;
		cleanup_buf struct buf one = {0}, two = {0};
		struct err err = {0};
		if (parse(text, strlen(text), &ev, &err) != 0)
			fail_msg("%s", err.msg);
		assert_int_equal(evidence_write(ev, &one, NULL), 0);
		assert_non_null(strstr(one.data, variants[i].to));
		assert_int_equal(parse(one.data, one.len, &again, NULL), 0);
		assert_int_equal(evidence_write(again, &two, NULL), 0);
		assert_string_equal(one.data, two.data);
	}
}

static void tells_a_newer_file(void **state)
{
	cleanup_free char *text = replaced(golden, "\"version\": 1", "\"version\": 3, \"new\": {}");
	struct evidence *ev = NULL;
	struct err err = {0};
	assert_int_equal(parse(text, strlen(text), &ev, &err), -EPROTONOSUPPORT);
	assert_int_equal(err.code, -EPROTONOSUPPORT);
	assert_non_null(strstr(err.msg, "version 3"));
	assert_int_equal(parse(text, strlen(text), &ev, NULL), -EPROTONOSUPPORT);
}

/* Calls of execs make it a file that older programs refuse; without them it stays one that they read. */
static void calls_of_execs_need_a_newer_reader(void **state)
{
	cleanup_free char *with = replaced(golden, "\"name\": \"socketcall\", \"phase\": \"workload\"", "\"name\": \"socketcall\", \"phase\": \"exec\"");
	cleanup_free char *text = replaced(with, "\"version\": 1", "\"version\": 2");
	cleanup_free char *plain = replaced(golden, "\"version\": 1", "\"version\": 2");
	cleanup_evidence struct evidence *ev = NULL, *old = NULL, *none = NULL;
	cleanup_buf struct buf out = {0}, first = {0};
	struct err err = {0};

	assert_int_equal(parse(with, strlen(with), &none, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "unknown phase"));
	assert_int_equal(parse(text, strlen(text), &ev, &err), 0);
	assert_int_equal(evidence_write(ev, &out, NULL), 0);
	assert_non_null(strstr(out.data, "\"version\": 2"));
	assert_non_null(strstr(out.data, "\"phase\": \"exec\""));
	assert_int_equal(parse(plain, strlen(plain), &old, &err), 0);
	assert_int_equal(evidence_write(old, &first, NULL), 0);
	assert_non_null(strstr(first.data, "\"version\": 1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_file),       cmocka_unit_test(reads_what_it_writes),
		cmocka_unit_test(goes_on_after_reading), cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(refuses_damage),        cmocka_unit_test(reads_variants),
		cmocka_unit_test(tells_a_newer_file), cmocka_unit_test(calls_of_execs_need_a_newer_reader),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
