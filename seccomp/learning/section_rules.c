#include "seccomp/learning/section_private.h"

#include <errno.h>
#include <string.h>

static int read_names(const struct json_doc *doc, const struct json *list, struct names *ret, struct err *err)
{
	if (json_type(list) != JSON_ARRAY)
		return err_set(err, EINVAL, "the recorder's answer: an array is missing");
	for (const struct json *e = json_first(list); e; e = json_next(e)) {
		if (json_type(e) != JSON_STRING)
			return json_err(doc, e, err, "expected a string");
		if (names_add(ret, json_text(e)) < 0)
			return err_set(err, ENOMEM, "out of memory");
	}
	return 0;
}

int learning_unlogged_read(const struct json_doc *doc, const struct json *unlogged, struct learning_unlogged *ret, struct err *err)
{
	int r = read_names(doc, json_get(unlogged, "names"), &ret->names, err);

	if (r == 0)
		r = read_names(doc, json_get(unlogged, "assumed"), &ret->names, err);
	if (r < 0)
		return r;
	for (const struct json *e = json_first(json_get(unlogged, "forms")); e; e = json_next(e)) {
		int place = json_type(e) == JSON_STRING ? argument_by_text(json_text(e)) : -1;

		if (place >= 0)
			ret->forms |= (uint64_t)1 << place;
	}
	return 0;
}

void learning_unlogged_done(struct learning_unlogged *q)
{
	names_done(&q->names);
	names_done(&q->exact);
}

static void add_exact(const struct json *rule, const char *name, struct buf *out)
{
	static const char *const members[] = {"index", "value", "valueTwo", "op"};

	buf_adds(out, name);
	for (const struct json *a = json_first(json_get(rule, "args")); a; a = json_next(a))
		for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
			const char *text = json_text(json_get(a, members[i]));

			buf_addf(out, " %s", text ? text : "0");
		}
}

int learning_add_exact(const struct json *rule, const char *name, struct names *ret)
{
	cleanup_buf struct buf b = {0};

	add_exact(rule, name, &b);
	return buf_failed(&b) ? -ENOMEM : names_add(ret, b.data);
}

bool learning_is_exact(const struct json *rule, const char *name, const struct names *exact)
{
	cleanup_buf struct buf b = {0};

	if (!exact->count)
		return false;
	add_exact(rule, name, &b);
	return !buf_failed(&b) && names_have(exact, b.data);
}

static void begin_rule(const char *action, bool *comma, struct buf *out)
{
	buf_adds(out, *comma ? ",{\"action\":\"" : "{\"action\":\"");
	buf_adds(out, action);
	buf_adds(out, "\",\"names\":[");
	*comma = true;
}

void learning_write_names(const struct names *names, const char *action, bool *comma, struct buf *out)
{
	if (!names->count)
		return;
	begin_rule(action, comma, out);
	for (size_t i = 0; i < names->count; i++) {
		buf_adds(out, i ? ",\"" : "\"");
		buf_adds(out, names->v[i]);
		buf_addc(out, '"');
	}
	buf_adds(out, "]}");
}

void learning_write_form(const struct argument *a, bool harmless, const char *action, bool *comma, struct buf *out)
{
	struct argument_cube cubes[ARGUMENT_CUBES_MAX];
	size_t n = argument_cubes(a, harmless, cubes);

	for (size_t i = 0; i < n; i++) {
		begin_rule(action, comma, out);
		buf_addc(out, '"');
		buf_adds(out, a->name);
		buf_adds(out, "\"],\"args\":[{\"index\":");
		buf_addu(out, a->index);
		buf_adds(out, ",\"value\":");
		buf_addu(out, cubes[i].mask);
		buf_adds(out, ",\"valueTwo\":");
		buf_addu(out, cubes[i].value);
		buf_adds(out, ",\"op\":\"SCMP_CMP_MASKED_EQ\"}]}");
	}
	if (a->kind == ARGUMENT_ENOSYS && harmless) {
		begin_rule(ACTION_ERRNO, comma, out);
		buf_addf(out, "\"%s\"],\"errnoRet\":%d}", a->name, ENOSYS);
	}
}
