/* Shared by read_section.c, read_rule.c and read_members.c, which read the linux.seccomp object. */
#ifndef SNUG_SECCOMP_POLICY_READ_SECTION_H
#define SNUG_SECCOMP_POLICY_READ_SECTION_H

#include "base/buf.h"
#include "seccomp/policy/read_private.h"

enum dialect { PLAIN = 1 << 0, DOCKER = 1 << 1, SPO = 1 << 2, ALL = PLAIN | DOCKER | SPO };

struct member {
	const char *name;
	unsigned dialects; /* the dialects that have it */
};

struct section {
	const struct json_doc *doc;
	const struct json *obj;
	unsigned dialect;
	struct buf path; /* of obj, "" or ending in "." */
	struct policy *policy;
	struct err *err;
};

/* NULL also if the member is null, which Go ignores. */
const struct json *section_member(const struct json *obj, const char *name);

/* Adds a remark about v; after a thousand, remarks are dropped. */
__attribute__((format(printf, 4, 5))) int section_remark(struct section *s, enum policy_remark_kind kind, const struct json *v,
							 const char *fmt, ...);

/* Refuses what readers disagree on; adds a remark for a member that no reader of this dialect knows. At most 16 members. */
int section_check_members(struct section *s, const struct json *obj, const struct member *members, size_t count);

int section_want_array(struct section *s, const struct json *v); /* NULL is fine */

/* Expects a UTF-8 string without NUL; `what` is for the message. */
int section_want_text(struct section *s, const struct json *v, const char *what);

/* Reads an action and its errno from the named members of obj: for a rule, as far as it has been read, or for the default
 * (rule NULL). */
int section_read_answer(struct section *s, const struct json *obj, const char *action, const char *number, const char *name,
			const struct policy_rule *rule, struct policy_answer *ret);

/* False for a rule that both runtimes leave out before they look at its errno and arguments: no name is that of a call. */
bool section_names_some_call(const struct policy_rule *rule);

/* Reads the rule at index `number` of syscalls and adds it to the policy. */
int section_read_rule(struct section *s, const struct json *v, size_t number);

#endif
