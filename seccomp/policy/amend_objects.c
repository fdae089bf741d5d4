#include "seccomp/policy/amend_objects.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "seccomp/policy/amend_scalar.h"
#include "yaml/nodes.h"

#include <errno.h>
#include <string.h>

#define LISTS_MAX 8 /* nested lists of objects */

struct amend {
	const char *text, *name;
	size_t len, done; /* of the text; how much has been copied */
	const char *const *names;
	size_t count;
	amend_fn *inner;
	struct buf *out;
	size_t first; /* offset of the first insertion */
	bool found;
	struct err *err;
};

static void copy_to(struct amend *a, size_t at)
{
	buf_add(a->out, a->text + a->done, at - a->done);
	a->done = at;
	a->first = a->first == SIZE_MAX ? at : a->first;
}

static size_t start_of(const struct amend *a, const struct yaml_node *n)
{
	return yaml_byte_offset(a->text, a->len, n->start);
}

static size_t end_of(const struct amend *a, const struct yaml_node *n)
{
	return yaml_byte_offset(a->text, a->len, n->end);
}

static bool is_text(const struct yaml_node *n, const char *text)
{
	return n && n->kind == YAML_KIND_SCALAR && text_streq(n->text, text);
}

static const struct yaml_node *last_of(const struct yaml_node *n)
{
	const struct yaml_node *last = NULL;

	for (const struct yaml_node *e = yaml_first(n); e; e = yaml_sibling(e))
		last = e;
	return last;
}

/* A list that no alias in the document refers to. */
static bool is_own_list(const struct yaml_node *n)
{
	return n && n->kind == YAML_KIND_SEQUENCE && !n->anchored;
}

/* The names of a rule that just allows calls. */
static const struct yaml_node *plain_names(const struct yaml_node *rule)
{
	const struct yaml_node *names = yaml_get(rule, "names"), *args = yaml_target(yaml_get(rule, "args"));

	if (rule->kind != YAML_KIND_MAPPING || rule->anchored || yaml_get(rule, "<<") || !is_text(yaml_target(yaml_get(rule, "action")), "SCMP_ACT_ALLOW") ||
	    !is_own_list(names) || (args && args->count))
		return NULL;
	for (const struct yaml_node *e = yaml_first(names); e; e = yaml_sibling(e))
		if (e->kind != YAML_KIND_SCALAR || e->anchored)
			return NULL;
	return names;
}

static void add_name(struct amend *a, const char *name, const struct yaml_node *like)
{
	const char *quote = like && like->style == YAML_STYLE_DOUBLE ? "\"" : like && like->style == YAML_STYLE_SINGLE ? "'" : "";

	buf_addf(a->out, "%s%s%s", quote, name, quote);
}

static size_t line_start(const struct amend *a, size_t at)
{
	while (at && a->text[at - 1] != '\n')
		at--;
	return at;
}

/* Copies up to the end of the line with this byte; adds the newline if the text ends without one. */
static void copy_line_of(struct amend *a, size_t at)
{
	const char *newline = memchr(a->text + at, '\n', a->len - at);

	copy_to(a, newline ? (size_t)(newline - a->text) + 1 : a->len);
	if (!newline)
		buf_addc(a->out, '\n');
}

/* The line ending of this text. */
static const char *line_end(const struct amend *a)
{
	const char *newline = memchr(a->text, '\n', a->len);

	return newline && newline > a->text && newline[-1] == '\r' ? "\r\n" : "\n";
}

/* Finds the dash of a block item; false if there is something before it on the line. */
static bool find_dash(const struct amend *a, const struct yaml_node *item, size_t *ret)
{
	size_t at = start_of(a, item), from = line_start(a, at);

	*ret = from + strspn(a->text + from, " ");
	return *ret < at && a->text[*ret] == '-' && strspn(a->text + *ret + 1, " ") == at - *ret - 1;
}

static bool in_order(const struct yaml_node *list)
{
	for (const struct yaml_node *e = yaml_first(list); e && yaml_sibling(e); e = yaml_sibling(e))
		if (strcmp(e->text, yaml_sibling(e)->text) > 0)
			return false;
	return true;
}

static void add_flow_names(struct amend *a, const struct yaml_node *list)
{
	const struct yaml_node *last = last_of(list);
	bool sorted = in_order(list);
	size_t i = 0;

	for (const struct yaml_node *e = yaml_first(list); e; e = yaml_sibling(e))
		for (; sorted && i < a->count && strcmp(a->names[i], e->text) < 0; i++) {
			copy_to(a, start_of(a, e));
			add_name(a, a->names[i], e);
			buf_adds(a->out, ", ");
		}
	if (i < a->count)
		copy_to(a, last ? end_of(a, last) : start_of(a, list) + 1);
	for (bool separate = last; i < a->count; i++, separate = true) {
		buf_adds(a->out, separate ? ", " : "");
		add_name(a, a->names[i], last);
	}
}

static int add_block_line(struct amend *a, const char *name, const struct yaml_node *like)
{
	size_t dash, from = line_start(a, start_of(a, like));

	if (!find_dash(a, like, &dash))
		return yaml_err(like, a->err, "cannot add to it: something else is on the same line");
	buf_add(a->out, a->text + from, start_of(a, like) - from);
	add_name(a, name, like);
	buf_adds(a->out, line_end(a));
	return 0;
}

static int add_block_names(struct amend *a, const struct yaml_node *list)
{
	const struct yaml_node *last = last_of(list);
	bool sorted = in_order(list);
	size_t i = 0, dash;
	int r = 0;

	for (const struct yaml_node *e = yaml_first(list); e; e = yaml_sibling(e))
		for (; r == 0 && sorted && i < a->count && strcmp(a->names[i], e->text) < 0 && find_dash(a, e, &dash); i++) {
			copy_to(a, line_start(a, start_of(a, e)));
			r = add_block_line(a, a->names[i], e);
		}
	if (r == 0 && last && i < a->count)
		copy_line_of(a, end_of(a, last));
	for (; r == 0 && last && i < a->count; i++)
		r = add_block_line(a, a->names[i], last);
	return r;
}

/* The last significant byte of a node: libyaml ends a block where the next node begins. */
static size_t last_byte(const struct amend *a, const struct yaml_node *n)
{
	const struct yaml_node *last = n;

	while (last && last->style == YAML_STYLE_BLOCK) {
		n = last;
		last = last_of(last);
	}
	n = last ? last : n;
	return end_of(a, n);
}

static int add_rule(struct amend *a, const struct yaml_node *rules)
{
	const struct yaml_node *last = last_of(rules);
	const char *end = line_end(a);
	size_t dash = 0, from;

	if (rules->style == YAML_STYLE_FLOW) {
		copy_to(a, last ? end_of(a, last) : start_of(a, rules) + 1);
		buf_addf(a->out, "%s{\"action\": \"SCMP_ACT_ALLOW\", \"names\": [", last ? ", " : "");
		for (size_t i = 0; i < a->count; i++)
			buf_addf(a->out, "%s\"%s\"", i ? ", " : "", a->names[i]);
		buf_adds(a->out, "]}");
		return 0;
	}
	if (!last || !find_dash(a, last, &dash))
		return yaml_err(rules, a->err, "cannot add to it: something else is on the line of its last rule");
	from = line_start(a, dash);
	copy_line_of(a, last_byte(a, last));
	buf_addf(a->out, "%*s- action: SCMP_ACT_ALLOW%s%*s  names:%s", (int)(dash - from), "", end, (int)(dash - from), "", end);
	for (size_t i = 0; i < a->count; i++)
		buf_addf(a->out, "%*s  - %s%s", (int)(dash - from), "", a->names[i], end);
	return 0;
}

static int amend_seccomp_profile(struct amend *a, const struct yaml_node *object)
{
	const struct yaml_node *spec = yaml_get(object, "spec"), *rules = yaml_get(spec, "syscalls"), *names = NULL;

	if (!is_own_list(rules)) {
		yaml_err(spec ? spec : object, a->err, "has no \"syscalls\" of its own to add to");
		return -ENOENT;
	}
	for (const struct yaml_node *rule = yaml_first(rules); rule && !names; rule = yaml_sibling(rule))
		names = plain_names(rule);
	if (!names || (names->style == YAML_STYLE_BLOCK && !names->count))
		return add_rule(a, rules);
	if (names->style == YAML_STYLE_BLOCK)
		return add_block_names(a, names);
	add_flow_names(a, names);
	return 0;
}

/* Amends the member that contains a profile; others may contain anything. */
static int amend_config_map(struct amend *a, const struct yaml_node *object)
{
	int r = 0;

	for (const struct yaml_node *key = yaml_first(yaml_get(object, "data")); r == 0 && key && !a->found; key = yaml_sibling(yaml_sibling(key))) {
		const struct yaml_node *value = yaml_sibling(key);
		cleanup_buf struct buf after = {0};
		size_t line = 0;

		if (value->kind != YAML_KIND_SCALAR || !strstr(value->text, "defaultAction"))
			continue;
		a->found = true;
		r = a->inner(value->text, value->len, a->name, a->names, a->count, &after, &line, a->err);
		if (r == 0)
			r = amend_scalar(a->text, a->len, value, &after, &a->done, a->out, &a->first, a->err);
	}
	return r;
}

static int amend_object(struct amend *a, const struct yaml_node *object, unsigned depth)
{
	const struct yaml_node *items = yaml_get(object, "items");
	int r = 0;

	if (a->found || !object || object->kind != YAML_KIND_MAPPING || depth == LISTS_MAX)
		return 0;
	if (is_text(yaml_get(object, "kind"), "ConfigMap"))
		return amend_config_map(a, object);
	if (is_text(yaml_get(object, "kind"), "SeccompProfile")) {
		a->found = true;
		return amend_seccomp_profile(a, object);
	}
	for (const struct yaml_node *e = yaml_first(items); r == 0 && e && items->kind == YAML_KIND_SEQUENCE; e = yaml_sibling(e))
		r = amend_object(a, e, depth + 1);
	return r;
}

int amend_objects(const char *text, size_t len, const char *name, const char *const names[], size_t count, amend_fn *inner,
		  struct buf *out, size_t *ret_line, struct err *err)
{
	struct amend a = {.text = text, .name = name, .len = len, .names = names, .count = count, .inner = inner, .out = out,
			  .first = SIZE_MAX, .err = err};
	cleanup_yaml struct yaml *y = NULL;
	int r = yaml_open(text, len, name, &y, err);

	while (r >= 0 && !a.found) {
		cleanup_yaml_doc struct yaml_doc *doc = NULL;

		r = yaml_next(y, &doc, err);
		if (r == 0)
			break;
		if (r == 1)
			r = amend_object(&a, yaml_root(doc), 0);
	}
	if (r < 0)
		return r;
	if (!a.found)
		return err_set(err, EINVAL, "%s: contains no profile that can be amended in place", name);
	buf_add(out, text + a.done, len - a.done);
	*ret_line = 1;
	for (size_t i = 0; i < len && i < a.first; i++)
		*ret_line += text[i] == '\n';
	return buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : 0;
}
