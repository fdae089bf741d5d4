/* Which audit rules make seccomp records disappear. Pure.
 * Sources: include/uapi/linux/audit.h struct audit_rule_data, kernel/auditfilter.c audit_filter(), audit_comparator(). */
#ifndef SNUG_SHIM_RECORDER_AUDIT_RULE_H
#define SNUG_SHIM_RECORDER_AUDIT_RULE_H

#include "base/buf.h"

#include <stddef.h>

#define AUDIT_RULE_MAX (8192 + 2048) /* bytes of one rule; longer texts are cut */

/* What an exclude rule does to seccomp records. It leaves no trace: no serial number is used, and nothing
 * is counted. */
enum audit_drop {
	AUDIT_DROP_NONE, /* another list, or only other message types */
	AUDIT_DROP_SOME, /* records of some processes: the probe may arrive, and a container's record not */
	AUDIT_DROP_ALL,
};

/* Evaluates one rule, the payload of an AUDIT_LIST_RULES answer (struct audit_rule_data). If it drops records, appends the command
 * that deletes it to *ret_fix (may be NULL). AUDIT_DROP_NONE for a payload that is too short. */
enum audit_drop audit_rule_evaluate(const void *payload, size_t len, struct buf *ret_fix);

#endif
