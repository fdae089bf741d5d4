/* Baseline keep: the caller's section, with what it allows logged. */
#include "seccomp/learning/section_private.h"

#include "base/json/members.h"
#include "seccomp/syscall/arch.h"

#include <errno.h>
#include <string.h>

static size_t count_rules(const struct json *rules, const char *name)
{
	size_t n = 0;

	for (const struct json *rule = json_first(rules); rule; rule = json_next(rule))
		n += learning_names(rule, name);
	return n;
}

/* A section that is being rewritten. */
struct keep {
	const struct json_doc *doc;
	const struct json *rules;
	struct learning_unlogged *q; /* NULL: nothing is unlogged */
	uint32_t arches;          /* learning_arches() */
	bool firm;                /* naming one call less without conditions does not make the filter void */
	struct rewrite w;
	struct names unlogged, rest; /* of the current rule */
	uint64_t forms;           /* of the current rule */
};

static void keep_done(struct keep *k)
{
	names_done(&k->unlogged);
	names_done(&k->rest);
}

/* Makes the rule's action LOG. crun rejects an errno there. */
static void log_rule(struct rewrite *w, const struct json *rule)
{
	const struct json *before = NULL;

	for (const struct json *m = json_first(rule); m; m = json_next(m)) {
		if (strcmp(json_key(m), "action") == 0)
			rewrite_value(w, m, "\"" ACTION_LOG "\"");
		else if (strcmp(json_key(m), "errnoRet") == 0)
			rewrite_drop(w, rule, before, m);
		before = m;
	}
}

/* If an ABI has the argument elsewhere, libseccomp may make the same rule of both halves, and reject the second. */
static bool can_divide(const struct keep *k, const struct json *rule, const struct argument *a)
{
	return k->firm && !learning_has_args(rule) && !(k->arches & a->except) && count_rules(k->rules, a->name) == 1;
}

/* Finds which of a rule's names are unlogged, whole or in a form. */
static int divide(struct keep *k, const struct json *rule)
{
	int r = 0;

	names_done(&k->unlogged);
	names_done(&k->rest);
	k->forms = 0;
	for (const struct json *e = json_first(json_get(rule, "names")); e && r == 0; e = json_next(e)) {
		const char *name = json_text(e);
		int place = argument_by_name(name);

		if (place >= 0 && k->q->forms >> place & 1 && can_divide(k, rule, argument_get(place)))
			k->forms |= (uint64_t)1 << place;
		else
			r = names_add(names_have(&k->q->names, name) || learning_is_exact(rule, name, &k->q->exact) ? &k->unlogged : &k->rest,
				      name);
	}
	return r;
}

static void add_quoted(struct buf *out, const struct names *names)
{
	struct json_writer w;

	json_write_begin(&w, out, false);
	json_write_array(&w, NULL);
	for (size_t i = 0; i < names->count; i++)
		json_write_string(&w, NULL, names->v[i]);
	json_write_end_array(&w);
}

/* Copies the rule with other names and another action, without errnoRet; all other members stay. */
static void copy_rule(struct keep *k, const struct json *rule, const struct names *names, const char *action, bool *comma)
{
	struct buf *out = k->w.out;
	const char *sep = "";

	if (!names->count)
		return;
	buf_adds(out, *comma ? ",{" : "{");
	*comma = true;
	for (const struct json *m = json_first(rule); m; m = json_next(m)) {
		if (strcmp(json_key(m), "errnoRet") == 0)
			continue;
		buf_addf(out, "%s\"%s\":", sep, json_key(m));
		sep = ",";
		if (strcmp(json_key(m), "action") == 0)
			buf_addf(out, "\"%s\"", action);
		else if (strcmp(json_key(m), "names") == 0)
			add_quoted(out, names);
		else
			buf_add(out, k->w.text + json_start(m), json_end(m) - json_start(m));
	}
	buf_addc(out, '}');
}

/* Members are copied as they are, so their names must not need escapes. */
static bool is_copyable(const struct json *rule)
{
	for (const struct json *m = json_first(rule); m; m = json_next(m))
		if (strspn(json_key(m), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != json_key_len(m))
			return false;
	return true;
}

static int keep_rule(struct keep *k, const struct json *rule)
{
	bool comma = false;
	int r = 0;

	if (!learning_is_action(rule, "action", ACTION_ALLOW))
		return 0;
	if (!k->q || !learning_is_plain(k->doc, rule) || !is_copyable(rule)) {
		log_rule(&k->w, rule);
		return 0;
	}
	r = divide(k, rule);
	if (r < 0 || (!k->unlogged.count && !k->forms)) {
		log_rule(&k->w, rule);
		return r;
	}
	rewrite_range(&k->w, json_start(rule), json_end(rule), "");
	copy_rule(k, rule, &k->unlogged, ACTION_ALLOW, &comma);
	copy_rule(k, rule, &k->rest, ACTION_LOG, &comma);
	for (int i = 0; i < ARGUMENTS_MAX; i++) {
		if (!(k->forms >> i & 1))
			continue;
		learning_write_form(argument_get(i), true, ACTION_ALLOW, &comma, k->w.out);
		learning_write_form(argument_get(i), false, ACTION_LOG, &comma, k->w.out);
	}
	k->q->applied |= k->forms;
	return 0;
}

/* If the default allows, unlogged calls that no rule names get a rule that allows them. */
static int add_unlogged_rules(struct keep *k, bool comma, struct buf *out)
{
	cleanup_names struct names free = {0};

	for (size_t i = 0; i < k->q->names.count; i++)
		if (!learning_is_multiplexer(k->q->names.v[i]) && !count_rules(k->rules, k->q->names.v[i]) && names_add(&free, k->q->names.v[i]) < 0)
			return -ENOMEM;
	learning_write_names(&free, ACTION_ALLOW, &comma, out);
	for (int i = 0; i < ARGUMENTS_MAX; i++) {
		if (!(k->q->forms >> i & 1) || count_rules(k->rules, argument_get(i)->name))
			continue;
		learning_write_form(argument_get(i), true, ACTION_ALLOW, &comma, out);
		k->q->applied |= (uint64_t)1 << i;
	}
	return 0;
}

static int keep_rules(struct keep *k, const struct json *rules, bool log_default)
{
	cleanup_buf struct buf added = {0};
	bool is_array = json_type(rules) == JSON_ARRAY;
	int r = 0;

	for (const struct json *rule = json_first(rules); rule && r == 0; rule = json_next(rule)) {
		/* If the default allows, a rule that allows has no effect, and must not gain one. */
		if (!log_default)
			r = keep_rule(k, rule);
		else if (learning_is_action(rule, "action", ACTION_ALLOW))
			log_rule(&k->w, rule);
	}
	if (r < 0 || !log_default || !k->q)
		return r;
	r = add_unlogged_rules(k, json_count(rules) > 0, &added);
	if (r < 0 || !added.len)
		return r;
	if (is_array) {
		rewrite_range(&k->w, json_end(rules) - 1, json_end(rules) - 1, added.data);
	} else {
		rewrite_value(&k->w, rules, "[");
		buf_adds(k->w.out, added.data);
		buf_addc(k->w.out, ']');
	}
	return buf_failed(&added) ? -ENOMEM : 0;
}

/* Adds the rules to a section that has none, if the default allows. */
static int add_syscalls(struct keep *k, const struct json *root)
{
	cleanup_buf struct buf added = {0};
	int r = add_unlogged_rules(k, false, &added);

	if (r < 0 || !added.len)
		return r;
	rewrite_range(&k->w, json_end(root) - 1, json_end(root) - 1, ",\"syscalls\":[");
	buf_adds(k->w.out, added.data);
	buf_addc(k->w.out, ']');
	return buf_failed(&added) ? -ENOMEM : 0;
}

static int keep_section(struct keep *k, const struct json *root)
{
	bool log_default = learning_is_action(root, "defaultAction", ACTION_ALLOW);
	const struct json *before = NULL;
	int r = 0;

	k->w.done = json_start(root);
	for (const struct json *m = json_first(root); m && r == 0; m = json_next(m)) {
		if (log_default && strcmp(json_key(m), "defaultAction") == 0)
			rewrite_value(&k->w, m, "\"" ACTION_LOG "\"");
		else if (log_default && strcmp(json_key(m), "defaultErrnoRet") == 0)
			rewrite_drop(&k->w, root, before, m);
		else if (strcmp(json_key(m), "syscalls") == 0)
			r = keep_rules(k, m, log_default);
		before = m;
	}
	if (r == 0 && log_default && k->q && !json_get(root, "syscalls"))
		r = add_syscalls(k, root);
	rewrite_range(&k->w, json_end(root), json_end(root), "");
	return r;
}

int learning_keep(const char *section, size_t len, const char *name, struct learning_unlogged *q, struct buf *out,
		  struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	cleanup_with(keep_done) struct keep k = {.q = q, .w = {.text = section}};
	cleanup_buf struct buf kept = {0};
	const struct json *root;
	bool logs;
	int r;

	if (!section || !len) {
		learning_drop(q, out);
		return 0;
	}
	r = learning_parse(section, len, JSON_FOREIGN, name, &doc, err);
	if (r < 0)
		return r;
	root = json_root(doc);
	if (learning_is_unconfined(root)) {
		learning_drop(q, out);
		return 0;
	}
	k.doc = doc;
	k.rules = json_get(root, "syscalls");
	k.arches = learning_arches(root);
	logs = learning_is_action(root, "defaultAction", ACTION_ALLOW) || learning_is_action(root, "defaultAction", ACTION_LOG);
	k.firm = logs || !learning_is_brittle(root) || learning_has_anchor(doc, root);
	k.w.out = logs ? &kept : out;
	if (learning_denies_multiplexer(k.rules))
		k.q = NULL;
	r = keep_section(&k, root);
	if (r < 0 || buf_failed(k.w.out))
		return err_set(err, ENOMEM, "out of memory");
	/* Runtimes skip rules with the default's action, which is LOG now: the rest may need an anchor. */
	return logs ? learning_add_anchor(&kept, name, out, err) : 0;
}
