#include "seccomp/learning/exec_logged.h"

#include "base/json/json.h"
#include "base/text.h"

#include <errno.h>

/* Copies a text with cuts, from front to back. */
struct cutting {
	const char *text;
	size_t done;
	struct buf *out;
};

static void cut(struct cutting *c, size_t from, size_t to)
{
	if (from > c->done)
		buf_add(c->out, c->text + c->done, from - c->done);
	c->done = to;
}

/* Cuts out an element and one comma; `kept`: the last element before it that stays. */
static void cut_element(struct cutting *c, const struct json *array, const struct json *kept, const struct json *e)
{
	if (kept)
		cut(c, json_end(kept), json_end(e));
	else
		cut(c, json_start(array) + 1, json_next(e) ? json_start(json_next(e)) : json_end(e));
}

static bool is_exec(const struct json *name)
{
	return text_streq(json_text(name), "execve") || text_streq(json_text(name), "execveat");
}

static bool is_exec_alone(const struct json *names)
{
	for (const struct json *e = json_first(names); e; e = json_next(e))
		if (!is_exec(e))
			return false;
	return json_first(names) != NULL;
}

static void cut_names(struct cutting *c, const struct json *names)
{
	const struct json *kept = NULL;

	for (const struct json *e = json_first(names); e; e = json_next(e)) {
		if (is_exec(e))
			cut_element(c, names, kept, e);
		else
			kept = e;
	}
}

int exec_logged_make(const char *section, size_t len, const char *name, struct buf *out, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	struct cutting c = {.text = section, .out = out};
	const struct json *rules, *kept = NULL;
	int r = json_parse(section, len, JSON_OURS, name, &doc, err);

	if (r < 0)
		return r;
	rules = json_get(json_root(doc), "syscalls");
	for (const struct json *rule = json_first(rules); rule; rule = json_next(rule)) {
		const struct json *names = json_get(rule, "names");
		bool allows = text_streq(json_text(json_get(rule, "action")), "SCMP_ACT_ALLOW") && json_type(names) == JSON_ARRAY;

		if (allows && is_exec_alone(names)) {
			cut_element(&c, rules, kept, rule);
			continue;
		}
		if (allows)
			cut_names(&c, names);
		kept = rule;
	}
	cut(&c, len, len);
	return buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : 0;
}
