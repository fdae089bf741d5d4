#include "shim/cli/floor.h"

#include "base/text.h"
#include "seccomp/sets.h"
#include "shim/common/state.h"

#include <errno.h>
#include <string.h>

void floor_judge(const struct evidence *ev, struct floor_stat *ret)
{
	const struct evidence_call *const *calls = NULL;
	const struct evidence_run *const *runs = NULL;
	struct floor_stat st = {0};
	uint64_t newest_ms = 0;
	size_t n = ev ? evidence_calls(ev, &calls) : 0;

	for (size_t i = 0; i < n; i++) {
		if (calls[i]->phase == EVIDENCE_WORKLOAD || !calls[i]->count)
			continue;
		st.calls++;
		if (calls[i]->first_ms > newest_ms)
			newest_ms = calls[i]->first_ms;
	}
	n = ev ? evidence_runs(ev, &runs) : 0;
	for (size_t i = 0; i < n; i++) {
		if (runs[i]->reasons)
			continue;
		st.starts++;
		st.silent += runs[i]->started_ms > newest_ms;
	}
	*ret = st;
}

reason_set floor_reasons(const struct evidence *ev)
{
	const struct evidence_run *const *runs = NULL;

	for (size_t n = evidence_runs(ev, &runs); n > 0; n--)
		if (runs[n - 1]->reasons)
			return runs[n - 1]->reasons;
	return 0;
}

void floor_key(const char *runtime_id, const char *shape, struct buf *ret)
{
	char name[17];

	state_shape_name(shape, name);
	buf_addf(ret, "%s/%s", runtime_id, name);
}

/* What the runtime says of itself in the newest run that knows it, "" if none does. */
static const char *version_of(const struct evidence *ev)
{
	const struct evidence_run *const *runs = NULL;

	for (size_t n = ev ? evidence_runs(ev, &runs) : 0; n > 0; n--)
		if (*runs[n - 1]->runtime_version)
			return runs[n - 1]->runtime_version;
	return "";
}

/* "runc version 1.1.5;commit: ..." as people say it: "runc 1.1.5". */
static void add_version(const char *version, struct buf *out)
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

void floor_describe(const struct evidence *ev, const char *runtime_id, bool go, struct buf *out)
{
	struct floor_stat st;

	floor_judge(ev, &st);
	buf_adds(out, "floor of ");
	if (*version_of(ev)) {
		add_version(version_of(ev), out);
		buf_addf(out, " (%s)", runtime_id);
	} else {
		buf_adds(out, runtime_id);
	}
	if (!st.starts)
		buf_adds(out, ": not sampled");
	else
		buf_addf(out,
			 ": %zu calls from %zu starts; chance that a further start needs another one: at most %.0f%% "
			 "(95%% "
			 "confidence, %zu starts without a new one)",
			 st.calls, st.starts, 100 * set_bound(st.silent), st.silent);
	if (go)
		buf_adds(out, ", plus the Go scheduler's static set");
}

int floor_load(const char *state_dir, const char *runtime_id, const char *shape, struct evidence **ret, struct err *err)
{
	cleanup_buf struct buf key = {0};
	struct err inner = {0};

	floor_key(runtime_id, shape, &key);
	if (buf_failed(&key))
		return err_set(err, ENOMEM, "out of memory");
	struct evidence *ev = NULL;
	int r = state_load_evidence(state_dir, STATE_FLOOR, key.data, &ev, &inner);

	if (r < 0 && r != -ENOENT)
		return err_set(err, r, "%s", inner.msg);
	*ret = ev;
	return 0;
}
