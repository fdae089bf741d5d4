#include "shim/cli/floor/floor_file_private.h"

#include "base/text.h"
#include "shim/common/ask.h"
#include "shim/common/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static void part_done(struct floor_part *p)
{
	free(p->shape);
	free(p->started_as);
	free(p->calls);
	free(p->either);
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
	free(f->date);
	free(f->package);
	*f = (struct floor_file){0};
}

bool floor_either_has(const struct floor_either *e, uint32_t nr)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->nr[i] == nr)
			return true;
	return false;
}

static int oom(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

int floor_file_copy(const char *s, char **ret, struct err *err)
{
	cleanup_buf struct buf b = {0};

	text_add_safe(&b, s, strlen(s));
	*ret = buf_steal(&b);
	return *ret ? 0 : oom(err);
}

int floor_file_add_lack(struct floor_file *f, const char *name, struct err *err)
{
	char **lacks = reallocarray(f->lacks, f->lack_count + 1, sizeof(char *));

	if (!lacks)
		return oom(err);
	f->lacks = lacks;
	f->lacks[f->lack_count] = NULL;
	return floor_file_copy(name, &f->lacks[f->lack_count++], err);
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
	r = floor_file_copy(name.release, &f.kernel, err);
	if (!r)
		r = floor_file_copy(version, &f.libseccomp, err);
	for (size_t i = 0; !r && syscall_newer(i); i++)
		if (!syscall_known_to_libseccomp(syscall_newer(i)))
			r = floor_file_add_lack(&f, syscall_newer(i), err);
	if (r < 0)
		return r;
	*ret = f;
	f = (struct floor_file){0};
	return 0;
}

struct floor_runtime *floor_file_append_runtime(struct floor_file *f)
{
	struct floor_runtime *all = reallocarray(f->runtimes, f->runtime_count + 1, sizeof(*all));

	if (!all)
		return NULL;
	f->runtimes = all;
	all[f->runtime_count] = (struct floor_runtime){0};
	return &all[f->runtime_count++];
}

struct floor_part *floor_file_append_part(struct floor_runtime *rt)
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
	struct floor_runtime *new = floor_file_append_runtime(f);
	char id[OCI_RUNTIME_ID_MAX];
	int r;

	if (!new)
		return oom(err);
	oci_runtime_id(rt, id);
	new->go = rt->is_go;
	r = floor_file_copy(rt->path, &new->path, err);
	if (!r)
		r = floor_file_copy(id, &new->id, err);
	if (!r)
		r = floor_file_copy("", &new->version, err);
	*ret = new;
	return r;
}

void floor_file_drop_last(struct floor_file *f)
{
	runtime_done(&f->runtimes[--f->runtime_count]);
}

int floor_file_set_version(struct floor_runtime *rt, const char *path, struct err *err)
{
	cleanup_buf struct buf version = {0};

	if (*rt->version || ask_version(path, &version) < 0 || !version.len)
		return 0;
	free(rt->version);
	rt->version = NULL;
	return floor_file_copy(version.data, &rt->version, err);
}

static int call_order(const void *a, const void *b)
{
	return strcmp(((const struct floor_call *)a)->name, ((const struct floor_call *)b)->name);
}

void floor_file_sort_calls(struct floor_part *part)
{
	qsort(part->calls, part->call_count, sizeof(*part->calls), call_order);
}

static void copy_outcomes(const struct floor *floor, enum floor_phase phase, const struct evidence_call *c, struct floor_call *ret)
{
	const struct ablation_call *a = ablation_find(&floor->ablation, phase, c->arch, c->nr);

	if (a)
		memcpy(ret->without, a->without, sizeof(ret->without));
}

/* Copies the runtime's calls, each once: a hook phase may have one of them too. */
static int copy_calls(const struct floor_file *f, const struct floor *floor, struct floor_part *part, struct err *err)
{
	const struct evidence *ev = floor->phase[part->phase];
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
		part->calls[k].use = floor_use(floor, part->phase, calls[i]);
		copy_outcomes(floor, part->phase, calls[i], &part->calls[k]);
		used += k == used;
	}
	part->call_count = used;
	floor_file_sort_calls(part);
	return 0;
}

int floor_file_add_either(struct floor_part *part, const struct floor_either *either, struct err *err)
{
	struct floor_either *all = reallocarray(part->either, part->either_count + 1, sizeof(*all));

	if (!all)
		return oom(err);
	part->either = all;
	all[part->either_count++] = *either;
	return 0;
}

static int copy_either(const struct floor_file *f, const struct floor *floor, struct floor_part *part, struct err *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < floor->ablation.either_count; i++) {
		const struct ablation_either *a = &floor->ablation.either[i];
		struct floor_either either = {.by = a->by, .count = a->count};

		if (a->phase != part->phase || a->arch != f->arch)
			continue;
		memcpy(either.nr, a->nr, sizeof(either.nr));
		r = floor_file_add_either(part, &either, err);
	}
	return r;
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
		r = floor_file_copy(floor_version(floor), &rt->version, err);
	}
	for (enum floor_phase p = 0; !r && p < FLOOR_PHASES; p++) {
		struct floor_part *part = floor->phase[p] ? floor_file_append_part(rt) : NULL;

		if (!floor->phase[p])
			continue;
		if (!part)
			return oom(err);
		part->phase = p;
		part->rootless = floor->rootless;
		part->no_new_privileges = no_new_privileges;
		part->starts = p == FLOOR_CREATE ? st.starts : st.execs;
		part->silent = p == FLOOR_CREATE ? st.silent : st.silent_execs;
		r = floor_file_copy(name, &part->shape, err);
		if (!r)
			r = floor_file_copy(started_as, &part->started_as, err);
		if (!r)
			r = copy_calls(f, floor, part, err);
		if (!r)
			r = copy_either(f, floor, part, err);
	}
	return r;
}

static void write_either(struct json_writer *w, const struct floor_part *p)
{
	json_write_array(w, "either");
	for (size_t i = 0; i < p->either_count; i++) {
		json_write_object_flat(w, NULL);
		json_write_string(w, "errno", ablation_errno_name(p->either[i].by));
		json_write_array_flat(w, "calls");
		for (size_t k = 0; k < p->call_count; k++)
			if (floor_either_has(&p->either[i], p->calls[k].nr))
				json_write_string(w, NULL, p->calls[k].name);
		json_write_end_array(w);
		json_write_end_object(w);
	}
	json_write_end_array(w);
}

static void write_part(struct json_writer *w, const struct floor_part *p)
{
	json_write_object(w, NULL);
	json_write_string(w, "phase", floor_phase_name(p->phase));
	if (p->rootless)
		json_write_bool(w, "rootless", true);
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
		json_write_string(w, "use", floor_use_name(p->calls[i].use));
		for (enum ablation_errno e = 0; e < ABLATION_ERRNOS; e++)
			if (p->calls[i].without[e] != ABLATION_UNTRIED)
				json_write_string(w, ablation_errno_name(e), ablation_outcome_name(p->calls[i].without[e]));
		json_write_end_object(w);
	}
	json_write_end_array(w);
	if (p->either_count)
		write_either(w, p);
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

static bool is_rootless(const struct floor_file *f)
{
	for (size_t i = 0; i < f->runtime_count; i++)
		for (size_t k = 0; k < f->runtimes[i].part_count; k++)
			if (f->runtimes[i].parts[k].rootless)
				return true;
	return false;
}

int floor_file_write(const struct floor_file *f, struct buf *out, struct err *err)
{
	struct json_writer w;

	json_write_begin(&w, out, true);
	json_write_object(&w, NULL);
	json_write_u64(&w, "version", is_rootless(f) ? FLOOR_FILE_ROOTLESS : FLOOR_FILE_VERSION);
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
	if (f->date) {
		json_write_object_flat(&w, "obtained");
		json_write_string(&w, "date", f->date);
		json_write_string(&w, "package", f->package);
		json_write_end_object(&w);
	}
	json_write_end_object(&w);
	buf_addc(out, '\n');
	return buf_failed(out) ? oom(err) : 0;
}
