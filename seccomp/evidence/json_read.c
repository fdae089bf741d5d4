#include "seccomp/evidence/evidence_private.h"

#include "base/json/members.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const struct json_doc *doc;
	struct evidence *ev;
	struct err *err;
	bool execs; /* the file's version knows calls of execs */
};

static int oom(struct reader *rd)
{
	return err_set(rd->err, ENOMEM, "out of memory");
}

/* snug writes these files itself: something unknown comes from another version. */
static int check_object(struct reader *rd, const struct json *v, const char *const members[], size_t n)
{
	return json_want_members(rd->doc, v, members, n, "unknown member", rd->err);
}

/* snug makes text safe before writing it: anything else is foreign, and could reach a terminal. */
static int check_safe(struct reader *rd, const struct json *v, size_t cut)
{
	if (json_type(v) != JSON_STRING)
		return json_err(rd->doc, v, rd->err, "expected a string");
	if (json_text_len(v) > cut * EVIDENCE_SAFE_MAX)
		return json_err(rd->doc, v, rd->err, "longer than %zu bytes", cut * EVIDENCE_SAFE_MAX);
	for (size_t i = 0; i < json_text_len(v); i++)
		if (json_text(v)[i] < 0x20 || json_text(v)[i] > 0x7e)
			return json_err(rd->doc, v, rd->err, "contains more than printable ASCII");
	return 0;
}

static int want_safe(struct reader *rd, const struct json *parent, const char *what, size_t cut, const char **ret)
{
	const char *s;
	int r = json_want_string(rd->doc, parent, what, &s, rd->err);

	if (r == 0)
		r = check_safe(rd, json_get(parent, what), cut);
	if (r == 0)
		*ret = s;
	return r;
}

static int want_time(struct reader *rd, const struct json *parent, const char *what, uint64_t *ret)
{
	const char *s;
	int r = json_want_string(rd->doc, parent, what, &s, rd->err);

	if (r == 0 && text_parse_time(s, ret) < 0)
		r = json_err(rd->doc, json_get(parent, what), rd->err,
			     "expected a UTC time like 2026-01-31T12:00:00.123Z");
	return r;
}

static int read_reasons(struct reader *rd, const struct json *v, struct evidence_run *run)
{
	const struct json *list = NULL;
	enum reason reason;
	int r = json_want_array(rd->doc, v, "reasons", &list, rd->err);

	if (r < 0)
		return r;
	for (const struct json *e = json_first(list); e; e = json_next(e)) {
		r = check_safe(rd, e, EVIDENCE_COMM_CUT);
		if (r < 0)
			return r;
		if (reason_by_code(json_text(e), &reason) < 0)
			return json_err(rd->doc, e, rd->err, "unknown reason \"%s\"", json_text(e));
		if (run->reasons & (reason_set)1 << reason)
			return json_err(rd->doc, e, rd->err, "appears twice");
		run->reasons |= (reason_set)1 << reason;
	}
	return 0;
}

/* Rejects a run that is called complete although something else in the file contradicts it. */
static int check_verdict(struct reader *rd, const struct json *v, const struct evidence_run *run)
{
	const struct json *reasons = json_get(v, "reasons");
	bool complete = false;
	int r = json_want_bool(rd->doc, v, "complete", &complete, rd->err);

	if (r < 0)
		return r;
	if (complete != (run->reasons == 0))
		return json_err(rd->doc, json_get(v, "complete"), rd->err, "contradicts \"reasons\"");
	if (!(run->reasons & REASON_BIT(RUNNING)) != (run->ended_ms != 0))
		return json_err(rd->doc, reasons, rd->err, "\"%s\" contradicts \"ended\"", reason_code(REASON_RUNNING));
	if (evidence_run_reasons(run) != run->reasons)
		return json_err(rd->doc, reasons, rd->err, "\"%s\" is missing for mode \"%s\"",
				reason_code(REASON_NOT_LEARNING), evidence_mode_name(run->mode));
	return 0;
}

/* Older files lack it: their verdicts did not name ABIs. */
static int read_complete_for(struct reader *rd, const struct json *v, struct evidence_run *run)
{
	const struct json *list = json_get(v, "complete_for");
	int r = list ? json_want_array(rd->doc, v, "complete_for", &list, rd->err) : 0;

	if (r == 0 && list && run->reasons)
		r = json_err(rd->doc, list, rd->err, "contradicts \"reasons\"");
	for (const struct json *e = r == 0 ? json_first(list) : NULL; e && r == 0; e = json_next(e)) {
		const struct arch *arch = json_type(e) == JSON_STRING ? arch_by_name(json_text(e)) : NULL;

		if (!arch)
			return json_err(rd->doc, e, rd->err, "expected an architecture");
		run->arches |= 1u << arch->id;
	}
	return r;
}

static int read_ended(struct reader *rd, const struct json *v, struct evidence_run *run)
{
	const struct json *ended = json_get(v, "ended");
	int r;

	if (ended && json_type(ended) == JSON_NULL)
		return 0;
	r = want_time(rd, v, "ended", &run->ended_ms);
	if (r == 0 && run->ended_ms == 0)
		r = json_err(rd->doc, ended, rd->err, "expected a time after 1970");
	return r;
}

static int read_run_strings(struct reader *rd, const struct json *v, struct evidence_run *run)
{
	const char *s = NULL;
	int r;

	for (size_t i = 0; i < EVIDENCE_RUN_STRINGS; i++) {
		bool absent = evidence_run_strings[i].optional && !json_get(v, evidence_run_strings[i].name);

		s = "";
		r = absent ? 0 : want_safe(rd, v, evidence_run_strings[i].name, EVIDENCE_RUN_CUT, &s);
		if (r < 0)
			return r;
		*evidence_run_string(run, i) = strdup(s);
		if (!*evidence_run_string(run, i))
			return oom(rd);
	}
	r = json_want_string(rd->doc, v, "id", &s, rd->err);
	if (r == 0 && strcmp(s, run->container) != 0)
		r = json_err(rd->doc, json_get(v, "id"), rd->err, "contradicts \"container\"");
	if (r == 0)
		r = json_want_string(rd->doc, v, "mode", &s, rd->err);
	if (r == 0 && evidence_mode_by_name(s, &run->mode) < 0)
		r = json_err(rd->doc, json_get(v, "mode"), rd->err, "unknown mode");
	return r;
}

/* Older files lack it: there was only one way then. */
static int read_attribution(struct reader *rd, const struct json *v, struct evidence_run *run)
{
	const char *s = "";
	int r;

	if (!json_get(v, "attribution"))
		return 0;
	r = json_want_string(rd->doc, v, "attribution", &s, rd->err);
	if (r == 0 && evidence_attribution_by_name(s, &run->attribution) < 0)
		r = json_err(rd->doc, json_get(v, "attribution"), rd->err, "unknown attribution");
	return r;
}

static int read_end_proof(struct reader *rd, const struct json *v, struct evidence_run *run)
{
	const char *s = "";
	int r;

	if (!json_get(v, "end_proof"))
		return 0;
	r = json_want_string(rd->doc, v, "end_proof", &s, rd->err);
	if (r == 0 && evidence_end_by_name(s, &run->end) < 0)
		r = json_err(rd->doc, json_get(v, "end_proof"), rd->err, "unknown proof of an end");
	return r;
}

static int read_run(struct reader *rd, const struct json *v)
{
	static const char *const members[] = {
		"id",   "root",     "container", "runtime", "runtime_id", "runtime_version", "go",     "kernel",
		"mode", "baseline", "started",   "ended",   "records",    "complete",        "reasons", "attribution",
		"note", "new",      "opened",    "opened_more", "quiet",      "end_proof",       "blind",   "complete_for"};
	cleanup_with(evidence_run_cleanup) struct evidence_run *run = calloc(1, sizeof(*run));
	int r;

	if (!run)
		return oom(rd);
	r = check_object(rd, v, members, ARRAY_SIZE(members));
	if (r == 0)
		r = read_run_strings(rd, v, run);
	if (r == 0)
		r = json_want_bool(rd->doc, v, "go", &run->go, rd->err);
	if (r == 0)
		r = read_attribution(rd, v, run);
	if (r == 0)
		r = read_end_proof(rd, v, run);
	if (r == 0)
		r = want_time(rd, v, "started", &run->started_ms);
	if (r == 0)
		r = read_ended(rd, v, run);
	if (r == 0)
		r = json_want_u64(rd->doc, v, "records", &run->records, rd->err);
	if (r == 0)
		r = read_reasons(rd, v, run);
	if (r == 0)
		r = check_verdict(rd, v, run);
	if (r == 0)
		r = read_complete_for(rd, v, run);
	if (r == 0)
		r = evidence_unlogged_read_run(rd->doc, v, run, rd->err);
	if (r < 0)
		return r;
	if (evidence_append_run(rd->ev, run) < 0)
		return oom(rd);
	steal_ptr(&run);
	return 0;
}

static int read_who(struct reader *rd, const struct json *v, const char *what, size_t cut,
		    uint8_t list[EVIDENCE_WHO_MAX])
{
	const struct json *array = NULL;
	int r = json_want_array(rd->doc, v, what, &array, rd->err);

	if (r < 0)
		return r;
	if (json_count(array) > EVIDENCE_WHO_MAX)
		return json_err(rd->doc, array, rd->err, "more than %d", EVIDENCE_WHO_MAX);
	for (const struct json *e = json_first(array); e; e = json_next(e)) {
		r = check_safe(rd, e, cut);
		if (r < 0)
			return r;
		r = evidence_add_name(rd->ev, list, json_text(e));
		if (r == -EEXIST)
			return json_err(rd->doc, e, rd->err, "appears twice");
		if (r == -ENOSPC)
			return json_err(rd->doc, e, rd->err, "more than %d comms and exes", EVIDENCE_NAMES_MAX);
		if (r < 0)
			return oom(rd);
	}
	return 0;
}

/* Reads which call an element is about. The number decides; of the name only the form is checked, since another libseccomp may
 * know more names. */
static int read_call_id(struct reader *rd, const struct json *v, struct evidence_call *ret)
{
	const char *arch = NULL, *phase = NULL, *name;
	uint64_t nr = 0;
	int r = json_want_string(rd->doc, v, "arch", &arch, rd->err);

	if (r == 0 && !(ret->arch = arch_by_name(arch)))
		r = json_err(rd->doc, json_get(v, "arch"), rd->err, "unknown architecture");
	if (r == 0)
		r = json_want_u64(rd->doc, v, "nr", &nr, rd->err);
	if (r == 0 && (nr > UINT32_MAX || arch_of_record(ret->arch->audit, (uint32_t)nr) != ret->arch))
		r = json_err(rd->doc, json_get(v, "nr"), rd->err, "no number of this architecture");
	if (r == 0)
		r = want_safe(rd, v, "name", SYSCALL_NAME_MAX, &name);
	if (r == 0)
		r = json_want_string(rd->doc, v, "phase", &phase, rd->err);
	if (r == 0 && (evidence_phase_by_name(phase, &ret->phase) < 0 || (evidence_is_exec(ret->phase) && !rd->execs)))
		r = json_err(rd->doc, json_get(v, "phase"), rd->err, "unknown phase");
	ret->nr = (uint32_t)nr;
	return r;
}

static int make_entry(struct reader *rd, const struct json *v, struct evidence_call **ret)
{
	struct evidence_call id = {0};
	int r = read_call_id(rd, v, &id);

	if (r < 0)
		return r;
	if (evidence_find(rd->ev, id.arch, id.nr, id.phase))
		return json_err(rd->doc, v, rd->err, "this call and phase appears twice");
	r = evidence_make(rd->ev, id.arch, id.nr, id.phase, ret);
	if (r == -ENOSPC)
		return json_err(rd->doc, v, rd->err, "more than %d calls", EVIDENCE_CALLS_MAX);
	return r < 0 ? oom(rd) : 0;
}

static int read_counters(struct reader *rd, const struct json *v, struct evidence_call *c)
{
	const struct {
		const char *name;
		uint64_t *ret;
	} counters[] = {{"count", &c->count}, {"runs", &c->runs}, {"denied", &c->denied}, {"audited", &c->audited}};
	uint64_t learnt = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(counters); i++)
		r = json_want_u64(rd->doc, v, counters[i].name, counters[i].ret, rd->err);
	if (r == 0)
		r = want_time(rd, v, "first", &c->first_ms);
	if (r == 0)
		r = want_time(rd, v, "last", &c->last_ms);
	if (r == 0 && c->last_ms < c->first_ms)
		r = json_err(rd->doc, json_get(v, "last"), rd->err, "before \"first\"");
	if (r == 0 && json_get(v, "more"))
		r = json_want_bool(rd->doc, v, "more", &c->more, rd->err);
	if (r == 0 && json_get(v, "learnt"))
		r = json_want_u64(rd->doc, v, "learnt", &learnt, rd->err);
	if (r == 0 && learnt > EVIDENCE_CALLS_MAX)
		r = json_err(rd->doc, json_get(v, "learnt"), rd->err, "more than %d", EVIDENCE_CALLS_MAX);
	c->learnt = (uint16_t)learnt;
	return r;
}

static int read_call(struct reader *rd, const struct json *v)
{
	static const char *const members[] = {"arch", "nr",   "name", "phase", "count",  "runs",   "first",
					      "last", "comm", "exe",  "more",  "denied", "audited", "learnt"};
	struct evidence_call *e = NULL;
	int r = check_object(rd, v, members, ARRAY_SIZE(members));

	if (r == 0)
		r = make_entry(rd, v, &e);
	if (r == 0)
		r = read_counters(rd, v, e);
	if (r == 0)
		r = read_who(rd, v, "comm", EVIDENCE_COMM_CUT, e->comm);
	if (r == 0)
		r = read_who(rd, v, "exe", EVIDENCE_EXE_CUT, e->exe);
	return r;
}

static int read_each(struct reader *rd, const struct json *root, const char *what,
		     int (*read)(struct reader *, const struct json *))
{
	const struct json *list = NULL;
	int r = json_want_array(rd->doc, root, what, &list, rd->err);

	for (const struct json *e = json_first(list); r == 0 && e; e = json_next(e))
		r = read(rd, e);
	return r;
}

static int check_version(struct reader *rd, const struct json *root)
{
	uint64_t version = 0;
	int r;

	if (json_type(root) != JSON_OBJECT)
		return json_err(rd->doc, root, rd->err, "expected an object");
	r = json_want_u64(rd->doc, root, "version", &version, rd->err);
	rd->execs = version > EVIDENCE_VERSION_FIRST;
	if (r < 0 || (version >= EVIDENCE_VERSION_FIRST && version <= EVIDENCE_VERSION))
		return r;
	json_err(rd->doc, json_get(root, "version"), rd->err,
		 "version %llu of the file format; this snug reads version %d", (unsigned long long)version,
		 EVIDENCE_VERSION);
	if (version < EVIDENCE_VERSION_FIRST)
		return -EINVAL;
	if (rd->err)
		rd->err->code = -EPROTONOSUPPORT;
	return -EPROTONOSUPPORT;
}

static int read_shape(struct reader *rd, const struct json *root, const char *text)
{
	const struct json *v = json_get(root, "shape");

	if (!v)
		return 0;
	if (json_type(v) != JSON_OBJECT)
		return json_err(rd->doc, v, rd->err, "expected an object");
	rd->ev->shape = strndup(text + json_start(v), json_end(v) - json_start(v));
	return rd->ev->shape ? 0 : oom(rd);
}

static int read_root(struct reader *rd, const char *text, struct evidence **ret)
{
	static const char *const members[] = {"version", "key",   "shape",     "runs_dropped", "runs",
					      "syscalls", "since", "arguments", "assumed",      "settled", "verdict", "blind", "passed", "taken"};
	cleanup_evidence struct evidence *ev = NULL;
	const struct json *root = json_root(rd->doc);
	const char *key = NULL;
	int r = check_version(rd, root);

	if (r == 0)
		r = check_object(rd, root, members, ARRAY_SIZE(members));
	if (r == 0)
		r = want_safe(rd, root, "key", EVIDENCE_RUN_CUT, &key);
	if (r == 0)
		r = evidence_new(key, &ev, rd->err);
	rd->ev = ev;
	if (r == 0)
		r = read_shape(rd, root, text);
	if (r == 0)
		r = json_want_u64(rd->doc, root, "runs_dropped", &ev->runs_dropped, rd->err);
	if (r == 0)
		r = read_each(rd, root, "runs", read_run);
	if (r == 0)
		r = read_each(rd, root, "syscalls", read_call);
	if (r == 0)
		r = evidence_unlogged_read_root(rd->doc, root, ev, rd->err);
	if (r == 0)
		*ret = steal_ptr(&ev);
	return r;
}

int evidence_parse(const char *text, size_t len, const char *name, struct evidence **ret, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	struct reader rd = {.err = err};
	int r;

	if (len > EVIDENCE_SIZE_MAX)
		return err_set(err, EFBIG, "%s: more than %u bytes", name, EVIDENCE_SIZE_MAX);
	r = json_parse(text, len, JSON_OURS, name, &doc, err);
	if (r < 0)
		return r;
	rd.doc = doc;
	return read_root(&rd, text, ret);
}
