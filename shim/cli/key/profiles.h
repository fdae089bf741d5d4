/* Profiles as commands read them: with what lies beside them. The base of a SeccompProfile is looked for in the same text and
 * in the files of the same directory, systemd's groups in what systemd-analyze of this machine says. What docker, podman or crictl inspect
 * print stands for the profiles of these containers.
 */
#ifndef SNUG_SHIM_CLI_PROFILES_H
#define SNUG_SHIM_CLI_PROFILES_H

#include "base/buf.h"
#include "seccomp/policy/read.h"

/* As policy_read(); `path` is the file that the text comes from, NULL if it comes from none. */
int profiles_read(const struct buf *text, const char *name, const char *path, struct policy_list *ret, struct err *err);

/* As policy_read_one(), with the notes of profiles_tell(). */
int profiles_read_one(const struct buf *text, const char *name, const char *path, struct policy **ret, struct err *err);

/* What was passed over, on standard error; `bases`: also which profiles lack their base. */
void profiles_tell(const struct policy_list *list, const char *name, bool bases);

#endif
