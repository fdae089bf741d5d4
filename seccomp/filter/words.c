/* Answers and conditions in words. */
#include "seccomp/filter/filter.h"

#include "base/buf.h"
#include "seccomp/syscall/values.h"

#include <linux/seccomp.h>

void filter_add_answer(uint32_t answer, struct buf *out)
{
	uint32_t data = answer & SECCOMP_RET_DATA;

	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		buf_adds(out, "allow");
		break;
	case SECCOMP_RET_LOG:
		buf_adds(out, "log");
		break;
	case SECCOMP_RET_ERRNO:
		if (policy_errno_name(data))
			buf_adds(out, policy_errno_name(data));
		else
			buf_addf(out, "errno %u", data);
		break;
	case SECCOMP_RET_TRAP:
		buf_adds(out, "trap");
		break;
	case SECCOMP_RET_TRACE:
		buf_adds(out, "handed over (trace)");
		break;
	case SECCOMP_RET_USER_NOTIF:
		buf_adds(out, "handed over (notify)");
		break;
	case SECCOMP_RET_KILL_PROCESS:
		buf_adds(out, "kill the process");
		break;
	default:
		buf_adds(out, "kill the thread");
		break;
	}
}

static void add_value_name(const char *call, const struct arch *arch, const struct policy_arg *a, struct buf *out)
{
	if (!call || !value_add_name(call, a->index, arch, a->value, false, out))
		buf_addf(out, a->value < 4096 ? "%llu" : "0x%llx", (unsigned long long)a->value);
}

/* "(arg0 & (CLONE_NEWUSER|CLONE_NEWNET)) == 0" */
static void add_masked(const char *call, const struct arch *arch, const struct policy_arg *a, struct buf *out)
{
	buf_addf(out, "(arg%u & ", a->index);
	if (!call || !value_add_name(call, a->index, arch, a->value, true, out))
		buf_addf(out, "0x%llx", (unsigned long long)a->value);
	buf_adds(out, ") == ");
	if (!a->value_two || !call || !value_add_name(call, a->index, arch, a->value_two, true, out))
		buf_addf(out, a->value_two ? "0x%llx" : "%llu", (unsigned long long)a->value_two);
}

void filter_add_args(const char *call, const struct arch *arch, const struct policy_arg *args, size_t count, struct buf *out)
{
	static const char *const signs[] = {
		[POLICY_NE] = "!=", [POLICY_LT] = "<", [POLICY_LE] = "<=",
		[POLICY_EQ] = "==", [POLICY_GE] = ">=", [POLICY_GT] = ">",
	};

	for (size_t i = 0; i < count; i++) {
		const struct policy_arg *a = &args[i];

		buf_adds(out, i ? " and " : "");
		if (a->op == POLICY_MASKED_EQ) {
			add_masked(call, arch, a, out);
			continue;
		}
		buf_addf(out, "arg%u %s ", a->index, signs[a->op]);
		add_value_name(call, arch, a, out);
	}
}

void filter_add_when(const struct filter_call *c, const char *only, const char *except, struct buf *out)
{
	bool otherwise = filter_allows(c->answer);
	size_t n = 0;

	if (c->depends && !c->clause_count)
		buf_adds(out, "depends on its arguments");
	for (size_t i = 0; c->depends && i < c->clause_count; i++)
		if (filter_allows(c->clauses[i].answer) != otherwise) {
			buf_adds(out, n++ ? " or " : otherwise ? except : only);
			filter_add_args(c->name, c->arch, c->clauses[i].args, c->clauses[i].arg_count, out);
		}
}
