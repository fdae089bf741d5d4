/* The readers of profiles and what the compiled filter answers. */
#include "base/file.h"
#include "base/text.h"
#include "seccomp/filter/filter.h"
#include "seccomp/policy/read.h"
#include "tests/unit/any_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ERRNO(n) (SECCOMP_RET_ERRNO | (n))

struct fixture {
	struct policy *policy;
	struct filter *filter;
};

static void fixture_done(struct fixture *f)
{
	filter_free(f->filter);
	policy_free(f->policy);
}

static void open_text(const char *text, const struct filter_view *view, struct fixture *ret)
{
	struct err err = {0};

	if (policy_read_one(text, strlen(text), "t", &ret->policy, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(filter_new(ret->policy, view, &ret->filter, &err), 0);
}

static uint32_t answer(struct fixture *f, enum arch_id id, const char *name, uint64_t arg0, uint64_t arg1)
{
	const uint64_t args[POLICY_ARGS_MAX] = {arg0, arg1};
	const struct arch *arch = arch_get(id);
	struct err err = {0};
	uint32_t nr = 0, ret = 0;

	assert_int_equal(syscall_number(arch, name, &nr), 0);
	if (filter_answer(f->filter, arch, nr, args, &ret, &err) < 0)
		fail_msg("%s", err.msg);
	return ret;
}

static void plain_sections(void **state)
{
	static const char text[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
		"\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_S390X\"],\"syscalls\":["
		"{\"names\":[\"read\",\"socket\",\"nonesuch\"],\"action\":\"SCMP_ACT_ALLOW\"},"
		"{\"names\":[\"ptrace\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1},"
		"{\"names\":[\"kexec_load\"],\"action\":\"SCMP_ACT_KILL_PROCESS\"},"
		"{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":2114060288,"
		"\"valueTwo\":0,\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
		"{\"names\":[\"kill\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
		"{\"index\":1,\"value\":9,\"op\":\"SCMP_CMP_EQ\"},{\"index\":1,\"value\":15,\"op\":\"SCMP_CMP_EQ\"}]}]}";
	cleanup_with(fixture_done) struct fixture f = {0};
	const struct policy_remark *remarks = NULL;
	struct filter_call c = {0};

	open_text(text, NULL, &f);
	assert_int_equal(policy_format(f.policy), POLICY_OCI);
	assert_int_equal(policy_remarks(f.policy, &remarks), 2);
	assert_int_equal(remarks[0].kind, POLICY_UNKNOWN_NAME);
	assert_string_equal(remarks[0].path, "syscalls[0].names[2]");
	assert_int_equal(remarks[1].kind, POLICY_INDEX_TWICE);
	assert_int_equal(answer(&f, ARCH_X86_64, "read", 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&f, ARCH_X86_64, "write", 0, 0), ERRNO(38));
	assert_int_equal(answer(&f, ARCH_X86_64, "ptrace", 0, 0), ERRNO(1));
	assert_int_equal(answer(&f, ARCH_X86_64, "kexec_load", 0, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(answer(&f, ARCH_X86_64, "clone", 17, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&f, ARCH_X86_64, "clone", 0x10000000, 0), ERRNO(38));
	/* The other byte order has its words the other way round. */
	assert_int_equal(answer(&f, ARCH_S390X, "clone", 17, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&f, ARCH_S390X, "clone", 0x10000000, 0), ERRNO(38));
	/* Both signals, where a reader of "and" would see none. */
	assert_int_equal(answer(&f, ARCH_X86_64, "kill", 0, 9), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&f, ARCH_X86_64, "kill", 0, 15), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&f, ARCH_X86_64, "kill", 0, 1), ERRNO(38));
	/* Behind socketcall only its first part is socket. */
	assert_int_equal(answer(&f, ARCH_X86, "socketcall", 1, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&f, ARCH_X86, "socketcall", 2, 0), ERRNO(38));
	assert_int_equal(answer(&f, ARCH_X32, "read", 0, 0), SECCOMP_RET_KILL_THREAD);
	assert_int_equal(filter_call(f.filter, arch_get(ARCH_X86), 102, &c, NULL), 0);
	assert_true(c.depends && c.allows && c.denies);
	filter_call_done(&c);
	assert_int_equal(filter_call(f.filter, arch_get(ARCH_X86_64), 62, &c, NULL), 0);
	assert_true(c.depends);
	assert_int_equal(c.clause_count, 2);
	assert_int_equal(c.answer, ERRNO(38));
	filter_call_done(&c);
}

#define DOCKER                                                                                                         \
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrno\":\"ENOSYS\",\"defaultErrnoRet\":1,"                     \
	"\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":[\"SCMP_ARCH_X86\"]}],\"syscalls\":["  \
	"{\"name\":\"read\",\"action\":\"SCMP_ACT_ALLOW\",\"args\":null,\"comment\":\"why\"},"                         \
	"{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}},"            \
	"{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38,\"errno\":\"EPERM\","                     \
	"\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}},"                                                               \
	"{\"names\":[\"ptrace\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"minKernel\":\"4.8\"}},"                  \
	"{\"names\":[\"arch_prctl\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"arches\":[\"arm64\"]}}]}"

static void docker_profiles(void **state)
{
	static const char *const caps[] = {"CAP_SYS_ADMIN"};
	const struct arch *machine = arch_get(ARCH_X86_64);
	const struct filter_view usual = {.machine = machine}, plain = {.plain = true, .machine = machine};
	const struct filter_view admin = {.caps = caps, .cap_count = 1, .kernel = {4, 7}, .machine = machine};
	cleanup_with(fixture_done) struct fixture f = {0}, g = {0}, h = {0};

	open_text(DOCKER, &usual, &f);
	assert_int_equal(policy_format(f.policy), POLICY_DOCKER);
	assert_true(policy_has_conditions(f.policy));
	assert_int_equal(answer(&f, ARCH_X86_64, "read", 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&f, ARCH_X86, "read", 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&f, ARCH_X86_64, "mount", 0, 0), ERRNO(1));
	assert_int_equal(answer(&f, ARCH_X86_64, "bpf", 0, 0), ERRNO(38));
	assert_int_equal(answer(&f, ARCH_X86_64, "ptrace", 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&f, ARCH_X86_64, "arch_prctl", 0, 0), ERRNO(38));
	open_text(DOCKER, &admin, &g);
	assert_int_equal(answer(&g, ARCH_X86_64, "mount", 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&g, ARCH_X86_64, "ptrace", 0, 0), ERRNO(38));
	open_text(DOCKER, &plain, &h);
	assert_int_equal(answer(&h, ARCH_X86_64, "arch_prctl", 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&h, ARCH_X86, "read", 0, 0), SECCOMP_RET_KILL_THREAD);
}

#define ALLOW_READ "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}"
#define SPEC       "{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[" ALLOW_READ "]}"

static void whose_text_it_is(void **state)
{
	static const struct {
		const char *text;
		enum policy_format format;
	} cases[] = {
		{SPEC, POLICY_OCI},
		{"{\"ociVersion\":\"1.0.2\",\"linux\":{\"seccomp\":" SPEC "}}", POLICY_CONFIG},
		{"{\"apiVersion\":\"security-profiles-operator.x-k8s.io/v1beta1\",\"kind\":\"SeccompProfile\",\"spec\":" SPEC
		 "}",
		 POLICY_SPO},
		{"{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[{\"name\":\"read\",\"action\":\"SCMP_ACT_ALLOW\"}]}",
		 POLICY_DOCKER},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_with(fixture_done) struct fixture f = {0};

		open_text(cases[i].text, NULL, &f);
		assert_int_equal(policy_format(f.policy), cases[i].format);
		assert_int_equal(answer(&f, ARCH_X86_64, "read", 0, 0), SECCOMP_RET_ALLOW);
		assert_int_equal(answer(&f, ARCH_X86_64, "write", 0, 0), SECCOMP_RET_LOG);
	}
}

static void config_maps(void **state)
{
	static const char text[] =
		"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\","
		"\"metadata\":{\"name\":\"p\",\"namespace\":\"n\"},\"data\":{"
		"\"a.json\":\"{\\\"defaultAction\\\":\\\"SCMP_ACT_LOG\\\"}\",\"readme\":\"hello\","
		"\"b.json\":\"{\\\"defaultAction\\\":\\\"SCMP_ACT_ALLOW\\\"}\"}}]}";
	cleanup_policy_list struct policy_list list = {0};
	struct err err = {0};

	if (policy_read(text, strlen(text), "f", &list, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(list.count, 2);
	assert_string_equal(policy_name(list.policy[0]), "f: n/p: data.a.json");
	assert_int_equal(policy_default(list.policy[1])->action, POLICY_ALLOW);
	assert_string_equal(list.skipped.data, "f: n/p: data.readme: no profile\n");
}

static void bad_texts(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"", "t: is empty"},
		{"{}", "not a profile"},
		{"{\"ociVersion\":\"1\",\"linux\":{}}", "without a filter"},
		{"{\"defaultAction\":\"SCMP_ACT_NO\"}", "defaultAction, line 1: unknown action; there are SCMP_ACT_ALLOW, _ERRNO, _LOG, _TRAP, _TRACE, _NOTIFY, _KILL_THREAD and _KILL_PROCESS"},
		{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrno\":\"ENOPE\"}", "unknown errno"},
		{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":5000}", "too high for an errno"},
		{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"DefaultAction\":\"SCMP_ACT_LOG\"}", "some runtimes read"},
		{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\","
		 "\"args\":[{\"index\":6,\"op\":\"SCMP_CMP_EQ\"}]}]}",
		 "arguments 0 to 5"},
		{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\","
		 "\"args\":[{\"index\":0,\"op\":\"==\"}]}]}",
		 "unknown operator"},
		{"{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}", "expected a SeccompProfile or a ConfigMap"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct policy *p = NULL;
		struct err err = {0};

		assert_int_equal(policy_read_one(cases[i].text, strlen(cases[i].text), "t", &p, &err), -EINVAL);
		if (!strstr(err.msg, cases[i].says))
			fail_msg("%s: %s", cases[i].says, err.msg);
	}
}

static void contradictions(void **state)
{
	static const char text[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
		"{\"names\":[\"kill\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":1,\"value\":9,\"op\":\"SCMP_CMP_EQ\"}]},"
		"{\"names\":[\"kill\"],\"action\":\"SCMP_ACT_LOG\",\"args\":[{\"index\":1,\"value\":9,\"op\":\"SCMP_CMP_EQ\"}]}]}";
	cleanup_with(fixture_done) struct fixture f = {0};
	const struct filter_refusal *refusals = NULL;
	size_t count = 0;

	open_text(text, NULL, &f);
	assert_int_equal(filter_refusals(f.filter, arch_get(ARCH_X86_64), &refusals, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_string_equal(refusals[0].name, "kill");
	assert_string_equal(refusals[0].rule->path, "syscalls[1]");
}

static void comparisons(void **state)
{
	static const char a[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"clone\"],\"action\":"
				"\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":2114060288,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}]}";
	static const char b[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"clone\"],\"action\":"
				"\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":2113929216,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}]}";
	cleanup_with(fixture_done) struct fixture f = {0}, g = {0};
	struct filter_difference d = {0};
	const struct arch *arch = arch_get(ARCH_X86_64);
	cleanup_buf struct buf words = {0};
	struct filter_call c = {0};

	open_text(a, NULL, &f);
	open_text(b, NULL, &g);
	assert_int_equal(filter_compare(f.filter, f.filter, arch, 56, &d, NULL), 0);
	assert_false(d.differs);
	assert_int_equal(filter_compare(f.filter, g.filter, arch, 56, &d, NULL), 0);
	assert_true(d.differs);
	assert_true(d.args[0] & 0x20000);
	assert_int_equal(filter_call(f.filter, arch, 56, &c, NULL), 0);
	filter_add_args(NULL, NULL, c.clauses[0].args, c.clauses[0].arg_count, &words);
	assert_string_equal(words.data, "(arg0 & 0x7e020000) == 0");
	buf_clear(&words);
	filter_add_answer(c.answer, &words);
	assert_string_equal(words.data, "EPERM");
	filter_call_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_sections), cmocka_unit_test(docker_profiles), cmocka_unit_test(whose_text_it_is),
		cmocka_unit_test(config_maps),    cmocka_unit_test(bad_texts),       cmocka_unit_test(contradictions),
		cmocka_unit_test(comparisons),
	};
	return cmocka_run_group_tests(tests, any_kernel, NULL);
}
