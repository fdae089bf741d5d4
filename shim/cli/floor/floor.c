#include "shim/cli/floor/floor.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "seccomp/syscall/sets.h"
#include "shim/common/namespaces.h"
#include "shim/common/state.h"

#include <errno.h>
#include <string.h>

void floor_done(struct floor *f)
{
	for (size_t i = 0; f && i < FLOOR_PHASES; i++) {
		evidence_free(f->phase[i]);
		f->phase[i] = NULL;
	}
	if (f)
		ablation_done(&f->ablation);
}

bool floor_is_sampled(const struct floor *f)
{
	return f->phase[FLOOR_CREATE];
}

bool floor_is_call(const struct evidence_call *c)
{
	return !evidence_is_program(c->phase) && c->count;
}

/* Counts the runs that lost nothing, and of these the ones that began after the newest call was first seen. */
static void count_runs(const struct evidence *ev, size_t *ret_complete, size_t *ret_silent)
{
	const struct evidence_call *const *calls = NULL;
	const struct evidence_run *const *runs = NULL;
	uint64_t newest_ms = 0;
	size_t n = ev ? evidence_calls(ev, &calls) : 0;

	for (size_t i = 0; i < n; i++)
		if (floor_is_call(calls[i]) && calls[i]->first_ms > newest_ms)
			newest_ms = calls[i]->first_ms;
	n = ev ? evidence_runs(ev, &runs) : 0;
	for (size_t i = 0; i < n; i++)
		if (!runs[i]->reasons) {
			*ret_complete += 1;
			*ret_silent += runs[i]->started_ms > newest_ms;
		}
}

const struct evidence_call *floor_find(const struct floor *f, enum floor_phase phase, const struct evidence_call *c)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = f->phase[phase] ? evidence_calls(f->phase[phase], &calls) : 0;

	for (size_t i = 0; i < n; i++)
		if (floor_is_call(calls[i]) && calls[i]->arch == c->arch && calls[i]->nr == c->nr)
			return calls[i];
	return NULL;
}

void floor_evaluate(const struct floor *f, struct floor_stat *ret)
{
	struct floor_stat st = {0};

	count_runs(f->phase[FLOOR_CREATE], &st.starts, &st.silent);
	count_runs(f->phase[FLOOR_EXEC], &st.execs, &st.silent_execs);
	for (size_t p = 0; p < FLOOR_PHASES; p++) {
		const struct evidence_call *const *calls = NULL;
		size_t n = f->phase[p] ? evidence_calls(f->phase[p], &calls) : 0;

		for (size_t i = 0; i < n; i++)
			st.calls += floor_is_call(calls[i]) && (p == 0 || !floor_find(f, FLOOR_CREATE, calls[i]));
	}
	*ret = st;
}

static uint64_t complete_runs(const struct evidence *ev)
{
	size_t complete = 0, silent = 0;

	count_runs(ev, &complete, &silent);
	return complete;
}

enum floor_use floor_use(const struct floor *f, enum floor_phase phase, const struct evidence_call *c)
{
	static const enum ablation_outcome untried[ABLATION_ERRNOS];
	const struct ablation_call *a = ablation_find(&f->ablation, phase, c->arch, c->nr);

	return floor_use_of(c->runs, complete_runs(f->phase[phase]), f->ablation.count && !(f->catalogued && !a),
			    ablation_is_either(&f->ablation, phase, c->arch, c->nr), a ? a->without : untried);
}

reason_set floor_reasons(const struct floor *f)
{
	for (size_t p = 0; p < FLOOR_PHASES; p++) {
		const struct evidence_run *const *runs = NULL;

		for (size_t n = f->phase[p] ? evidence_runs(f->phase[p], &runs) : 0; n > 0; n--)
			if (runs[n - 1]->reasons)
				return runs[n - 1]->reasons;
	}
	return 0;
}

struct floor_id floor_id_here(const char *state_dir, const char *runtime_id, const char *shape)
{
	return (struct floor_id){state_dir, runtime_id, shape, !namespaces_is_root()};
}

void floor_key(const struct floor_id *id, enum floor_phase phase, struct buf *ret)
{
	char name[17];

	state_shape_name(id->shape, name);
	buf_addf(ret, "%s/%s%s%s", id->runtime_id, id->rootless ? "rootless-" : "", name, phase == FLOOR_EXEC ? "/exec" : "");
}

const char *floor_version(const struct floor *f)
{
	for (size_t p = 0; p < FLOOR_PHASES; p++) {
		const struct evidence_run *const *runs = NULL;

		for (size_t n = f->phase[p] ? evidence_runs(f->phase[p], &runs) : 0; n > 0; n--)
			if (*runs[n - 1]->runtime_version)
				return runs[n - 1]->runtime_version;
	}
	return "";
}

void floor_add_version(const char *version, struct buf *out)
{
	static const char word[] = " version ";
	size_t len = strcspn(version, ";\n");
	const char *p = strstr(version, word);

	if (p && p < version + len)
		buf_addf(out, "%.*s %.*s", (int)(p - version), version, (int)(version + len - p - strlen(word)),
			 p + strlen(word));
	else
		buf_addf(out, "%.*s", (int)len, version);
}

void floor_describe(const struct floor *f, const char *runtime_id, bool go, struct buf *out)
{
	const char *version = floor_version(f);
	struct floor_stat st;

	floor_evaluate(f, &st);
	buf_adds(out, f->rootless ? "rootless floor of " : "floor of ");
	if (*version) {
		floor_add_version(version, out);
		buf_addf(out, " (%s)", runtime_id);
	} else {
		buf_adds(out, runtime_id);
	}
	if (f->catalogued) {
		buf_addf(out, ": %zu calls, from the catalogue%s", st.calls, namespaces_is_root() ? "" : ", whose floors are of starts as root");
	} else if (st.starts) {
		buf_addf(out, ": %zu calls from %zu starts", st.calls, st.starts);
		if (st.execs)
			buf_addf(out, " and %zu execs", st.execs);
		buf_addf(out,
			 "; at most a %.0f%% chance that the next start needs another (95%% confidence, %zu starts "
			 "without a new one)",
			 100 * set_bound(st.silent), st.silent);
		if (!st.execs)
			buf_adds(out, "; no exec was sampled");
	} else {
		buf_adds(out, ": not sampled");
	}
	if (go)
		buf_adds(out, ", plus the static set for Go's scheduler");
}

static int load_phase(const char *state_dir, const char *key, struct evidence **ret, struct err *err)
{
	struct err inner = {0};
	int r = state_load_evidence(state_dir, STATE_FLOOR, key, ret, &inner);

	return r < 0 && r != -ENOENT ? err_set(err, r, "%s", inner.msg) : 0;
}

static int load_ablation(const char *state_dir, const char *key, struct ablation *ret, struct err *err)
{
	cleanup_buf struct buf text = {0}, path = {0};
	struct err inner = {0};
	int r = state_read_file(state_dir, STATE_FLOOR, key, ABLATION_FILE, ABLATION_SIZE_MAX, &text, &path, &inner);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_set(err, r, "%s", inner.msg);
	return ablation_parse(text.data ? text.data : "", text.len, path.data, ret, err);
}

int floor_save_ablation(const struct floor_id *id, const struct ablation *a, struct err *err)
{
	cleanup_buf struct buf text = {0}, key = {0};
	int r = ablation_write(a, &text, err);

	if (r < 0)
		return r;
	floor_key(id, FLOOR_CREATE, &key);
	if (buf_failed(&key))
		return err_set(err, ENOMEM, "out of memory");
	cleanup_fd int dir = state_open_key(id->state_dir, STATE_FLOOR, key.data, true, err);

	if (dir < 0)
		return dir;
	return file_save_at(dir, ABLATION_FILE, text.data, text.len, 0600, err);
}

int floor_load(const struct floor_id *id, struct floor *ret, struct err *err)
{
	cleanup_floor struct floor f = {.rootless = id->rootless};

	for (enum floor_phase p = 0; p < FLOOR_PHASES; p++) {
		cleanup_buf struct buf key = {0};
		int r;

		floor_key(id, p, &key);
		r = buf_failed(&key) ? err_set(err, ENOMEM, "out of memory")
				     : load_phase(id->state_dir, key.data, &f.phase[p], err);
		if (!r && p == FLOOR_CREATE && f.phase[p])
			r = load_ablation(id->state_dir, key.data, &f.ablation, err);
		if (r < 0)
			return r;
	}
	*ret = f;
	f = (struct floor){0};
	return 0;
}
