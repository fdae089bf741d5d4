/* Evidence converted to a policy. */
#include "base/buf.h"
#include "base/text.h"
#include "seccomp/evidence/evidence.h"
#include "seccomp/policy/read_private.h"
#include "seccomp/syscall/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int name_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct learnt {
	char (*text)[SYSCALL_NAME_MAX];
	char **names; /* pointers into text; sorted, unique */
	size_t count;
};

static void learnt_done(struct learnt *l)
{
	free(l->text);
	free(l->names);
}

static int collect(const struct evidence *ev, struct policy *p, struct learnt *l, struct err *err)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(ev, &calls), kept = 0;
	int r = 0;

	l->text = calloc(n + 1, sizeof(*l->text));
	l->names = calloc(n + 1, sizeof(*l->names));
	if (!l->text || !l->names)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < n && r == 0; i++) {
		if (calls[i]->count == 0)
			continue;
		policy_add_arch(p, calls[i]->arch);
		if (!syscall_name(calls[i]->arch, calls[i]->nr, l->text[i]))
			r = policy_add_remark(p, POLICY_UNNAMED_CALL, 0, "syscalls", err, "no name is known here for %s %u",
					      calls[i]->arch->name, calls[i]->nr);
		else
			l->names[l->count++] = l->text[i];
	}
	if (l->count)
		qsort(l->names, l->count, sizeof(*l->names), name_order);
	for (size_t i = 0; i < l->count; i++)
		if (kept == 0 || strcmp(l->names[i], l->names[kept - 1]) != 0)
			l->names[kept++] = l->names[i];
	l->count = kept;
	return r;
}

int policy_read_evidence(const char *text, size_t len, const char *name, struct policy **ret, struct err *err)
{
	cleanup_evidence struct evidence *ev = NULL;
	cleanup_policy struct policy *p = NULL;
	cleanup_with(learnt_done) struct learnt l = {0};
	struct policy_answer answer = {POLICY_ERRNO, true, ENOSYS};
	struct policy_rule rule = {.answer.action = POLICY_ALLOW};
	int r = evidence_parse(text, len, name, &ev, err);

	if (r == 0)
		r = policy_new(POLICY_EVIDENCE, name, &p, err);
	if (r < 0)
		return r;
	policy_set_default(p, &answer);
	r = collect(ev, p, &l, err);
	rule.names = l.names;
	rule.name_count = l.count;
	if (r == 0 && l.count)
		r = policy_add_rule(p, &rule, err);
	if (r == 0)
		*ret = steal_ptr(&p);
	return r;
}
