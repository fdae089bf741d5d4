/* No wrong profile gets past the proof: each text here is a good one with one fault. */
#include "base/text.h"
#include "seccomp/policy/read.h"
#include "seccomp/write/write.h"
#include "seccomp/profile/proof.h"
#include "tests/unit/any_kernel.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CALL(nr, name, phase)                                                                                         \
	"{\"arch\":\"x86_64\",\"nr\":" #nr ",\"name\":\"" name "\",\"phase\":\"" phase "\",\"count\":1,\"runs\":1,"     \
	"\"first\":\"2026-01-31T12:00:00.000Z\",\"last\":\"2026-01-31T12:00:00.000Z\",\"comm\":[],\"exe\":[],"          \
	"\"denied\":0,\"audited\":0}"
#define EVIDENCE(calls)                                                                                               \
	"{\"version\":1,\"key\":\"k\",\"runs_dropped\":0,\"runs\":[],\"syscalls\":[" calls "]}"

static const char GOOD[] =
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"architectures\":[\"SCMP_ARCH_X86_64\"],"
	"\"syscalls\":[{\"names\":[\"read\",\"exit_group\"],\"action\":\"SCMP_ACT_ALLOW\"},{\"names\":[\"clone\"],"
	"\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":2114060288,\"valueTwo\":0,\"op\":"
	"\"SCMP_CMP_MASKED_EQ\"}]}]}";

static int prove(const char *text, const char *evidence, struct err *err)
{
	cleanup_policy struct policy *meant = NULL;
	cleanup_evidence struct evidence *ev = NULL;
	cleanup_buf struct buf b = {0};
	struct proof proof = {.name = "t", .format = POLICY_OCI};
	const struct evidence *used[1];

	buf_adds(&b, text);
	assert_int_equal(policy_read_one(GOOD, strlen(GOOD), "good", &meant, err), 0);
	if (evidence_parse(evidence, strlen(evidence), "e", &ev, err) < 0)
		fail_msg("%s", err->msg);
	used[0] = ev;
	proof.meant = meant;
	proof.used = used;
	proof.used_count = proof.floors_from = 1;
	return proof_text(&b, &proof, err);
}

/* GOOD with `from` replaced by `to`. */
static void spoil(const char *from, const char *to, const char *says)
{
	cleanup_buf struct buf b = {0};
	const char *at = strstr(GOOD, from);
	struct err err = {0};

	assert_non_null(at);
	buf_add(&b, GOOD, (size_t)(at - GOOD));
	buf_adds(&b, to);
	buf_adds(&b, at + strlen(from));
	if (prove(b.data, EVIDENCE(CALL(0, "read", "workload")), &err) >= 0)
		fail_msg("got past: %s", b.data);
	if (!strstr(err.msg, says))
		fail_msg("%s: %s", says, err.msg);
}

static void good_ones(void **state)
{
	struct err err = {0};

	if (prove(GOOD, EVIDENCE(CALL(0, "read", "workload") "," CALL(56, "clone", "runtime")), &err) < 0)
		fail_msg("%s", err.msg);
	/* What libseccomp cannot name is reported elsewhere. */
	if (prove(GOOD, EVIDENCE(CALL(999, "syscall_999", "workload")), &err) < 0)
		fail_msg("%s", err.msg);
}

static void wrong_ones(void **state)
{
	spoil("\"read\",", "", "read (x86_64 0) is not answered");
	spoil("\"read\",", "\"read\",\"mount\",", "mount (x86_64 165)");
	spoil("38", "1", "write (x86_64 1) is not answered");
	spoil("SCMP_ACT_ERRNO", "SCMP_ACT_LOG", "is not answered");
	spoil("2114060288", "2113929216", "clone (x86_64 56)");
	spoil("2114060288", "2114060289", "clone (x86_64 56)");
	spoil("\"SCMP_ARCH_X86_64\"", "\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_\"", "unknown architecture");
	spoil("\"SCMP_ARCH_X86_64\"", "\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"", "wrong about i386");
	spoil("\"syscalls\"", "\"calls\"", "\"calls\" is not read");
	spoil("}]}]}", "}]}]", "not JSON");
}

/* The second line of defence: what was meant is wrong itself. */
static void meant_wrongly(void **state)
{
	struct err err = {0};

	assert_int_equal(prove(GOOD, EVIDENCE(CALL(165, "mount", "workload")), &err), -EILSEQ);
	assert_non_null(strstr(err.msg, "mount (x86_64 165) was seen in use and is refused"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones),
		cmocka_unit_test(wrong_ones),
		cmocka_unit_test(meant_wrongly),
	};
	return cmocka_run_group_tests(tests, any_kernel, NULL);
}
