/* Between read_section.c, read_rule.c and read_members.c, which read the object that runtimes call the seccomp section. */
#ifndef SNUG_SECCOMP_POLICY_READ_SECTION_H
#define SNUG_SECCOMP_POLICY_READ_SECTION_H

#include "base/buf.h"
#include "seccomp/policy/read_private.h"

enum dialect { PLAIN = 1 << 0, DOCKER = 1 << 1, SPO = 1 << 2, ALL = PLAIN | DOCKER | SPO };

struct member {
	const char *name;
	unsigned dialects; /* that have it */
};

struct section {
	const struct json_doc *doc;
	const struct json *obj;
	unsigned dialect;
	struct buf path; /* of obj, "" or ending in "." */
	struct policy *policy;
	struct err *err;
};

/* NULL also for a null, which Go leaves out. */
const struct json *section_member(const struct json *obj, const char *name);

/* Keeps a remark on v; those above a thousand are dropped. */
__attribute__((format(printf, 4, 5))) int section_remark(struct section *s, enum policy_remark_kind kind, const struct json *v,
							 const char *fmt, ...);

/* Refuses what readers differ on; keeps what no reader of this dialect has as a remark. At most 16 members. */
int section_check_members(struct section *s, const struct json *obj, const struct member *members, size_t count);

int section_want_array(struct section *s, const struct json *v); /* NULL is well */

/* A string of UTF-8 without NUL; `what` for the message. */
int section_want_text(struct section *s, const struct json *v, const char *what);

/* An action and its errno, by the names that their members have in obj: of a rule that is read so far, or the default (rule NULL). */
int section_read_answer(struct section *s, const struct json *obj, const char *action, const char *number, const char *name,
			const struct policy_rule *rule, struct policy_answer *ret);

/* False for a rule that both runtimes leave out before they look at its errno and its arguments: no name is a call's. */
bool section_names_some_call(const struct policy_rule *rule);

/* The rule with the index `number` of syscalls, added to the policy. */
int section_read_rule(struct section *s, const struct json *v, size_t number);

#endif
