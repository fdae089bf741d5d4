/* Between the readers of policies. */
#ifndef SNUG_SECCOMP_POLICY_PRIVATE_H
#define SNUG_SECCOMP_POLICY_PRIVATE_H

#include "base/err.h"
#include "base/json/json.h"
#include "seccomp/policy/policy.h"

/* Reads a section (an object with defaultAction) of the form `format` (OCI, CONFIG or SPO; OCI becomes DOCKER where it
 * has what only that has) into a policy called `name`. */
int policy_read_section(const struct json_doc *doc, const struct json *section, enum policy_format format,
			const char *name, struct policy **ret, struct err *err);

/* Reads evidence: what it shows used is allowed, all else answered ENOSYS. */
int policy_read_evidence(const char *text, size_t len, const char *name, struct policy **ret, struct err *err);

/* The comment of the rule that holds what systemd's @default group adds by itself to a list of what is allowed. */
#define POLICY_SYSTEMD_DEFAULT "@default"

/* Reads a systemd drop-in. groups: as of seccomp/policy/systemd.h, NULL for those built in. */
int policy_read_systemd(const char *text, size_t len, const char *name, const char *groups, struct policy **ret, struct err *err);

/* True for a name that some kernel has, as far as libseccomp and the data file know. */
bool policy_knows_call(const char *name);

#endif
