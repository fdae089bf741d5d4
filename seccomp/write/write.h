/* Writes a policy in the forms that others read. The same policy always gives the same bytes: rules in the policy's
 * order, names in alphabetical order, one to a line, so that a change in git is small.
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

/* Of what an option --format says; 0, or -EINVAL with a sentence. */
int policy_output_by_name(const char *name, enum policy_format *ret, struct err *err);

/* The policy as far as the form can express it: a new one, and a line for each thing that it cannot (appended to lost).
 * What would be tighter than the form allows becomes wider, never narrower: what was allowed stays allowed. -EINVAL
 * with a sentence where nothing near it can be expressed, and for a policy that lists only ABIs that nobody knows. */
int policy_adapt(const struct policy *p, enum policy_format format, struct policy **ret, struct buf *lost,
		 struct err *err);

/* Appends an adapted policy. `name` is what it is called there; `lost` is told in comments where the form has them (may
 * be NULL). */
int policy_write(const struct policy *p, enum policy_format format, const char *name, const struct buf *lost,
		 struct buf *out, struct err *err);

#endif
