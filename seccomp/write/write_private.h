/* Between the writers of policies. */
#ifndef SNUG_SECCOMP_WRITE_PRIVATE_H
#define SNUG_SECCOMP_WRITE_PRIVATE_H

#include "seccomp/filter/filter.h"
#include "seccomp/write/write.h"

/* The names of a rule in order, each once. The array is the caller's (free), the strings are the rule's. */
int policy_sorted_names(const struct policy_rule *rule, const char ***ret, size_t *ret_count, struct err *err);

int policy_write_json(const struct policy *p, enum policy_format format, struct buf *out, struct err *err);
int policy_write_spo(const struct policy *p, enum policy_format format, const char *name, const struct buf *lost, struct buf *out,
		     struct err *err);
int policy_write_libseccomp(const struct policy *p, const char *name, const struct buf *lost, struct buf *out, struct err *err);
int policy_write_systemd(const struct policy *p, const char *name, const struct buf *lost, struct buf *out,
			 struct err *err);
int policy_adapt_systemd(const struct policy *p, struct policy **ret, struct buf *lost, struct err *err);

/* Copies everything but ABIs and rules; the rules as `view` decides their conditions. */
int policy_copy_head(const struct policy *p, struct policy *n, struct err *err);
int policy_copy_rules(const struct policy *p, const struct filter *view, struct policy *n, struct err *err);

/* The plain form, Docker's conditions decided. *ret is the caller's. What gets lost is appended to lost. */
int policy_adapt_plain(const struct policy *p, enum policy_format format, struct policy **ret, struct buf *lost, struct err *err);

/* Appends each line of lost behind "# ". */
void policy_write_comments(const struct buf *lost, struct buf *out);

#endif
