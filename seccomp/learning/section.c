#include "seccomp/learning/section_private.h"

#include "base/json/json.h"
#include "base/json/members.h"
#include "seccomp/syscall/arch.h"
#include "seccomp/learning/exec_logged.h"

#include <errno.h>
#include <string.h>

#define HOST_ARCHES_MAX 4

/* These members are read or changed here, so every runtime must understand them in the same way. */
static const char *const section_members[] = {"defaultAction", "defaultErrnoRet", "architectures", "syscalls"};
static const char *const rule_members[] = {"action", "errnoRet"};

void rewrite_range(struct rewrite *w, size_t from, size_t to, const char *with)
{
	buf_add(w->out, w->text + w->done, from - w->done);
	buf_adds(w->out, with);
	w->done = to;
}

void rewrite_value(struct rewrite *w, const struct json *v, const char *with)
{
	rewrite_range(w, json_start(v), json_end(v), with);
}

void rewrite_drop(struct rewrite *w, const struct json *obj, const struct json *before, const struct json *member)
{
	size_t from = before ? json_end(before) : json_start(obj) + 1, to = json_end(member);

	if (!before && json_next(member))
		to += strcspn(w->text + to, ",") + 1;
	rewrite_range(w, from, to, "");
}

static int check_action(const struct json_doc *doc, const struct json *obj, const char *member, struct err *err)
{
	const char *action;

	return json_want_string(doc, obj, member, &action, err);
}

static int check_rules(const struct json_doc *doc, const struct json *rules, struct err *err)
{
	if (json_type(rules) != JSON_ARRAY && json_type(rules) != JSON_NULL)
		return json_err(doc, rules, err, "expected an array");
	for (const struct json *rule = json_first(rules); rule; rule = json_next(rule)) {
		int r;

		if (json_type(rule) != JSON_OBJECT)
			return json_err(doc, rule, err, "expected an object");
		r = json_check_members(doc, rule, rule_members, ARRAY_SIZE(rule_members), err);
		if (r == 0)
			r = check_action(doc, rule, "action", err);
		if (r < 0)
			return r;
	}
	return 0;
}

bool learning_is_unconfined(const struct json *section)
{
	return !json_get(section, "defaultAction") && json_count(json_get(section, "syscalls")) == 0;
}

static int check_section(const struct json_doc *doc, struct err *err)
{
	const struct json *section = json_root(doc);
	int r;

	if (json_type(section) != JSON_OBJECT)
		return json_err(doc, section, err, "a seccomp section is a JSON object");
	r = json_check_members(doc, section, section_members, ARRAY_SIZE(section_members), err);
	if (r == 0)
		r = check_rules(doc, json_get(section, "syscalls"), err);
	if (r == 0 && !learning_is_unconfined(section))
		r = check_action(doc, section, "defaultAction", err);
	return r;
}

int learning_parse(const char *section, size_t len, unsigned flags, const char *name, struct json_doc **ret,
		   struct err *err)
{
	int r = json_parse(section, len, flags, name, ret, err);

	return r < 0 ? r : check_section(*ret, err);
}

/* Writes the listed ABIs in their order, then the host's other ABIs. */
static void write_arches(const struct json *listed, struct buf *out)
{
	const struct arch *host[HOST_ARCHES_MAX];
	size_t count = arch_host(host);
	struct json_writer w;

	json_write_begin(&w, out, false);
	json_write_array(&w, NULL);
	for (const struct json *a = json_first(listed); a; a = json_next(a))
		json_write_stringn(&w, NULL, json_text(a), json_text_len(a));
	for (size_t i = 0; i < count; i++) {
		const struct json *a = json_first(listed);

		while (a && strcmp(json_text(a), host[i]->oci) != 0)
			a = json_next(a);
		if (!a)
			json_write_string(&w, NULL, host[i]->oci);
	}
	json_write_end_array(&w);
}

void learning_drop(struct learning_unlogged *q, struct buf *out)
{
	bool comma = false;

	buf_adds(out, "{\"defaultAction\":\"" ACTION_LOG "\",\"architectures\":");
	write_arches(NULL, out);
	if (q && (q->names.count || q->forms)) {
		buf_adds(out, ",\"syscalls\":[");
		learning_write_names(&q->names, ACTION_ALLOW, &comma, out);
		for (int i = 0; i < ARGUMENTS_MAX; i++)
			if (q->forms >> i & 1)
				learning_write_form(argument_get(i), true, ACTION_ALLOW, &comma, out);
		buf_addc(out, ']');
		q->applied = q->forms;
	}
	buf_addc(out, '}');
}

static int check_arches(const struct json_doc *doc, const struct json *arches, struct err *err)
{
	if (json_type(arches) != JSON_ARRAY && json_type(arches) != JSON_NULL)
		return json_err(doc, arches, err, "expected an array");
	for (const struct json *a = json_first(arches); a; a = json_next(a))
		if (json_type(a) != JSON_STRING)
			return json_err(doc, a, err, "expected a string");
	return 0;
}

int learning_audit(const char *profile, size_t len, const char *name, struct buf *out, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	cleanup_buf struct buf arches = {0};
	cleanup_buf struct buf unlogged = {0};
	struct rewrite w = {.text = profile, .out = &unlogged};
	const struct json *root, *before = NULL;
	int r = learning_parse(profile, len, JSON_OURS, name, &doc, err);

	if (r == 0)
		r = check_action(doc, json_root(doc), "defaultAction", err);
	if (r == 0)
		r = check_arches(doc, json_get(json_root(doc), "architectures"), err);
	if (r < 0)
		return r;
	root = json_root(doc);
	write_arches(json_get(root, "architectures"), &arches);
	if (buf_failed(&arches))
		return err_set(err, ENOMEM, "out of memory");
	w.done = json_start(root);
	if (!json_get(root, "architectures")) {
		rewrite_range(&w, json_start(root) + 1, json_start(root) + 1, "\"architectures\":");
		buf_adds(&unlogged, arches.data);
		buf_addc(&unlogged, ',');
	}
	for (const struct json *m = json_first(root); m; m = json_next(m)) {
		if (strcmp(json_key(m), "defaultAction") == 0)
			rewrite_value(&w, m, "\"" ACTION_LOG "\"");
		else if (strcmp(json_key(m), "defaultErrnoRet") == 0)
			rewrite_drop(&w, root, before, m);
		else if (strcmp(json_key(m), "architectures") == 0)
			rewrite_value(&w, m, arches.data);
		before = m;
	}
	rewrite_range(&w, json_end(root), json_end(root), "");
	if (buf_failed(&unlogged))
		return err_set(err, ENOMEM, "out of memory");
	return exec_logged_make(unlogged.data, unlogged.len, name, out, err);
}
