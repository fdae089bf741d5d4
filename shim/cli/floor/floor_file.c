#include "shim/cli/floor/floor_file.h"

#include "base/text.h"
#include "shim/common/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define LIST_MAX 100000 /* runtimes, floors, calls of a file: nobody has as many */

static void part_done(struct floor_part *p)
{
	free(p->shape);
	free(p->started_as);
	free(p->calls);
}

static void runtime_done(struct floor_runtime *rt)
{
	for (size_t i = 0; i < rt->part_count; i++)
		part_done(&rt->parts[i]);
	free(rt->parts);
	free(rt->path);
	free(rt->id);
	free(rt->version);
}

void floor_file_done(struct floor_file *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->runtime_count; i++)
		runtime_done(&f->runtimes[i]);
	for (size_t i = 0; i < f->lack_count; i++)
		free(f->lacks[i]);
	free(f->runtimes);
	free(f->lacks);
	free(f->name);
	free(f->kernel);
	free(f->libseccomp);
	*f = (struct floor_file){0};
}

static int oom(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

static int copy(const char *s, char **ret, struct err *err)
{
	cleanup_buf struct buf b = {0};

	text_add_safe(&b, s, strlen(s));
	*ret = buf_steal(&b);
	return *ret ? 0 : oom(err);
}

static int add_lack(struct floor_file *f, const char *name, struct err *err)
{
	char **lacks = reallocarray(f->lacks, f->lack_count + 1, sizeof(char *));

	if (!lacks)
		return oom(err);
	f->lacks = lacks;
	f->lacks[f->lack_count] = NULL;
	return copy(name, &f->lacks[f->lack_count++], err);
}

int floor_file_here(struct floor_file *ret, struct err *err)
{
	cleanup_floor_file struct floor_file f = {0};
	char version[SYSCALL_LIBSECCOMP_MAX];
	const struct arch *host[4];
	struct utsname name = {0};
	int r;

	uname(&name);
	syscall_libseccomp(version);
	f.arch = arch_host(host) ? host[0] : arch_get(ARCH_X86_64);
	r = copy(name.release, &f.kernel, err);
	if (!r)
		r = copy(version, &f.libseccomp, err);
	for (size_t i = 0; !r && syscall_newer(i); i++)
		if (!syscall_known_to_libseccomp(syscall_newer(i)))
			r = add_lack(&f, syscall_newer(i), err);
	if (r < 0)
		return r;
	*ret = f;
	f = (struct floor_file){0};
	return 0;
}

/* An empty runtime behind the others. */
static struct floor_runtime *append_runtime(struct floor_file *f)
{
	struct floor_runtime *all = reallocarray(f->runtimes, f->runtime_count + 1, sizeof(*all));

	if (!all)
		return NULL;
	f->runtimes = all;
	all[f->runtime_count] = (struct floor_runtime){0};
	return &all[f->runtime_count++];
}

static struct floor_part *append_part(struct floor_runtime *rt)
{
	struct floor_part *all = reallocarray(rt->parts, rt->part_count + 1, sizeof(*all));

	if (!all)
		return NULL;
	rt->parts = all;
	all[rt->part_count] = (struct floor_part){0};
	return &all[rt->part_count++];
}

int floor_file_add_runtime(struct floor_file *f, const struct oci_runtime *rt, struct floor_runtime **ret,
			   struct err *err)
{
	struct floor_runtime *new = append_runtime(f);
	char id[OCI_RUNTIME_ID_MAX];
	int r;

	if (!new)
		return oom(err);
	oci_runtime_id(rt, id);
	new->go = rt->is_go;
	r = copy(rt->path, &new->path, err);
	if (!r)
		r = copy(id, &new->id, err);
	if (!r)
		r = copy("", &new->version, err);
	*ret = new;
	return r;
}

static int call_order(const void *a, const void *b)
{
	return strcmp(((const struct floor_call *)a)->name, ((const struct floor_call *)b)->name);
}

/* The runtime's calls, each once: a hook phase may hold one of them too. */
static int copy_calls(const struct floor_file *f, const struct evidence *ev, struct floor_part *part, struct err *err)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(ev, &calls), used = 0;

	part->calls = calloc(n + 1, sizeof(*part->calls));
	if (!part->calls)
		return oom(err);
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		if (!floor_is_call(calls[i]) || calls[i]->arch != f->arch)
			continue;
		while (k < used && part->calls[k].nr != calls[i]->nr)
			k++;
		part->calls[k].nr = calls[i]->nr;
		part->calls[k].seen = part->calls[k].seen > calls[i]->runs ? part->calls[k].seen : calls[i]->runs;
		syscall_name(f->arch, calls[i]->nr, part->calls[k].name);
		used += k == used;
	}
	qsort(part->calls, used, sizeof(*part->calls), call_order);
	part->call_count = used;
	return 0;
}

int floor_file_add_floor(const struct floor_file *f, struct floor_runtime *rt, const struct floor *floor,
			 const char *shape, const char *started_as, bool no_new_privileges, struct err *err)
{
	struct floor_stat st;
	char name[17];
	int r = 0;

	state_shape_name(shape, name);
	floor_evaluate(floor, &st);
	if (!*rt->version) {
		free(rt->version);
		r = copy(floor_version(floor), &rt->version, err);
	}
	for (enum floor_phase p = 0; !r && p < FLOOR_PHASES; p++) {
		struct floor_part *part = floor->phase[p] ? append_part(rt) : NULL;

		if (!floor->phase[p])
			continue;
		if (!part)
			return oom(err);
		part->phase = p;
		part->no_new_privileges = no_new_privileges;
		part->starts = p == FLOOR_CREATE ? st.starts : st.execs;
		part->silent = p == FLOOR_CREATE ? st.silent : st.silent_execs;
		r = copy(name, &part->shape, err);
		if (!r)
			r = copy(started_as, &part->started_as, err);
		if (!r)
			r = copy_calls(f, floor->phase[p], part, err);
	}
	return r;
}

static void write_part(struct json_writer *w, const struct floor_part *p)
{
	json_write_object(w, NULL);
	json_write_string(w, "phase", floor_phase_name(p->phase));
	json_write_bool(w, "no_new_privileges", p->no_new_privileges);
	json_write_string(w, "shape", p->shape);
	json_write_string(w, "started_as", p->started_as);
	json_write_u64(w, "starts", p->starts);
	json_write_u64(w, "silent", p->silent);
	json_write_array(w, "calls");
	for (size_t i = 0; i < p->call_count; i++) {
		json_write_object_flat(w, NULL);
		json_write_string(w, "name", p->calls[i].name);
		json_write_u64(w, "nr", p->calls[i].nr);
		json_write_u64(w, "seen", p->calls[i].seen);
		json_write_end_object(w);
	}
	json_write_end_array(w);
	json_write_end_object(w);
}

static void write_runtime(struct json_writer *w, const struct floor_runtime *rt)
{
	json_write_object(w, NULL);
	json_write_string(w, "path", rt->path);
	json_write_string(w, "id", rt->id);
	json_write_string(w, "version", rt->version);
	json_write_bool(w, "go", rt->go);
	json_write_array(w, "floors");
	for (size_t i = 0; i < rt->part_count; i++)
		write_part(w, &rt->parts[i]);
	json_write_end_array(w);
	json_write_end_object(w);
}

int floor_file_write(const struct floor_file *f, struct buf *out, struct err *err)
{
	struct json_writer w;

	json_write_begin(&w, out, true);
	json_write_object(&w, NULL);
	json_write_u64(&w, "version", FLOOR_FILE_VERSION);
	json_write_string(&w, "kernel", f->kernel);
	json_write_string(&w, "machine", f->arch->name);
	json_write_string(&w, "libseccomp", f->libseccomp);
	json_write_array_flat(&w, "libseccomp_lacks");
	for (size_t i = 0; i < f->lack_count; i++)
		json_write_string(&w, NULL, f->lacks[i]);
	json_write_end_array(&w);
	json_write_array(&w, "runtimes");
	for (size_t i = 0; i < f->runtime_count; i++)
		write_runtime(&w, &f->runtimes[i]);
	json_write_end_array(&w);
	json_write_end_object(&w);
	buf_addc(out, '\n');
	return buf_failed(out) ? oom(err) : 0;
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

	return r < 0 ? r : copy(s, ret, rd->err);
}

static int want_bool(struct reader *rd, const struct json *parent, const char *what, bool *ret)
{
	const struct json *v = json_get(parent, what);

	if (!v)
		return json_err(rd->doc, parent, rd->err, "\"%s\" is missing", what);
	if (json_type(v) != JSON_TRUE && json_type(v) != JSON_FALSE)
		return json_err(rd->doc, v, rd->err, "true or false is wanted");
	*ret = json_type(v) == JSON_TRUE;
	return 0;
}

static int want_array(struct reader *rd, const struct json *parent, const char *what, const struct json **ret)
{
	const struct json *v = json_get(parent, what);

	if (!v)
		return json_err(rd->doc, parent, rd->err, "\"%s\" is missing", what);
	if (json_type(v) != JSON_ARRAY || json_count(v) > LIST_MAX)
		return json_err(rd->doc, v, rd->err, "an array is wanted");
	*ret = v;
	return 0;
}

static int want_object(struct reader *rd, const struct json *v)
{
	return json_type(v) == JSON_OBJECT ? 0 : json_err(rd->doc, v, rd->err, "an object is wanted");
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
		return json_err(rd->doc, json_get(v, "name"), rd->err, "the name of a system call is wanted");
	if (nr > INT32_MAX)
		return json_err(rd->doc, json_get(v, "nr"), rd->err, "no call has this number");
	memcpy(ret->name, name, strlen(name) + 1);
	ret->nr = (uint32_t)nr;
	return 0;
}

static int read_phase(struct reader *rd, const struct json *v, enum floor_phase *ret)
{
	const char *phase = NULL;
	int r = json_want_string(rd->doc, v, "phase", &phase, rd->err);

	if (r < 0)
		return r;
	for (enum floor_phase p = 0; p < FLOOR_PHASES; p++)
		if (text_streq(floor_phase_name(p), phase)) {
			*ret = p;
			return 0;
		}
	return json_err(rd->doc, json_get(v, "phase"), rd->err, "\"create\" or \"exec\" is wanted");
}

static int read_part(struct reader *rd, const struct json *v, struct floor_part *part)
{
	const struct json *calls = NULL;
	int r = want_object(rd, v);

	if (!r)
		r = read_phase(rd, v, &part->phase);
	if (!r)
		r = want_bool(rd, v, "no_new_privileges", &part->no_new_privileges);
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
		r = json_err(rd->doc, calls, rd->err, "no runtime starts a container without a system call");
	if (r < 0)
		return r;
	part->calls = calloc(json_count(calls) + 1, sizeof(*part->calls));
	if (!part->calls)
		return oom(rd->err);
	for (const struct json *e = json_first(calls); e && !r; e = json_next(e))
		r = read_call(rd, e, &part->calls[part->call_count++]);
	qsort(part->calls, part->call_count, sizeof(*part->calls), call_order);
	return r;
}

static int read_runtime(struct reader *rd, const struct json *v)
{
	struct floor_runtime *rt = append_runtime(rd->file);
	const struct json *floors = NULL;
	int r = !rt ? oom(rd->err) : want_object(rd, v);

	if (!r)
		r = want_text(rd, v, "path", &rt->path);
	if (!r)
		r = want_text(rd, v, "id", &rt->id);
	if (!r)
		r = want_text(rd, v, "version", &rt->version);
	if (!r)
		r = want_bool(rd, v, "go", &rt->go);
	if (!r)
		r = want_array(rd, v, "floors", &floors);
	for (const struct json *e = json_first(floors); e && !r; e = json_next(e)) {
		struct floor_part *part = append_part(rt);

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
		r = json_type(e) == JSON_STRING ? add_lack(rd->file, json_text(e), rd->err)
						: json_err(rd->doc, e, rd->err, "a string is wanted");
	return r;
}

static int read_root(struct reader *rd, const struct json *root)
{
	const struct json *runtimes = NULL;
	uint64_t version = 0;
	int r = want_object(rd, root);

	if (!r)
		r = json_want_u64(rd->doc, root, "version", &version, rd->err);
	if (!r && version != FLOOR_FILE_VERSION) {
		json_err(rd->doc, json_get(root, "version"), rd->err,
			 "this snug reads version %d of such files; use one that is at least as new as the node's",
			 FLOOR_FILE_VERSION);
		return -EPROTONOSUPPORT;
	}
	if (!r)
		r = read_node(rd, root);
	if (!r)
		r = want_array(rd, root, "runtimes", &runtimes);
	for (const struct json *e = json_first(runtimes); e && !r; e = json_next(e))
		r = read_runtime(rd, e);
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
		r = copy(name, &f.name, err);
	if (!r)
		r = read_root(&rd, json_root(doc));
	if (r < 0)
		return r;
	*ret = f;
	f = (struct floor_file){0};
	return 0;
}
