/* What must be allowed for a container to start, be entered, and end. */
#include "shim/cli/check/check.h"

#include "base/text.h"
#include "seccomp/syscall/sets.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREAD_FLAGS 0x3d0f00u /* what pthread_create() and Go's newosproc() pass to clone; no namespace flags */

/* The containers of a part. */
static const char *which(const struct floor_part *p)
{
	static const char *const words[2][2] = {
		{"a container with noNewPrivileges false", "a container with noNewPrivileges true"},
		{"a rootless container with noNewPrivileges false", "a rootless container with noNewPrivileges true"}};

	return words[p->rootless][p->no_new_privileges];
}

/* Appends the names, quoted as in a profile. */
static size_t add_names(const struct check_finding *f, bool by_errno, const char *lead, struct buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < f->call_count; i++)
		if (!f->calls[i].partly && f->calls[i].by_errno == by_errno)
			buf_addf(out, "%s\"%s\"", n++ ? ", " : lead, f->calls[i].name);
	return n;
}

void check_add_fix(const struct check_finding *f, struct buf *out)
{
	size_t n = add_names(f, false, "add to the allowed names: ", out);

	if (add_names(f, true, n ? "; add to \"syscalls\": {\"names\": [" : "add to \"syscalls\": {\"names\": [", out))
		buf_adds(out, "], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 38}");
	else if (!n)
		buf_adds(out, "allow it for the arguments that the runtime uses; the name alone would allow it for all");
}

static int amend_by_names(struct check_finding *f, struct err *err)
{
	cleanup_buf struct buf b = {0};

	check_add_fix(f, &b);
	free(f->fix);
	f->fix = buf_steal(&b);
	return f->fix ? 0 : err_set(err, ENOMEM, "out of memory");
}

/* "X does not start a container with noNewPrivileges true: it makes ..." */
static void add_sentence(const char *who, enum check_level level, const struct floor_part *part, struct buf *out)
{
	static const char *const verbs[CHECK_LEVELS][FLOOR_PHASES] = {
		[CHECK_NOTE] = {"does start", "can exec into"},
		[CHECK_WARNING] = {"may fail to start", "may fail to exec into"},
		[CHECK_FAILURE] = {"does not start", "cannot exec into"},
	};
	static const char *const whys[CHECK_LEVELS] = {
		[CHECK_NOTE] = "it tries these calls and copes with this refusal",
		[CHECK_WARNING] = "it sometimes makes these calls",
		[CHECK_FAILURE] = "it makes these calls itself",
	};

	buf_addf(out, "%s %s %s: %s%s", who, verbs[level][part->phase], which(part), whys[level],
		 level == CHECK_NOTE			? ""
		 : part->phase == FLOOR_CREATE ? ", after the filter is loaded"
						   : ", under the filter of the container");
}

/* The finding of one level; made if there is none yet. */
static int finding_of(struct check_view *v, const struct floor_runtime *rt, const struct floor_part *part, enum check_level level,
		      size_t at[CHECK_LEVELS])
{
	cleanup_buf struct buf who = {0}, text = {0};
	struct check_finding *f = NULL;
	int r;

	if (at[level])
		return 0;
	check_add_runtime(rt, &who);
	add_sentence(who.data ? who.data : "", level, part, &text);
	r = check_add(v->result, level, CHECK_FLOOR, &f, v->err, "%s", text.data ? text.data : "");
	if (r < 0)
		return r;
	f->runtime = rt;
	f->part = part;
	f->reader = v->reader;
	at[level] = v->result->count;
	return 0;
}

static int check_part(struct check_view *v, const struct floor_runtime *rt, const struct floor_part *part)
{
	size_t at[CHECK_LEVELS] = {0}; /* number of the finding, 1 and up */
	struct check_chosen chosen = {0};
	int r = check_choose(v, rt, part->no_new_privileges, &chosen);

	for (size_t i = 0; !r && i < part->call_count; i++) {
		const struct floor_call *c = &part->calls[i];
		struct check_call call = {.seen = c->seen, .starts = part->starts, .use = c->use};
		struct check_answer a = {0};
		enum check_level level;

		r = check_answer_of(v, rt, c->nr, &a);
		if (r < 0 || !a.denies)
			continue;
		memcpy(call.name, c->name, sizeof(call.name));
		call.answer = a.answer;
		call.partly = a.allows;
		call.reason = a.allows ? "allowed for some arguments" : NULL;
		r = a.allows ? check_note_when(v, c->nr, &call) : 0;
		if (r < 0)
			return r;
		level = check_chosen_has(&chosen, part, c->nr) ? CHECK_FAILURE : check_level_of(c, call.answer);
		call.by_errno = level == CHECK_FAILURE && c->use == FLOOR_TRIES && c->without[ABLATION_ENOSYS] == ABLATION_STARTS;
		/* If it depends on the arguments, the runtime may cope; without any chance it cannot. */
		if (a.allows && level == CHECK_FAILURE)
			level = CHECK_WARNING;
		r = finding_of(v, rt, part, level, at);
		if (!r)
			r = check_add_call(&v->result->findings[at[level] - 1], &call, v->err);
	}
	for (enum check_level l = CHECK_WARNING; !r && l < CHECK_LEVELS; l++)
		if (at[l])
			r = amend_by_names(&v->result->findings[at[l] - 1], v->err);
	return r;
}

static bool is_sampled(const struct floor_runtime *rt, uint32_t nr)
{
	for (size_t i = 0; i < rt->part_count; i++)
		for (size_t k = 0; k < rt->parts[i].call_count; k++)
			if (rt->parts[i].calls[k].nr == nr)
				return true;
	return false;
}

/* On s390 the flags of clone are the second argument (CONFIG_CLONE_BACKWARDS2, kernel/fork.c). */
static unsigned flags_index(const struct arch *arch)
{
	return arch->id == ARCH_S390X || arch->id == ARCH_S390 ? 1 : 0;
}

/* With the arguments that the scheduler uses. */
static int is_refused(struct check_view *v, const struct set_floor_go *set, uint32_t nr, bool *ret, uint32_t *ret_answer)
{
	const struct arch *arch = check_floors_of(v->plan)->arch;
	uint64_t args[POLICY_ARGS_MAX] = {0};
	struct check_answer a = {0};
	int r = check_ask(v, nr, &a);

	*ret = a.denies;
	*ret_answer = a.answer;
	if (r < 0 || !a.allows || !a.denies || !*set->mask)
		return r;
	args[flags_index(arch)] = THREAD_FLAGS;
	r = filter_answer(v->filter, arch, nr, args, ret_answer, v->err);
	*ret = !filter_allows(*ret_answer);
	return r;
}

/* Adds the names, and a separate rule for a call that is needed only with some arguments. */
static int amend_scheduler(struct check_view *v, struct check_finding *f)
{
	const struct arch *arch = check_floors_of(v->plan)->arch;
	const struct set_floor_go *set = NULL;
	cleanup_buf struct buf names = {0}, rules = {0};
	size_t n = set_floor_go(&set);

	for (size_t i = 0; i < f->call_count; i++)
		for (size_t k = 0; k < n; k++) {
			unsigned long long mask = 0, value = 0;

			if (!text_streq(set[k].name, f->calls[i].name))
				continue;
			if (sscanf(set[k].mask, "%*u:%llu:%llu", &mask, &value) != 2)
				buf_addf(&names, "%s\"%s\"", names.len ? ", " : "", set[k].name);
			else
				buf_addf(&rules,
					 "; to \"syscalls\": {\"names\": [\"%s\"], \"action\": \"SCMP_ACT_ALLOW\", "
					 "\"args\": [{\"index\": %u, \"value\": %llu, \"valueTwo\": %llu, \"op\": "
					 "\"SCMP_CMP_MASKED_EQ\"}]}",
					 set[k].name, flags_index(arch), mask, value);
		}
	cleanup_buf struct buf all = {0};

	if (names.len)
		buf_addf(&all, "add to the allowed names: %s%s", names.data, rules.len ? rules.data : "");
	else if (rules.len)
		buf_addf(&all, "add %s", rules.data + 2);
	f->fix = buf_steal(&all);
	return f->fix ? 0 : err_set(v->err, ENOMEM, "out of memory");
}

static int check_scheduler(struct check_view *v, const struct floor_runtime *rt)
{
	const struct set_floor_go *set = NULL;
	cleanup_buf struct buf who = {0};
	struct check_finding *f = NULL;
	size_t n = set_floor_go(&set);
	int r = 0;

	check_add_runtime(rt, &who);
	for (size_t i = 0; !r && i < n; i++) {
		struct check_call call = {.reason = set[i].reason};
		bool refused = false;
		uint32_t nr = 0;

		if (check_number(v->plan, set[i].name, &nr) < 0 || is_sampled(rt, nr))
			continue;
		r = is_refused(v, &set[i], nr, &refused, &call.answer);
		if (r < 0 || !refused)
			continue;
		memcpy(call.name, set[i].name, strlen(set[i].name) + 1);
		if (!f)
			r = check_add(v->result, CHECK_WARNING, CHECK_SCHEDULER, &f, v->err,
				      "%s may occasionally fail to start a container: the Go scheduler can make these "
				      "calls at any time, though no sampled start did",
				      who.data ? who.data : "");
		if (r < 0)
			return r;
		f->runtime = rt;
		f->reader = v->reader;
		r = check_add_call(f, &call, v->err);
	}
	return r < 0 || !f ? r : amend_scheduler(v, f);
}

static int check_runtime(struct check_view *v, const struct floor_runtime *rt)
{
	cleanup_buf struct buf who = {0};
	struct check_finding *f = NULL;
	int r = 0;

	check_add_runtime(rt, &who);
	if (!rt->part_count && !v->reader) {
		r = check_add(v->result, CHECK_WARNING, CHECK_NOT_SAMPLED, &f, v->err,
			      "not checked: %s was never sampled, so the calls that it needs itself are unknown",
			      who.data ? who.data : "");
		if (r < 0)
			return r;
		f->runtime = rt;
		f->fix = strdup("sample it: snug floor --runtime PATH");
	}
	for (size_t i = 0; !r && i < rt->part_count; i++)
		r = check_part(v, rt, &rt->parts[i]);
	return !r && rt->go ? check_scheduler(v, rt) : r;
}

static bool ends_programs(const char *name)
{
	return text_streq(name, "exit") || text_streq(name, "exit_group") || text_streq(name, "rt_sigreturn");
}

/* The always-set: no program ends properly without the first three; the others matter for other kernels and moments. */
static int check_always(struct check_view *v, bool ends)
{
	const struct set_always *set = NULL;
	struct check_finding *f = NULL;
	size_t n = set_always(&set);
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		struct check_call call = {.reason = set[i].reason};
		struct check_answer a = {0};
		uint32_t nr = 0;

		if (ends_programs(set[i].name) != ends || check_number(v->plan, set[i].name, &nr) < 0)
			continue;
		r = check_ask(v, nr, &a);
		if (r < 0 || a.allows || !a.denies)
			continue;
		call.answer = a.answer;
		memcpy(call.name, set[i].name, strlen(set[i].name) + 1);
		if (!f)
			r = check_add(v->result, ends ? CHECK_FAILURE : CHECK_WARNING, CHECK_ALWAYS, &f, v->err,
				      ends ? "every program needs these calls to exit cleanly"
					   : "programs may fail later or on another machine: the kernel or libc makes "
					     "these calls for them");
		if (r < 0)
			return r;
		f->reader = v->reader;
		r = check_add_call(f, &call, v->err);
	}
	return r < 0 || !f ? r : amend_by_names(f, v->err);
}

int check_floors(struct check_view *v)
{
	const struct floor_file *floors = check_floors_of(v->plan);
	int r = 0;

	for (size_t i = 0; !r && i < floors->runtime_count; i++)
		r = check_runtime(v, &floors->runtimes[i]);
	if (!r)
		r = check_always(v, true);
	return r ? r : check_always(v, false);
}
