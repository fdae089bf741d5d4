#include "seccomp/evidence/evidence_private.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SLOTS_MIN  128u
#define SEEN_BYTES (EVIDENCE_CALLS_MAX / 8)

static const char *const mode_names[] = {
	[EVIDENCE_LEARN] = "learn",
	[EVIDENCE_AUDIT] = "audit",
	[EVIDENCE_ENFORCE] = "enforce",
};
static const char *const attribution_names[] = {
	[EVIDENCE_BY_SESSION] = "session",
	[EVIDENCE_BY_CGROUP] = "cgroup",
	[EVIDENCE_BY_LISTENER] = "listener",
};
static const char *const end_names[] = {
	[EVIDENCE_END_UNSEEN] = "",
	[EVIDENCE_END_PROCESSES] = "processes",
	[EVIDENCE_END_CGROUP] = "cgroup",
	[EVIDENCE_END_LISTENERS] = "listeners",
};
static const char *const phase_names[] = {
	[EVIDENCE_RUNTIME] = "runtime",
	[EVIDENCE_HOOK] = "hook",
	[EVIDENCE_WORKLOAD] = "workload",
	[EVIDENCE_EXEC] = "exec",
	[EVIDENCE_TERMINAL] = "terminal",
};
_Static_assert(ARRAY_SIZE(mode_names) == EVIDENCE_ENFORCE + 1, "one name per mode");
_Static_assert(ARRAY_SIZE(attribution_names) == EVIDENCE_BY_LISTENER + 1, "one name per attribution");
_Static_assert(ARRAY_SIZE(end_names) == EVIDENCE_END_LISTENERS + 1, "one name per proof of an end");
_Static_assert(ARRAY_SIZE(phase_names) == EVIDENCE_PHASES, "one name per phase");

#define RUN_STRING(member)                                                                                             \
	{                                                                                                              \
#member, offsetof(struct evidence_run, member), false                                                         \
	}
const struct evidence_run_string evidence_run_strings[EVIDENCE_RUN_STRINGS] = {
	RUN_STRING(container),       RUN_STRING(root),   RUN_STRING(runtime),  RUN_STRING(runtime_id),
	RUN_STRING(runtime_version), RUN_STRING(kernel), RUN_STRING(baseline), {"note", offsetof(struct evidence_run, note), true},
};

const char *evidence_mode_name(enum evidence_mode m)
{
	return mode_names[m];
}

const char *evidence_attribution_name(enum evidence_attribution a)
{
	return attribution_names[a];
}

const char *evidence_end_name(enum evidence_end e)
{
	return end_names[e];
}

const char *evidence_phase_name(enum evidence_phase p)
{
	return phase_names[p];
}

static int by_name(const char *const names[], size_t count, const char *name, size_t *ret)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0) {
			*ret = i;
			return 0;
		}
	}
	return -ENOENT;
}

int evidence_mode_by_name(const char *name, enum evidence_mode *ret)
{
	size_t i = 0;
	int r = by_name(mode_names, ARRAY_SIZE(mode_names), name, &i);

	if (r == 0)
		*ret = (enum evidence_mode)i;
	return r;
}

int evidence_attribution_by_name(const char *name, enum evidence_attribution *ret)
{
	size_t i = 0;
	int r = by_name(attribution_names, ARRAY_SIZE(attribution_names), name, &i);

	if (r == 0)
		*ret = (enum evidence_attribution)i;
	return r;
}

int evidence_end_by_name(const char *name, enum evidence_end *ret)
{
	size_t i = 0;
	int r = by_name(end_names, ARRAY_SIZE(end_names), name, &i);

	if (r == 0)
		*ret = (enum evidence_end)i;
	return r;
}

int evidence_phase_by_name(const char *name, enum evidence_phase *ret)
{
	size_t i = 0;
	int r = by_name(phase_names, ARRAY_SIZE(phase_names), name, &i);

	if (r == 0)
		*ret = (enum evidence_phase)i;
	return r;
}

/* Containers choose numbers and names: without a seed they could choose the slots, too. */
static uint64_t make_seed(const void *p)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
		seed = text_now_ms() ^ (uint64_t)(uintptr_t)p;
	return seed;
}

int evidence_new(const char *key, struct evidence **ret, struct err *err)
{
	cleanup_evidence struct evidence *ev = NULL;

	for (const char *c = key; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			return err_set(err, EINVAL, "the key contains more than printable ASCII");
	ev = calloc(1, sizeof(*ev));
	if (!ev)
		return err_set(err, ENOMEM, "out of memory");
	ev->key = strdup(key);
	ev->slots = calloc(SLOTS_MIN, sizeof(struct evidence_call *));
	if (!ev->key || !ev->slots)
		return err_set(err, ENOMEM, "out of memory");
	ev->slot_count = SLOTS_MIN;
	ev->next_no = 1;
	ev->seed = make_seed(ev);
	*ret = steal_ptr(&ev);
	return 0;
}

void evidence_run_free(struct evidence_run *run)
{
	if (!run)
		return;
	for (size_t i = 0; i < EVIDENCE_RUN_STRINGS; i++)
		free(*evidence_run_string(run, i));
	evidence_unlogged_done(&run->unlogged);
	names_done(&run->opened);
	free(run->seen);
	free(run->counts);
	free(run);
}

void evidence_free(struct evidence *ev)
{
	if (!ev)
		return;
	for (size_t i = 0; i < ev->run_count; i++)
		evidence_run_free(ev->runs[i]);
	for (size_t i = 0; i < ev->call_count; i++)
		free(ev->calls[i]);
	for (size_t i = 0; i < ev->name_count; i++)
		free(ev->names[i].text);
	free(ev->names);
	names_done(&ev->taken);
	free(ev->runs);
	free(ev->calls);
	free(ev->slots);
	free(ev->key);
	free(ev->shape);
	buf_done(&ev->scratch);
	free(ev);
}

const char *evidence_key(const struct evidence *ev)
{
	return ev->key;
}

const char *evidence_shape(const struct evidence *ev)
{
	return ev->shape;
}

uint64_t evidence_runs_dropped(const struct evidence *ev)
{
	return ev->runs_dropped;
}

int evidence_set_shape(struct evidence *ev, const char *json, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	cleanup_buf struct buf text = {0};
	const struct json *shape;
	char *copy;
	int r;

	/* Parsed as it will be in the file, so that it cannot be nested too deeply there. */
	buf_addf(&text, "{\"shape\":%s}", json);
	if (buf_failed(&text))
		return err_set(err, ENOMEM, "out of memory");
	r = json_parse(text.data, text.len, JSON_OURS, "process shape", &doc, err);
	if (r < 0)
		return r;
	shape = json_get(json_root(doc), "shape");
	if (json_type(shape) != JSON_OBJECT || json_count(json_root(doc)) != 1)
		return err_set(err, EINVAL, "process shape: expected one JSON object");
	copy = strndup(text.data + json_start(shape), json_end(shape) - json_start(shape));
	if (!copy)
		return err_set(err, ENOMEM, "out of memory");
	free(ev->shape);
	ev->shape = copy;
	return 0;
}

int evidence_append_run(struct evidence *ev, struct evidence_run *run)
{
	if (ev->run_count == ev->run_cap) {
		size_t cap = ev->run_cap ? ev->run_cap * 2 : 16;
		struct evidence_run **runs = reallocarray(ev->runs, cap, sizeof(struct evidence_run *));

		if (!runs)
			return -ENOMEM;
		ev->runs = runs;
		ev->run_cap = cap;
	}
	run->no = ev->next_no++;
	ev->runs[ev->run_count++] = run;
	return 0;
}

/* Drops a run. If there is no memory for what it leaves open, returns false and keeps it. */
static bool drop_run(struct evidence *ev, size_t i)
{
	if (evidence_unlogged_forget(ev, ev->runs[i]) < 0)
		return false;
	if (ev->last_run == ev->runs[i])
		ev->last_run = NULL;
	evidence_run_free(ev->runs[i]);
	ev->run_count--;
	memmove(&ev->runs[i], &ev->runs[i + 1], (ev->run_count - i) * sizeof(struct evidence_run *));
	ev->runs_dropped++;
	return true;
}

/* The newest learning run stays: other runs, however many, must not push out the verdict. */
static void drop_old_runs(struct evidence *ev)
{
	const struct evidence_run *keep = NULL;
	size_t i = 0, enforced = 0;

	for (size_t j = ev->run_count; j-- > 0;)
		if (ev->runs[j]->mode == EVIDENCE_ENFORCE && ev->runs[j]->ended_ms && ++enforced > EVIDENCE_ENFORCED_MAX)
			(void)drop_run(ev, j);

	for (size_t j = 0; j < ev->run_count; j++)
		if (ev->runs[j]->mode == EVIDENCE_LEARN)
			keep = ev->runs[j];
	while (i < ev->run_count && ev->run_count > EVIDENCE_RUNS_MAX) {
		if (!ev->runs[i]->ended_ms || ev->runs[i] == keep || !drop_run(ev, i))
			i++;
	}
}

static char *copy_safe(const char *s)
{
	cleanup_buf struct buf b = {0};

	if (s)
		text_add_safe(&b, s, strnlen(s, EVIDENCE_RUN_CUT));
	return buf_steal(&b);
}

int evidence_run_begin(struct evidence *ev, const struct evidence_run *init, uint64_t *ret_no, struct err *err)
{
	cleanup_with(evidence_run_cleanup) struct evidence_run *run = calloc(1, sizeof(*run));
	struct evidence_run from = *init;

	if (!run)
		return err_set(err, ENOMEM, "out of memory");
	run->go = init->go;
	run->mode = init->mode;
	run->attribution = init->attribution;
	run->started_ms = init->started_ms;
	run->records = init->records;
	run->reasons = init->reasons | REASON_BIT(RUNNING);
	run->reasons = evidence_run_reasons(run);
	for (size_t i = 0; i < EVIDENCE_RUN_STRINGS; i++) {
		*evidence_run_string(run, i) = copy_safe(*evidence_run_string(&from, i));
		if (!*evidence_run_string(run, i))
			return err_set(err, ENOMEM, "out of memory");
	}
	run->seen = calloc(1, SEEN_BYTES);
	if (!run->seen || evidence_append_run(ev, run) < 0)
		return err_set(err, ENOMEM, "out of memory");
	run->seen_len = SEEN_BYTES;
	if (run->mode == EVIDENCE_LEARN && !ev->since_ms)
		ev->since_ms = run->started_ms;
	*ret_no = steal_ptr(&run)->no;
	/* Only after the append, so that a failure drops nothing; the new run is live and stays. */
	drop_old_runs(ev);
	return 0;
}

int evidence_find_run(const struct evidence *ev, const char *container, const char *root, uint64_t started_ms, uint64_t *ret_no)
{
	cleanup_free char *its_container = copy_safe(container), *its_root = copy_safe(root);

	for (size_t i = ev->run_count; i-- > 0;) {
		const struct evidence_run *run = ev->runs[i];

		if (run->started_ms == started_ms && text_streq(run->container, its_container) && text_streq(run->root, its_root)) {
			*ret_no = run->no;
			return 0;
		}
	}
	return -ENOENT;
}

bool evidence_run_wants_version(const struct evidence_run *run, const char *runtime_id)
{
	return !run->runtime_version[0] && text_streq(run->runtime_id, runtime_id);
}

int evidence_run_set_version(struct evidence_run *run, const char *runtime_id, const char *version)
{
	char *copy = evidence_run_wants_version(run, runtime_id) ? strdup(version) : NULL;

	if (!copy)
		return evidence_run_wants_version(run, runtime_id) ? -ENOMEM : 0;
	free(run->runtime_version);
	run->runtime_version = copy;
	return 1;
}

int evidence_run_add_note(struct evidence_run *run, const char *text)
{
	char *copy = run->note[0] ? NULL : strdup(text);

	if (!copy)
		return run->note[0] ? 0 : -ENOMEM;
	free(run->note);
	run->note = copy;
	return 0;
}

void evidence_run_end(struct evidence *ev, uint64_t no, uint64_t ended_ms)
{
	struct evidence_run *run = evidence_run(ev, no);

	if (!run)
		return;
	evidence_counts_end(ev, run);
	run->ended_ms = ended_ms ? ended_ms : 1; /* 0 would mean: not ended */
	run->reasons &= ~REASON_BIT(RUNNING);
	free(run->seen);
	run->seen = NULL;
	run->seen_len = 0;
}

size_t evidence_runs(const struct evidence *ev, const struct evidence_run *const **ret)
{
	evidence_counts_settle(ev);
	*ret = (const struct evidence_run *const *)ev->runs;
	return ev->run_count;
}

size_t evidence_starts(const struct evidence *ev)
{
	size_t n = 0;

	for (size_t i = 0; i < ev->run_count; i++)
		n += !evidence_run_failed(ev->runs[i]);
	return n;
}

const char *evidence_comm(const struct evidence *ev, const struct evidence_call *c, size_t i)
{
	return i < EVIDENCE_WHO_MAX && c->comm[i] ? ev->names[c->comm[i] - 1].text : NULL;
}

const char *evidence_exe(const struct evidence *ev, const struct evidence_call *c, size_t i)
{
	return i < EVIDENCE_WHO_MAX && c->exe[i] ? ev->names[c->exe[i] - 1].text : NULL;
}

size_t evidence_calls(const struct evidence *ev, const struct evidence_call *const **ret)
{
	evidence_counts_settle(ev);
	*ret = (const struct evidence_call *const *)ev->calls;
	return ev->call_count;
}
