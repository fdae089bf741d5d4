/* Reads systemd's format (systemd.exec(5)): a drop-in for a unit, or the unit itself. It has no arguments; one answer for
 * everything refused, apart from an errno for a name; and groups of calls. */
#include "base/text.h"
#include "seccomp/policy/read_private.h"
#include "seccomp/policy/systemd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX 4096 /* no machine has that many calls; the search is linear */

/* A name and its errno; -1: as the mode says. */
struct entry {
	char *name;
	long number;
	bool by_default; /* of @default, with which every allow-list begins */
};

struct drop_in {
	const char *file, *groups;
	size_t line;
	bool any;  /* there is a SystemCallFilter= */
	bool deny; /* the first one began with ~ */
	bool has_errno;
	uint32_t errno_ret; /* without it, a refused call kills */
	struct entry *entries;
	size_t count, cap;
	struct policy *policy;
	struct err *err;
};

static void clear_entries(struct drop_in *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->entries[i].name);
	d->count = 0;
}

static void drop_in_done(struct drop_in *d)
{
	clear_entries(d);
	free(d->entries);
	policy_free(d->policy);
}

static int bad(const struct drop_in *d, const char *what, const char *word)
{
	return err_set(d->err, EINVAL, "%s: line %zu: %s: %.100s", d->file, d->line, what, word);
}

static struct entry *find_entry(const struct drop_in *d, const char *name)
{
	for (size_t i = 0; i < d->count; i++)
		if (text_streq(d->entries[i].name, name))
			return &d->entries[i];
	return NULL;
}

/* Overwrites an entry that is there. */
static int put_entry(struct drop_in *d, const char *name, long number, bool by_default)
{
	struct entry *e = find_entry(d, name);

	if (e) {
		e->number = number;
		e->by_default = by_default;
		return 0;
	}
	if (d->count == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 64;
		struct entry *all = reallocarray(d->entries, cap, sizeof(*all));

		if (!all)
			return err_set(d->err, ENOMEM, "out of memory");
		d->entries = all;
		d->cap = cap;
	}
	e = &d->entries[d->count];
	*e = (struct entry){.number = number, .by_default = by_default, .name = strdup(name)};
	if (!e->name)
		return err_set(d->err, ENOMEM, "out of memory");
	if (++d->count > ENTRIES_MAX)
		return err_set(d->err, E2BIG, "%s: line %zu: more than %d system calls", d->file, d->line, ENTRIES_MAX);
	return 0;
}

/* One word of SystemCallFilter=, or a call of the group that it names. */
struct word {
	struct drop_in *d;
	long number;
	bool invert, group, by_default;
};

static int take_call(const char *name, void *arg)
{
	const struct word *w = arg;
	struct drop_in *d = w->d;
	struct entry *e;

	/* systemd leaves out what its libseccomp cannot name; groups contain the calls of all machines. */
	if (w->group && !policy_knows_call(name))
		return 0;
	if (w->by_default || w->invert == d->deny)
		return put_entry(d, name, w->number, w->by_default);
	/* A name that is inverted relative to the first list is removed from it. */
	e = find_entry(d, name);
	if (e) {
		free(e->name);
		*e = d->entries[--d->count];
	}
	return 0;
}

static int take_group(const char *group, struct word *w)
{
	int r;

	w->group = true;
	r = systemd_group_each(w->d->groups, group, take_call, w);
	if (r != -ENOENT)
		return r;
	return policy_add_remark(w->d->policy, POLICY_OUTSIDE, w->d->line, "", w->d->err,
				 "unknown group (systemd-analyze syscall-filter lists them): %s", group);
}

/* NAME, NAME:ERRNO, @GROUP or @GROUP:ERRNO. */
static int take_word(struct drop_in *d, char *text, bool invert)
{
	struct word w = {.d = d, .number = -1, .invert = invert};
	char *colon = strchr(text, ':');
	uint32_t number = 0;

	if (colon)
		*colon++ = '\0';
	if (*text != '@' && !systemd_is_name(text))
		return bad(d, "this is no name of a system call", text);
	if (colon && !text_streq(colon, "kill") && (policy_errno_by_name(colon, &number) < 0 || number == 0))
		return bad(d, "unknown errno", colon);
	w.number = colon ? (long)number : -1;
	return *text == '@' ? take_group(text, &w) : take_call(text, &w);
}

static int take_filter(struct drop_in *d, char *value)
{
	bool invert = *value == '~';
	char *state = NULL;
	int r = 0;

	if (!*value) {
		clear_entries(d);
		d->any = false;
		return 0;
	}
	if (!d->any) {
		struct word w = {.d = d, .number = -1, .by_default = true};

		d->deny = invert;
		/* systemd src/core/load-fragment.c config_parse_syscall_filter() */
		r = invert ? 0 : take_group("@default", &w);
	}
	d->any = true;
	for (char *w = strtok_r(value + invert, " \t", &state); w && r == 0; w = strtok_r(NULL, " \t", &state))
		r = take_word(d, w, invert);
	return r;
}

static int take_arches(struct drop_in *d, char *value)
{
	char *state = NULL;

	for (char *w = strtok_r(value, " \t", &state); w; w = strtok_r(NULL, " \t", &state)) {
		const struct arch *arch = systemd_arch_by_name(w);

		if (!arch)
			return bad(d, "systemd has no such architecture", w);
		policy_add_arch(d->policy, arch);
	}
	return 0;
}

static int take_line(struct drop_in *d, char *line)
{
	char *value = strchr(line, '=');

	if (!value || *line == '#' || *line == ';' || *line == '[')
		return 0;
	*value++ = '\0';
	value += strspn(value, " \t");
	line[strcspn(line, " \t")] = '\0';
	if (text_streq(line, "SystemCallFilter"))
		return take_filter(d, value);
	if (text_streq(line, "SystemCallArchitectures"))
		return take_arches(d, value);
	if (!text_streq(line, "SystemCallErrorNumber"))
		return 0;
	d->has_errno = *value && !text_streq(value, "kill");
	if (d->has_errno && (policy_errno_by_name(value, &d->errno_ret) < 0 || d->errno_ret == 0))
		return bad(d, "unknown errno", value);
	return 0;
}

/* The next logical line of s, without its end; continued lines are joined by a space. NULL at the end of the text. */
static char *next_line(char **s, size_t *line)
{
	char *start = *s, *to = *s, *from = *s;

	if (!*from)
		return NULL;
	while (true) {
		size_t len = strcspn(from, "\n"), keep = len;

		(*line)++;
		while (keep && (from[keep - 1] == '\r' || from[keep - 1] == ' ' || from[keep - 1] == '\t'))
			keep--;
		bool more = keep && from[keep - 1] == '\\' && from[len];

		memmove(to, from, keep);
		to += keep;
		from += len + (from[len] == '\n');
		if (!more)
			break;
		to[-1] = ' ';
	}
	*s = from;
	if (to < from || !*from)
		*to = '\0';
	while (*start == ' ' || *start == '\t')
		start++;
	return start;
}

static int entry_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->by_default != y->by_default)
		return x->by_default ? 1 : -1;
	return x->number != y->number ? (x->number > y->number) - (x->number < y->number) : strcmp(x->name, y->name);
}

/* Adds one rule per answer. */
static int add_rules(struct drop_in *d)
{
	struct policy_answer refused = {d->has_errno ? POLICY_ERRNO : POLICY_KILL_PROCESS, d->has_errno, d->errno_ret};
	int r = 0;

	if (d->count)
		qsort(d->entries, d->count, sizeof(*d->entries), entry_order);
	for (size_t i = 0, end; i < d->count && r == 0; i = end) {
		long number = d->entries[i].number;
		struct policy_rule rule = {.answer = refused};

		for (end = i; end < d->count && d->entries[end].number == number && d->entries[end].by_default == d->entries[i].by_default;
		     end++)
			;
		rule.names = calloc(end - i, sizeof(*rule.names));
		if (!rule.names)
			return err_set(d->err, ENOMEM, "out of memory");
		for (size_t k = i; k < end; k++)
			rule.names[rule.name_count++] = d->entries[k].name;
		if (number > 0)
			rule.answer = (struct policy_answer){POLICY_ERRNO, true, (uint32_t)number};
		else if (number == 0)
			rule.answer = (struct policy_answer){POLICY_KILL_PROCESS, false, 0};
		else if (!d->deny)
			rule.answer = (struct policy_answer){POLICY_ALLOW, false, 0};
		if (d->entries[i].by_default)
			rule.comment = (char *)(uintptr_t)POLICY_SYSTEMD_DEFAULT;
		r = policy_add_rule(d->policy, &rule, d->err);
		free(rule.names);
	}
	refused.action = d->deny ? POLICY_ALLOW : refused.action;
	refused.has_errno &= !d->deny;
	policy_set_default(d->policy, &refused);
	return r;
}

int policy_read_systemd(const char *text, size_t len, const char *name, const char *groups, struct policy **ret, struct err *err)
{
	cleanup_with(drop_in_done) struct drop_in d = {.file = name, .groups = groups ? groups : systemd_groups(), .err = err};
	cleanup_free char *copy = strndup(text, len);
	char *at = copy;
	int r = copy ? policy_new(POLICY_SYSTEMD, name, &d.policy, err) : err_set(err, ENOMEM, "out of memory");

	if (r == 0 && memchr(text, '\0', len))
		r = err_set(err, EINVAL, "%s: contains a NUL character", name);
	for (char *line = r == 0 ? next_line(&at, &d.line) : NULL; line && r == 0; line = next_line(&at, &d.line))
		r = take_line(&d, line);
	if (r == 0 && !d.any)
		r = err_set(err, EINVAL, "%s: has no SystemCallFilter=", name);
	if (r == 0)
		r = add_rules(&d);
	if (r == 0)
		*ret = steal_ptr(&d.policy);
	return r;
}
