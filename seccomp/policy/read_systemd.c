/* systemd's form (systemd.exec(5)): a drop-in for a unit, read. Written: seccomp/write/systemd.c.
 *
 * It knows no arguments and one answer for all that is refused, beside an errno at a name. Read is what snug writes and
 * people write by hand, without systemd's own groups (@system-service): what those hold is known to systemd alone.
 */
#include "base/text.h"
#include "seccomp/policy/read_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* systemd src/shared/seccomp-util.c seccomp_arch_from_string() */
static const struct {
	enum arch_id id;
	const char *name;
} ARCHES[] = {
	{ARCH_X86_64, "x86-64"},     {ARCH_X86, "x86"},         {ARCH_X32, "x32"},
	{ARCH_AARCH64, "arm64"},     {ARCH_ARM, "arm"},         {ARCH_RISCV64, "riscv64"},
	{ARCH_PPC64LE, "ppc64-le"},  {ARCH_PPC64, "ppc64"},     {ARCH_PPC, "ppc"},
	{ARCH_S390X, "s390x"},       {ARCH_S390, "s390"},       {ARCH_MIPS, "mips"},
	{ARCH_MIPS64, "mips64"},     {ARCH_MIPS64N32, "mips64-n32"}, {ARCH_MIPSEL, "mips-le"},
	{ARCH_MIPSEL64, "mips64-le"}, {ARCH_MIPSEL64N32, "mips64-le-n32"}, {ARCH_PARISC, "parisc"},
	{ARCH_PARISC64, "parisc64"},
};

static const struct arch *arch_of(const char *name)
{
	const struct arch *host[4];

	if (text_streq(name, "native") && arch_host(host))
		return host[0];
	for (size_t i = 0; i < ARRAY_SIZE(ARCHES); i++)
		if (text_streq(ARCHES[i].name, name))
			return arch_get(ARCHES[i].id);
	return NULL;
}

const char *policy_systemd_arch(const struct arch *arch)
{
	for (size_t i = 0; i < ARRAY_SIZE(ARCHES); i++)
		if (ARCHES[i].id == arch->id)
			return ARCHES[i].name;
	return "?";
}

/* A name with what it is answered, -1: by the mode. */
struct entry {
	char *name;
	long number;
};

struct drop_in {
	const char *file;
	size_t line;
	bool any;  /* SystemCallFilter= stood there */
	bool deny; /* the first one began with ~ */
	bool has_errno;
	uint32_t errno_ret; /* without it what is refused is killed */
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

static int put_entry(struct drop_in *d, const char *name, long number)
{
	struct entry *e;

	if (d->count == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 64;
		struct entry *all = reallocarray(d->entries, cap, sizeof(*all));

		if (!all)
			return err_set(d->err, ENOMEM, "out of memory");
		d->entries = all;
		d->cap = cap;
	}
	e = &d->entries[d->count];
	e->number = number;
	e->name = strdup(name);
	if (!e->name)
		return err_set(d->err, ENOMEM, "out of memory");
	d->count++;
	return 0;
}

/* Whatever else stood in a drop-in might be read as something else: a list, a group, another line. */
bool policy_is_systemd_name(const char *word)
{
	for (const char *c = word; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_')
			return false;
	return *word;
}

/* One word of SystemCallFilter=: NAME or NAME:ERRNO. What is inverted against the first list is taken out of it. */
static int take_name(struct drop_in *d, char *word, bool invert)
{
	char *colon = strchr(word, ':');
	uint32_t number = 0;

	if (*word == '@')
		return bad(d, "systemd's groups of calls are not known here (systemd-analyze syscall-filter lists them)",
			   word);
	if (colon)
		*colon++ = '\0';
	if (!policy_is_systemd_name(word))
		return bad(d, "this is no name of a system call", word);
	if (colon && !text_streq(colon, "kill") && (policy_errno_by_name(colon, &number) < 0 || number == 0))
		return bad(d, "there is no errno of this name", colon);
	if (invert == d->deny)
		return put_entry(d, word, colon ? (long)number : -1);
	for (size_t i = 0; i < d->count; i++)
		if (text_streq(d->entries[i].name, word)) {
			free(d->entries[i].name);
			d->entries[i--] = d->entries[--d->count];
		}
	return 0;
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
	if (!d->any)
		d->deny = invert;
	d->any = true;
	for (char *w = strtok_r(value + invert, " \t", &state); w && r == 0; w = strtok_r(NULL, " \t", &state))
		r = take_name(d, w, invert);
	return r;
}

static int take_arches(struct drop_in *d, char *value)
{
	char *state = NULL;

	for (char *w = strtok_r(value, " \t", &state); w; w = strtok_r(NULL, " \t", &state)) {
		const struct arch *arch = arch_of(w);

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
		return bad(d, "there is no errno of this name", value);
	return 0;
}

/* One logical line of s: without its end, continued lines joined by a space. NULL at the end of the text. */
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

	return x->number != y->number ? (x->number > y->number) - (x->number < y->number) : strcmp(x->name, y->name);
}

/* A rule for each answer. */
static int add_rules(struct drop_in *d)
{
	struct policy_answer refused = {d->has_errno ? POLICY_ERRNO : POLICY_KILL_PROCESS, d->has_errno, d->errno_ret};
	int r = 0;

	if (d->count)
		qsort(d->entries, d->count, sizeof(*d->entries), entry_order);
	for (size_t i = 0, end; i < d->count && r == 0; i = end) {
		long number = d->entries[i].number;
		struct policy_rule rule = {.answer = refused};

		for (end = i; end < d->count && d->entries[end].number == number; end++)
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
		r = policy_add_rule(d->policy, &rule, d->err);
		free(rule.names);
	}
	refused.action = d->deny ? POLICY_ALLOW : refused.action;
	refused.has_errno &= !d->deny;
	policy_set_default(d->policy, &refused);
	return r;
}

int policy_read_systemd(const char *text, size_t len, const char *name, struct policy **ret, struct err *err)
{
	cleanup_with(drop_in_done) struct drop_in d = {.file = name, .err = err};
	cleanup_free char *copy = strndup(text, len);
	char *at = copy;
	int r = copy ? policy_new(POLICY_SYSTEMD, name, &d.policy, err) : err_set(err, ENOMEM, "out of memory");

	if (r == 0 && memchr(text, '\0', len))
		r = err_set(err, EINVAL, "%s: holds a NUL character", name);
	for (char *line = r == 0 ? next_line(&at, &d.line) : NULL; line && r == 0; line = next_line(&at, &d.line))
		r = take_line(&d, line);
	if (r == 0 && !d.any)
		r = err_set(err, EINVAL, "%s: has no SystemCallFilter=", name);
	if (r == 0)
		r = add_rules(&d);
	if (r == 0 && !d.deny)
		r = policy_add_remark(d.policy, POLICY_OUTSIDE, 0, "", err,
				      "systemd allows the calls of its own @default group besides");
	if (r == 0)
		*ret = steal_ptr(&d.policy);
	return r;
}
