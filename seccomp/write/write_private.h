/* Shared by the writers of policies. */
#ifndef SNUG_SECCOMP_WRITE_PRIVATE_H
#define SNUG_SECCOMP_WRITE_PRIVATE_H

#include "seccomp/filter/filter.h"
#include "seccomp/write/write.h"

/* The names of a rule, sorted and unique. The caller frees the array; the strings belong to the rule. */
int policy_sorted_names(const struct policy_rule *rule, const char ***ret, size_t *ret_count, struct err *err);

int policy_write_json(const struct policy *p, enum policy_format format, struct buf *out, struct err *err);
int policy_write_spo(const struct policy *p, enum policy_format format, const char *name, const struct buf *lost, struct buf *out,
		     struct err *err);
int policy_write_libseccomp(const struct policy *p, const char *name, const struct buf *lost, struct buf *out, struct err *err);
int policy_write_systemd(const struct policy *p, const char *name, const struct buf *lost, struct buf *out,
			 struct err *err);
int policy_adapt_systemd(const struct policy *p, struct policy **ret, struct buf *lost, struct err *err);

/* Copy everything but ABIs and rules; copy the rules whose conditions hold under `view`. */
int policy_copy_head(const struct policy *p, struct policy *n, struct err *err);
int policy_copy_rules(const struct policy *p, const struct filter *view, struct policy *n, struct err *err);

/* The plain format, with Docker's conditions decided. The caller frees *ret. What is lost is appended to lost. */
int policy_adapt_plain(const struct policy *p, enum policy_format format, struct policy **ret, struct buf *lost, struct err *err);

/* Appends each line of lost, prefixed with "# ". */
void policy_write_comments(const struct buf *lost, struct buf *out);

#endif
