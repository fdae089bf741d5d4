/* Questions about a seccomp section and its rules. */
#include "base/json/members.h"
#include "base/text.h"
#include "seccomp/learning/section_private.h"

#include <string.h>

bool learning_is_action(const struct json *obj, const char *member, const char *action)
{
	const char *s = json_text(json_get(obj, member));

	return s && strcmp(s, action) == 0;
}

bool learning_has_args(const struct json *rule)
{
	const struct json *args = json_get(rule, "args");

	return json_type(args) != JSON_NULL && (json_type(args) != JSON_ARRAY || json_count(args));
}

bool learning_is_plain(const struct json_doc *doc, const struct json *rule)
{
	static const char *const members[] = {"names", "name", "action", "errnoRet", "args", "includes", "excludes"};

	if (json_check_members(doc, rule, members, ARRAY_SIZE(members), NULL) < 0 || json_get(rule, "name") ||
	    json_get(rule, "includes") || json_get(rule, "excludes") || json_type(json_get(rule, "names")) != JSON_ARRAY)
		return false;
	for (const struct json *e = json_first(json_get(rule, "names")); e; e = json_next(e))
		if (json_type(e) != JSON_STRING || strlen(json_text(e)) != json_text_len(e))
			return false;
	return true;
}

bool learning_names(const struct json *rule, const char *name)
{
	for (const struct json *e = json_first(json_get(rule, "names")); e; e = json_next(e))
		if (json_text(e) && strcmp(json_text(e), name) == 0)
			return true;
	return false;
}

bool learning_is_multiplexer(const char *name)
{
	return strcmp(name, "socketcall") == 0 || strcmp(name, "ipc") == 0;
}

bool learning_denies_multiplexer(const struct json *rules)
{
	for (const struct json *rule = json_first(rules); rule; rule = json_next(rule))
		if ((learning_names(rule, "socketcall") || learning_names(rule, "ipc")) &&
		    (learning_has_args(rule) || !learning_is_action(rule, "action", ACTION_ALLOW)))
			return true;
	return false;
}
