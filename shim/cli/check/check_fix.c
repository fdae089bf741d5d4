/* Adds to a profile what the runtime itself needs. */
#include "shim/cli/check/check.h"

#include "base/names.h"
#include "base/text.h"
#include "seccomp/policy/amend.h"
#include "seccomp/policy/read.h"
#include "seccomp/profile/proof.h"
#include "seccomp/syscall/sets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_about_floors(const struct check_finding *f)
{
	return f->level >= CHECK_WARNING && (f->kind == CHECK_FLOOR || f->kind == CHECK_SCHEDULER || f->kind == CHECK_ALWAYS);
}

/* True for a call that is needed only with some arguments, or is allowed for some already, and for one that need not be allowed, but answered
 * with ENOSYS: the name alone would open too much. */
static bool needs_rule(const struct check_finding *f, const struct check_call *call)
{
	const struct set_floor_go *set = NULL;
	size_t n = f->kind == CHECK_SCHEDULER ? set_floor_go(&set) : 0;

	for (size_t i = 0; i < n; i++)
		if (text_streq(set[i].name, call->name) && *set[i].mask)
			return true;
	return call->by_errno || call->partly;
}

bool check_fix_leaves(const struct check_result *r)
{
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; is_about_floors(&r->findings[i]) && k < r->findings[i].call_count; k++)
			if (needs_rule(&r->findings[i], &r->findings[i].calls[k]))
				return true;
	return false;
}

/* A call that falls back on ENOSYS, and did not get this answer before. */
static bool falls_back(const struct check_result *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; r->findings[i].kind == CHECK_FALLBACK && k < r->findings[i].call_count; k++)
			if (text_streq(r->findings[i].calls[k].name, name))
				return true;
	return false;
}

int check_fix_answers(const struct check_result *before, const struct check_result *after, struct names *ret, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < after->count; i++) {
		const struct check_finding *f = &after->findings[i];

		for (size_t k = 0; r == 0 && k < f->call_count; k++)
			if ((is_about_floors(f) && f->calls[k].by_errno) ||
			    (f->kind == CHECK_FALLBACK && !falls_back(before, f->calls[k].name)))
				r = names_add(ret, f->calls[k].name);
	}
	return r < 0 ? err_set(err, ENOMEM, "out of memory") : 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int check_fix_names(const struct check_result *r, const char ***ret, size_t *ret_count, struct err *err)
{
	cleanup_free const char **names = NULL;
	size_t count = 0, max = 1, n = 0;

	for (size_t i = 0; i < r->count; i++)
		max += r->findings[i].call_count;
	names = calloc(max, sizeof(*names));
	if (!names)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; is_about_floors(&r->findings[i]) && k < r->findings[i].call_count; k++)
			if (!needs_rule(&r->findings[i], &r->findings[i].calls[k]))
				names[count++] = r->findings[i].calls[k].name;
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++)
		if (!n || !text_streq(names[n - 1], names[i]))
			names[n++] = names[i];
	*ret = steal_ptr(&names);
	*ret_count = n;
	return 0;
}

/* A rule of the profile that answers otherwise contradicts the one that is added. */
static int are_free(const struct policy *p, const char *name, const char *const names[], size_t count, struct err *err)
{
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(p, &rules);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; rules[i]->answer.action != POLICY_ALLOW && k < rules[i]->name_count; k++)
			for (size_t c = 0; c < count; c++)
				if (text_streq(names[c], rules[i]->names[k]))
					return err_set(err, EEXIST, "%s: a rule denies %s; remove it there first", name, names[c]);
	return 0;
}

static int read_and_check_free(const struct buf *text, const char *name, const char *const names[], size_t count, struct err *err)
{
	cleanup_policy struct policy *p = NULL;
	int r = policy_read_one(text->data, text->len, name, &p, err);

	return r < 0 ? r : are_free(p, name, names, count, err);
}

static int check_again(const struct check_plan *plan, const struct buf *text, const char *name, struct check_result *ret, struct err *err)
{
	cleanup_policy struct policy *p = NULL;
	int r = policy_read_one(text->data, text->len, name, &p, err);

	return r < 0 ? r : check_policy(plan, p, ret, err);
}

/* Adds what `r` finds missing. Returns how many of it the set did not have, or a negative errno. */
static int collect(const struct check_result *r, struct names *ret, struct err *err)
{
	cleanup_free const char **more = NULL;
	size_t count = 0, had = ret->count;
	int rc = check_fix_names(r, &more, &count, err);

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = names_add(ret, more[i]);
	if (rc < 0)
		return err_set(err, ENOMEM, "out of memory");
	if (count && ret->count == had)
		return err_set(err, EILSEQ, "the name %s alone does not mend it", more[0]);
	return (int)(ret->count - had);
}

static int amend(const struct buf *text, const char *name, const struct names *names, struct buf *ret, size_t *ret_line, struct err *err)
{
	const char *const *list = (const char *const *)names->v;
	int r = read_and_check_free(text, name, list, names->count, err);

	if (!r)
		r = amend_profile(text->data, text->len, name, list, names->count, ret, ret_line, err);
	return r ? r : proof_amended(text, ret, name, list, names->count, err);
}

/* A name whose number is higher than all others takes calls below it out of what the runtime's stub answers, so that more may be missing. */
int check_fix(const struct check_plan *plan, const struct buf *text, const char *name, const struct check_result *r, struct buf *ret,
	      size_t *ret_count, size_t *ret_line, struct check_result *ret_after, struct err *err)
{
	cleanup_names struct names names = {0};
	int more = collect(r, &names, err);

	if (!more)
		buf_add(ret, text->data, text->len);
	while (more > 0) {
		buf_clear(ret);
		more = amend(text, name, &names, ret, ret_line, err);
		check_result_done(ret_after);
		*ret_after = (struct check_result){0};
		if (!more)
			more = check_again(plan, ret, name, ret_after, err);
		if (!more)
			more = collect(ret_after, &names, err);
	}
	*ret_count = names.count;
	return more;
}
