#include "shim/cli/explain/explain.h"

#include "base/file.h"
#include "base/text.h"
#include "seccomp/syscall/sets.h"
#include "shim/cli/key/profiles.h"
#include "shim/common/features.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void explain_done(struct explain *x)
{
	if (!x)
		return;
	summary_done(&x->summary);
	evaluate_free(x->evaluator);
	free(x->verdict);
	free(x->add);
	free(x->outside);
}

/* runc refuses any flags of a filter before 1.2; crun takes them. For runs whose runtime nobody has asked yet. */
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

/* kernel.seccomp.actions_logged; a kernel without it logs all. */
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
	}
	return 0;
}

int explain_load(struct explain *x, const struct buf *text, struct err *err)
{
	struct policy *p = NULL;
	int r = profiles_read_one(text, x->profile, x->profile, &p, err);

	return r < 0 ? r : evaluate_new_policy(p, &x->evaluator, err);
}

bool explain_is_native(const struct arch *arch)
{
	const struct arch *host[4];

	return arch_host(host) && host[0] == arch;
}

int explain_evaluate(struct explain *x, struct err *err)
{
	int r = 0;

	x->verdict = calloc(x->summary.row_count + 1, sizeof(*x->verdict));
	if (!x->verdict)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < x->summary.row_count && r == 0; i++)
		if (x->summary.rows[i].arch)
			r = evaluate_call(x->evaluator, x->summary.rows[i].arch, x->summary.rows[i].nr, &x->verdict[i], err);
	return r;
}

bool explain_shows(const struct explain *x, size_t row)
{
	return !x->verdict || !x->summary.rows[row].arch ||
	       (x->verdict[row] != EVALUATE_ALLOWS && x->verdict[row] != EVALUATE_HANDS_OVER);
}

static int name_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

int explain_collect(struct explain *x, struct err *err)
{
	size_t n = 0, kept = 0;

	x->add = calloc(x->summary.row_count + 1, sizeof(*x->add));
	if (!x->add)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < x->summary.row_count; i++) {
		const struct summary_row *row = &x->summary.rows[i];

		if (row->named && (x->verdict ? x->verdict[i] == EVALUATE_DENIES : row->outcome != SUMMARY_HANDED))
			memcpy(x->add[n++], row->name, sizeof(*x->add));
	}
	qsort(x->add, n, sizeof(*x->add), name_order);
	for (size_t i = 0; i < n; i++)
		if (!i || !text_streq(x->add[i], x->add[kept - 1]))
			memmove(x->add[kept++], x->add[i], sizeof(*x->add));
	x->add_count = kept;
	return 0;
}

const char *explain_danger(const char *name)
{
	const struct set_danger *dangers = NULL;
	size_t n = set_dangers(&dangers);

	for (size_t i = 0; i < n; i++)
		if (text_streq(dangers[i].name, name))
			return dangers[i].reason;
	return NULL;
}

bool explain_is_partial(const struct explain *x)
{
	const struct summary *t = &x->summary;
	bool partial = t->unreadable || t->unlisted || t->at_rate_limit;

	for (size_t i = 0; i < LOG_LINE_LOSS_COUNT; i++)
		partial |= t->loss[i] > 0;
	return partial;
}

void explain_add_loss(const struct explain *x, enum log_line_loss loss, struct buf *out)
{
	static const char *const words[] = {
		[LOG_LINE_LOSS_PRINTK] =
			"the kernel did not print %s audit records (callbacks suppressed: ten in 5 s, no more)",
		[LOG_LINE_LOSS_AUDIT] = "the kernel lost %s audit records (audit_lost, limit exceeded)",
		[LOG_LINE_LOSS_JOURNAL] = "journald suppressed or missed %s messages",
		[LOG_LINE_LOSS_SYSLOG] = "the syslog daemon dropped %s messages",
		[LOG_LINE_LOSS_STREAM] = "%s audit records came faster than they could be read here",
	};
	_Static_assert(ARRAY_SIZE(words) == LOG_LINE_LOSS_COUNT, "one sentence per loss");
	const char *gap = strstr(words[loss], "%s");
	uint64_t lost = x->summary.lost[loss];

	buf_add(out, words[loss], (size_t)(gap - words[loss]));
	if (lost)
		buf_addf(out, "%llu", (unsigned long long)lost);
	else
		buf_adds(out, "some");
	buf_adds(out, gap + 2);
}
