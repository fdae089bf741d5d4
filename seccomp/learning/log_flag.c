#include "seccomp/learning/log_flag.h"

#include "base/json/json.h"
#include "base/json/members.h"
#include "base/text.h"

#include <errno.h>

#define FLAG_LOG  "\"SECCOMP_FILTER_FLAG_LOG\""
#define FLAG_SPEC "\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\""

static int check_flags(const struct json_doc *doc, const struct json *flags, bool *ret_has_log, struct err *err)
{
	if (flags && json_type(flags) != JSON_NULL && json_type(flags) != JSON_ARRAY)
		return json_err(doc, flags, err, "expected an array");
	*ret_has_log = false;
	for (const struct json *e = json_first(flags); e; e = json_next(e)) {
		if (json_type(e) != JSON_STRING)
			return json_err(doc, e, err, "expected the name of a flag");
		*ret_has_log |= text_streq(json_text(e), "SECCOMP_FILTER_FLAG_LOG");
	}
	return 0;
}

int log_flag_add(const char *profile, size_t len, const char *name, struct buf *out, struct err *err)
{
	static const char *const members[] = {"flags"};
	cleanup_json struct json_doc *doc = NULL;
	const struct json *root, *flags;
	bool has_log = false, listed;
	int r = json_parse(profile, len, JSON_OURS, name, &doc, err);
	size_t from, to;

	if (r < 0)
		return r;
	root = json_root(doc);
	if (json_type(root) != JSON_OBJECT)
		return json_err(doc, root, err, "expected an object");
	flags = json_get(root, "flags");
	r = json_check_members(doc, root, members, ARRAY_SIZE(members), err);
	if (r == 0)
		r = check_flags(doc, flags, &has_log, err);
	if (r < 0)
		return r;
	listed = json_type(flags) == JSON_ARRAY;
	/* The new text goes into the list, in place of a null, or before the first member. */
	from = flags ? json_start(flags) + listed : json_start(root) + 1;
	to = flags && !listed ? json_end(flags) : from;
	buf_add(out, profile + json_start(root), from - json_start(root));
	if (listed && !has_log)
		buf_adds(out, json_first(flags) ? FLAG_LOG "," : FLAG_LOG);
	else if (!listed)
		buf_addf(out, "%s[" FLAG_LOG "," FLAG_SPEC "]%s", flags ? "" : "\"flags\":",
			 flags || !json_first(root) ? "" : ",");
	buf_add(out, profile + to, json_end(root) - to);
	return buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : 0;
}
