/* Which audit rules make seccomp records disappear. Pure.
 * Sources: include/uapi/linux/audit.h struct audit_rule_data, kernel/auditfilter.c audit_filter(), audit_comparator(). */
#ifndef SNUG_SHIM_RECORDER_AUDIT_RULE_H
#define SNUG_SHIM_RECORDER_AUDIT_RULE_H

#include "base/buf.h"

#include <stddef.h>

#define AUDIT_RULE_MAX (8192 + 2048) /* bytes of one rule: more of its texts is cut */

/* What an exclude rule does to seccomp records. It leaves no trace: no serial is used, nothing is counted. */
enum audit_drop {
	AUDIT_DROP_NONE, /* another list, or other message types only */
	AUDIT_DROP_SOME, /* those of some processes: the probe may come back and a container's record not */
	AUDIT_DROP_ALL,
};

/* Judges one rule, the payload of an AUDIT_LIST_RULES answer (struct audit_rule_data), and if it drops any appends to *ret the command that
 * deletes it (NULL: not wanted). What is too short for one: AUDIT_DROP_NONE. */
enum audit_drop audit_rule_evaluate(const void *payload, size_t len, struct buf *ret_fix);

#endif
