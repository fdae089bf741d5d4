/* A section's filter as runc makes it with libseccomp, and what that answers to a call. */
#ifndef SNUG_TESTS_SECTION_FILTER_H
#define SNUG_TESTS_SECTION_FILTER_H

#include "base/cleanup.h"
#include "base/json/json.h"
#include "seccomp/filter/bpf.h"
#include "tests/unit/section_generator.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct program {
	struct sock_filter *code;
	size_t len;
};

static uint32_t action_of(const struct json *obj, const char *member, const char *number)
{
	const char *s = json_text(json_get(obj, member)) + strlen("SCMP_ACT_");
	uint64_t n = EPERM;

	if (json_get(obj, number))
		(void)json_u64(json_get(obj, number), &n);
	return strcmp(s, "ALLOW") == 0    ? SCMP_ACT_ALLOW
	       : strcmp(s, "LOG") == 0    ? SCMP_ACT_LOG
	       : strcmp(s, "ERRNO") == 0  ? SCMP_ACT_ERRNO(n)
	       : strcmp(s, "TRAP") == 0   ? SCMP_ACT_TRAP
	       : strcmp(s, "NOTIFY") == 0 ? SCMP_ACT_NOTIFY
	       : strcmp(s, "TRACE") == 0  ? SCMP_ACT_TRACE(n)
	       : strcmp(s, "KILL") == 0   ? SCMP_ACT_KILL_THREAD
					  : SCMP_ACT_KILL_PROCESS;
}

static uint64_t number(const struct json *obj, const char *member)
{
	uint64_t v = 0;

	assert_int_equal(json_u64(json_get(obj, member), &v), 0);
	return v;
}

static struct scmp_arg_cmp comparison(const struct json *arg)
{
	static const enum scmp_compare by_op[] = {SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE,       SCMP_CMP_EQ,
						  SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ};
	const char *op = json_text(json_get(arg, "op")) + strlen("SCMP_CMP_");
	struct scmp_arg_cmp c = {.arg = (unsigned)number(arg, "index"), .datum_a = number(arg, "value")};

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (strcmp(ops[i], op) == 0)
			c.op = by_op[i];
	c.datum_b = c.op == SCMP_CMP_MASKED_EQ ? number(arg, "valueTwo") : 0;
	return c;
}

/* runc 1.1 libcontainer/seccomp/seccomp_linux.go matchCall(). */
static int add_call(scmp_filter_ctx ctx, const char *name, uint32_t action, const struct json *args)
{
	int nr = seccomp_syscall_resolve_name(name), r = 0;
	struct scmp_arg_cmp c[6];
	unsigned n = 0, counts[6] = {0};
	bool several = false;

	if (nr == __NR_SCMP_ERROR)
		return 0;
	for (const struct json *a = json_first(args); a && n < 6; a = json_next(a)) {
		c[n] = comparison(a);
		several |= ++counts[c[n].arg] > 1;
		n++;
	}
	if (!several)
		return seccomp_rule_add_array(ctx, action, nr, n, c);
	for (unsigned i = 0; i < n && r == 0; i++)
		r = seccomp_rule_add_array(ctx, action, nr, 1, &c[i]);
	return r;
}

static int add_section(scmp_filter_ctx ctx, const struct json *root, uint32_t def)
{
	int r = 0;

	for (const struct json *a = json_first(json_get(root, "architectures")); a && r == 0; a = json_next(a)) {
		const struct arch *arch = arch_by_oci(json_text(a));

		r = seccomp_arch_add(ctx, arch->scmp);
		r = r == -EEXIST ? 0 : r;
	}
	for (const struct json *rule = json_first(json_get(root, "syscalls")); rule && r == 0; rule = json_next(rule)) {
		uint32_t action = action_of(rule, "action", "errnoRet");

		for (const struct json *e = json_first(json_get(rule, "names")); e && r == 0 && action != def;
		     e = json_next(e))
			r = add_call(ctx, json_text(e), action, json_get(rule, "args"));
	}
	return r;
}

/* A call that no kernel has any more, whichever its ABI: 0 for one that has no number for it. */
#define NO_CALL "nfsservctl"

/* libseccomp 2.5 loads the number with the first call of an ABI's list, and not at all where that is one that the ABI
 * lacks: such a filter answers everything with its default. A rule without conditions on any other call stands before
 * those. */
static int add_anchor(scmp_filter_ctx ctx, uint32_t def)
{
	uint32_t action = def == SCMP_ACT_ERRNO(ENOSYS) ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ERRNO(ENOSYS);

	return seccomp_rule_add(ctx, action, seccomp_syscall_resolve_name(NO_CALL), 0);
}

/* 0, or the error with which runc would refuse it. meant: as the text says, even if libseccomp makes something else of
 * it. */
static int compile(const char *text, size_t len, bool meant, struct program *ret)
{
	cleanup_json struct json_doc *doc = NULL;
	struct err err = {0};
	scmp_filter_ctx ctx;
	uint32_t def;
	int r;

	if (json_parse(text, len, JSON_OURS, "section", &doc, &err) < 0)
		fail_msg("%s: %s", err.msg, text);
	def = action_of(json_root(doc), "defaultAction", "defaultErrnoRet");
	ctx = seccomp_init(def);
	r = ctx ? add_section(ctx, json_root(doc), def) : -EINVAL;
	if (r == 0 && meant)
		r = add_anchor(ctx, def);
	if (r == 0)
		r = bpf_of_filter(ctx, &ret->code, &ret->len, &err);
	seccomp_release(ctx);
	return r;
}

static uint32_t decide(const struct program *p, const struct seccomp_data *data)
{
	uint32_t action = 0;

	assert_int_equal(bpf_run(p->code, p->len, data, &action), 0);
	return action;
}

static bool is_open(uint32_t action)
{
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

#endif
