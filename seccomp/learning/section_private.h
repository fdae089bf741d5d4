/* What the makers of learning sections share; nobody else includes it. */
#ifndef SNUG_SECCOMP_LEARNING_PRIVATE_H
#define SNUG_SECCOMP_LEARNING_PRIVATE_H

#include "seccomp/syscall/arguments.h"
#include "seccomp/learning/section.h"

#define ACTION_ALLOW "SCMP_ACT_ALLOW"
#define ACTION_LOG   "SCMP_ACT_LOG"
#define ACTION_ERRNO "SCMP_ACT_ERRNO"

/* A copy of a text with changes, made from front to back. */
struct rewrite {
	const char *text;
	size_t done; /* bytes of text that are copied or left out */
	struct buf *out;
};

/* Copies up to `from`, then writes `with` in place of [from, to). */
void rewrite_range(struct rewrite *w, size_t from, size_t to, const char *with);
void rewrite_value(struct rewrite *w, const struct json *v, const char *with);

/* Leaves out a member with its name and one comma: the one before it, for the first member the one behind it. */
void rewrite_drop(struct rewrite *w, const struct json *obj, const struct json *before, const struct json *member);

/* Reads a section (flags: json_parse()) and checks that its actions can be told. *ret is to be freed whatever is returned. */
int learning_parse(const char *section, size_t len, unsigned flags, const char *name, struct json_doc **ret,
		   struct err *err);

/* No default action and no rule: runc takes that for no section at all. */
bool learning_is_unconfined(const struct json *section);

bool learning_is_action(const struct json *obj, const char *member, const char *action);

/* True for a rule whose names every runtime reads alike: an array of strings, nothing spelled otherwise. */
bool learning_is_plain(const struct json_doc *doc, const struct json *rule);
bool learning_names(const struct json *rule, const char *name);
bool learning_has_args(const struct json *rule);

/* The ABIs that a section lists: bits 1 << enum arch_id. */
uint32_t learning_arches(const struct json *section);

/* An anchor is a rule without conditions, and other than the default, on a call that every ABI has.
 *
 * libseccomp 2.5 sorts an ABI's calls by how many comparisons their rules have and then by number, those that the ABI lacks last, and
 * lets the first of them load the number of the call. What the ABI lacks is left out, and if that is the first, so is the load: the
 * number is compared with nothing, and every call gets the default (src/gen_bpf.c _gen_bpf_syscalls()). On i386 and some others that
 * are parts of socketcall and ipc alone. Only x86_64 where x32 is not listed has a load of its own. Behind an anchor no such call is
 * the first.
 */
bool learning_is_brittle(const struct json *section); /* there is an ABI that needs one */
bool learning_has_anchor(const struct json_doc *doc, const struct json *section);

/* Appends a section that logs by default, with an anchor where it needs and has none: a rule on a call that no kernel has any more. */
int learning_add_anchor(const struct buf *section, const char *name, struct buf *out, struct err *err);

/* socketcall and ipc: a rule on a socket or System V call is on i386 and some others one on a part of these. Where the caller denies the
 * whole, a rule of ours on a part could stand against his. */
bool learning_is_multiplexer(const char *name);
bool learning_denies_multiplexer(const struct json *rules);

/* A call with the arguments that one rule asks for, as a text that is the same for the same arguments in the same order. */
int learning_add_exact(const struct json *rule, const char *name, struct names *ret);
bool learning_is_exact(const struct json *rule, const char *name, const struct names *exact);

/* Appends rules, each with a comma in front if *comma, which is true afterwards. */
void learning_write_names(const struct names *names, const char *action, bool *comma, struct buf *out);
void learning_write_form(const struct argument *a, bool harmless, const char *action, bool *comma, struct buf *out);

#endif
