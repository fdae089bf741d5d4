#include "shim/cli/explain/explain.h"

#include "base/text.h"
#include "seccomp/syscall/sets.h"
#include "shim/cli/key/profiles.h"

#include <errno.h>
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
	free(x->words);
	explain_own_free(x->own);
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

static int evaluate_row(struct explain *x, size_t i, struct err *err)
{
	const struct summary_row *row = &x->summary.rows[i];
	int r = evaluate_call(x->evaluator, row->arch, row->nr, &x->verdict[i], err);

	if (r == 0 && row->narrow && x->verdict[i] == EVALUATE_DEPENDS)
		x->verdict[i] = EVALUATE_ALLOWS;
	return r;
}

int explain_evaluate(struct explain *x, struct err *err)
{
	int r = 0;

	x->verdict = calloc(x->summary.row_count + 1, sizeof(*x->verdict));
	if (!x->verdict)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < x->summary.row_count && r == 0; i++)
		if (x->summary.rows[i].arch)
			r = evaluate_row(x, i, err);
	return r;
}

bool explain_shows(const struct explain *x, size_t row)
{
	return !x->verdict || !x->summary.rows[row].arch || x->verdict[row] != EVALUATE_ALLOWS;
}

static int name_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

int explain_collect(struct explain *x, struct err *err)
{
	size_t n = 0, kept = 0;

	x->add = calloc(x->summary.row_count + x->word_count + 1, sizeof(*x->add));
	if (!x->add)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < x->summary.row_count; i++) {
		const struct summary_row *row = &x->summary.rows[i];

		if (row->named && (x->verdict ? x->verdict[i] == EVALUATE_DENIES : row->outcome != SUMMARY_HANDED))
			memcpy(x->add[n++], row->name, sizeof(*x->add));
	}
	for (size_t i = 0; i < x->word_count; i++)
		if (explain_word_counts(x, &x->words[i]))
			memcpy(x->add[n++], x->words[i].name, sizeof(*x->add));
	qsort(x->add, n, sizeof(*x->add), name_order);
	for (size_t i = 0; i < n; i++)
		if (!i || !text_streq(x->add[i], x->add[kept - 1]))
			memmove(x->add[kept++], x->add[i], sizeof(*x->add));
	x->add_count = kept;
	return 0;
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
		[LOG_LINE_LOSS_PRINTK] = "the kernel suppressed %s audit records (it prints at most ten in 5 s)",
		[LOG_LINE_LOSS_AUDIT] = "the kernel lost %s audit records (audit_lost, limit exceeded)",
		[LOG_LINE_LOSS_JOURNAL] = "journald suppressed or missed %s messages",
		[LOG_LINE_LOSS_SYSLOG] = "the syslog daemon dropped %s messages",
		[LOG_LINE_LOSS_STREAM] = "%s audit records came faster than snug could read them",
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
