/* Anchors: rules that keep libseccomp from making a void filter of a section. */
#include "seccomp/learning/section_private.h"

#include "seccomp/syscall/arch.h"
#include "seccomp/syscall/sets.h"

#include <errno.h>
#include <string.h>

/* Removed in Linux 3.1: it returns ENOSYS with or without the rule. Every ABI with a filter of its own has a number for it,
 * except PA-RISC's. */
#define GONE "nfsservctl"

uint32_t learning_arches(const struct json *section)
{
	uint32_t bits = 0;

	for (const struct json *e = json_first(json_get(section, "architectures")); e; e = json_next(e)) {
		const struct arch *arch = json_type(e) == JSON_STRING ? arch_by_oci(json_text(e)) : NULL;

		bits |= arch ? 1u << arch->id : 0;
	}
	return bits;
}

bool learning_is_brittle(const struct json *section)
{
	const struct arch *host[4];

	/* Runtimes always include the machine's own ABI. */
	(void)arch_host(host);
	return (learning_arches(section) | 1u << host[0]->id) & ~(1u << ARCH_X86_64);
}

/* False for a rule with the default's action, which runtimes skip, and for one whose action may be the same: both kill. */
static bool is_effective(const struct json *section, const struct json *rule)
{
	const char *def = json_text(json_get(section, "defaultAction")), *action = json_text(json_get(rule, "action"));
	static const char kill[] = "SCMP_ACT_KILL";

	return def && action && strcmp(def, action) != 0 &&
	       !(strncmp(def, kill, strlen(kill)) == 0 && strncmp(action, kill, strlen(kill)) == 0);
}

static bool is_everywhere(const struct json *name)
{
	return set_is_everywhere(json_text(name)) || strcmp(json_text(name), GONE) == 0;
}

static bool is_anchor(const struct json_doc *doc, const struct json *rule)
{
	if (learning_has_args(rule) || !learning_is_plain(doc, rule))
		return false;
	for (const struct json *e = json_first(json_get(rule, "names")); e; e = json_next(e))
		if (is_everywhere(e))
			return true;
	return false;
}

bool learning_has_anchor(const struct json_doc *doc, const struct json *section)
{
	for (const struct json *rule = json_first(json_get(section, "syscalls")); rule; rule = json_next(rule))
		if (is_effective(section, rule) && is_anchor(doc, rule))
			return true;
	return false;
}

/* True if a rule may name a call that some ABI lacks. */
static bool may_lack(const struct json_doc *doc, const struct json *rule)
{
	if (!learning_is_plain(doc, rule))
		return true;
	for (const struct json *e = json_first(json_get(rule, "names")); e; e = json_next(e))
		if (!is_everywhere(e))
			return true;
	return false;
}

static bool needs_anchor(const struct json_doc *doc, const struct json *section)
{
	bool lacks = false;

	if (!learning_is_brittle(section) || learning_has_anchor(doc, section))
		return false;
	for (const struct json *rule = json_first(json_get(section, "syscalls")); rule; rule = json_next(rule))
		lacks |= !learning_is_action(rule, "action", ACTION_LOG) && may_lack(doc, rule);
	return lacks;
}

int learning_add_anchor(const struct buf *section, const char *name, struct buf *out, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	struct rewrite w = {.text = section->data, .out = out};
	int r = json_parse(section->data, section->len, JSON_FOREIGN, name, &doc, err);

	if (r < 0)
		return r;
	if (needs_anchor(doc, json_root(doc))) {
		size_t end = json_end(json_get(json_root(doc), "syscalls")) - 1;

		rewrite_range(&w, end, end, "");
		buf_addf(out, ",{\"action\":\"" ACTION_ERRNO "\",\"names\":[\"" GONE "\"],\"errnoRet\":%d}", ENOSYS);
	}
	rewrite_range(&w, section->len, section->len, "");
	return buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : 0;
}
