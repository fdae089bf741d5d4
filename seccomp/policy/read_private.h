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

/* Reads a systemd drop-in. */
int policy_read_systemd(const char *text, size_t len, const char *name, struct policy **ret, struct err *err);
const char *policy_systemd_arch(const struct arch *arch); /* "x86-64"; "?" for one that systemd has not */
bool policy_is_systemd_name(const char *word);            /* could be a call's name: no list, no group, no other line */

/* True for a name that some kernel has, as far as libseccomp and the data file know. */
bool policy_knows_call(const char *name);

#endif
