/* The seccomp sections that a learning or auditing container is started with. The wrapper links it: no libseccomp. */
#ifndef SNUG_SECCOMP_LEARNING_H
#define SNUG_SECCOMP_LEARNING_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json/json.h"
#include "base/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the filter may let pass unlogged (seccomp/evidence/unlogged_proof.h). Everywhere below NULL means nothing. */
struct learning_unlogged {
	struct names names; /* whole */
	struct names exact; /* with the arguments of one rule, as learning_add_exact() writes it */
	uint64_t forms;     /* only in their harmless form: bits of seccomp/syscall/arguments.h */
	uint64_t applied;   /* of the forms, those that the section made of it really has */
};

/* Reads the object of a unlogged_calls_offer(). Forms that this program does not know are left out. *ret is to be freed whatever is
 * returned. */
int learning_unlogged_read(const struct json_doc *doc, const struct json *unlogged, struct learning_unlogged *ret,
			struct err *err);
void learning_unlogged_done(struct learning_unlogged *q);

/* Baseline drop: everything is logged but what is quiet, nothing denied; every ABI of the host is listed (one that is not
 * listed is killed even under a LOG default). Appends a JSON object on one line. */
void learning_drop(struct learning_unlogged *q, struct buf *out);

/* Baseline keep: the caller's section with every SCMP_ACT_ALLOW turned into SCMP_ACT_LOG (rules and default) and the
 * errnoRet of those dropped (crun refuses it); all else stays byte for byte: denials, arguments, architectures, flags,
 * notify, actions that nobody knows. Of a rule that names quiet calls too, those stay ALLOW in a rule of their own with the
 * same arguments. A form is applied where exactly one rule, without arguments, names the call. NULL or len 0, a caller
 * without a section (unconfined), gives learning_drop, and so does a section without default action and rules, which is
 * none to runc. Never allows what the caller's section denies: where a rule's action now equals the default (LOG),
 * runtime and libseccomp skip it, which can only leave a denial standing; where what is left would make libseccomp's filter void,
 * a rule is added that keeps it whole (seccomp/learning/section_private.h, anchors). So a section that is void as the caller gave it
 * is taken at its word. Refused: a section that is not an object, a default or rule action that is no string, is missing or
 * holds a NUL, and a member to be changed that runtimes could read differently (base/json/members.h). `name` is for messages. */
int learning_keep(const char *section, size_t len, const char *name, struct learning_unlogged *q, struct buf *out,
		  struct err *err);

/* The runtime's default profile: JSON text of an object with linux.seccomp in it (seccomp/policy/defaults.h). */
struct learning_base {
	const char *text;
	size_t len;
	struct names except; /* calls that it does not open: what needs capabilities that the container lacks, what another default denies */
};

/* Adds to base->except the calls that another default profile, a text of the same kind, does not allow. */
int learning_base_narrow(struct learning_base *base, const char *text, size_t len, struct err *err);

/* Baseline default: as keep, over the caller's section with what the runtime's default profile allows opened in it too: calls that
 * it allows whole in place of the caller's rules on them, calls that it allows for some arguments where the caller's rules
 * do not name them. Rules that hand calls to others (NOTIFY, TRACE) stay, with their calls. Never allows what both deny.
 * A section that denies by default and allows nearly all that the default allows is taken for the default of this node's own engine, which
 * knows better than a list that came with snug: nothing is opened in it. io_uring, keys and AF_VSOCK are opened in none; sockets, of the families
 * below AF_NETLINK, AF_NETLINK without NETLINK_AUDIT and AF_PACKET, where nothing names them and no ABI is listed that has socketcall. */
int learning_default(const char *section, size_t len, const char *name, const struct learning_base *base,
		     struct learning_unlogged *q, struct buf *out, struct err *err);

/* The names that a section allows (logs, hands over) for some arguments at least, or with *ret_denies set to true those that it
 * always denies: whichever list is finite. Nothing and false for a section that is none. */
int learning_list(const char *section, size_t len, const char *name, struct names *ret, bool *ret_denies, struct err *err);

/* Audit: the approved profile with its default turned into SCMP_ACT_LOG (no defaultErrnoRet) and every ABI of the host
 * listed behind those that it lists. Read strictly (JSON_OURS). What it cannot show: a call that the profile allows by
 * name, made on an ABI that only the host lists. */
int learning_audit(const char *profile, size_t len, const char *name, struct buf *out, struct err *err);

/* Audit of whom the node does not trust: what learning_default() (base NULL: learning_keep()) would log is logged, what the approved profile allows is
 * allowed (refused, if it says so by a rule), and all else stays denied as in the caller's section. ABIs are the caller's; what the profile
 * allows is allowed on each of them. A caller without a
 * section, or a profile that allows by default: learning_audit(). */
int learning_audit_within(const char *section, size_t len, const char *name, const struct learning_base *base, const struct buf *profile,
			  struct buf *out, struct err *err);

#endif
