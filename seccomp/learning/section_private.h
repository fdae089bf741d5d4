/* Shared by the makers of learning sections; nobody else includes it. */
#ifndef SNUG_SECCOMP_LEARNING_PRIVATE_H
#define SNUG_SECCOMP_LEARNING_PRIVATE_H

#include "seccomp/syscall/arguments.h"
#include "seccomp/learning/section.h"

#define ACTION_ALLOW "SCMP_ACT_ALLOW"
#define ACTION_LOG   "SCMP_ACT_LOG"
#define ACTION_ERRNO "SCMP_ACT_ERRNO"

/* A copy of a text with changes, made in one pass. */
struct rewrite {
	const char *text;
	size_t done; /* bytes of text that have been copied or left out */
	struct buf *out;
};

/* Copies up to `from`, then writes `with` in place of [from, to). */
void rewrite_range(struct rewrite *w, size_t from, size_t to, const char *with);
void rewrite_value(struct rewrite *w, const struct json *v, const char *with);

/* Leaves out a member with its name and one comma: the one before it or, for the first member, the one after it. */
void rewrite_drop(struct rewrite *w, const struct json *obj, const struct json *before, const struct json *member);

/* Reads a section (flags: json_parse()) and checks that its actions are unambiguous. Free *ret also after an error. */
int learning_parse(const char *section, size_t len, unsigned flags, const char *name, struct json_doc **ret,
		   struct err *err);

/* True without a default action and rules: runc takes that for no section at all. */
bool learning_is_unconfined(const struct json *section);

bool learning_is_action(const struct json *obj, const char *member, const char *action);

/* True for a rule whose names every runtime reads alike: an array of strings, no member spelled differently. */
bool learning_is_plain(const struct json_doc *doc, const struct json *rule);
bool learning_names(const struct json *rule, const char *name);
bool learning_has_args(const struct json *rule);

/* The ABIs that a section lists: bits 1 << enum arch_id. */
uint32_t learning_arches(const struct json *section);

/* An anchor is an unconditional rule, with another answer than the default, on a call that every ABI has.
 *
 * libseccomp 2.5 sorts an ABI's calls by the number of comparisons in their rules and then by number, with those that the ABI
 * lacks last, and loads the call's number at the first of them. A call that the ABI lacks is left out; if it is the first, so is
 * the load: the number is never compared, and every call gets the default (src/gen_bpf.c _gen_bpf_syscalls()). On i386 and some
 * others, only parts of socketcall and ipc are such calls. x86_64 has a load of its own if x32 is not listed. With an anchor, no
 * such call is the first.
 */
bool learning_is_brittle(const struct json *section); /* true if an ABI needs one */
bool learning_has_anchor(const struct json_doc *doc, const struct json *section);

/* Appends a section that logs by default, with an anchor if it needs one and has none: a rule on a call that no kernel has any
 * more. */
int learning_add_anchor(const struct buf *section, const char *name, struct buf *out, struct err *err);

/* socketcall and ipc: on i386 and some others, a rule on a socket or System V call is a rule on a part of these. If the caller
 * denies the whole, our rule on a part could contradict it. */
bool learning_is_multiplexer(const char *name);
bool learning_denies_multiplexer(const struct json *rules);

/* A call with the arguments of one rule, as a text that is the same for the same arguments in the same order. */
int learning_add_exact(const struct json *rule, const char *name, struct names *ret);
bool learning_is_exact(const struct json *rule, const char *name, const struct names *exact);

/* Append rules, each preceded by a comma if *comma, which is true afterwards. */
void learning_write_names(const struct names *names, const char *action, bool *comma, struct buf *out);
void learning_write_form(const struct argument *a, bool harmless, const char *action, bool *comma, struct buf *out);

#endif
