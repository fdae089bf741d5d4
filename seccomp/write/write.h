/* Writes a policy in the formats that others read. The same policy always gives the same bytes: rules in the policy's order,
 * names sorted, one per line, so that diffs are small.
 *
 *   oci      runtime-spec's section: containerd, CRI-O, a Kubernetes localhost file, runc and crun themselves
 *   docker   the same with Docker's conditions, where the policy has them; docker and podman --security-opt seccomp=FILE
 *   spo      a SeccompProfile of security-profiles-operator, v1 (cluster-scoped), as YAML; spo-v1beta1 as before 1.0
 *   libseccomp-c  C for a program that confines itself
 *   systemd  a drop-in with SystemCallFilter=, SystemCallArchitectures= and SystemCallErrorNumber=
 */
#ifndef SNUG_SECCOMP_POLICY_WRITE_H
#define SNUG_SECCOMP_POLICY_WRITE_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/policy/policy.h"

#define POLICY_OUTPUTS "oci, docker, spo, spo-v1beta1, systemd or libseccomp-c"

/* The format for the value of --format. Returns 0 or -EINVAL. */
int policy_output_by_name(const char *name, enum policy_format *ret, struct err *err);

/* Makes a policy that is as close as the format allows, and appends a line to lost for each thing that the format cannot
 * express. Rules may become wider, never narrower: what was allowed stays allowed. -EINVAL if nothing close can be expressed, or
 * the policy lists only unknown ABIs. */
int policy_adapt(const struct policy *p, enum policy_format format, struct policy **ret, struct buf *lost,
		 struct err *err);

/* Appends an adapted policy. `name` is its name in the output; `lost` (may be NULL) is written as comments if the format has
 * them. */
int policy_write(const struct policy *p, enum policy_format format, const char *name, const struct buf *lost,
		 struct buf *out, struct err *err);

#endif
