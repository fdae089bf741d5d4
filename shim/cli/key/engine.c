#include "shim/cli/key/engine.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "seccomp/filter/filter.h"
#include "seccomp/policy/policy.h"
#include "seccomp/policy/read.h"
#include "seccomp/write/write.h"

#include <errno.h>
#include <fcntl.h>

static const char *const PODMAN_CAPS[] = {"CAP_CHOWN",   "CAP_DAC_OVERRIDE",     "CAP_FOWNER",    "CAP_FSETID",
					  "CAP_KILL",    "CAP_NET_BIND_SERVICE", "CAP_SETFCAP",   "CAP_SETGID",
					  "CAP_SETPCAP", "CAP_SETUID",           "CAP_SYS_CHROOT"};

/* Keeps the rules that apply to Podman's capabilities, without their conditions. */
static int decide(const struct policy *p, struct policy **ret, struct err *err)
{
	const struct filter_view view = {.caps = PODMAN_CAPS, .cap_count = ARRAY_SIZE(PODMAN_CAPS)};
	cleanup_filter struct filter *filter = NULL;
	cleanup_policy struct policy *decided = NULL;
	const struct policy_rule *const *rules = NULL;
	size_t n = policy_rules(p, &rules);
	int r = filter_new(p, &view, &filter, err);

	if (!r)
		r = policy_new(POLICY_OCI, policy_name(p), &decided, err);
	if (r < 0)
		return r;
	policy_set_default(decided, policy_default(p));
	policy_copy_arches(p, decided);
	for (size_t i = 0; !r && i < n; i++) {
		struct policy_rule rule = *rules[i];

		if (!filter_applies(filter, &rule, filter_machine(filter)))
			continue;
		rule.includes = rule.excludes = (struct policy_condition){0};
		r = policy_add_rule(decided, &rule, err);
	}
	if (!r)
		*ret = steal_ptr(&decided);
	return r;
}

static int write_decided(const struct buf *text, const char *path, struct buf *ret, struct err *err)
{
	cleanup_policy struct policy *policy = NULL, *decided = NULL, *adapted = NULL;
	cleanup_buf struct buf lost = {0};
	int r = policy_read_one(text->data ? text->data : "", text->len, path, &policy, err);

	if (!r)
		r = decide(policy, &decided, err);
	if (!r)
		r = policy_adapt(decided, POLICY_OCI, &adapted, &lost, err);
	return r ? r : policy_write(adapted, POLICY_OCI, path, NULL, ret, err);
}

int engine_read_podman(const char *const paths[], size_t count, struct buf *ret, const char **ret_path, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		cleanup_buf struct buf text = {0};
		struct err why = {0};
		int r = file_read_at(AT_FDCWD, paths[i], POLICY_TEXT_MAX, &text, &why);

		if (r == -ENOENT || r == -ENOTDIR)
			continue;
		if (r < 0)
			return err_set(err, r, "%s", why.msg);
		*ret_path = paths[i];
		return write_decided(&text, paths[i], ret, err);
	}
	return 1;
}
