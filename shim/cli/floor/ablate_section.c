#include "shim/cli/floor/ablate_private.h"

#include <errno.h>

void ablate_begin_section(const struct ablating *s, const char *action, uint32_t errno_ret, struct json_writer *w, struct buf *out)
{
	json_write_begin(w, out, false);
	json_write_object(w, NULL);
	json_write_string(w, "defaultAction", action);
	if (errno_ret)
		json_write_u64(w, "defaultErrnoRet", errno_ret);
	json_write_array(w, "architectures");
	json_write_string(w, NULL, s->arch->oci);
	json_write_end_array(w);
	json_write_array(w, "syscalls");
	json_write_object(w, NULL);
	json_write_array(w, "names");
}

int ablate_end_section(struct ablating *s, enum ablation_errno e, const char *action, uint32_t errno_ret, struct json_writer *w,
		       struct buf *out)
{
	json_write_end_array(w);
	json_write_string(w, "action", action);
	if (errno_ret)
		json_write_u64(w, "errnoRet", errno_ret);
	json_write_end_object(w);
	json_write_end_array(w);
	json_write_end_object(w);
	return buf_failed(out) ? err_set(s->err, ENOMEM, "out of memory") : canary_set_seccomp(s->plan->canary[e], out->data, s->err);
}
