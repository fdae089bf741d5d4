#include "shim/cli/floor/compare.h"

#include "base/cleanup.h"
#include "base/json/json.h"
#include "base/text.h"
#include "shim/cli/common/table.h"
#include "shim/cli/floor/catalogue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WAYS (2 * FLOOR_PHASES)

static const char *const columns[WAYS] = {"STARTS, noNewPrivileges", "EXECS, noNewPrivileges", "STARTS, no noNewPrivileges",
					  "EXECS, no noNewPrivileges"};
static const char *const words[FLOOR_USES] = {
	[FLOOR_UNKNOWN] = "makes", [FLOOR_NEEDS] = "needs", [FLOOR_TRIES] = "tries", [FLOOR_MAY_USE] = "sometimes",
	[FLOOR_EITHER] = "one of"};

static const struct floor_call *find(const struct floor_file *f, size_t way, const char *name)
{
	for (size_t i = 0; i < f->runtimes[0].part_count; i++) {
		const struct floor_part *p = &f->runtimes[0].parts[i];

		if (p->phase != way % FLOOR_PHASES || p->no_new_privileges != (way < FLOOR_PHASES))
			continue;
		for (size_t k = 0; k < p->call_count; k++)
			if (text_streq(p->calls[k].name, name))
				return &p->calls[k];
	}
	return NULL;
}

/* What matters for a profile is whether it must have the call, not how often a sampling saw it. */
static bool has_to_be(const struct floor_call *c)
{
	return c && !floor_is_tried(c->use);
}

static const struct floor_part *part_of(const struct floor_file *f, size_t way)
{
	for (size_t i = 0; i < f->runtimes[0].part_count; i++)
		if (f->runtimes[0].parts[i].phase == way % FLOOR_PHASES &&
		    f->runtimes[0].parts[i].no_new_privileges == (way < FLOOR_PHASES))
			return &f->runtimes[0].parts[i];
	return NULL;
}

/* Appends the calls of the set, "fcntl or openat2". */
static void add_set(const struct floor_part *p, const struct floor_either *e, struct buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < p->call_count; i++)
		if (floor_either_has(e, p->calls[i].nr))
			buf_addf(out, "%s%s", n++ ? " or " : "", p->calls[i].name);
}

/* True if the older runtime needs a call of the set in this way of starting, or needed one of the same set. */
static bool had_one(const struct floor_file *before, size_t way, const struct floor_part *p, const struct floor_either *e)
{
	const struct floor_part *old = part_of(before, way);
	bool had = false;

	for (size_t i = 0; i < p->call_count; i++)
		if (floor_either_has(e, p->calls[i].nr)) {
			const struct floor_call *c = find(before, way, p->calls[i].name);

			had |= has_to_be(c);
			for (size_t k = 0; old && k < old->either_count; k++)
				had |= floor_either_has(&old->either[k], p->calls[i].nr);
		}
	return had;
}

/* Appends each set of calls of which the newer runtime needs one, and the older one needed none. */
static void add_new_sets(const struct floor_file f[2], struct buf *out)
{
	for (size_t way = 0; way < WAYS; way++) {
		const struct floor_part *p = part_of(&f[1], way);

		for (size_t i = 0; p && i < p->either_count; i++) {
			cleanup_buf struct buf set = {0};

			add_set(p, &p->either[i], &set);
			if (set.len && !had_one(&f[0], way, p, &p->either[i]) && !(out->data && strstr(out->data, set.data)))
				buf_addf(out, "%s%s", out->len ? ", " : "", set.data);
		}
	}
}

static bool differs(const struct floor_call *a, const struct floor_call *b)
{
	return !a != !b || has_to_be(a) != has_to_be(b);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All names of both, each once; the caller frees the array, not the names. */
static const char **list_names(const struct floor_file f[2], size_t *ret)
{
	size_t total = 1, n = 0, kept = 0;
	const char **names;

	for (size_t s = 0; s < 2; s++)
		for (size_t i = 0; i < f[s].runtimes[0].part_count; i++)
			total += f[s].runtimes[0].parts[i].call_count;
	names = calloc(total, sizeof(*names));
	for (size_t s = 0; names && s < 2; s++)
		for (size_t i = 0; i < f[s].runtimes[0].part_count; i++)
			for (size_t k = 0; k < f[s].runtimes[0].parts[i].call_count; k++)
				names[n++] = f[s].runtimes[0].parts[i].calls[k].name;
	if (n)
		qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++)
		if (!kept || !text_streq(names[kept - 1], names[i]))
			names[kept++] = names[i];
	*ret = kept;
	return names;
}

static const char *word_of(const struct floor_call *c)
{
	return c ? words[c->use] : "-";
}

static void write_row(const struct floor_file f[2], const char *name, struct table *t, struct json_writer *w)
{
	for (size_t way = 0; way < WAYS; way++) {
		const struct floor_call *a = find(&f[0], way, name), *b = find(&f[1], way, name);

		if (!w) {
			if (!a && !b)
				table_add(t, "-");
			else
				table_addf(t, "%s > %s", word_of(a), word_of(b));
			continue;
		}
		if (!differs(a, b))
			continue;
		json_write_object_flat(w, NULL);
		json_write_string(w, "name", name);
		json_write_string(w, "phase", floor_phase_name((enum floor_phase)(way % FLOOR_PHASES)));
		json_write_bool(w, "no_new_privileges", way < FLOOR_PHASES);
		json_write_string(w, "a", a ? floor_use_name(a->use) : "none");
		json_write_string(w, "b", b ? floor_use_name(b->use) : "none");
		json_write_end_object(w);
	}
}

static bool row_differs(const struct floor_file f[2], const char *name, bool *ret_new)
{
	bool any = false, before = false, after = false;

	for (size_t way = 0; way < WAYS; way++) {
		const struct floor_call *a = find(&f[0], way, name), *b = find(&f[1], way, name);

		any |= differs(a, b);
		before |= has_to_be(a);
		/* A call that only one of them made, at some starts, may be chance. */
		after |= has_to_be(b) && b->use != FLOOR_MAY_USE;
	}
	*ret_new = after && !before;
	return any;
}

static void write_text(const struct floor_file f[2], const char *const names[], size_t n, struct buf *out)
{
	cleanup_table struct table t = {0};
	cleanup_buf struct buf fresh = {0};

	table_begin(&t, 1 + WAYS);
	table_add(&t, "CALL");
	for (size_t way = 0; way < WAYS; way++)
		table_add(&t, columns[way]);
	for (size_t i = 0; i < n; i++) {
		bool is_new = false;

		if (!row_differs(f, names[i], &is_new))
			continue;
		table_add(&t, names[i]);
		write_row(f, names[i], &t, NULL);
		if (is_new)
			buf_addf(&fresh, "%s%s", fresh.len ? ", " : "", names[i]);
	}
	add_new_sets(f, &fresh);
	floor_add_version(f[0].runtimes[0].version, out);
	buf_adds(out, " > ");
	floor_add_version(f[1].runtimes[0].version, out);
	buf_addf(out, ": newly needs %s\n", fresh.len ? fresh.data : "nothing");
	if (t.cells > t.columns)
		table_write(&t, "  ", out);
}

static void write_json(const struct floor_file f[2], const char *const names[], size_t n, const char *const operands[2], struct buf *out)
{
	struct json_writer w;

	json_write_begin(&w, out, true);
	json_write_object(&w, NULL);
	json_write_string(&w, "a", operands[0]);
	json_write_string(&w, "b", operands[1]);
	json_write_array(&w, "calls");
	for (size_t i = 0; i < n; i++)
		write_row(f, names[i], NULL, &w);
	json_write_end_array(&w);
	json_write_end_object(&w);
	buf_addc(out, '\n');
}

int floor_compare(const char *a, const char *b, bool json, struct buf *out, bool *ret_same, struct err *err)
{
	const char *const operands[2] = {a, b};
	struct floor_file f[2] = {{0}, {0}};
	cleanup_free const char **names = NULL;
	const struct arch *host[4];
	const struct arch *arch = arch_host(host) ? host[0] : arch_get(ARCH_X86_64);
	bool same = true, is_new;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; !r && i < 2; i++) {
		const struct catalogue_entry *e = NULL;

		r = catalogue_find(operands[i], arch, &e, err);
		if (!r)
			r = catalogue_read(e, &f[i], err);
	}
	if (!r && !(names = list_names(f, &n)))
		r = err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; !r && i < n; i++)
		same &= !row_differs(f, names[i], &is_new);
	if (!r && json)
		write_json(f, names, n, operands, out);
	else if (!r)
		write_text(f, names, n, out);
	floor_file_done(&f[0]);
	floor_file_done(&f[1]);
	if (!r)
		*ret_same = same;
	return r;
}
