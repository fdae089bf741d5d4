#include "seccomp/policy/policy.h"

#include "base/buf.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct policy {
	enum policy_format format;
	char *name;
	struct policy_answer def;
	const struct arch *arches[ARCH_COUNT];
	size_t arch_count;
	bool lists_arches, arch_map;
	uint32_t mapped[ARCH_COUNT]; /* archMap: for each machine, its ABIs, one bit per arch_id */
	char **flags;
	size_t flag_count;
	char *listener_path, *listener_metadata;
	char *object, *base, *coverage;
	bool has_base; /* the rules of its base have been added */
	struct policy_rule **rules;
	size_t rule_count, rule_cap;
	struct policy_remark *remarks;
	size_t remark_count, remark_cap;
};

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

int policy_new(enum policy_format format, const char *name, struct policy **ret, struct err *err)
{
	cleanup_policy struct policy *p = calloc(1, sizeof(*p));

	if (!p || !(p->name = strdup(name)))
		return no_memory(err);
	p->format = format;
	p->def.action = POLICY_ERRNO;
	*ret = steal_ptr(&p);
	return 0;
}

static void strings_free(char **s, size_t count)
{
	for (size_t i = 0; s && i < count; i++)
		free(s[i]);
	free(s);
}

static void condition_done(struct policy_condition *c)
{
	strings_free(c->caps, c->cap_count);
	strings_free(c->arches, c->arch_count);
}

static void rule_free(struct policy_rule *rule)
{
	if (!rule)
		return;
	strings_free(rule->names, rule->name_count);
	free(rule->args);
	condition_done(&rule->includes);
	condition_done(&rule->excludes);
	free(rule->comment);
	free(rule->path);
	free(rule);
}
DEFINE_CLEANUP(rule, struct policy_rule *, rule_free)

void policy_free(struct policy *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->rule_count; i++)
		rule_free(p->rules[i]);
	free(p->rules);
	for (size_t i = 0; i < p->remark_count; i++) {
		free(p->remarks[i].path);
		free(p->remarks[i].text);
	}
	free(p->remarks);
	strings_free(p->flags, p->flag_count);
	free(p->listener_path);
	free(p->listener_metadata);
	free(p->object);
	free(p->base);
	free(p->coverage);
	free(p->name);
	free(p);
}

static int set_string(char **to, const char *s, struct err *err)
{
	char *copy = strdup(s);

	if (!copy)
		return no_memory(err);
	free(*to);
	*to = copy;
	return 0;
}

const char *policy_object(const struct policy *p)
{
	return p->object;
}

int policy_set_object(struct policy *p, const char *name, struct err *err)
{
	return set_string(&p->object, name, err);
}

const char *policy_base(const struct policy *p)
{
	return p->base;
}

int policy_set_base(struct policy *p, const char *name, struct err *err)
{
	return set_string(&p->base, name, err);
}

const char *policy_coverage(const struct policy *p)
{
	return p->coverage;
}

int policy_set_coverage(struct policy *p, const char *json, struct err *err)
{
	return set_string(&p->coverage, json, err);
}

bool policy_lacks_base(const struct policy *p)
{
	return p->base && !p->has_base;
}

static struct policy *find_base(const struct policy *p, struct policy *const *from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (from[i] != p && text_streq(from[i]->object, p->base))
			return from[i];
	return NULL;
}

static void drop_remarks(struct policy *p, enum policy_remark_kind kind)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->remark_count; i++) {
		if (p->remarks[i].kind != kind) {
			p->remarks[kept++] = p->remarks[i];
			continue;
		}
		free(p->remarks[i].path);
		free(p->remarks[i].text);
	}
	p->remark_count = kept;
}

/* A base whose own base is missing does not complete the profile: nobody knows what that would add. */
static int add_base(struct policy *p, const struct policy *base, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < base->rule_count; i++)
		r = policy_add_rule(p, base->rules[i], err);
	if (r == 0)
		drop_remarks(p, POLICY_OUTSIDE);
	p->has_base = true;
	return r;
}

int policy_add_bases(struct policy *const *to, size_t count, struct policy *const *from, size_t from_count, struct err *err)
{
	bool more = true;
	int r = 0;

	/* Each round completes one level of nested bases. */
	while (more && r == 0) {
		more = false;
		for (size_t i = 0; r == 0 && i < count + from_count; i++) {
			struct policy *p = i < count ? to[i] : from[i - count];
			const struct policy *base = policy_lacks_base(p) ? find_base(p, from, from_count) : NULL;

			if (!base || policy_lacks_base(base))
				continue;
			r = add_base(p, base, err);
			more = true;
		}
	}
	return r;
}

enum policy_format policy_format(const struct policy *p)
{
	return p->format;
}

const char *policy_name(const struct policy *p)
{
	return p->name;
}

const struct policy_answer *policy_default(const struct policy *p)
{
	return &p->def;
}

void policy_set_default(struct policy *p, const struct policy_answer *answer)
{
	p->def = *answer;
}

size_t policy_arches(const struct policy *p, const struct arch *const **ret)
{
	*ret = p->arches;
	return p->arch_count;
}

bool policy_has_arch(const struct policy *p, const struct arch *arch)
{
	for (size_t i = 0; i < p->arch_count; i++)
		if (p->arches[i] == arch)
			return true;
	return false;
}

void policy_add_arch(struct policy *p, const struct arch *arch)
{
	p->lists_arches = true;
	if (arch && !policy_has_arch(p, arch))
		p->arches[p->arch_count++] = arch;
}

bool policy_lists_arches(const struct policy *p)
{
	return p->lists_arches;
}

bool policy_has_arch_map(const struct policy *p)
{
	return p->arch_map;
}

void policy_set_arch_map(struct policy *p)
{
	p->arch_map = true;
}

_Static_assert(ARCH_COUNT <= 32, "a set of arches is a uint32_t");

void policy_map_arch(struct policy *p, const struct arch *arch, const struct arch *sub)
{
	policy_add_arch(p, sub);
	if (arch && sub)
		p->mapped[arch->id] |= UINT32_C(1) << sub->id;
}

bool policy_maps_arch(const struct policy *p, const struct arch *arch, const struct arch *sub)
{
	return p->mapped[arch->id] >> sub->id & 1;
}

void policy_copy_arches(const struct policy *from, struct policy *to)
{
	memcpy(to->arches, from->arches, sizeof(to->arches));
	memcpy(to->mapped, from->mapped, sizeof(to->mapped));
	to->arch_count = from->arch_count;
	to->lists_arches = from->lists_arches;
	to->arch_map = from->arch_map;
}

size_t policy_flags(const struct policy *p, const char *const **ret)
{
	*ret = (const char *const *)p->flags;
	return p->flag_count;
}

int policy_add_flag(struct policy *p, const char *flag, struct err *err)
{
	char **flags = reallocarray(p->flags, p->flag_count + 1, sizeof(*flags));

	if (!flags)
		return no_memory(err);
	p->flags = flags;
	p->flags[p->flag_count] = strdup(flag);
	if (!p->flags[p->flag_count])
		return no_memory(err);
	p->flag_count++;
	return 0;
}

const char *policy_listener(const struct policy *p, const char **ret_metadata)
{
	*ret_metadata = p->listener_metadata;
	return p->listener_path;
}

int policy_set_listener(struct policy *p, const char *path, const char *metadata, struct err *err)
{
	cleanup_free char *a = path ? strdup(path) : NULL, *b = metadata ? strdup(metadata) : NULL;

	if ((path && !a) || (metadata && !b))
		return no_memory(err);
	free(p->listener_path);
	free(p->listener_metadata);
	p->listener_path = steal_ptr(&a);
	p->listener_metadata = steal_ptr(&b);
	return 0;
}

size_t policy_rules(const struct policy *p, const struct policy_rule *const **ret)
{
	*ret = (const struct policy_rule *const *)p->rules;
	return p->rule_count;
}

bool policy_names_call(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->rule_count; i++)
		for (size_t k = 0; k < p->rules[i]->name_count; k++)
			if (text_streq(p->rules[i]->names[k], name))
				return true;
	return false;
}

static bool copy_string(const char *s, char **ret)
{
	*ret = s ? strdup(s) : NULL;
	return !s || *ret;
}

static bool copy_strings(char *const *s, size_t count, char ***ret, size_t *ret_count)
{
	if (count == 0)
		return true;
	*ret = calloc(count, sizeof(**ret));
	if (!*ret)
		return false;
	for (; *ret_count < count; (*ret_count)++)
		if (!copy_string(s[*ret_count], &(*ret)[*ret_count]))
			return false;
	return true;
}

static bool copy_condition(const struct policy_condition *c, struct policy_condition *ret)
{
	ret->has_kernel = c->has_kernel;
	memcpy(ret->kernel, c->kernel, sizeof(c->kernel));
	return copy_strings(c->caps, c->cap_count, &ret->caps, &ret->cap_count) &&
	       copy_strings(c->arches, c->arch_count, &ret->arches, &ret->arch_count);
}

static struct policy_rule *copy_rule(const struct policy_rule *rule)
{
	cleanup_with(rule_cleanup) struct policy_rule *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->answer = rule->answer;
	n->legacy_name = rule->legacy_name;
	n->line = rule->line;
	if (rule->arg_count) {
		n->args = reallocarray(NULL, rule->arg_count, sizeof(*n->args));
		if (!n->args)
			return NULL;
		memcpy(n->args, rule->args, rule->arg_count * sizeof(*n->args));
		n->arg_count = rule->arg_count;
	}
	if (!copy_strings(rule->names, rule->name_count, &n->names, &n->name_count) ||
	    !copy_condition(&rule->includes, &n->includes) || !copy_condition(&rule->excludes, &n->excludes) ||
	    !copy_string(rule->comment, &n->comment) || !copy_string(rule->path, &n->path))
		return NULL;
	return steal_ptr(&n);
}

int policy_add_rule(struct policy *p, const struct policy_rule *rule, struct err *err)
{
	for (size_t i = 0; i < rule->arg_count; i++)
		if (rule->args[i].index >= POLICY_ARGS_MAX)
			return err_set(err, EINVAL, "a system call has arguments 0 to %d", POLICY_ARGS_MAX - 1);
	if (p->rule_count == p->rule_cap) {
		size_t cap = p->rule_cap ? p->rule_cap * 2 : 16;
		struct policy_rule **rules = reallocarray(p->rules, cap, sizeof(*rules));

		if (!rules)
			return no_memory(err);
		p->rules = rules;
		p->rule_cap = cap;
	}
	p->rules[p->rule_count] = copy_rule(rule);
	if (!p->rules[p->rule_count])
		return no_memory(err);
	p->rule_count++;
	return 0;
}

size_t policy_remarks(const struct policy *p, const struct policy_remark **ret)
{
	*ret = p->remarks;
	return p->remark_count;
}

void policy_bind_remark(struct policy *p, const struct arch *machine)
{
	if (p->remark_count)
		p->remarks[p->remark_count - 1].machine = machine;
}

int policy_add_remark(struct policy *p, enum policy_remark_kind kind, size_t line, const char *path, struct err *err,
		      const char *fmt, ...)
{
	struct policy_remark r = {.kind = kind, .line = line};
	cleanup_buf struct buf safe = {0};
	char text[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_add_safe(&safe, text, strlen(text));
	if (p->remark_count == p->remark_cap) {
		size_t cap = p->remark_cap ? p->remark_cap * 2 : 8;
		struct policy_remark *remarks = reallocarray(p->remarks, cap, sizeof(*remarks));

		if (!remarks)
			return no_memory(err);
		p->remarks = remarks;
		p->remark_cap = cap;
	}
	r.text = buf_steal(&safe);
	r.path = strdup(path ? path : "");
	if (!r.text || !r.path) {
		free(r.text);
		free(r.path);
		return no_memory(err);
	}
	p->remarks[p->remark_count++] = r;
	return 0;
}

static bool is_conditional(const struct policy_condition *c)
{
	return c->cap_count || c->arch_count || c->has_kernel;
}

bool policy_has_conditions(const struct policy *p)
{
	for (size_t i = 0; i < p->rule_count; i++)
		if (is_conditional(&p->rules[i]->includes) || is_conditional(&p->rules[i]->excludes))
			return true;
	return p->arch_map;
}
