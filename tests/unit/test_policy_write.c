/* Every form read, written and read again means the same on the BPF interpreter; what a form cannot say is told. */
#include "base/file.h"
#include "base/text.h"
#include "seccomp/policy/defaults.h"
#include "seccomp/filter/filter.h"
#include "seccomp/policy/read.h"
#include "seccomp/write/write.h"
#include "seccomp/profile/proof.h"
#include "tests/unit/any_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const enum policy_format OUTPUTS[] = {POLICY_OCI, POLICY_DOCKER, POLICY_SPO, POLICY_SPO_V1BETA1, POLICY_SYSTEMD};

static struct policy *read_text(const char *text, size_t len, const char *name)
{
	struct policy *p = NULL;
	struct err err = {0};

	if (policy_read_one(text, len, name, &p, &err) < 0)
		fail_msg("%s\n%.*s", err.msg, (int)len, text);
	return p;
}

/* Adapts and writes; false if the form has no such thing. */
static bool write_policy(const struct policy *p, enum policy_format format, struct policy **ret_adapted,
			 struct buf *lost, struct buf *out)
{
	struct err err = {0};

	if (policy_adapt(p, format, ret_adapted, lost, &err) < 0) {
		if (format != POLICY_SYSTEMD || !strstr(err.msg, "systemd cannot express"))
			fail_msg("%s: %s", policy_name(p), err.msg);
		return false;
	}
	assert_int_equal(policy_write(*ret_adapted, format, "made", lost, out, &err), 0);
	return true;
}

static void assert_same(const struct policy *a, const struct policy *b)
{
	cleanup_filter struct filter *f = NULL, *g = NULL;
	const struct arch *host[4];
	size_t hosts = arch_host(host);

	assert_int_equal(filter_new(a, NULL, &f, NULL), 0);
	assert_int_equal(filter_new(b, NULL, &g, NULL), 0);
	for (size_t i = 0; i < hosts; i++)
		for (uint32_t nr = 0; nr < 500; nr++) {
			uint32_t base = host[i]->id == ARCH_X32 ? ARCH_X32_BIT : 0;
			struct filter_difference d = {0};

			assert_int_equal(filter_compare(f, g, host[i], base + nr, &d, NULL), 0);
			if (d.differs)
				fail_msg("%s and %s: %s %u: %x and %x", policy_name(a), policy_name(b), host[i]->name, nr,
					 d.answer[0], d.answer[1]);
		}
}

static void round_trip(const char *text, size_t len, const char *name)
{
	struct policy *p = read_text(text, len, name);

	for (size_t i = 0; i < ARRAY_SIZE(OUTPUTS); i++) {
		cleanup_policy struct policy *adapted = NULL, *again = NULL, *twice = NULL;
		cleanup_buf struct buf lost = {0}, out = {0}, none = {0}, second = {0};
		struct proof proof = {.name = name, .format = OUTPUTS[i]};
		struct err err = {0};

		if (!write_policy(p, OUTPUTS[i], &adapted, &lost, &out))
			continue;
		proof.meant = adapted;
		if (proof_text(&out, &proof, &err) < 0)
			fail_msg("%s as %s: %s\n%s", name, policy_format_name(OUTPUTS[i]), err.msg, out.data);
		if (OUTPUTS[i] == POLICY_OCI || OUTPUTS[i] == POLICY_DOCKER)
			assert_same(p, adapted);
		/* What was written once is written alike again. */
		again = read_text(out.data, out.len, name);
		assert_true(write_policy(again, OUTPUTS[i], &twice, &none, &second));
		if (OUTPUTS[i] == POLICY_OCI || OUTPUTS[i] == POLICY_DOCKER)
			assert_string_equal(out.data, second.data);
	}
	policy_free(p);
}

static void default_ones(void **state)
{
	const struct default_profile *all = NULL;
	size_t n = default_profiles(NULL, &all);
	cleanup_buf struct buf text = {0};

	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++)
		round_trip(all[i].text, all[i].len, all[i].name);
	/* With conditions, where it is installed. */
	if (file_read_at(AT_FDCWD, "/usr/share/containers/seccomp.json", 1u << 20, &text, NULL) == 0)
		round_trip(text.data, text.len, "containers-common");
}

#define HEAD   "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
#define ARCHES "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"],"
#define ARG(i, v, w, op) "{\"index\":" #i ",\"value\":" #v ",\"valueTwo\":" #w ",\"op\":\"SCMP_CMP_" op "\"}"
#define RULE(names, action, args) "{\"names\":[" names "],\"action\":\"SCMP_ACT_" action "\",\"args\":[" args "]}"

static const char *const MADE[] = {
	HEAD ARCHES "\"syscalls\":[" RULE("\"read\",\"write\",\"socket\"", "ALLOW", "") "]}",
	HEAD ARCHES "\"syscalls\":[" RULE("\"clone\"", "ALLOW", ARG(0, 2114060288, 0, "MASKED_EQ")) "]}",
	HEAD ARCHES "\"syscalls\":[" RULE("\"personality\"", "ALLOW",
					  ARG(0, 0, 0, "EQ")) "," RULE("\"personality\"", "ALLOW", ARG(0, 8, 0, "EQ")) "]}",
	HEAD "\"syscalls\":[" RULE("\"kill\"", "ALLOW", ARG(1, 9, 0, "EQ") "," ARG(1, 15, 0, "EQ")) "]}",
	HEAD "\"syscalls\":[" RULE("\"socket\"", "ALLOW", ARG(0, 40, 0, "NE") "," ARG(1, 3, 0, "LE")) "]}",
	HEAD "\"syscalls\":[" RULE("\"read\"", "ALLOW", "") ",{\"names\":[\"clone3\"],\"action\":\"SCMP_ACT_ERRNO\","
							   "\"errnoRet\":1}]}",
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[" RULE("\"mount\",\"umount2\"", "ERRNO", "") "]}",
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[" RULE("\"kexec_load\"", "KILL_PROCESS", "") "]}",
	"{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[" RULE("\"exit_group\"", "ALLOW", "") "]}",
	"{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[" RULE("\"read\"", "ALLOW", "") "]}",
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[" RULE("\"ptrace\"", "TRACE", "") "," RULE(
		"\"open\"", "LOG", "") "," RULE("\"bpf\"", "TRAP", "") "]}",
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"listenerPath\":\"/run/a.sock\",\"listenerMetadata\":\"x \\\"y\\\"\","
	"\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],\"syscalls\":[" RULE("\"mknod\"", "NOTIFY", "") "]}",
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[" RULE("\"nonesuch\",\"no\",\"read\"", "ALLOW", "") "]}",
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[" RULE("", "ALLOW", "") "," RULE("\"a\"", "ALLOW", "") "]}",
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\"}",
	"{\"defaultAction\":\"SCMP_ACT_TRAP\",\"syscalls\":[" RULE("\"read\"", "ALLOW", "") "]}",
	HEAD "\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":[\"SCMP_ARCH_X32\"]},"
	     "{\"architecture\":\"SCMP_ARCH_AARCH64\",\"subArchitectures\":[\"SCMP_ARCH_ARM\"]}],\"syscalls\":["
	     "{\"name\":\"read\",\"action\":\"SCMP_ACT_ALLOW\",\"comment\":\"why\"},{\"names\":[\"bpf\"],\"action\":"
	     "\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_BPF\"],\"minKernel\":\"5.8\"}},{\"names\":[\"bpf\"],"
	     "\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"EPERM\",\"excludes\":{\"caps\":[\"CAP_BPF\"],\"arches\":[\"arm64\"]}}]}",
	"apiVersion: security-profiles-operator.x-k8s.io/v1beta1\nkind: SeccompProfile\nmetadata:\n  name: p\nspec:\n"
	"  defaultAction: SCMP_ACT_ERRNO\n  architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_X86]\n  syscalls:\n"
	"  - action: SCMP_ACT_ALLOW\n    names:\n    - read # comment\n    - write\n  - action: SCMP_ACT_ERRNO\n"
	"    errnoRet: \"38\"\n    names: [clone3]\n  - names: [socket]\n    action: SCMP_ACT_ALLOW\n    args:\n"
	"    - index: 0\n      value: 40\n      op: SCMP_CMP_NE\n",
	"[Service]\nSystemCallArchitectures=native x86\nSystemCallErrorNumber=ENOSYS\nSystemCallFilter=read write \\\n"
	"  openat clone3:EPERM\n# comment\nSystemCallFilter=~write\n",
	"[Service]\nSystemCallFilter=~mount bpf:ENOSYS\nSystemCallFilter=bpf\nSystemCallErrorNumber=EPERM\n",
	/* Of its list only the calls that systemd adds itself are left. */
	"[Service]\nSystemCallFilter=read\nSystemCallFilter=~read\n",
};

static void made_ones(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(MADE); i++) {
		char name[16];

		snprintf(name, sizeof(name), "made-%zu", i);
		round_trip(MADE[i], strlen(MADE[i]), name);
	}
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void add_random_rule(uint64_t *state, struct buf *out)
{
	static const char *const actions[] = {"ALLOW", "ALLOW", "ALLOW", "LOG", "ERRNO", "KILL_PROCESS", "TRAP"};
	static const char *const ops[] = {"NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"};
	uint64_t names = 1 + next_random(state) % 6, args = next_random(state) % 4;

	buf_adds(out, "{\"names\":[");
	for (uint64_t i = 0; i < names; i++) {
		char name[SYSCALL_NAME_MAX];

		syscall_name(arch_get(ARCH_X86_64), (uint32_t)(next_random(state) % 330), name);
		buf_addf(out, "%s\"%s\"", i ? "," : "", name);
	}
	buf_addf(out, "],\"action\":\"SCMP_ACT_%s\",\"args\":[", actions[next_random(state) % ARRAY_SIZE(actions)]);
	for (uint64_t i = 0; i < args; i++) {
		uint64_t mask = next_random(state) >> next_random(state) % 64;

		buf_addf(out, "%s{\"index\":%llu,\"value\":%llu,\"valueTwo\":%llu,\"op\":\"SCMP_CMP_%s\"}", i ? "," : "",
			 (unsigned long long)(next_random(state) % 6), (unsigned long long)mask,
			 (unsigned long long)(next_random(state) & mask),
			 ops[next_random(state) % ARRAY_SIZE(ops)]);
	}
	buf_adds(out, "]}");
}

static void random_ones(void **state)
{
	for (uint64_t seed = 1; seed <= 10; seed++) {
		cleanup_buf struct buf text = {0};
		uint64_t random = seed;
		char name[16];

		buf_adds(&text, HEAD ARCHES "\"syscalls\":[");
		for (int i = 0; i < 12; i++) {
			buf_adds(&text, i ? "," : "");
			add_random_rule(&random, &text);
		}
		buf_adds(&text, "]}");
		snprintf(name, sizeof(name), "random-%u", (unsigned)seed);
		round_trip(text.data, text.len, name);
	}
}

static void losses_are_told(void **state)
{
	static const struct {
		const char *text;
		enum policy_format format;
		const char *says;
	} cases[] = {
		{HEAD "\"syscalls\":[]}", POLICY_SPO, "has no default errno"},
		{HEAD "\"syscalls\":[" RULE("\"clone\"", "ALLOW", ARG(0, 1, 0, "MASKED_EQ")) "]}", POLICY_SYSTEMD,
		 "clone: the profile allows it only where (arg0 & 0x1) == 0; systemd knows no arguments"},
		{HEAD "\"archMap\":[],\"syscalls\":[]}", POLICY_OCI, "conditions"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_policy struct policy *p = read_text(cases[i].text, strlen(cases[i].text), "t"), *n = NULL;
		cleanup_buf struct buf lost = {0}, out = {0};

		assert_true(write_policy(p, cases[i].format, &n, &lost, &out));
		if (!lost.data || !strstr(lost.data, cases[i].says))
			fail_msg("%s: %s", cases[i].says, lost.data ? lost.data : "");
		/* Where the form has comments it stands there too. */
		if (cases[i].format != POLICY_OCI)
			assert_non_null(strstr(out.data, cases[i].says));
	}
}

/* A drop-in has lines: a name with one in it would be read as a setting. */
static void odd_names_stay_out_of_a_drop_in(void **state)
{
	static const char text[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"action\":\"SCMP_ACT_ALLOW\",\"names\":["
				   "\"read\",\"-rite\",\"\",\"~kill\",\"@mount\",\"a b\",\"a:b\",\"x\\nExecStartPre=/bin/y\"]}]}";
	cleanup_policy struct policy *p = read_text(text, strlen(text), "odd.json"), *n = NULL, *again = NULL;
	cleanup_buf struct buf lost = {0}, out = {0};

	assert_true(write_policy(p, POLICY_SYSTEMD, &n, &lost, &out));
	again = read_text(out.data, out.len, "again");
	assert_same(n, again);
	assert_null(strstr(out.data, "\nExecStartPre"));
	assert_non_null(strstr(lost.data, "left out: -rite\n"));
	assert_non_null(strstr(out.data, "\nSystemCallFilter=read\n"));
}

/* A drop-in refuses with an errno, of a rule's or the default's; 0 is none, and its reader says so. */
static void an_answer_of_success_becomes_a_refusal(void **state)
{
	static const char rule[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"bpf\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":0}]}";
	static const char whole[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":0,\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]}";
	static const char *const texts[] = {rule, whole};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_policy struct policy *p = read_text(texts[i], strlen(texts[i]), "zero.json"), *n = NULL, *again = NULL;
		cleanup_buf struct buf lost = {0}, out = {0};

		assert_true(write_policy(p, POLICY_SYSTEMD, &n, &lost, &out));
		again = read_text(out.data, out.len, "again");
		assert_same(n, again);
		assert_non_null(strstr(lost.data, "errno 0"));
		assert_non_null(strstr(out.data, "EPERM"));
	}
}

/* Written without a list it would come to mean the machine's own ABI. */
static void unknown_architectures_alone_are_refused(void **state)
{
	static const char only[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_MADE_UP\"],\"syscalls\":[]}";
	static const char one[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_MADE_UP\",\"SCMP_ARCH_X86\"],\"syscalls\":["
				  "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]}";
	cleanup_policy struct policy *p = read_text(only, strlen(only), "odd.json"), *q = read_text(one, strlen(one), "one.json");

	for (size_t i = 0; i < ARRAY_SIZE(OUTPUTS); i++) {
		cleanup_policy struct policy *none = NULL, *some = NULL;
		cleanup_buf struct buf lost = {0};
		struct err err = {0};

		assert_int_equal(policy_adapt(p, OUTPUTS[i], &none, &lost, &err), -EINVAL);
		assert_non_null(strstr(err.msg, "odd.json: \"architectures\" lists no known architecture"));
		assert_int_equal(policy_adapt(q, OUTPUTS[i], &some, &lost, &err), 0);
	}
}

/* What Kubernetes takes for the name of an object. */
static bool is_dns_subdomain(const char *s)
{
	size_t len = strlen(s);
	char before = '.';

	for (size_t i = 0; i <= len; i++) {
		char c = i < len ? s[i] : '.';
		bool alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (!alnum && (c != '-' || before == '.') && (c != '.' || before == '.' || before == '-'))
			return false;
		before = c;
	}
	return len && len <= 253;
}

static char *object_name(const struct policy *p, enum policy_format format, const char *key)
{
	cleanup_buf struct buf out = {0};
	const char *begin;

	assert_int_equal(policy_write(p, format, key, NULL, &out, NULL), 0);
	begin = strstr(out.data, "  name: \"");
	assert_non_null(begin);
	begin += strlen("  name: \"");
	return strndup(begin, strcspn(begin, "\""));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Keys of few letters, so that they are near each other; no two of them get one name, and each name is one that the cluster takes. */
static void no_two_keys_get_one_name(void **state)
{
	static const char text[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[]}";
	static const char letters[] = "aaAb-._/%20";
	enum { KEYS = 20000 };
	cleanup_policy struct policy *p = read_text(text, strlen(text), "any.json"), *spo = NULL;
	cleanup_buf struct buf lost = {0};
	char **keys = calloc(KEYS, sizeof(*keys)), **names = calloc(KEYS, sizeof(*names));
	size_t count = 0;
	uint32_t seed = 20260131;

	assert_true(keys && names);
	assert_int_equal(policy_adapt(p, POLICY_SPO, &spo, &lost, NULL), 0);
	for (size_t i = 0; i < KEYS; i++) {
		char key[32];
		size_t len = 0;

		for (size_t n = (i & 1) ? (size_t)sprintf(key, "k8s/") : 0; len < n; len++)
			;
		for (size_t n = len + 1 + i % 7; len < n; len++) {
			seed = seed * 1664525 + 1013904223;
			key[len] = letters[(seed >> 16) % (sizeof(letters) - 1)];
		}
		key[len] = '\0';
		/* Every other one looks like a name that was made of a key. */
		keys[i] = i % 4 == 3 ? object_name(spo, POLICY_SPO, key) : strdup(key);
	}
	qsort(keys, KEYS, sizeof(*keys), by_text);
	for (size_t i = 0; i < KEYS; i++)
		if (i == 0 || strcmp(keys[i], keys[i - 1]) != 0) {
			names[count] = object_name(spo, POLICY_SPO, keys[i]);
			if (!is_dns_subdomain(names[count]))
				fail_msg("%s: \"%s\" is no name of an object", keys[i], names[count]);
			count++;
		}
	qsort(names, count, sizeof(*names), by_text);
	for (size_t i = 1; i < count; i++)
		if (strcmp(names[i], names[i - 1]) == 0)
			fail_msg("two keys are called %s", names[i]);
	assert_true(count > 4000);
	for (size_t i = 0; i < KEYS; i++) {
		free(keys[i]);
		free(names[i]);
	}
	free(keys);
	free(names);
}

static void names_can_be_read(void **state)
{
	static const char text[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[]}";
	static const struct {
		const char *key, *begins;
		bool digest;
	} cases[] = {
		{"web", "web", false},
		{"web.one-2", "web.one-2", false},
		{"Web", "web-", true},
		{"k8s/shop/web/docker.io%2Flibrary%2Fnginx", "shop-web-docker-io-library-nginx-", true},
		{"k8s/shop-web/docker.io%2Flibrary%2Fnginx", "shop-web-docker-io-library-nginx-", true},
		{"%", "profile-", true},
		{"a..b", "a-b-", true},
		{"a-0123456789abcdef", "a-0123456789abcdef-", true},
	};
	cleanup_policy struct policy *p = read_text(text, strlen(text), "any.json"), *spo = NULL;
	cleanup_buf struct buf lost = {0};

	assert_int_equal(policy_adapt(p, POLICY_SPO, &spo, &lost, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *name = object_name(spo, POLICY_SPO, cases[i].key);

		if (strncmp(name, cases[i].begins, strlen(cases[i].begins)) != 0 ||
		    strlen(name) != strlen(cases[i].begins) + (cases[i].digest ? 16 : 0))
			fail_msg("%s is called %s", cases[i].key, name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_two_keys_get_one_name), cmocka_unit_test(names_can_be_read),
		cmocka_unit_test(default_ones), cmocka_unit_test(made_ones),       cmocka_unit_test(random_ones),
		cmocka_unit_test(losses_are_told), cmocka_unit_test(odd_names_stay_out_of_a_drop_in),
		cmocka_unit_test(unknown_architectures_alone_are_refused), cmocka_unit_test(an_answer_of_success_becomes_a_refusal),
	};
	return cmocka_run_group_tests(tests, any_kernel, NULL);
}
