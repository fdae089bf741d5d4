#include "base/json/json.h"
#include "seccomp/syscall/arch.h"
#include "seccomp/syscall/arguments.h"
#include "seccomp/learning/section.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ALLOW  "\"SCMP_ACT_ALLOW\""
#define LOG    "\"SCMP_ACT_LOG\""
#define ERRNO  "\"SCMP_ACT_ERRNO\""
#define X32    "\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X32\""
#define ANCHOR "{\"action\":" ERRNO ",\"names\":[\"nfsservctl\"],\"errnoRet\":38}"
/* Where x86_64 is the native ABI, a section that lists it alone needs no anchor; elsewhere there are two ABIs then. */
#define ELSEWHERE "\1"
#define DEFLOG "\"defaultAction\":" LOG

/* The host's ABIs as JSON, without those in `skip`. */
static void add_host(struct buf *b, const char *lead, const char *skip)
{
	const struct arch *host[4];
	size_t n = arch_host(host);

	for (size_t i = 0; i < n; i++) {
		cleanup_buf struct buf quoted = {0};

		buf_addf(&quoted, "\"%s\"", host[i]->oci);
		if (skip && strstr(skip, quoted.data))
			continue;
		buf_addf(b, "%s%s", lead, quoted.data);
		lead = ",";
	}
}

static void test_drop(void **state)
{
	cleanup_buf struct buf got = {0}, want = {0};

	(void)state;
	buf_adds(&got, "before");
	learning_drop(NULL, &got);
	buf_adds(&want, "before{" DEFLOG ",\"architectures\":[");
	add_host(&want, "", NULL);
	buf_adds(&want, "]}");
	assert_string_equal(got.data, want.data);
}

static const struct {
	const char *in, *out; /* out NULL: unchanged */
} keeps[] = {
	{"{\"defaultAction\":" ALLOW "}", "{" DEFLOG "}"},
	{"{\"default\\u0041ction\":\"SCMP_ACT_\\u0041LLOW\"}", "{\"default\\u0041ction\":" LOG "}"},
	{" {\"defaultAction\":" ERRNO "} trailing", "{\"defaultAction\":" ERRNO "}"},
	/* the errno of an action that becomes LOG goes, first, last, in the middle and alone between the braces' spaces
	 */
	{"{\"defaultErrnoRet\":1,\"defaultAction\":" ALLOW "}", "{"
								"\"defaultAction\":" LOG "}"},
	{"{ \"defaultErrnoRet\" : 1 ,\n \"defaultAction\":" ALLOW "}", "{\n \"defaultAction\":" LOG "}"},
	{"{\"defaultAction\":" ALLOW ",\"defaultErrnoRet\":1}", "{" DEFLOG "}"},
	{"{\"flags\":[],\"defaultErrnoRet\":1,\"defaultAction\":" ALLOW "}",
	 "{\"flags\":[],\"defaultAction\":" LOG "}"},
	{"{\"defaultAction\":" ALLOW " , \"defaultErrnoRet\" : 38 , \"flags\":[]}", "{" DEFLOG " , \"flags\":[]}"},
	{"{\"defaultAction\":" ERRNO ",\"syscalls\":[{\"errnoRet\":null,\"names\":[\"a\"],\"action\":" ALLOW "}]}",
	 "{\"defaultAction\":" ERRNO ",\"syscalls\":[{\"names\":[\"a\"],\"action\":" LOG "}]}"},
	{"{\"defaultAction\":" ERRNO ",\"syscalls\":[{\"names\":[\"a\"],\"action\":" ALLOW ",\"errnoRet\":0}]}",
	 "{\"defaultAction\":" ERRNO ",\"syscalls\":[{\"names\":[\"a\"],\"action\":" LOG "}]}"},
	{"{\"defaultAction\":" ERRNO ",\"syscalls\":[{\"action\":" ALLOW ",\"errnoRet\":0,\"args\":[]}]}",
	 "{\"defaultAction\":" ERRNO ",\"syscalls\":[{\"action\":" LOG ",\"args\":[]}]}"},
	/* that of a denial stays, default or rule */
	{"{\"defaultAction\":" ERRNO ",\"defaultErrnoRet\":38,\"syscalls\":[{\"names\":[\"a\"],\"action\":" ERRNO
	 ",\"errnoRet\":1}]}",
	 NULL},
	{"{\"defaultAction\":" LOG ",\"defaultErrnoRet\":38}", NULL},
	/* what a caller has beside ALLOW */
	{"{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[{\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":2},{"
	 "\"action\":\"SCMP_ACT_NOTIFY\"},"
	 "{\"action\":\"SCMP_ACT_KILL_PROCESS\"},{\"action\":\"SCMP_ACT_TRAP\"},{\"action\":" LOG "}]}",
	 NULL},
	{"{\"defaultAction\":\"SCMP_ACT_FROB\",\"syscalls\":[{\"action\":\"scmp_act_allow\"},{\"action\":\"\"},{"
	 "\"action\":\"SCMP_ACT_ALLOWED\"}]}",
	 NULL},
	/* denials, arguments, names and the rest byte for byte */
	{"{\n\t\"defaultAction\" : " ALLOW
	 ",\r\n\"architectures\":[ \"SCMP_ARCH_X86\" ],\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],"
	 "\"listenerPath\":\"/x\",\"syscalls\" : [ {\"names\":[\"mkdir\",\"nope\"],\"action\":" ERRNO
	 ",\"errnoRet\":1,\"args\":[{\"index\":0,"
	 "\"value\":18446744073709551615,\"op\":\"SCMP_CMP_EQ\"}]} , {\"name\":\"old\", \"action\" : " ALLOW
	 " , \"args\":null} ] , \"x\":{\"action\":" ALLOW ",\"defaultAction\":" ALLOW "} }",
	 "{\n\t\"defaultAction\" : " LOG
	 ",\r\n\"architectures\":[ \"SCMP_ARCH_X86\" ],\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],"
	 "\"listenerPath\":\"/x\",\"syscalls\" : [ {\"names\":[\"mkdir\",\"nope\"],\"action\":" ERRNO
	 ",\"errnoRet\":1,\"args\":[{\"index\":0,"
	 "\"value\":18446744073709551615,\"op\":\"SCMP_CMP_EQ\"}]} , {\"name\":\"old\", \"action\" : " LOG
	 " , \"args\":null} ," ANCHOR "] , \"x\":{\"action\":" ALLOW ",\"defaultAction\":" ALLOW "} }"},
	{"{\"defaultAction\":" ERRNO ",\"syscalls\":null}", NULL},
	/* where libseccomp may make a void filter, a rule that keeps it from that, if there is none: on a call that is everywhere, without
	 * conditions, other than the default */
	{"{" DEFLOG ",\"architectures\":[" X32 "],\"syscalls\":[ {\"names\":[\"ipc\"],\"action\":" ERRNO "} ] }",
	 "{" DEFLOG ",\"architectures\":[" X32 "],\"syscalls\":[ {\"names\":[\"ipc\"],\"action\":" ERRNO "} ," ANCHOR "] }"},
	{"{\"syscalls\":[{\"names\":[\"open\"],\"action\":" ERRNO "}],\"architectures\":[\"SCMP_ARCH_AARCH64\"]," DEFLOG "}",
	 "{\"syscalls\":[{\"names\":[\"open\"],\"action\":" ERRNO "}," ANCHOR "],\"architectures\":[\"SCMP_ARCH_AARCH64\"]," DEFLOG "}"},
	{"{" DEFLOG ",\"architectures\":[" X32 "],\"syscalls\":[{\"names\":[\"ipc\",\"mount\"],\"action\":" ERRNO ",\"args\":[{}]},"
	 "{\"names\":[\"mount\"],\"action\":" LOG "}]}",
	 "{" DEFLOG ",\"architectures\":[" X32 "],\"syscalls\":[{\"names\":[\"ipc\",\"mount\"],\"action\":" ERRNO ",\"args\":[{}]},"
	 "{\"names\":[\"mount\"],\"action\":" LOG "}," ANCHOR "]}"},
	{"{" DEFLOG ",\"architectures\":[" X32 "],\"syscalls\":[{\"names\":[\"ipc\",\"mount\"],\"action\":" ERRNO "}]}", NULL},
	{"{" DEFLOG ",\"architectures\":[" X32 "],\"syscalls\":[{\"names\":[\"mount\"],\"action\":" ERRNO ",\"args\":[{}]}]}", NULL},
	{"{" DEFLOG ",\"architectures\":[" X32 "],\"syscalls\":[{\"names\":[\"ipc\"],\"action\":" LOG "}]}", NULL},
	{"{" DEFLOG ",\"architectures\":[\"SCMP_ARCH_X86_64\"],\"syscalls\":[{\"names\":[\"ipc\"],\"action\":" ERRNO "}]}",
	 "{" DEFLOG ",\"architectures\":[\"SCMP_ARCH_X86_64\"],\"syscalls\":[{\"names\":[\"ipc\"],\"action\":" ERRNO "}" ELSEWHERE "]}"},
	{"{\"defaultAction\":" ERRNO ",\"architectures\":[" X32 "],\"syscalls\":[{\"names\":[\"ipc\"],\"action\":" LOG "}]}", NULL},
	{"{\"defaultAction\":" ERRNO ",\"syscalls\":[]}", NULL},
	{"{\"defaultAction\":" ERRNO ",\"syscalls\":[{\"action\":" ALLOW
	 ",\"Names\":[\"a\"],\"names\":[\"\xff\"],\"names\":[]}]}",
	 "{\"defaultAction\":" ERRNO ",\"syscalls\":[{\"action\":" LOG
	 ",\"Names\":[\"a\"],\"names\":[\"\xff\"],\"names\":[]}]}"},
};

/* What is expected on this machine; *b is where it is made. */
static const char *expected(const char *text, struct buf *b)
{
	const struct arch *host[4];
	const char *at = strchr(text, ELSEWHERE[0]);

	if (!at)
		return text;
	buf_add(b, text, (size_t)(at - text));
	if (arch_host(host) && host[0]->id != ARCH_X86_64)
		buf_adds(b, "," ANCHOR);
	buf_adds(b, at + 1);
	return b->data;
}

static void test_keep(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keeps); i++) {
		cleanup_buf struct buf b = {0}, twice = {0}, here = {0};
		struct err err = {0};
		const char *want = keeps[i].out ? expected(keeps[i].out, &here) : keeps[i].in;

		if (learning_keep(keeps[i].in, strlen(keeps[i].in), "section", NULL, &b, &err) < 0)
			fail_msg("%s: %s", keeps[i].in, err.msg);
		assert_string_equal(b.data, want);
		assert_int_equal(learning_keep(b.data, b.len, "section", NULL, &twice, &err), 0);
		assert_string_equal(twice.data, want);
	}
}

static void test_keep_unconfined(void **state)
{
	static const char *const sections[] = {NULL, "", "{}", "{\"syscalls\":[]}",
					       "{\"syscalls\":null,\"architectures\":[]}"};
	cleanup_buf struct buf drop = {0};

	(void)state;
	learning_drop(NULL, &drop);
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		cleanup_buf struct buf b = {0};
		struct err err = {0};

		assert_int_equal(learning_keep(sections[i], sections[i] ? strlen(sections[i]) : 0, "section", NULL, &b, &err),
				 0);
		assert_string_equal(b.data, drop.data);
	}
}

#define RULE(r) "{\"defaultAction\":" ERRNO ",\"syscalls\":[" r "]}"

static const struct {
	const char *section, *says;
} refusals[] = {
	{"null", "object"},
	{"[]", "object"},
	{"\"SCMP_ACT_ALLOW\"", "object"},
	{"{", "section"},
	{"{\"defaultAction\":null}", "string"},
	{"{\"defaultAction\":0}", "string"},
	{"{\"defaultAction\":[" ALLOW "]}", "string"},
	{"{\"defaultAction\":\"SCMP_ACT_ALLOW\\u0000\"}", "NUL"},
	{"{\"syscalls\":[{\"names\":[\"a\"],\"action\":" ERRNO "}]}", "\"defaultAction\" is missing"},
	{"{" DEFLOG ",\"syscalls\":{}}", "array"},
	{"{" DEFLOG ",\"syscalls\":\"\"}", "array"},
	{RULE("null"), "syscalls[0]"},
	{RULE("{\"action\":" ALLOW "},[]"), "syscalls[1]"},
	{RULE("{\"names\":[\"a\"]}"), "\"action\" is missing"},
	{RULE("{\"action\":null}"), "string"},
	{RULE("{\"action\":\"SCMP_ACT_ALLOW\\u0000x\"}"), "NUL"},
	/* what runtimes read differently */
	{"{\"defaultAction\":" ALLOW ",\"defaultAction\":" ERRNO "}", "twice"},
	{"{\"DefaultAction\":" ALLOW ",\"defaultAction\":" ERRNO "}", "\"defaultAction\""},
	{"{\"defaultaction\":" ERRNO "}", "\"defaultAction\""},
	{"{\"defaultAction\\u0000\":" ERRNO "," DEFLOG "}", "\"defaultAction\""},
	{"{" DEFLOG ",\"defaultErrnoRet\":1,\"defaultErrnoret\":2}", "\"defaultErrnoRet\""},
	{"{" DEFLOG ",\"syscalls\":[],\"syscalls\":[{\"action\":" ALLOW "}]}", "twice"},
	{"{" DEFLOG ",\"Syscalls\":[{\"action\":" ALLOW "}]}", "\"syscalls\""},
	{"{" DEFLOG ",\"\xc5\xbfyscall\xc5\xbf\":[{\"action\":" ALLOW "}]}", "\"syscalls\""},
	{RULE("{\"action\":" ERRNO ",\"action\":" ALLOW "}"), "twice"},
	{RULE("{\"action\":" ERRNO ",\"ACTION\":" ALLOW "}"), "\"action\""},
	{RULE("{\"action\":" ERRNO ",\"action\\u0000\":" ALLOW "}"), "\"action\""},
	{RULE("{\"action\":" ALLOW ",\"errnoRet\":1,\"errnoret\":1}"), "\"errnoRet\""},
	{RULE("{\"action\":" ALLOW ",\"errnoRet\":1,\"errnoRet\":1}"), "twice"},
};

static int keep_all(const char *section, size_t len, const char *name, struct buf *out, struct err *err)
{
	return learning_keep(section, len, name, NULL, out, err);
}

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		int (*const makers[])(const char *, size_t, const char *, struct buf *,
				      struct err *) = {keep_all, learning_audit};

		for (size_t k = 0; k < ARRAY_SIZE(makers); k++) {
			cleanup_buf struct buf b = {0};
			struct err err = {0};
			int r = makers[k](refusals[i].section, strlen(refusals[i].section), "section", &b, &err);

			/* audit reads strictly and says of some that they are broken in another way */
			if (r != -EINVAL || b.len || !err.msg[0] || (k == 0 && !strstr(err.msg, refusals[i].says)))
				fail_msg("%s: %d, %s", refusals[i].section, r, err.msg);
		}
	}
}

static void test_audit(void **state)
{
	/* out: what stands before and behind the list of ABIs; listed: those that the profile has */
	static const struct {
		const char *in, *before, *listed, *behind;
	} cases[] = {
		{"{\"defaultAction\":" ERRNO
		 ",\"defaultErrnoRet\":38,\"architectures\":[\"SCMP_ARCH_S390X\"],\"syscalls\":[]}\n",
		 "{" DEFLOG ",\"architectures\":[", "\"SCMP_ARCH_S390X\"", "],\"syscalls\":[]}"},
		{"{\"defaultAction\":\"SCMP_ACT_KILL_PROCESS\"}", "{\"architectures\":[", "", "]," DEFLOG "}"},
		{"{\"defaultErrnoRet\":1,\"defaultAction\":" ERRNO "}", "{\"architectures\":[", "", "]," DEFLOG "}"},
		{"{\"architectures\":null,\"defaultAction\":" ERRNO "}", "{\"architectures\":[", "", "]," DEFLOG "}"},
		{"{\"architectures\":[ \"SCMP_ARCH_X32\",\n\"SCMP_ARCH_X86_64\" ],\"defaultAction\":" ALLOW
		 ",\"syscalls\":[ {\"names\":[\"a\"],"
		 "\"action\":" ALLOW ",\"args\":[]},{\"action\":" ERRNO ",\"errnoRet\":1} ]}",
		 "{\"architectures\":[", "\"SCMP_ARCH_X32\",\"SCMP_ARCH_X86_64\"",
		 "]," DEFLOG ",\"syscalls\":[ {\"names\":[\"a\"],"
		 "\"action\":" ALLOW ",\"args\":[]},{\"action\":" ERRNO ",\"errnoRet\":1} ]}"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_buf struct buf got = {0}, want = {0};
		struct err err = {0};

		if (learning_audit(cases[i].in, strlen(cases[i].in), "profile", &got, &err) < 0)
			fail_msg("%s: %s", cases[i].in, err.msg);
		buf_addf(&want, "%s%s", cases[i].before, cases[i].listed);
		add_host(&want, *cases[i].listed ? "," : "", cases[i].listed);
		buf_adds(&want, cases[i].behind);
		assert_string_equal(got.data, want.data);
	}
}

static void test_audit_refusals(void **state)
{
	static const char *const bad[] = {"",
					  "{}",
					  "{\"defaultAction\":" ERRNO "} x",
					  "{\"defaultAction\":" ERRNO ",\"x\":1,\"x\":1}",
					  "{\"defaultAction\":" ERRNO ",\"architectures\":\"SCMP_ARCH_X86\"}",
					  "{\"defaultAction\":" ERRNO ",\"architectures\":[1]}",
					  "{\"defaultAction\":" ERRNO ",\"Architectures\":[]}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_buf struct buf b = {0};
		struct err err = {0};

		if (learning_audit(bad[i], strlen(bad[i]), "profile", &b, &err) != -EINVAL || b.len)
			fail_msg("%s", bad[i]);
	}
}

/* The recorder's answer names what is quiet. A form that this program does not know stays logged: a newer recorder's offer
 * must not make it quiet by guess. */
static void test_unlogged_read(void **state)
{
	static const struct {
		const char *offer;
		int code;
		size_t names, forms;
		const char *what; /* in the message */
	} cases[] = {
		{"{\"names\":[],\"assumed\":[]}", 0, 0, 0, ""},
		{"{\"names\":[\"read\",\"write\"],\"assumed\":[\"getppid\",\"read\"],\"forms\":[]}", 0, 3, 0, ""},
		{"{\"names\":[],\"assumed\":[],\"forms\":[\"%s\",\"of tomorrow\",7,null,\"\"]}", 0, 0, 1, ""},
		{"{\"assumed\":[]}", -EINVAL, 0, 0, "an array is missing"},
		{"{\"names\":[\"read\"]}", -EINVAL, 1, 0, "an array is missing"},
		{"{\"names\":\"read\",\"assumed\":[]}", -EINVAL, 0, 0, "an array is missing"},
		{"{\"names\":[\"read\",3],\"assumed\":[]}", -EINVAL, 1, 0, "names[1], line 1: expected a string"},
		{"{\"names\":[],\"assumed\":[{}]}", -EINVAL, 0, 0, "assumed[0], line 1: expected a string"},
		{"[]", -EINVAL, 0, 0, "an array is missing"},
	};
	const struct argument *table;

	(void)state;
	assert_true(arguments(&table) > 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_json struct json_doc *doc = NULL;
		cleanup_buf struct buf text = {0};
		struct learning_unlogged q = {0};
		struct err err = {0};
		const char *hole = strstr(cases[i].offer, "%s");

		if (hole)
			buf_addf(&text, "%.*s%s%s", (int)(hole - cases[i].offer), cases[i].offer, table[1].text, hole + 2);
		else
			buf_adds(&text, cases[i].offer);
		assert_int_equal(json_parse(text.data, text.len, JSON_OURS, "answer", &doc, &err), 0);
		if (learning_unlogged_read(doc, json_root(doc), &q, &err) != cases[i].code ||
		    q.names.count != cases[i].names || q.forms != (cases[i].forms ? (uint64_t)1 << 1 : 0) ||
		    !strstr(err.msg, cases[i].what))
			fail_msg("%s: %s, %zu names, forms %llx", text.data, err.msg, q.names.count,
				 (unsigned long long)q.forms);
		learning_unlogged_done(&q);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drop),     cmocka_unit_test(test_keep),  cmocka_unit_test(test_keep_unconfined),
		cmocka_unit_test(test_refusals), cmocka_unit_test(test_audit), cmocka_unit_test(test_audit_refusals),
		cmocka_unit_test(test_unlogged_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
