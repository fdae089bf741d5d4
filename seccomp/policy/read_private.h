/* Shared by the readers of policies. */
#ifndef SNUG_SECCOMP_POLICY_PRIVATE_H
#define SNUG_SECCOMP_POLICY_PRIVATE_H

#include "base/err.h"
#include "base/json/json.h"
#include "seccomp/policy/policy.h"

/* Reads a section (an object with defaultAction) in `format` (OCI, CONFIG or SPO; OCI becomes DOCKER if it has members of
 * that format only) into a policy called `name`. */
int policy_read_section(const struct json_doc *doc, const struct json *section, enum policy_format format,
			const char *name, struct policy **ret, struct err *err);

/* Reads evidence: calls that were used are allowed, all others get ENOSYS. */
int policy_read_evidence(const char *text, size_t len, const char *name, struct policy **ret, struct err *err);

/* The comment of the rule with the calls that systemd's @default group adds to every allow-list. */
#define POLICY_SYSTEMD_DEFAULT "@default"

/* Reads a systemd drop-in. groups: as in seccomp/policy/systemd.h; NULL: the built-in ones. */
int policy_read_systemd(const char *text, size_t len, const char *name, const char *groups, struct policy **ret, struct err *err);

/* True if some kernel has a call of this name, as far as libseccomp and the data file know. */
bool policy_knows_call(const char *name);

#endif
