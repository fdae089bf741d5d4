/* Between the writers of policies. */
#ifndef SNUG_SECCOMP_POLICY_WRITE_PRIVATE_H
#define SNUG_SECCOMP_POLICY_WRITE_PRIVATE_H

#include "seccomp/write/write.h"

/* The names of a rule in order, each once. The array is the caller's (free), the strings are the rule's. */
int policy_sorted_names(const struct policy_rule *rule, const char ***ret, size_t *ret_count, struct err *err);

int policy_write_json(const struct policy *p, enum policy_format format, struct buf *out, struct err *err);
int policy_write_spo(const struct policy *p, const char *name, const struct buf *lost, struct buf *out,
		     struct err *err);
int policy_write_systemd(const struct policy *p, const char *name, const struct buf *lost, struct buf *out,
			 struct err *err);
int policy_adapt_systemd(const struct policy *p, struct policy **ret, struct buf *lost, struct err *err);

/* Appends each line of lost behind "# ". */
void policy_write_comments(const struct buf *lost, struct buf *out);

#endif
