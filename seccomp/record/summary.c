#include "seccomp/record/summary.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATHS_MAX    4
#define SAMPLE_WIDTH 300
#define RATE_MS      5000 /* the kernel prints at most ten of its lines in this time (lib/ratelimit.c defaults) */

const char *summary_outcome_name(enum summary_outcome o)
{
	static const char *const names[] = {
		[SUMMARY_KILLED] = "killed",      [SUMMARY_DENIED] = "denied", [SUMMARY_TRAPPED] = "trapped",
		[SUMMARY_HANDED] = "handed over", [SUMMARY_USED] = "used",     [SUMMARY_OTHER] = "unknown",
	};
	_Static_assert(ARRAY_SIZE(names) == SUMMARY_OUTCOMES, "one name per outcome");
	return names[o];
}

bool summary_is_refusal(enum summary_outcome o)
{
	return o == SUMMARY_KILLED || o == SUMMARY_DENIED || o == SUMMARY_TRAPPED;
}

int summary_begin(struct summary *t, struct err *err)
{
	const struct sentence *all = NULL;

	*t = (struct summary){.sentence_count = sentence_all(&all)};
	t->sentences = calloc(t->sentence_count, sizeof(*t->sentences));
	return t->sentences ? copies_new(&t->copies, err) : err_set(err, ENOMEM, "out of memory");
}

void summary_done(struct summary *t)
{
	if (!t)
		return;
	free(t->rows);
	free(t->sentences);
	copies_free(t->copies);
	buf_done(&t->unreadable_samples);
	for (size_t i = 0; i < ARRAY_SIZE(t->sign_samples); i++)
		buf_done(&t->sign_samples[i]);
	buf_done(&t->lsm_samples);
	buf_done(&t->profiles);
}

static enum summary_outcome outcome_of(enum record_action a)
{
	switch (a) {
	case RECORD_LOG:
		return SUMMARY_USED;
	case RECORD_ERRNO:
		return SUMMARY_DENIED;
	case RECORD_TRAP:
		return SUMMARY_TRAPPED;
	case RECORD_TRACE:
	case RECORD_USER_NOTIF:
		return SUMMARY_HANDED;
	case RECORD_KILL_THREAD:
	case RECORD_KILL_PROCESS:
		return SUMMARY_KILLED;
	default:
		return SUMMARY_OTHER;
	}
}

static void put_field(const struct record_field *f, char *ret, size_t cap)
{
	cleanup_buf struct buf b = {0};
	char raw[256];

	text_add_safe(&b, raw, record_field_bytes(f, raw, sizeof(raw)));
	snprintf(ret, cap, "%s", b.data && !buf_failed(&b) ? b.data : "");
}

static bool same_row(const struct summary_row *a, const struct summary_row *b)
{
	return a->hash == b->hash && a->audit == b->audit && a->nr == b->nr && a->arch == b->arch &&
	       a->outcome == b->outcome && a->learnt == b->learnt && text_streq(a->comm, b->comm) && text_streq(a->exe, b->exe);
}

static void span(uint64_t *first, uint64_t *last, uint64_t from, uint64_t to)
{
	if (from && (!*first || from < *first))
		*first = from;
	if (to > *last)
		*last = to;
}

bool summary_add_row(struct summary *t, const struct summary_row *row)
{
	struct summary_row new = *row;

	new.hash = text_hash(new.comm, strlen(new.comm)) ^ text_hash(new.exe, strlen(new.exe)) * 31 ^ new.nr;
	span(&t->first_ms, &t->last_ms, row->first_ms, row->last_ms);
	for (size_t i = 0; i < t->row_count; i++)
		if (same_row(&t->rows[i], &new)) {
			t->rows[i].count += row->count;
			t->newest = i;
			span(&t->rows[i].first_ms, &t->rows[i].last_ms, row->first_ms, row->last_ms);
			return true;
		}
	if (t->row_count == SUMMARY_ROWS_MAX)
		return false;
	if (t->row_count == t->row_cap) {
		size_t cap = t->row_cap ? t->row_cap * 2 : 32;
		struct summary_row *rows = reallocarray(t->rows, cap, sizeof(*rows));

		if (!rows) {
			t->failed = true;
			return false;
		}
		t->rows = rows;
		t->row_cap = cap;
	}
	t->newest = t->row_count;
	t->rows[t->row_count++] = new;
	return true;
}

static void watch_rate(struct summary *t, uint64_t ms)
{
	uint64_t *oldest = &t->printed_ms[t->printed_at];

	if (!ms)
		return;
	*oldest = ms;
	t->printed_at = (t->printed_at + 1) % ARRAY_SIZE(t->printed_ms);
	oldest = &t->printed_ms[t->printed_at];
	if (*oldest && ms >= *oldest && ms - *oldest <= RATE_MS)
		t->at_rate_limit = true;
}

static void add_record(struct summary *t, const struct log_line *line)
{
	const struct record *r = &line->record;
	struct summary_row row = {.audit = r->arch, .nr = r->nr, .outcome = outcome_of(r->action), .count = line->times ? line->times : 1};
	enum copies_answer copy;

	t->newest = SIZE_MAX;
	if (record_looks_like_probe(r)) {
		if (line->printed)
			watch_rate(t, r->time_ms);
		return;
	}
	t->records++;
	t->tools[line->tool]++;
	copy = copies_add(t->copies, line);
	if (copy == COPIES_PAIRED && r->serial)
		t->unstamped--;
	else if (copy == COPIES_NEW && !r->serial && line->tool == LOG_TOOL_NONE)
		t->unstamped++;
	if (copy != COPIES_NEW) {
		t->duplicates++;
		return;
	}
	if (line->printed)
		watch_rate(t, r->time_ms);
	row.first_ms = row.last_ms = r->time_ms;
	row.arch = arch_of_record(r->arch, r->nr);
	if (row.arch)
		row.named = syscall_name(row.arch, r->nr, row.name);
	else
		snprintf(row.name, sizeof(row.name), "syscall_%d", (int)r->nr);
	put_field(&r->comm, row.comm, sizeof(row.comm));
	put_field(&r->exe, row.exe, sizeof(row.exe));
	row.init = record_looks_like_init(r);
	if (!summary_add_row(t, &row))
		t->unlisted++;
}

static void add_sample(struct buf *samples, uint64_t before, const struct log_line *line)
{
	const char *text = line->text;
	size_t left = line->len, len;

	if (before >= SUMMARY_SAMPLES_MAX)
		return;
	while (left && (*text == ' ' || *text == '\t')) {
		text++;
		left--;
	}
	len = left < SAMPLE_WIDTH ? left : SAMPLE_WIDTH;
	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	text_add_safe(samples, text, len);
	buf_adds(samples, len < left && len == SAMPLE_WIDTH ? " ...\n" : "\n");
}

static void add_error(struct summary *t, const struct log_line *line)
{
	const struct sentence *all = NULL;

	t->errors++;
	add_sample(&t->sign_samples[line->sign], t->signs[line->sign]++, line);
	if (!line->sentence)
		return;
	sentence_all(&all);
	t->sentences[line->sentence - all].count++;
	t->sentences[line->sentence - all].enosys |= line->sign == LOG_SIGN_ENOSYS;
}

/* Adds each path only once. */
static void add_profile(struct summary *t, const struct log_line *line)
{
	cleanup_buf struct buf path = {0};
	const char *at = t->profiles.data;

	text_add_safe(&path, line->text, line->len < SAMPLE_WIDTH ? line->len : SAMPLE_WIDTH);
	buf_addc(&path, '\n');
	if (buf_failed(&path) || t->profile_count == PATHS_MAX)
		return;
	for (; at && *at; at += strcspn(at, "\n") + 1)
		if (!strncmp(at, path.data, path.len))
			return;
	buf_adds(&t->profiles, path.data);
	t->profile_count++;
}

void summary_add(const struct log_line *line, void *arg)
{
	struct summary *t = arg;

	switch (line->kind) {
	case LOG_LINE_RECORD:
		add_record(t, line);
		break;
	case LOG_LINE_UNREADABLE:
		add_sample(&t->unreadable_samples, t->unreadable++, line);
		break;
	case LOG_LINE_LOST:
		t->loss[line->loss]++;
		t->lost[line->loss] += line->lost;
		break;
	case LOG_LINE_ERROR:
		add_error(t, line);
		break;
	case LOG_LINE_PROFILE:
		add_profile(t, line);
		break;
	case LOG_LINE_LSM:
		add_sample(&t->lsm_samples, t->lsm++, line);
		break;
	}
}

static int row_order(const void *a, const void *b)
{
	const struct summary_row *x = a, *y = b;
	int c = (int)x->outcome - (int)y->outcome;

	if (!c)
		c = (int)y->init - (int)x->init;
	if (!c)
		c = (x->audit > y->audit) - (x->audit < y->audit);
	if (!c && x->named && y->named)
		c = strcmp(x->name, y->name);
	if (!c)
		c = (x->nr > y->nr) - (x->nr < y->nr);
	if (!c)
		c = strcmp(x->comm, y->comm);
	return c ? c : strcmp(x->exe, y->exe);
}

void summary_sort(struct summary *t)
{
	if (t->row_count)
		qsort(t->rows, t->row_count, sizeof(*t->rows), row_order);
}
