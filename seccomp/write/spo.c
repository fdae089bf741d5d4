/* A SeccompProfile of security-profiles-operator (its api/seccompprofile/v1/seccompprofile_types.go; v1beta1 has a namespace,
 * has no state, and an errno is a string). */
#include "seccomp/write/write_private.h"

#include "base/json/json.h"
#include "seccomp/policy/read_private.h"
#include "seccomp/write/object_name.h"

#include <stdlib.h>
#include <string.h>

/* A JSON string is also a YAML string. */
static void add_string(const char *s, struct buf *out)
{
	struct json_writer w;

	json_write_begin(&w, out, false);
	json_write_string(&w, NULL, s);
}

static int add_rule(const struct policy_rule *rule, enum policy_format format, struct buf *out, struct err *err)
{
	const char **names = NULL;
	size_t count = 0;
	int r = policy_sorted_names(rule, &names, &count, err);

	if (r < 0)
		return r;
	buf_addf(out, "  - action: %s\n", policy_action_name(rule->answer.action));
	if (rule->answer.has_errno && rule->answer.errno_ret)
		buf_addf(out, format == POLICY_SPO ? "    errnoRet: %u\n" : "    errnoRet: \"%u\"\n", rule->answer.errno_ret);
	buf_adds(out, "    names:\n");
	for (size_t i = 0; i < count; i++) {
		buf_adds(out, "    - ");
		/* The name of a known call is never a YAML keyword. */
		if (policy_knows_call(names[i]))
			buf_adds(out, names[i]);
		else
			add_string(names[i], out);
		buf_addc(out, '\n');
	}
	free(names);
	if (rule->arg_count)
		buf_adds(out, "    args:\n");
	for (size_t i = 0; i < rule->arg_count; i++) {
		const struct policy_arg *a = &rule->args[i];

		buf_addf(out, "    - index: %u\n      value: %llu\n", a->index, (unsigned long long)a->value);
		if (a->op == POLICY_MASKED_EQ || a->value_two)
			buf_addf(out, "      valueTwo: %llu\n", (unsigned long long)a->value_two);
		buf_addf(out, "      op: %s\n", policy_op_name(a->op));
	}
	return 0;
}

static void add_head(const struct policy *p, enum policy_format format, struct buf *out)
{
	const char *metadata = NULL, *path = policy_listener(p, &metadata);
	const struct arch *const *arches = NULL;
	const char *const *flags = NULL;
	size_t arch_count = policy_arches(p, &arches), flag_count = policy_flags(p, &flags);

	buf_adds(out, format == POLICY_SPO ? "spec:\n  state: Enabled\n" : "spec:\n");
	buf_addf(out, "  defaultAction: %s\n", policy_action_name(policy_default(p)->action));
	buf_adds(out, arch_count ? "  architectures:\n" : "");
	for (size_t i = 0; i < arch_count; i++)
		buf_addf(out, "  - %s\n", arches[i]->oci);
	buf_adds(out, flag_count ? "  flags:\n" : "");
	for (size_t i = 0; i < flag_count; i++) {
		buf_adds(out, "  - ");
		add_string(flags[i], out);
		buf_addc(out, '\n');
	}
	for (int i = 0; i < 2; i++) {
		const char *value = i ? metadata : path;

		if (!value)
			continue;
		buf_adds(out, i ? "  listenerMetadata: " : "  listenerPath: ");
		add_string(value, out);
		buf_addc(out, '\n');
	}
}

int policy_write_spo(const struct policy *p, enum policy_format format, const char *name, const struct buf *lost, struct buf *out,
		     struct err *err)
{
	const struct policy_rule *const *rules = NULL;
	size_t count = policy_rules(p, &rules);
	int r = 0;

	policy_write_comments(lost, out);
	buf_addf(out, "apiVersion: security-profiles-operator.x-k8s.io/%s\nkind: SeccompProfile\nmetadata:\n  name: \"",
		 format == POLICY_SPO ? "v1" : "v1beta1");
	object_name_add(name, out);
	buf_adds(out, "\"\n");
	if (policy_coverage(p)) {
		buf_adds(out, "  annotations:\n    spo.x-k8s.io/syscall-coverage: ");
		add_string(policy_coverage(p), out);
		buf_addc(out, '\n');
	}
	add_head(p, format, out);
	buf_adds(out, count ? "  syscalls:\n" : "  syscalls: []\n");
	for (size_t i = 0; i < count && r == 0; i++)
		r = add_rule(rules[i], format, out, err);
	return r;
}
