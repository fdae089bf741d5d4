#include "shim/cli/check/check.h"

#include "base/text.h"
#include "seccomp/policy/defaults.h"
#include "seccomp/policy/read.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SLOTS  4096 /* for names met so far; if the table is full, names are looked up each time */
#define DEFAULTS_MAX 8

struct check_plan {
	const struct floor_file *floors;
	size_t default_count; /* 0: the defaults apply to another machine */
	uint8_t allows[DEFAULTS_MAX][CHECK_NR_MAX];
	struct name_slot {
		char name[SYSCALL_NAME_MAX];
		enum check_name status;
		int error; /* of syscall_number() */
		uint32_t nr;
	} *names; /* open addressing by hash: libseccomp searches its table linearly */
	size_t name_count;
};

const char *check_level_name(enum check_level l)
{
	static const char *const names[] = {
		[CHECK_NOTE] = "note", [CHECK_WARNING] = "warning", [CHECK_FAILURE] = "failure"};
	_Static_assert(ARRAY_SIZE(names) == CHECK_LEVELS, "one name per level");

	return names[l];
}

const char *check_kind_name(enum check_kind k)
{
	static const char *const names[] = {
#define X(e, name) [CHECK_##e] = name,
		CHECK_KINDS(X)
#undef X
	};

	return names[k];
}

void check_finding_done(struct check_finding *f)
{
	free(f->calls);
	free(f->text);
	free(f->fix);
}

void check_result_done(struct check_result *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		check_finding_done(&r->findings[i]);
	free(r->findings);
	*r = (struct check_result){0};
}

size_t check_count(const struct check_result *r, enum check_level level)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += r->findings[i].level == level;
	return n;
}

int check_add(struct check_result *r, enum check_level level, enum check_kind kind, struct check_finding **ret,
	      struct err *err, const char *fmt, ...)
{
	cleanup_free char *raw = NULL;
	cleanup_buf struct buf text = {0};
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&raw, fmt, ap);
	va_end(ap);
	if (n < 0) {
		raw = NULL;
		return err_set(err, ENOMEM, "out of memory");
	}
	text_add_safe(&text, raw, (size_t)n);
	if (r->count == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 8;
		struct check_finding *all = reallocarray(r->findings, cap, sizeof(*all));

		if (!all)
			return err_set(err, ENOMEM, "out of memory");
		r->findings = all;
		r->cap = cap;
	}
	r->findings[r->count] = (struct check_finding){.level = level, .kind = kind, .text = buf_steal(&text)};
	if (!r->findings[r->count].text)
		return err_set(err, ENOMEM, "out of memory");
	*ret = &r->findings[r->count++];
	return 0;
}

int check_add_call(struct check_finding *f, const struct check_call *call, struct err *err)
{
	struct check_call *all;
	size_t at = 0;

	while (at < f->call_count && strcmp(f->calls[at].name, call->name) < 0)
		at++;
	if (at < f->call_count && text_streq(f->calls[at].name, call->name))
		return 0;
	all = reallocarray(f->calls, f->call_count + 1, sizeof(*all));
	if (!all)
		return err_set(err, ENOMEM, "out of memory");
	f->calls = all;
	memmove(&all[at + 1], &all[at], (f->call_count - at) * sizeof(*all));
	all[at] = *call;
	f->call_count++;
	return 0;
}

int check_unreadable(const char *why, struct check_result *ret, struct err *err)
{
	struct check_finding *f = NULL;

	return check_add(ret, CHECK_FAILURE, CHECK_INVALID, &f, err, "%s", why);
}

const struct floor_file *check_floors_of(const struct check_plan *p)
{
	return p->floors;
}

bool check_has_defaults(const struct check_plan *p)
{
	return p->default_count;
}

enum check_allows check_default_allows(const struct check_plan *p, size_t i, uint32_t nr)
{
	return nr < CHECK_NR_MAX && i < p->default_count ? (enum check_allows)p->allows[i][nr] : CHECK_DENIES;
}

static int read_default(struct check_plan *p, size_t i, const struct default_profile *fact, struct err *err)
{
	cleanup_with(policy_cleanup) struct policy *policy = NULL;
	cleanup_with(filter_cleanup) struct filter *filter = NULL;
	const struct filter_view view = {.machine = p->floors->arch};
	int r = policy_read_one(fact->text, fact->len, fact->name, &policy, err);

	if (!r)
		r = filter_new(policy, &view, &filter, err);
	for (uint32_t nr = 0; !r && nr < CHECK_NR_MAX; nr++) {
		cleanup_with(filter_call_done) struct filter_call c = {0};
		char name[SYSCALL_NAME_MAX];

		if (!syscall_name(p->floors->arch, nr, name))
			continue;
		r = filter_call(filter, p->floors->arch, nr, &c, err);
		p->allows[i][nr] = !c.allows ? CHECK_DENIES : c.denies ? CHECK_DEPENDS : CHECK_ALLOWS;
	}
	return r;
}

int check_plan_new(const struct floor_file *floors, struct check_plan **ret, struct err *err)
{
	cleanup_with(check_plan_cleanup) struct check_plan *p = calloc(1, sizeof(*p));
	const struct default_profile *facts = NULL;
	size_t n = default_profiles(floors->arch->name, &facts);
	int r = 0;

	if (p)
		p->names = calloc(NAME_SLOTS, sizeof(*p->names));
	if (!p || !p->names)
		return err_set(err, ENOMEM, "out of memory");
	p->floors = floors;
	for (size_t i = 0; !r && i < n && i < DEFAULTS_MAX && text_streq(facts[i].machine, floors->arch->name); i++) {
		r = read_default(p, i, &facts[i], err);
		p->default_count = i + 1;
	}
	if (r < 0)
		return r;
	*ret = steal_ptr(&p);
	return 0;
}

void check_plan_free(struct check_plan *p)
{
	if (!p)
		return;
	free(p->names);
	free(p);
}

static enum check_name look_up(const struct check_plan *p, const char *name)
{
	for (size_t i = 0; i < p->floors->lack_count; i++)
		if (text_streq(p->floors->lacks[i], name))
			return CHECK_NAME_LACKING;
	if (syscall_known_to_libseccomp(name))
		return CHECK_NAME_KNOWN;
	/* The node's libseccomp may know more than this machine's. */
	for (size_t i = 0; syscall_newer(i); i++)
		if (text_streq(syscall_newer(i), name))
			return p->floors->name ? CHECK_NAME_KNOWN : CHECK_NAME_LACKING;
	return CHECK_NAME_UNKNOWN;
}

/* The slot of a name; NULL if the table is full, or the name is empty or too long. */
static const struct name_slot *slot_of(const struct check_plan *p, const char *name)
{
	size_t len = strlen(name), i = (size_t)text_hash(name, len) % NAME_SLOTS;
	struct check_plan *cache = (struct check_plan *)(uintptr_t)p;
	struct name_slot *slot;

	if (len >= SYSCALL_NAME_MAX || !len)
		return NULL;
	for (; *p->names[i].name; i = (i + 1) % NAME_SLOTS)
		if (text_streq(p->names[i].name, name))
			return &p->names[i];
	if (p->name_count >= NAME_SLOTS / 2)
		return NULL;
	slot = &cache->names[i];
	memcpy(slot->name, name, len + 1);
	slot->status = look_up(p, name);
	slot->error = syscall_number(p->floors->arch, name, &slot->nr);
	cache->name_count++;
	return slot;
}

enum check_name check_name_status(const struct check_plan *p, const char *name)
{
	const struct name_slot *slot = slot_of(p, name);

	return slot ? slot->status : strlen(name) < SYSCALL_NAME_MAX ? look_up(p, name) : CHECK_NAME_UNKNOWN;
}

int check_number(const struct check_plan *p, const char *name, uint32_t *ret)
{
	const struct name_slot *slot = slot_of(p, name);

	if (!slot)
		return syscall_number(p->floors->arch, name, ret);
	*ret = slot->nr;
	return slot->error;
}

/* Without a tracer, the kernel answers ENOSYS. */
static void note_action(struct check_answer *a, uint32_t answer)
{
	bool traces = (answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE;

	a->traces |= traces;
	a->denies |= traces;
	a->notifies |= (answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF;
}

int check_ask(struct check_view *v, uint32_t nr, struct check_answer *ret)
{
	cleanup_with(filter_call_done) struct filter_call c = {0};
	int r;

	if (nr < CHECK_NR_MAX && v->answers[nr].known) {
		*ret = v->answers[nr];
		return 0;
	}
	r = filter_call(v->filter, v->plan->floors->arch, nr, &c, v->err);
	if (r < 0)
		return r;
	*ret = (struct check_answer){.known = true, .allows = c.allows, .denies = c.denies, .refuses = c.denies, .answer = c.answer};
	note_action(ret, c.depends ? SECCOMP_RET_ALLOW : c.answer);
	for (size_t i = 0; i < c.clause_count; i++)
		note_action(ret, c.clauses[i].answer);
	if (c.depends && c.hands_over)
		note_action(ret, c.answer);
	if (nr < CHECK_NR_MAX)
		v->answers[nr] = *ret;
	return 0;
}

int check_note_when(struct check_view *v, uint32_t nr, struct check_call *call)
{
	cleanup_with(filter_call_done) struct filter_call c = {0};
	cleanup_buf struct buf when = {0};
	int r = filter_call(v->filter, v->plan->floors->arch, nr, &c, v->err);

	if (r < 0)
		return r;
	filter_add_when(&c, "only ", "all except ", &when);
	snprintf(call->when, sizeof(call->when), when.len < sizeof(call->when) ? "%s" : "%.190s...", when.data ? when.data : "");
	return 0;
}

void check_add_runtime(const struct floor_runtime *rt, struct buf *out)
{
	if (*rt->version)
		floor_add_version(rt->version, out);
	else
		buf_adds(out, rt->path);
}

static int number_of(const void *arg, const char *name, uint32_t *ret)
{
	return check_number(arg, name, ret);
}

bool check_is_stubbed(const struct check_view *v, const struct floor_runtime *rt, uint32_t nr)
{
	return (text_starts(rt->version, "runc version") || rt->go) &&
	       filter_is_stubbed(v->filter, v->plan->floors->arch, nr, number_of, v->plan);
}
