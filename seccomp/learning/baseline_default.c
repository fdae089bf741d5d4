/* Baseline default: the caller's section with the runtime's default opened in it, then as baseline keep. */
#include "seccomp/learning/section_private.h"

#include <errno.h>
#include <string.h>

/* Two sections that become one. */
struct merge {
	const struct json_doc *doc;
	const struct json *rules; /* the caller's */
	const struct json *base;  /* the default's rules */
	const char *text, *base_text;
	const struct names *except;
	struct names handed; /* calls that the caller hands to others, or names in a way that is not read here */
	struct names whole;  /* calls that the default allows with any arguments, without those */
	bool allows;         /* the caller's default action does */
	struct buf *out;
	bool comma;
};

static void merge_done(struct merge *m)
{
	names_done(&m->handed);
	names_done(&m->whole);
}

static bool hands_over(const struct json *rule)
{
	return learning_is_action(rule, "action", "SCMP_ACT_NOTIFY") || learning_is_action(rule, "action", "SCMP_ACT_TRACE");
}

static int add_all(struct names *set, const struct json *rule)
{
	const char *single = json_text(json_get(rule, "name"));
	int r = single ? names_add(set, single) : 0;

	for (const struct json *e = json_first(json_get(rule, "names")); e && r == 0; e = json_next(e))
		if (json_type(e) == JSON_STRING)
			r = names_add(set, json_text(e));
	return r;
}

static int find_handed(struct merge *m)
{
	int r = 0;

	for (const struct json *rule = json_first(m->rules); rule && r == 0; rule = json_next(rule))
		if (hands_over(rule) || !learning_is_plain(m->doc, rule))
			r = add_all(&m->handed, rule);
	return r;
}

static int find_whole(struct merge *m)
{
	bool denied = learning_denies_multiplexer(m->rules);
	int r = 0;

	for (const struct json *rule = json_first(m->base); rule; rule = json_next(rule)) {
		if (!learning_is_action(rule, "action", ACTION_ALLOW) || learning_has_args(rule))
			continue;
		for (const struct json *e = json_first(json_get(rule, "names")); e && r == 0; e = json_next(e))
			if (!names_have(&m->handed, json_text(e)) && !names_have(m->except, json_text(e)) &&
			    !(denied && learning_is_multiplexer(json_text(e))))
				r = names_add(&m->whole, json_text(e));
	}
	return r;
}

static void add_raw(struct merge *m, const char *text, const struct json *v)
{
	if (m->comma)
		buf_addc(m->out, ',');
	m->comma = true;
	buf_add(m->out, text + json_start(v), json_end(v) - json_start(v));
}

/* A rule of the caller's without the names that are opened whole. */
static int add_callers(struct merge *m, const struct json *rule)
{
	const struct json *names = json_get(rule, "names");
	cleanup_names struct names rest = {0};
	size_t total = 0;
	int r = 0;

	if (hands_over(rule) || !learning_is_plain(m->doc, rule)) {
		add_raw(m, m->text, rule);
		return 0;
	}
	for (const struct json *e = json_first(names); e && r == 0; e = json_next(e), total++)
		if (!names_have(&m->whole, json_text(e)))
			r = names_add(&rest, json_text(e));
	if (r < 0 || !rest.count)
		return r;
	if (rest.count == total) {
		add_raw(m, m->text, rule);
		return 0;
	}
	if (m->comma)
		buf_addc(m->out, ',');
	m->comma = true;
	buf_add(m->out, m->text + json_start(rule), json_start(names) - json_start(rule));
	for (size_t i = 0; i < rest.count; i++) {
		struct json_writer w;

		buf_addc(m->out, i ? ',' : '[');
		json_write_begin(&w, m->out, false);
		json_write_string(&w, NULL, rest.v[i]);
	}
	buf_addc(m->out, ']');
	buf_add(m->out, m->text + json_end(names), json_end(rule) - json_end(names));
	return 0;
}

static bool is_named(const struct json *rules, const struct json *names)
{
	for (const struct json *rule = json_first(rules); rule; rule = json_next(rule))
		for (const struct json *e = json_first(names); e; e = json_next(e))
			if (learning_names(rule, json_text(e)))
				return true;
	return false;
}

/* Rules of the default on arguments, for calls that nothing else names. */
static void add_conditional(struct merge *m)
{
	for (const struct json *rule = json_first(m->base); rule; rule = json_next(rule)) {
		const struct json *names = json_get(rule, "names");
		bool taken = is_named(m->rules, names);

		for (const struct json *e = json_first(names); e; e = json_next(e))
			taken |= names_have(&m->whole, json_text(e)) || names_have(&m->handed, json_text(e)) ||
				 names_have(m->except, json_text(e));
		if (learning_is_action(rule, "action", ACTION_ALLOW) && learning_has_args(rule) && !taken)
			add_raw(m, m->base_text, rule);
	}
}

static int add_rules(struct merge *m)
{
	int r = 0;

	buf_addc(m->out, '[');
	/* First: libseccomp takes rules on a part of socketcall or ipc that contradict each other once the whole is named, as it may be by the
	 * caller in a rule that is not his any more. */
	if (!m->allows)
		learning_write_names(&m->whole, ACTION_ALLOW, &m->comma, m->out);
	for (const struct json *rule = json_first(m->rules); rule && r == 0; rule = json_next(rule))
		r = add_callers(m, rule);
	if (r == 0 && !m->allows)
		add_conditional(m);
	buf_addc(m->out, ']');
	return r;
}

/* The caller's section with other rules. */
static int write_merged(struct merge *m, const struct json *root)
{
	struct rewrite w = {.text = m->text, .done = json_start(root), .out = m->out};
	const struct json *rules = json_get(root, "syscalls");
	int r;

	if (rules) {
		rewrite_value(&w, rules, "");
		r = add_rules(m);
	} else {
		rewrite_range(&w, json_end(root) - 1, json_end(root) - 1, ",\"syscalls\":");
		r = add_rules(m);
	}
	rewrite_range(&w, json_end(root), json_end(root), "");
	return r;
}

static int merge(struct merge *m, const struct json *root, const struct json *base)
{
	int r;

	m->rules = json_get(root, "syscalls");
	m->base = json_get(base, "syscalls");
	m->allows = learning_is_action(root, "defaultAction", ACTION_ALLOW) ||
		    learning_is_action(root, "defaultAction", ACTION_LOG);
	r = find_handed(m);
	if (r == 0)
		r = find_whole(m);
	if (r == 0)
		r = write_merged(m, root);
	return r;
}

int learning_default(const char *section, size_t len, const char *name, const struct learning_base *base,
		     struct learning_unlogged *q, struct buf *out, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL, *base_doc = NULL;
	cleanup_buf struct buf merged = {0};
	cleanup_with(merge_done) struct merge m = {
		.text = section, .base_text = base->text, .except = &base->except, .out = &merged};
	const struct json *base_root;
	int r;

	if (!section || !len)
		return learning_keep(section, len, name, q, out, err);
	r = learning_parse(section, len, JSON_FOREIGN, name, &doc, err);
	if (r == 0)
		r = json_parse(base->text, base->len, JSON_OURS, "default profile", &base_doc, err);
	if (r < 0)
		return r;
	if (learning_is_unconfined(json_root(doc)))
		return learning_keep(section, len, name, q, out, err);
	base_root = json_get(json_get(json_root(base_doc), "linux"), "seccomp");
	m.doc = doc;
	if (merge(&m, json_root(doc), base_root) < 0 || buf_failed(&merged))
		return err_set(err, ENOMEM, "out of memory");
	return learning_keep(merged.data, merged.len, name, q, out, err);
}

/* Which list a rule belongs to. */
static bool is_listed(const struct json *rule, bool denies)
{
	static const char *const open[] = {ACTION_ALLOW, ACTION_LOG, "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE"};
	bool opens = false;

	for (size_t i = 0; i < ARRAY_SIZE(open); i++)
		opens |= learning_is_action(rule, "action", open[i]);
	return denies ? !opens && !learning_has_args(rule) : opens;
}

int learning_list(const char *section, size_t len, const char *name, struct names *ret, bool *ret_denies, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	const struct json *root;
	int r;

	if (!section || !len)
		return 0;
	r = learning_parse(section, len, JSON_FOREIGN, name, &doc, err);
	if (r < 0)
		return r;
	root = json_root(doc);
	*ret_denies = learning_is_action(root, "defaultAction", ACTION_ALLOW) ||
		      learning_is_action(root, "defaultAction", ACTION_LOG) || learning_is_unconfined(root);
	for (const struct json *rule = json_first(json_get(root, "syscalls")); rule && r == 0; rule = json_next(rule))
		if (is_listed(rule, *ret_denies))
			r = add_all(ret, rule);
	return r < 0 ? err_set(err, ENOMEM, "out of memory") : 0;
}
