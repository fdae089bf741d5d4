#include "seccomp/profile/profile.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "seccomp/syscall/sets.h"
#include "seccomp/syscall/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct builder {
	const struct profile_inputs *in;
	struct profile *profile;
	struct unnamed {
		const struct arch *arch;
		uint32_t nr;
	} * unnamed;
	size_t unnamed_count, unnamed_cap;
	struct err *err;
};

static void builder_done(struct builder *b)
{
	profile_free(b->profile);
	free(b->unnamed);
}

static size_t floor_count(const struct profile_inputs *in)
{
	return in->floors ? in->floor_count : 0;
}

/* The inputs' evidence by index: 0 is the key's own, the floors follow. May be NULL. */
static const struct evidence *evidence_at(const struct profile_inputs *in, size_t i)
{
	return i == 0 ? in->evidence : in->floors[i - 1];
}

static bool is_for(const struct profile_inputs *in, const struct evidence_call *c)
{
	return !in->machine || arch_runs_on(c->arch, in->machine);
}

static size_t used_calls(const struct evidence *ev, const struct evidence_call *const **ret)
{
	return ev ? evidence_calls(ev, ret) : 0;
}

/* The arch of the init's execve: the runtime is a program of the machine's own ABI. */
static const struct arch *arch_of_init(const struct profile_inputs *in, const struct evidence *ev)
{
	const struct evidence_call *const *calls = NULL;
	const struct arch *arch = NULL;
	uint64_t most = 0;
	size_t n = used_calls(ev, &calls);
	char name[SYSCALL_NAME_MAX];

	for (size_t i = 0; i < n; i++) {
		if (calls[i]->phase != EVIDENCE_RUNTIME || calls[i]->count <= most || !is_for(in, calls[i]))
			continue;
		syscall_name(calls[i]->arch, calls[i]->nr, name);
		if (strcmp(name, "execve") != 0 && strcmp(name, "execveat") != 0)
			continue;
		arch = calls[i]->arch;
		most = calls[i]->count;
	}
	return arch;
}

/* Adds the arches on which calls were used. Returns how many calls were. */
static size_t add_arches(struct builder *b, const struct evidence *ev)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = used_calls(ev, &calls), used = 0;

	for (size_t i = 0; i < n; i++) {
		if (calls[i]->count == 0 || !is_for(b->in, calls[i]))
			continue;
		profile_add_arch(b->profile, calls[i]->arch);
		used++;
	}
	return used;
}

static void choose_arches(struct builder *b)
{
	const struct arch *native = arch_of_init(b->in, b->in->evidence), *host[4];
	size_t used;

	/* Without an execve the evidence may come from anywhere: its own arches decide. */
	if (native)
		profile_add_arch(b->profile, native);
	used = b->in->evidence ? add_arches(b, b->in->evidence) : 0;
	for (size_t i = 1; used == 0 && i <= floor_count(b->in); i++) {
		native = arch_of_init(b->in, evidence_at(b->in, i));
		if (native)
			profile_add_arch(b->profile, native);
		used = add_arches(b, evidence_at(b->in, i));
	}
	if (used == 0 && b->in->machine)
		profile_add_arch(b->profile, b->in->machine);
	else if (used == 0 && arch_host(host) > 0)
		profile_add_arch(b->profile, host[0]);
}

static bool exists(const struct profile *p, const char *name)
{
	uint32_t nr;

	for (size_t i = 0; i < ARCH_COUNT; i++)
		if (profile_has_arch(p, arch_get((enum arch_id)i)) &&
		    syscall_number(arch_get((enum arch_id)i), name, &nr) == 0)
			return true;
	return false;
}

static int keep_unnamed(struct builder *b, const struct evidence_call *c)
{
	if (b->unnamed_count == b->unnamed_cap) {
		size_t cap = b->unnamed_cap ? b->unnamed_cap * 2 : 16;
		struct unnamed *u = reallocarray(b->unnamed, cap, sizeof(*u));

		if (!u)
			return err_set(b->err, ENOMEM, "out of memory");
		b->unnamed = u;
		b->unnamed_cap = cap;
	}
	b->unnamed[b->unnamed_count++] = (struct unnamed){c->arch, c->nr};
	return 0;
}

/* The form that is all the workload needs; NULL: the whole call. */
static const struct argument *narrow_form(const struct evidence *ev, const char *name)
{
	int place = argument_by_name(name);

	return place >= 0 && unlogged_is_narrowed(ev, place) ? argument_get(place) : NULL;
}

static int allow_form(struct builder *b, const struct argument *form, unsigned source)
{
	struct argument_cube cubes[ARGUMENT_CUBES_MAX];
	size_t n = argument_cubes(form, true, cubes);
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = profile_allow_masked(b->profile, form->name, form->index, cubes[i].mask, cubes[i].value, source, b->err);
	return r;
}

static int add_learnt(struct builder *b, const struct evidence *ev, const char *name, unsigned source)
{
	const struct argument *form = source & (PROFILE_FROM_WORKLOAD | PROFILE_FROM_EXEC) ? narrow_form(ev, name) : NULL;

	return form ? allow_form(b, form, source) : profile_allow(b->profile, name, source, b->err);
}

static int add_assumed(const char *name, void *arg)
{
	struct builder *b = arg;

	enum unlogged_hot state = unlogged_hot_of(b->in->evidence, name);

	if ((state != UNLOGGED_ASSUMED && state != UNLOGGED_KEPT) || !exists(b->profile, name))
		return 0;
	return profile_allow(b->profile, name, PROFILE_FROM_ASSUMED, b->err);
}

static bool is_left_out(const struct profile_inputs *in, const struct evidence_call *c)
{
	for (size_t i = 0; c->phase == EVIDENCE_RUNTIME && i < in->left_out_count; i++)
		if (in->left_out[i].arch == c->arch && in->left_out[i].nr == c->nr)
			return true;
	return false;
}

/* Adds harmless forms that were unlogged. If the call was seen, its rule exists already; it swallows these, or stands beside
 * them. */
static int add_passed(struct builder *b)
{
	const struct evidence *ev = b->in->evidence;
	const struct argument *table;
	size_t n = arguments(&table);
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		if (!unlogged_has_passed(ev, (int)i) || !exists(b->profile, table[i].name))
			continue;
		r = unlogged_form_holds(ev, (int)i) ? allow_form(b, &table[i], PROFILE_FROM_ASSUMED)
						: profile_allow(b->profile, table[i].name, PROFILE_FROM_ASSUMED, b->err);
	}
	return r;
}

static unsigned source_of(enum evidence_phase p)
{
	if (evidence_is_exec(p))
		return PROFILE_FROM_EXEC;
	return p == EVIDENCE_WORKLOAD ? PROFILE_FROM_WORKLOAD : PROFILE_FROM_RUNTIME;
}

/* Adds every call that the evidence shows in use; of a floor only what the runtime called, not its canary. A call in a floor
 * that no arch of the profile has does not matter for this container. */
static int add_evidence(struct builder *b, const struct evidence *ev, bool floor)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = used_calls(ev, &calls);
	char name[SYSCALL_NAME_MAX];
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		unsigned source = source_of(calls[i]->phase);

		if (calls[i]->count == 0 || (floor && evidence_is_program(calls[i]->phase)) || b->in->without >> calls[i]->phase & 1 ||
		    (!floor && !is_for(b->in, calls[i])) || is_left_out(b->in, calls[i]))
			continue;
		if (!syscall_name(calls[i]->arch, calls[i]->nr, name))
			r = keep_unnamed(b, calls[i]);
		else if (!floor)
			r = add_learnt(b, ev, name, source);
		else if (exists(b->profile, name))
			r = profile_allow(b->profile, name, PROFILE_FROM_FLOOR, b->err);
	}
	return r;
}

/* Reads "INDEX:MASK:VALUE" in decimal. */
static int parse_mask(const char *text, uint64_t ret[3])
{
	char part[24];

	for (size_t i = 0; i < 3; i++) {
		size_t len = strcspn(text, ":");

		if (len >= sizeof(part) || (text[len] == '\0') != (i == 2))
			return -EINVAL;
		memcpy(part, text, len);
		part[len] = '\0';
		if (text_parse_u64(part, &ret[i]) < 0)
			return -EINVAL;
		text += len + 1;
	}
	return 0;
}

/* On s390 the flags of clone are the second argument (CONFIG_CLONE_BACKWARDS2, kernel/fork.c). */
static unsigned index_on_arch(const struct profile *p, const char *name, unsigned index)
{
	bool swapped = profile_has_arch(p, arch_get(ARCH_S390X)) || profile_has_arch(p, arch_get(ARCH_S390));

	return swapped && index == 0 && strcmp(name, "clone") == 0 ? 1 : index;
}

static int add_go_set(struct builder *b)
{
	const struct set_floor_go *set;
	size_t n = set_floor_go(&set);
	uint64_t m[3];
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (!exists(b->profile, set[i].name))
			continue;
		if (!*set[i].mask)
			r = profile_allow(b->profile, set[i].name, PROFILE_FROM_FLOOR, b->err);
		else if (parse_mask(set[i].mask, m) < 0)
			r = err_set(b->err, EINVAL, "floor-go: %s: mask \"%s\" cannot be read", set[i].name,
				    set[i].mask);
		else
			r = profile_allow_masked(b->profile, set[i].name,
						 index_on_arch(b->profile, set[i].name, (unsigned)m[0]), m[1], m[2],
						 PROFILE_FROM_FLOOR, b->err);
	}
	return r;
}

static int add_always(struct builder *b)
{
	const struct set_always *set;
	size_t n = set_always(&set);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		if (exists(b->profile, set[i].name))
			r = profile_allow(b->profile, set[i].name, PROFILE_FROM_ALWAYS, b->err);
	return r;
}

static bool is_full(const struct profile *p, const char *name)
{
	const struct profile_rule *rule = profile_find(p, name);

	return rule && !rule->masked;
}

/* One pass. A masked rule of the modern call adds no sibling: the older call would be allowed beyond the mask. */
static int add_siblings_once(struct builder *b, bool *ret_changed)
{
	const struct set_sibling *set;
	size_t n = set_siblings(&set);
	bool changed = false;

	for (size_t i = 0; i < n; i++) {
		const struct profile_rule *older = profile_find(b->profile, set[i].older);
		int r;

		if (!is_full(b->profile, set[i].modern) || !exists(b->profile, set[i].older))
			continue;
		if (older && !older->masked && older->sources & PROFILE_FROM_ALWAYS)
			continue;
		r = profile_allow(b->profile, set[i].older, PROFILE_FROM_ALWAYS, b->err);
		if (r < 0)
			return r;
		changed = true;
	}
	*ret_changed = changed;
	return 0;
}

static int add_siblings(struct builder *b)
{
	bool changed = true;
	int r = 0;

	while (r == 0 && changed)
		r = add_siblings_once(b, &changed);
	return r;
}

static int unnamed_order(const void *a, const void *b)
{
	const struct unnamed *x = a, *y = b;

	if (x->arch->id != y->arch->id)
		return x->arch->id < y->arch->id ? -1 : 1;
	return (x->nr > y->nr) - (x->nr < y->nr);
}

static int list_unnamed(struct builder *b, struct buf *out)
{
	if (!out || b->unnamed_count == 0)
		return 0;
	qsort(b->unnamed, b->unnamed_count, sizeof(*b->unnamed), unnamed_order);
	for (size_t i = 0; i < b->unnamed_count; i++)
		if (i == 0 || unnamed_order(&b->unnamed[i - 1], &b->unnamed[i]) != 0)
			buf_addf(out, "%s %u\n", b->unnamed[i].arch->name, b->unnamed[i].nr);
	return buf_failed(out) ? err_set(b->err, ENOMEM, "out of memory") : 0;
}

int profile_build(const struct profile_inputs *in, struct profile **ret, struct buf *unnamed, struct err *err)
{
	cleanup_with(builder_done) struct builder b = {.in = in, .err = err};
	int r = profile_new(in->errno_ret, &b.profile, err);

	if (r < 0)
		return r;
	choose_arches(&b);
	for (size_t i = 0; r == 0 && i <= floor_count(in); i++)
		r = add_evidence(&b, evidence_at(in, i), i > 0);
	if (r == 0 && in->evidence)
		r = unlogged_each_assumed(in->evidence, add_assumed, &b);
	if (r == 0 && in->evidence)
		r = add_passed(&b);
	if (r == 0 && in->go)
		r = add_go_set(&b);
	if (r == 0)
		r = add_always(&b);
	if (r == 0)
		r = add_siblings(&b);
	if (r == 0)
		r = list_unnamed(&b, unnamed);
	if (r == 0)
		*ret = steal_ptr(&b.profile);
	return r;
}
