#include "seccomp/write/write.h"

#include "base/text.h"
#include "seccomp/filter/filter.h"
#include "seccomp/write/write_private.h"
#include "seccomp/syscall/sets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const enum policy_format OUTPUTS[] = {POLICY_OCI, POLICY_DOCKER, POLICY_SPO, POLICY_SPO_V1BETA1, POLICY_SYSTEMD, POLICY_LIBSECCOMP_C};

int policy_output_by_name(const char *name, enum policy_format *ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(OUTPUTS); i++)
		if (text_streq(policy_format_name(OUTPUTS[i]), name)) {
			*ret = OUTPUTS[i];
			return 0;
		}
	return err_set(err, EINVAL, "--format is " POLICY_OUTPUTS ", not '%s'", name);
}

/* dockerd before 23 ignores defaultErrnoRet, but not a rule's errnoRet. So the calls that C libraries try first, and fall back
 * from on one errno only, get a rule. To readers of the default it changes nothing. */
static int add_modern(struct policy *n, struct buf *lost, struct err *err)
{
	const struct policy_answer *def = policy_default(n);
	const struct set_sibling *set = NULL;
	size_t count = set_siblings(&set);
	struct policy_rule rule = {.answer = *def};
	int r = 0;

	if (def->action != POLICY_ERRNO || !def->has_errno || def->errno_ret == EPERM)
		return 0;
	buf_adds(lost, "dockerd before 23 does not read defaultErrnoRet: there what is refused by default gets EPERM, but for "
		       "the calls that C libraries try first\n");
	rule.names = calloc(count + 1, sizeof(*rule.names));
	if (!rule.names)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++)
		if (!policy_names_call(n, set[i].modern))
			rule.names[rule.name_count++] = (char *)(uintptr_t)set[i].modern;
	if (rule.name_count)
		r = policy_add_rule(n, &rule, err);
	free(rule.names);
	return r;
}

static int adapt_docker(const struct policy *p, struct policy **ret, struct buf *lost, struct err *err)
{
	cleanup_policy struct policy *n = NULL;
	int r = policy_new(POLICY_DOCKER, policy_name(p), &n, err);

	if (r == 0)
		r = policy_copy_head(p, n, err);
	if (r == 0)
		r = policy_copy_rules(p, NULL, n, err);
	if (r == 0)
		r = add_modern(n, lost, err);
	if (r < 0)
		return r;
	policy_copy_arches(p, n);
	*ret = steal_ptr(&n);
	return 0;
}

/* The operator takes errno 0 for none, and its v1 accepts no number above 2^63 - 1. */
static int adapt_spo_rules(const struct policy *p, enum policy_format format, struct buf *lost)
{
	const struct policy_rule *const *rules = NULL;
	bool zero = false, wide = false;

	for (size_t i = 0, n = policy_rules(p, &rules); i < n; i++) {
		zero |= rules[i]->answer.has_errno && rules[i]->answer.errno_ret == 0;
		for (size_t k = 0; k < rules[i]->arg_count; k++)
			wide |= rules[i]->args[k].value > INT64_MAX || rules[i]->args[k].value_two > INT64_MAX;
	}
	if (zero)
		buf_adds(lost, "to the operator, errno 0 means none: those calls get EPERM\n");
	if (wide && format == POLICY_SPO)
		buf_adds(lost, "the operator's v1 accepts no argument above 2^63 - 1 and will refuse this profile: use spo-v1beta1\n");
	return 0;
}

static int adapt_spo(const struct policy *p, enum policy_format format, struct policy **ret, struct buf *lost, struct err *err)
{
	cleanup_policy struct policy *n = NULL;
	struct policy_answer def = *policy_default(p);
	int r = policy_adapt_plain(p, format, &n, lost, err);

	if (r < 0)
		return r;
	if ((def.action == POLICY_ERRNO || def.action == POLICY_TRACE) && def.has_errno && def.errno_ret != EPERM) {
		const char *name = policy_errno_name(def.errno_ret);

		buf_addf(lost,
			 "a SeccompProfile has no default errno: what is refused by default gets EPERM, not %s (runc answers "
			 "ENOSYS only to numbers above the highest one named); C libraries that try clone3 first need it "
			 "allowed\n",
			 name ? name : "the number wanted");
	}
	def.has_errno = false;
	policy_set_default(n, &def);
	r = adapt_spo_rules(n, format, lost);
	*ret = steal_ptr(&n);
	return r;
}

int policy_adapt(const struct policy *p, enum policy_format format, struct policy **ret, struct buf *lost,
		 struct err *err)
{
	const struct arch *const *arches = NULL;
	const char *metadata = NULL;
	int r;

	/* Without a list, runtimes would take the machine's own ABI. */
	if (policy_lists_arches(p) && !policy_has_arch_map(p) && policy_arches(p, &arches) == 0)
		return err_set(err, EINVAL, "%s: \"architectures\" lists no known architecture; runtimes refuse that", policy_name(p));
	switch (format) {
	case POLICY_DOCKER:
		r = adapt_docker(p, ret, lost, err);
		break;
	case POLICY_SPO:
	case POLICY_SPO_V1BETA1:
		r = adapt_spo(p, format, ret, lost, err);
		break;
	case POLICY_SYSTEMD:
		r = policy_adapt_systemd(p, ret, lost, err);
		break;
	case POLICY_LIBSECCOMP_C:
		r = policy_adapt_plain(p, format, ret, lost, err);
		if (r == 0 && policy_listener(p, &metadata))
			buf_adds(lost, "listenerPath is left out: the program itself decides who listens\n");
		break;
	default:
		r = policy_adapt_plain(p, POLICY_OCI, ret, lost, err);
		break;
	}
	return r == 0 && buf_failed(lost) ? err_set(err, ENOMEM, "out of memory") : r;
}

int policy_write(const struct policy *p, enum policy_format format, const char *name, const struct buf *lost,
		 struct buf *out, struct err *err)
{
	int r;

	switch (format) {
	case POLICY_SPO:
	case POLICY_SPO_V1BETA1:
		r = policy_write_spo(p, format, name, lost, out, err);
		break;
	case POLICY_LIBSECCOMP_C:
		r = policy_write_libseccomp(p, name, lost, out, err);
		break;
	case POLICY_SYSTEMD:
		r = policy_write_systemd(p, name, lost, out, err);
		break;
	default:
		r = policy_write_json(p, format, out, err);
		break;
	}
	return r == 0 && buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : r;
}
