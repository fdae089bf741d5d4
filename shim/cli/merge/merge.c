#include "shim/cli/merge/merge.h"

#include "base/text.h"
#include "seccomp/combine/merge.h"
#include "seccomp/write/write.h"

#include <errno.h>
#include <stdio.h>

int merge_profiles(const struct policy *const in[], size_t count, const char *format, struct buf *out, struct err *err)
{
	cleanup_policy struct policy *all = NULL, *adapted = NULL;
	cleanup_buf struct buf remarks = {0}, lost = {0};
	enum policy_format form = POLICY_OCI;
	int r;

	r = format ? policy_output_by_name(format, &form, err) : 0;
	if (!r)
		r = policy_merge(in, count, "merged profile", &all, &remarks, err);
	if (!r)
		r = policy_adapt(all, form, &adapted, &lost, err);
	if (!r)
		r = policy_write(adapted, form, "merged", &lost, out, err);
	if (r < 0)
		return r;
	if (remarks.len)
		fputs(remarks.data, stderr);
	if (lost.len)
		fputs(lost.data, stderr);
	return buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : 0;
}
