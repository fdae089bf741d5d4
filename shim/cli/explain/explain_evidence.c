/* Reads a key's evidence instead of a log. */
#include "shim/cli/explain/explain.h"

#include "base/file.h"
#include "base/text.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "seccomp/syscall/arguments.h"
#include "shim/common/features.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* Before 1.2, runc refuses any filter flags; crun accepts them. Used for runs whose runtime was not asked yet. */
static bool cannot_log(const char *version)
{
	unsigned major = 0, minor = 0;

	return sscanf(version, "runc version %u.%u", &major, &minor) == 2 && (major < 1 || (major == 1 && minor < 2));
}

static void add_runs(struct explain *x, const struct evidence *ev, const char *state_dir)
{
	const struct evidence_run *const *runs = NULL;
	size_t n = evidence_runs(ev, &runs);

	for (size_t i = 0; i < n; i++)
		x->enforced |= runs[i]->mode == EVIDENCE_ENFORCE;
	if (!n)
		return;
	const struct evidence_run *newest = runs[n - 1];
	const char *version = *newest->runtime_version ? newest->runtime_version : newest->runtime;
	enum features_log can = features_by_id(state_dir, newest->runtime_id);

	x->mute = can == FEATURES_CANNOT || (can == FEATURES_UNKNOWN && cannot_log(version));
	snprintf(x->runtime, sizeof(x->runtime), "%.*s", (int)strcspn(version, ";\n"), version);
}

/* kernel.seccomp.actions_logged; a kernel without it logs everything. */
static bool is_errno_unlogged(void)
{
	cleanup_buf struct buf text = {0};
	cleanup_fd int fd = open("/proc/sys/kernel/seccomp/actions_logged", O_RDONLY | O_CLOEXEC);
	char *save = NULL;

	if (fd < 0 || file_read_fd(fd, 4096, "actions_logged", &text, NULL) < 0 || !text.data)
		return false;
	for (char *word = strtok_r(text.data, " \n", &save); word; word = strtok_r(NULL, " \n", &save))
		if (text_streq(word, "errno"))
			return false;
	return true;
}

/* True if the runs have shown that the harmless form of the call is enough, or the runtime's own init made it, whose arguments no
 * program can choose. */
static bool is_narrow(const struct evidence *ev, const struct evidence_call *c, const char *name)
{
	int place = argument_by_name(name);

	return c->phase == EVIDENCE_RUNTIME || (place >= 0 && unlogged_is_narrowed(ev, place));
}

int explain_add_evidence(struct explain *x, const struct evidence *ev, const char *state_dir, struct err *err)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(ev, &calls);

	add_runs(x, ev, state_dir);
	x->errno_unlogged = is_errno_unlogged();
	for (size_t i = 0; i < n; i++) {
		const struct evidence_call *c = calls[i];
		struct summary_row row = {.arch = c->arch,
					.audit = c->arch->audit,
					.nr = c->nr,
					.first_ms = c->first_ms,
					.last_ms = c->last_ms,
					.init = c->phase == EVIDENCE_RUNTIME};

		row.named = syscall_name(c->arch, c->nr, row.name);
		snprintf(row.comm, sizeof(row.comm), "%s", evidence_comm(ev, c, 0) ? evidence_comm(ev, c, 0) : "");
		snprintf(row.exe, sizeof(row.exe), "%s", evidence_exe(ev, c, 0) ? evidence_exe(ev, c, 0) : "");
		row.outcome = SUMMARY_DENIED;
		row.count = c->denied;
		if (row.count && !summary_add_row(&x->summary, &row))
			return err_set(err, ENOSPC, "more calls than can be listed");
		row.outcome = SUMMARY_USED;
		row.count = c->audited;
		if (row.count && !summary_add_row(&x->summary, &row))
			return err_set(err, ENOSPC, "more calls than can be listed");
		x->summary.records += c->denied + c->audited;
		/* A learned call is not a finding by itself; it is compared with a profile. */
		row.count = x->evaluator ? c->count : 0;
		row.learnt = true;
		row.narrow = is_narrow(ev, c, row.name);
		if (row.count && !summary_add_row(&x->summary, &row))
			return err_set(err, ENOSPC, "more calls than can be listed");
		x->learnt += row.count > 0;
	}
	return 0;
}
