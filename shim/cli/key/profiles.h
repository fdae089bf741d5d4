/* Reads profiles together with what they refer to: the base of a SeccompProfile is looked up in the same text and in the files of
 * the same directory, systemd's groups in the output of this machine's systemd-analyze. The output of docker, podman or crictl
 * inspect stands for the profiles of its containers. */
#ifndef SNUG_SHIM_CLI_PROFILES_H
#define SNUG_SHIM_CLI_PROFILES_H

#include "base/buf.h"
#include "seccomp/policy/read.h"

/* Like policy_read(). path: the file that the text comes from; NULL: none. */
int profiles_read(const struct buf *text, const char *name, const char *path, struct policy_list *ret, struct err *err);

/* Like policy_read_one(), with the notes of profiles_tell(). */
int profiles_read_one(const struct buf *text, const char *name, const char *path, struct policy **ret, struct err *err);

/* Reports on stderr what was skipped; bases: also which profiles lack their base. */
void profiles_tell(const struct policy_list *list, const char *name, bool bases);

#endif
