/* C for a program that confines itself with libseccomp: the rules as a table, and a function that makes a filter from them. */
#include "base/text.h"
#include "seccomp/syscall/arch.h"
#include "seccomp/write/write_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void add_identifier(const char *name, struct buf *out)
{
	buf_adds(out, isdigit((unsigned char)*name) ? "_" : "");
	for (const char *s = name; *s; s++)
		buf_addc(out, isalnum((unsigned char)*s) ? (char)tolower((unsigned char)*s) : '_');
	buf_adds(out, *name ? "" : "profile");
}

/* Without a number, runtimes answer EPERM. */
static void add_action(const struct policy_answer *a, struct buf *out)
{
	buf_adds(out, policy_action_name(a->action));
	if (a->action == POLICY_ERRNO || a->action == POLICY_TRACE)
		buf_addf(out, "(%u)", a->has_errno ? a->errno_ret : EPERM);
}

static void add_args(const struct policy_rule *rule, size_t from, size_t to, struct buf *out)
{
	buf_addf(out, "%zu, {", to - from);
	for (size_t i = from; i < to; i++)
		buf_addf(out, "%s{%u, %s, 0x%llxu, 0x%llxu}", i > from ? ", " : "", rule->args[i].index, policy_op_name(rule->args[i].op),
			 (unsigned long long)rule->args[i].value, (unsigned long long)rule->args[i].value_two);
	buf_adds(out, from == to ? "{0}}" : "}");
}

static bool compares_twice(const struct policy_rule *rule)
{
	unsigned seen = 0;
	bool twice = false;

	for (size_t i = 0; i < rule->arg_count; i++) {
		twice |= seen >> rule->args[i].index & 1;
		seen |= 1u << rule->args[i].index;
	}
	return twice;
}

static int add_rule(const struct policy_rule *rule, struct buf *out, struct err *err)
{
	/* If a rule compares one argument twice, runtimes make a rule of each comparison. */
	bool split = compares_twice(rule);
	const char **names = NULL;
	size_t count = 0;
	int r = policy_sorted_names(rule, &names, &count, err);

	for (size_t i = 0; r == 0 && i < count; i++)
		for (size_t k = 0; k < (split ? rule->arg_count : 1); k++) {
			buf_adds(out, "\t{\"");
			/* A name that is no identifier is not a call; it must not end the string. */
			for (const char *s = names[i]; *s; s++)
				buf_addc(out, isalnum((unsigned char)*s) || *s == '_' ? *s : '?');
			buf_adds(out, "\", ");
			add_action(&rule->answer, out);
			buf_adds(out, ", ");
			add_args(rule, split ? k : 0, split ? k + 1 : rule->arg_count, out);
			buf_adds(out, "},\n");
		}
	free(names);
	return r;
}

static void add_function(const struct policy *p, const struct buf *id, struct buf *out)
{
	const char *const *flags = NULL;
	bool log = false;

	for (size_t i = 0, n = policy_flags(p, &flags); i < n; i++)
		log |= text_streq(flags[i], "SECCOMP_FILTER_FLAG_LOG");
	buf_addf(out,
		 "/* The filter, to be loaded by seccomp_load() and released by seccomp_release(); NULL if it cannot be made. Names that\n"
		 " * this libseccomp does not know are left out, as runtimes do. */\n"
		 "static inline scmp_filter_ctx %s_filter(void)\n{\n"
		 "\tuint32_t def = %s_default;\n\tscmp_filter_ctx ctx = seccomp_init(def);\n\tsize_t i;\n\n"
		 "\tfor (i = 0; ctx && %s_arches[i]; i++)\n"
		 "\t\tif (seccomp_arch_exist(ctx, %s_arches[i]) != 0)\n\t\t\t(void)seccomp_arch_add(ctx, %s_arches[i]);\n",
		 id->data, id->data, id->data, id->data, id->data);
	if (log)
		buf_adds(out, "\tif (ctx)\n\t\t(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_LOG, 1);\n");
	buf_addf(out,
		 "\tfor (i = 0; ctx && %s_rules[i].name; i++) {\n"
		 "\t\tint nr = seccomp_syscall_resolve_name(%s_rules[i].name);\n\n"
		 "\t\tif (nr == __NR_SCMP_ERROR || %s_rules[i].action == def)\n\t\t\tcontinue;\n"
		 "\t\tif (seccomp_rule_add_array(ctx, %s_rules[i].action, nr, %s_rules[i].count, %s_rules[i].args) < 0) {\n"
		 "\t\t\tseccomp_release(ctx);\n\t\t\treturn NULL;\n\t\t}\n\t}\n\treturn ctx;\n}\n",
		 id->data, id->data, id->data, id->data, id->data, id->data);
}

int policy_write_libseccomp(const struct policy *p, const char *name, const struct buf *lost, struct buf *out, struct err *err)
{
	const struct policy_rule *const *rules = NULL;
	const struct arch *const *arches = NULL;
	size_t count = policy_rules(p, &rules), arch_count = policy_arches(p, &arches);
	cleanup_buf struct buf id = {0};
	int r = 0;

	add_identifier(name, &id);
	if (buf_failed(&id))
		return err_set(err, ENOMEM, "out of memory");
	buf_adds(out, "/* A seccomp filter for libseccomp; made by snug. */\n");
	for (const char *s = lost && lost->data ? lost->data : ""; *s;) {
		size_t n = strcspn(s, "\n");

		buf_adds(out, "// ");
		buf_add(out, s, n);
		buf_addc(out, '\n');
		s += n + (s[n] != 0);
	}
	buf_addf(out, "#include <seccomp.h>\n#include <stddef.h>\n#include <stdint.h>\n\n"
		      "static const struct {\n\tconst char *name;\n\tuint32_t action;\n\tunsigned count;\n"
		      "\tstruct scmp_arg_cmp args[6];\n} %s_rules[] = {\n", id.data);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = add_rule(rules[i], out, err);
	buf_addf(out, "\t{NULL, 0, 0, {{0}}}};\n\nstatic const uint32_t %s_default = ", id.data);
	add_action(policy_default(p), out);
	buf_addf(out, ";\nstatic const uint32_t %s_arches[] = {", id.data);
	for (size_t i = 0; i < arch_count; i++)
		buf_addf(out, "%s, ", arches[i]->oci);
	buf_adds(out, "0};\n\n");
	add_function(p, &id, out);
	return r;
}
