/* Adds to a profile what the runtime itself needs. */
#include "shim/cli/check/check.h"

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

/* True for a call that the scheduler needs only with some arguments, and for one that need not be allowed, but answered with ENOSYS: the name
 * alone would open too much. */
static bool needs_rule(const struct check_finding *f, const struct check_call *call)
{
	const struct set_floor_go *set = NULL;
	size_t n = f->kind == CHECK_SCHEDULER ? set_floor_go(&set) : 0;

	for (size_t i = 0; i < n; i++)
		if (text_streq(set[i].name, call->name) && *set[i].mask)
			return true;
	return call->by_errno;
}

bool check_fix_leaves(const struct check_result *r)
{
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; is_about_floors(&r->findings[i]) && k < r->findings[i].call_count; k++)
			if (needs_rule(&r->findings[i], &r->findings[i].calls[k]))
				return true;
	return false;
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

static int is_mended(const struct check_plan *plan, const struct buf *text, const char *name, struct err *err)
{
	cleanup_with(check_result_done) struct check_result again = {0};
	cleanup_policy struct policy *p = NULL;
	cleanup_free const char **left = NULL;
	size_t count = 0;
	int r = policy_read_one(text->data, text->len, name, &p, err);

	if (r == 0)
		r = check_policy(plan, p, &again, err);
	if (r == 0)
		r = check_fix_names(&again, &left, &count, err);
	if (r < 0)
		return r;
	return count ? err_set(err, EILSEQ, "%s: the name %s alone does not mend it", name, left[0]) : 0;
}

int check_fix(const struct check_plan *plan, const struct buf *text, const char *name, const struct check_result *r, struct buf *ret,
	      size_t *ret_count, size_t *ret_line, struct err *err)
{
	cleanup_free const char **names = NULL;
	int rc = check_fix_names(r, &names, ret_count, err);

	if (rc < 0)
		return rc;
	if (!*ret_count) {
		buf_add(ret, text->data, text->len);
		return 0;
	}
	rc = read_and_check_free(text, name, names, *ret_count, err);
	if (!rc)
		rc = amend_profile(text->data, text->len, name, names, *ret_count, ret, ret_line, err);
	if (!rc)
		rc = proof_amended(text, ret, name, names, *ret_count, err);
	if (!rc)
		rc = is_mended(plan, ret, name, err);
	return rc;
}
