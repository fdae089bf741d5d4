#include "seccomp/write/write.h"

#include "base/text.h"
#include "seccomp/filter/filter.h"
#include "seccomp/write/write_private.h"
#include "seccomp/syscall/sets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int policy_output_by_name(const char *name, enum policy_format *ret)
{
	static const enum policy_format outputs[] = {POLICY_OCI, POLICY_DOCKER, POLICY_SPO, POLICY_SYSTEMD};

	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++)
		if (text_streq(policy_format_name(outputs[i]), name)) {
			*ret = outputs[i];
			return 0;
		}
	return -ENOENT;
}

/* dockerd before 23 does not read defaultErrnoRet, only a rule's: the calls that C libraries try first, and fall back from
 * on one errno alone, are answered by a rule. Where the default is read it says the same. */
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

static int adapt_spo(const struct policy *p, struct policy **ret, struct buf *lost, struct err *err)
{
	cleanup_policy struct policy *n = NULL;
	struct policy_answer def = *policy_default(p);
	int r = policy_adapt_plain(p, POLICY_SPO, &n, lost, err);

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
	*ret = steal_ptr(&n);
	return 0;
}

int policy_adapt(const struct policy *p, enum policy_format format, struct policy **ret, struct buf *lost,
		 struct err *err)
{
	const struct arch *const *arches = NULL;
	int r;

	/* No list would mean the machine's own one. */
	if (policy_lists_arches(p) && !policy_has_arch_map(p) && policy_arches(p, &arches) == 0)
		return err_set(err, EINVAL, "%s: \"architectures\" lists none that is known here, and runtimes refuse it", policy_name(p));
	switch (format) {
	case POLICY_DOCKER:
		r = adapt_docker(p, ret, lost, err);
		break;
	case POLICY_SPO:
		r = adapt_spo(p, ret, lost, err);
		break;
	case POLICY_SYSTEMD:
		r = policy_adapt_systemd(p, ret, lost, err);
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
		r = policy_write_spo(p, name, lost, out, err);
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
