#include "shim/cli/floor/floor_file_private.h"

#include "base/json/json.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX 100000 /* runtimes, floors or calls of a file: more than anyone has */

static int oom(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

struct reader {
	const struct json_doc *doc;
	struct floor_file *file;
	struct err *err;
};

static int want_text(struct reader *rd, const struct json *parent, const char *what, char **ret)
{
	const char *s = NULL;
	int r = json_want_string(rd->doc, parent, what, &s, rd->err);

	return r < 0 ? r : floor_file_copy(s, ret, rd->err);
}

static int want_array(struct reader *rd, const struct json *parent, const char *what, const struct json **ret)
{
	int r = json_want_array(rd->doc, parent, what, ret, rd->err);

	return r == 0 && json_count(*ret) > LIST_MAX
		       ? json_err(rd->doc, *ret, rd->err, "expected at most %d entries", LIST_MAX)
		       : r;
}

static int want_object(struct reader *rd, const struct json *v)
{
	return json_type(v) == JSON_OBJECT ? 0 : json_err(rd->doc, v, rd->err, "expected an object");
}

/* Reads use and outcomes, if present: files of version 1 have none. */
static int read_use(struct reader *rd, const struct json *v, struct floor_call *ret)
{
	const char *name = NULL;
	int r = json_get(v, "use") ? json_want_string(rd->doc, v, "use", &name, rd->err) : 0;

	if (!r && name && floor_use_by_name(name, &ret->use) < 0)
		r = json_err(rd->doc, json_get(v, "use"), rd->err,
			     "expected \"needs\", \"tries\", \"may-use\", \"either\" or \"unknown\"");
	for (enum ablation_errno e = 0; !r && e < ABLATION_ERRNOS; e++) {
		const char *outcome = NULL;

		if (!json_get(v, ablation_errno_name(e)))
			continue;
		r = json_want_string(rd->doc, v, ablation_errno_name(e), &outcome, rd->err);
		if (!r && ablation_outcome_by_name(outcome, &ret->without[e]) < 0)
			r = json_err(rd->doc, json_get(v, ablation_errno_name(e)), rd->err,
				     "expected \"starts\", \"fails\" or \"untried\"");
	}
	return r;
}

static int read_call(struct reader *rd, const struct json *v, struct floor_call *ret)
{
	const char *name = NULL;
	uint64_t nr = 0;
	int r = want_object(rd, v);

	if (!r)
		r = json_want_string(rd->doc, v, "name", &name, rd->err);
	if (!r)
		r = json_want_u64(rd->doc, v, "nr", &nr, rd->err);
	if (!r)
		r = json_want_u64(rd->doc, v, "seen", &ret->seen, rd->err);
	if (r < 0)
		return r;
	if (strlen(name) >= sizeof(ret->name) || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name))
		return json_err(rd->doc, json_get(v, "name"), rd->err, "expected the name of a system call");
	if (nr > INT32_MAX)
		return json_err(rd->doc, json_get(v, "nr"), rd->err, "no call has this number");
	memcpy(ret->name, name, strlen(name) + 1);
	ret->nr = (uint32_t)nr;
	return read_use(rd, v, ret);
}

static int read_phase(struct reader *rd, const struct json *v, enum floor_phase *ret)
{
	const char *phase = NULL;
	int r = json_want_string(rd->doc, v, "phase", &phase, rd->err);

	if (!r && floor_phase_by_name(phase, ret) < 0)
		r = json_err(rd->doc, json_get(v, "phase"), rd->err, "expected \"create\" or \"exec\"");
	return r;
}

static int read_either(struct reader *rd, const struct json *v, struct floor_part *part)
{
	struct floor_either either = {0};
	const struct json *calls = NULL;
	const char *by = NULL;
	int r = want_object(rd, v);

	if (!r)
		r = json_want_string(rd->doc, v, "errno", &by, rd->err);
	while (!r && either.by < ABLATION_ERRNOS && !text_streq(by, ablation_errno_name(either.by)))
		either.by++;
	if (!r && either.by == ABLATION_ERRNOS)
		r = json_err(rd->doc, json_get(v, "errno"), rd->err, "expected \"enosys\" or \"eperm\"");
	if (!r)
		r = want_array(rd, v, "calls", &calls);
	if (!r && json_count(calls) > ABLATION_EITHER_MAX)
		r = json_err(rd->doc, calls, rd->err, "expected at most %d calls", ABLATION_EITHER_MAX);
	for (const struct json *e = json_first(calls); !r && e; e = json_next(e)) {
		size_t i = 0;

		while (i < part->call_count && !text_streq(part->calls[i].name, json_text(e)))
			i++;
		if (i == part->call_count)
			r = json_err(rd->doc, e, rd->err, "expected one of the calls above");
		else
			either.nr[either.count++] = part->calls[i].nr;
	}
	return r < 0 ? r : floor_file_add_either(part, &either, rd->err);
}

static int read_part(struct reader *rd, const struct json *v, struct floor_part *part)
{
	const struct json *calls = NULL;
	int r = want_object(rd, v);

	if (!r)
		r = read_phase(rd, v, &part->phase);
	if (!r && json_get(v, "rootless"))
		r = json_want_bool(rd->doc, v, "rootless", &part->rootless, rd->err);
	if (!r)
		r = json_want_bool(rd->doc, v, "no_new_privileges", &part->no_new_privileges, rd->err);
	if (!r)
		r = want_text(rd, v, "shape", &part->shape);
	if (!r)
		r = want_text(rd, v, "started_as", &part->started_as);
	if (!r)
		r = json_want_u64(rd->doc, v, "starts", &part->starts, rd->err);
	if (!r)
		r = json_want_u64(rd->doc, v, "silent", &part->silent, rd->err);
	if (!r)
		r = want_array(rd, v, "calls", &calls);
	if (!r && part->starts && !json_count(calls))
		r = json_err(rd->doc, calls, rd->err, "a floor without system calls: every runtime makes some");
	if (r < 0)
		return r;
	part->calls = calloc(json_count(calls) + 1, sizeof(*part->calls));
	if (!part->calls)
		return oom(rd->err);
	for (const struct json *e = json_first(calls); e && !r; e = json_next(e))
		r = read_call(rd, e, &part->calls[part->call_count++]);
	floor_file_sort_calls(part);
	for (const struct json *e = json_first(json_get(v, "either")); e && !r; e = json_next(e))
		r = read_either(rd, e, part);
	return r;
}

static int read_runtime(struct reader *rd, const struct json *v)
{
	struct floor_runtime *rt = floor_file_append_runtime(rd->file);
	const struct json *floors = NULL;
	int r = !rt ? oom(rd->err) : want_object(rd, v);

	if (!r)
		r = want_text(rd, v, "path", &rt->path);
	if (!r)
		r = want_text(rd, v, "id", &rt->id);
	if (!r)
		r = want_text(rd, v, "version", &rt->version);
	if (!r)
		r = json_want_bool(rd->doc, v, "go", &rt->go, rd->err);
	if (!r)
		r = want_array(rd, v, "floors", &floors);
	for (const struct json *e = json_first(floors); e && !r; e = json_next(e)) {
		struct floor_part *part = floor_file_append_part(rt);

		r = part ? read_part(rd, e, part) : oom(rd->err);
	}
	return r;
}

static int read_node(struct reader *rd, const struct json *root)
{
	const struct json *lacks = NULL, *machine = json_get(root, "machine");
	const char *name = NULL;
	int r = want_text(rd, root, "kernel", &rd->file->kernel);

	if (!r)
		r = want_text(rd, root, "libseccomp", &rd->file->libseccomp);
	if (!r)
		r = json_want_string(rd->doc, root, "machine", &name, rd->err);
	if (!r && !(rd->file->arch = arch_by_name(name)))
		r = json_err(rd->doc, machine, rd->err, "snug does not know this machine's architecture");
	if (!r)
		r = want_array(rd, root, "libseccomp_lacks", &lacks);
	for (const struct json *e = json_first(lacks); e && !r; e = json_next(e))
		r = json_type(e) == JSON_STRING ? floor_file_add_lack(rd->file, json_text(e), rd->err)
						: json_err(rd->doc, e, rd->err, "expected a string");
	return r;
}

static int read_root(struct reader *rd, const struct json *root)
{
	const struct json *runtimes = NULL;
	uint64_t version = 0;
	int r = want_object(rd, root);

	if (!r)
		r = json_want_u64(rd->doc, root, "version", &version, rd->err);
	if (!r && (version < FLOOR_FILE_OLDEST || version > FLOOR_FILE_ROOTLESS)) {
		json_err(rd->doc, json_get(root, "version"), rd->err,
			 "this snug reads versions %d to %d of these files; use a snug at least as new as the node's",
			 FLOOR_FILE_OLDEST, FLOOR_FILE_ROOTLESS);
		return -EPROTONOSUPPORT;
	}
	if (!r)
		r = read_node(rd, root);
	if (!r)
		r = want_array(rd, root, "runtimes", &runtimes);
	for (const struct json *e = json_first(runtimes); e && !r; e = json_next(e))
		r = read_runtime(rd, e);
	if (!r && json_get(root, "obtained")) {
		r = want_text(rd, json_get(root, "obtained"), "date", &rd->file->date);
		if (!r)
			r = want_text(rd, json_get(root, "obtained"), "package", &rd->file->package);
	}
	return r;
}

int floor_file_parse(const char *text, size_t len, const char *name, struct floor_file *ret, struct err *err)
{
	cleanup_floor_file struct floor_file f = {0};
	cleanup_json struct json_doc *doc = NULL;
	struct reader rd = {.file = &f, .err = err};
	int r;

	if (len > FLOOR_FILE_SIZE_MAX)
		return err_set(err, EFBIG, "%s: more than %u bytes", name, FLOOR_FILE_SIZE_MAX);
	r = json_parse(text, len, JSON_OURS, name, &doc, err);
	rd.doc = doc;
	if (!r)
		r = floor_file_copy(name, &f.name, err);
	if (!r)
		r = read_root(&rd, json_root(doc));
	if (r < 0)
		return r;
	*ret = f;
	f = (struct floor_file){0};
	return 0;
}
