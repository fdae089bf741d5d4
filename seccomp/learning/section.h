/* The seccomp sections with which learning and audited containers are started. The wrapper links this: no libseccomp. */
#ifndef SNUG_SECCOMP_LEARNING_H
#define SNUG_SECCOMP_LEARNING_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json/json.h"
#include "base/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the filter may leave unlogged (seccomp/evidence/unlogged_proof.h). Below, NULL means nothing. */
struct learning_unlogged {
	struct names names; /* whole */
	struct names exact; /* with the arguments of one rule, as written by learning_add_exact() */
	uint64_t forms;     /* in their harmless form only: bits of seccomp/syscall/arguments.h */
	uint64_t applied;   /* output: the forms that the section really has */
};

/* Reads the object of unlogged_calls_offer(). Unknown forms are left out. Call learning_unlogged_done() also after an error. */
int learning_unlogged_read(const struct json_doc *doc, const struct json *unlogged, struct learning_unlogged *ret,
			struct err *err);
void learning_unlogged_done(struct learning_unlogged *q);

/* Baseline drop: everything is logged except what may be unlogged, nothing is denied, and every ABI of the host is listed
 * (calls of an unlisted one kill even under a LOG default). Appends a JSON object on one line. */
void learning_drop(struct learning_unlogged *q, struct buf *out);

/* Baseline keep: the caller's section with every SCMP_ACT_ALLOW changed to SCMP_ACT_LOG (rules and default), and without the
 * errnoRet of those (crun refuses it). Everything else stays byte for byte: denials, arguments, architectures, flags, notify,
 * unknown actions. Calls of a rule that may be unlogged stay ALLOW in a rule of their own with the same arguments. A form is
 * applied if exactly one rule, without arguments, names the call. NULL or len 0, a caller without a section (unconfined), gives
 * learning_drop(), and so does a section without a default action and rules, which runc takes for none.
 *
 * Never allows what the caller's section denies. If a rule's action now equals the default (LOG), runtime and libseccomp skip
 * it, which can only leave a denial in place. If the rest would make libseccomp's filter void, a rule is added that keeps it
 * effective (seccomp/learning/section_private.h, anchors); so a section that was void to begin with is taken at its word.
 *
 * Refused: a section that is not an object; an action that is missing, is not a string or contains a NUL; a member to change
 * that runtimes could read differently (base/json/members.h). `name` is for messages. */
int learning_keep(const char *section, size_t len, const char *name, struct learning_unlogged *q, struct buf *out,
		  struct err *err);

/* The runtime's default profile: JSON text of an object with linux.seccomp in it (seccomp/policy/defaults.h). */
struct learning_base {
	const char *text;
	size_t len;
	struct names except; /* calls not to allow from it: those that need capabilities the container lacks, those that another default denies */
};

/* Adds the calls that another default profile, a text of the same kind, does not allow to base->except. */
int learning_base_narrow(struct learning_base *base, const char *text, size_t len, struct err *err);

/* Baseline default: like keep, but what the runtime's default profile allows is allowed too: calls that it allows completely
 * replace the caller's rules on them; calls that it allows for some arguments are added if the caller's rules do not name them.
 * Rules that hand calls over (NOTIFY, TRACE) stay, with their calls. Never allows what both deny. A section that denies by
 * default and allows nearly all that the default profile allows is taken for the default of this node's own engine, which knows
 * better than a list that came with snug: nothing is added to it. io_uring, keys and AF_VSOCK are never added; sockets are, of
 * the families below AF_NETLINK, AF_NETLINK without NETLINK_AUDIT, and AF_PACKET, if no rule names them and no listed ABI has
 * socketcall. */
int learning_default(const char *section, size_t len, const char *name, const struct learning_base *base,
		     struct learning_unlogged *q, struct buf *out, struct err *err);

/* The names that a section allows, logs or hands over for at least some arguments; or, with *ret_denies true, those that it
 * always denies: whichever list is finite. No names and false if there is no section. */
int learning_list(const char *section, size_t len, const char *name, struct names *ret, bool *ret_denies, struct err *err);

/* Audit: the approved profile with its default changed to SCMP_ACT_LOG (without defaultErrnoRet), and every ABI of the host added
 * after the listed ones. Read strictly (JSON_OURS). It cannot show a call that the profile allows by name but that was made on
 * an ABI which the profile does not list. */
int learning_audit(const char *profile, size_t len, const char *name, struct buf *out, struct err *err);

/* Audit of a workload that the node does not trust: what learning_default() (base NULL: learning_keep()) would log is logged,
 * what the approved profile allows is allowed (or refused, if a rule of it says so), and everything else stays denied as in the
 * caller's section. The ABIs are the caller's; what the profile allows is allowed on each of them. Without a caller's section,
 * or with a profile that allows by default: learning_audit(). */
int learning_audit_within(const char *section, size_t len, const char *name, const struct learning_base *base, const struct buf *profile,
			  struct buf *out, struct err *err);

#endif
