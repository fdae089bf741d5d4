/* The seccomp sections that a learning or auditing container is started with. The wrapper links it: no libseccomp. */
#ifndef SNUG_SECCOMP_LEARNING_H
#define SNUG_SECCOMP_LEARNING_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

/* Baseline drop: everything is logged, nothing denied; every ABI of the host is listed (one that is not listed is
 * killed even under a LOG default). Appends a JSON object on one line. */
void learning_drop(struct buf *out);

/* Baseline keep: the caller's section with every SCMP_ACT_ALLOW turned into SCMP_ACT_LOG (rules and default) and the
 * errnoRet of those dropped (crun refuses it); all else stays byte for byte: denials, arguments, architectures, flags,
 * notify, actions that nobody knows. NULL or len 0, a caller without a section (unconfined), gives learning_drop, and
 * so does a section without default action and rules, which is none to runc. Never allows what the caller's section
 * denies: where a rule's action now equals the default (LOG), runtime and libseccomp skip it, which can only leave a
 * denial standing. Refused: a section that is not an object, a default or rule action that is no string, is missing or
 * holds a NUL, and a member to be changed that runtimes could read differently (base/json_members.h). `name` is for
 * messages. */
int learning_keep(const char *section, size_t len, const char *name, struct buf *out, struct err *err);

/* Audit: the approved profile with its default turned into SCMP_ACT_LOG (no defaultErrnoRet) and every ABI of the host
 * listed behind those that it lists. Read strictly (JSON_OURS). What it cannot show: a call that the profile allows by
 * name, made on an ABI that only the host lists. */
int learning_audit(const char *profile, size_t len, const char *name, struct buf *out, struct err *err);

#endif
