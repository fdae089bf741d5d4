/* The result for people and for scripts. */
#include "shim/cli/diff/diff.h"

#include "base/json/json.h"
#include "base/text.h"
#include "shim/cli/common/table.h"
#include "shim/cli/common/width.h"

#include <string.h>

static void add_arches(uint32_t set, struct buf *out)
{
	const char *separator = "";

	for (unsigned i = 0; i < ARCH_COUNT; i++)
		if (set >> i & 1) {
			buf_addf(out, "%s%s", separator, arch_get((enum arch_id)i)->name);
			separator = ", ";
		}
}

/* "mount"; with the ABIs in brackets if the main one is not among them. */
static void add_name(const struct diff *d, const struct diff_row *row, struct buf *out)
{
	buf_adds(out, row->name);
	if (d->first && row->arches >> d->first->id & 1)
		return;
	buf_adds(out, " (");
	add_arches(row->arches, out);
	buf_addc(out, ')');
}

static bool is_first(const struct diff *d, const struct diff_row *row)
{
	return d->first && row->arches >> d->first->id & 1;
}

/* The remaining names of a kind, several per line. */
static void add_others(const struct diff *d, enum diff_kind kind, struct buf *out)
{
	size_t line = 0, n = 0, elsewhere = 0;

	for (size_t i = 0; i < d->count; i++) {
		const struct diff_row *row = &d->rows[i];

		if (row->kind != kind || row->danger)
			continue;
		if (!is_first(d, row)) {
			elsewhere++;
			continue;
		}
		if (!n++ || line + 1 + strlen(row->name) > width_of_prose()) {
			buf_addf(out, "%s    ", n > 1 ? "\n" : "");
			line = 4;
		} else {
			buf_addc(out, ' ');
			line++;
		}
		buf_adds(out, row->name);
		line += strlen(row->name);
	}
	if (n)
		buf_addc(out, '\n');
	if (elsewhere)
		buf_addf(out, "    and %zu more that exist only on other ABIs (--json lists them)\n", elsewhere);
}

static void add_refused(const struct diff *d, enum diff_kind kind, const char *refuses, const char *allows,
			struct buf *out)
{
	size_t n = diff_count(d, kind), dangers = 0;
	cleanup_table struct table t = {0};

	if (!n)
		return;
	table_begin(&t, 2);
	for (size_t i = 0; i < d->count; i++) {
		cleanup_buf struct buf name = {0};

		if (d->rows[i].kind != kind || !d->rows[i].danger)
			continue;
		dangers++;
		add_name(d, &d->rows[i], &name);
		table_add(&t, name.data ? name.data : "");
		table_add(&t, d->rows[i].danger);
	}
	buf_addf(out, "\n%zu call%s that %s refuses and %s allows", n, n == 1 ? "" : "s", refuses, allows);
	buf_addf(out, dangers == n ? ", dangerous:\n" : dangers ? ", %zu of them dangerous:\n" : ", none of them known to be dangerous:\n",
		 dangers);
	table_write(&t, "    ", out);
	if (dangers && dangers < n)
		buf_adds(out, "  others:\n");
	add_others(d, kind, out);
}

/* A table of the calls of one kind, with both answers. */
static void add_both(const struct diff *d, enum diff_kind kind, const struct diff_names *names, struct buf *out)
{
	cleanup_table struct table t = {0};

	table_begin(&t, 3);
	table_add(&t, "CALL");
	table_add(&t, names->name[0]);
	table_add(&t, names->name[1]);
	for (size_t i = 0; i < d->count; i++) {
		cleanup_buf struct buf name = {0};

		if (d->rows[i].kind != kind)
			continue;
		add_name(d, &d->rows[i], &name);
		table_add(&t, name.data ? name.data : "");
		table_add(&t, d->rows[i].says[0]);
		table_add(&t, d->rows[i].says[1]);
	}
	table_write(&t, "  ", out);
}

static void add_arguments(const struct diff *d, const struct diff_names *names, struct buf *out)
{
	size_t n = diff_count(d, DIFF_ARGUMENTS);

	if (!n)
		return;
	buf_addf(out, "\n%zu call%s that differ%s by arguments:\n", n, n == 1 ? "" : "s", n == 1 ? "s" : "");
	add_both(d, DIFF_ARGUMENTS, names, out);
}

static void add_handed_over(const struct diff *d, const struct diff_names *names, struct buf *out)
{
	size_t n = diff_count(d, DIFF_HANDED_OVER);

	if (!n)
		return;
	buf_addf(out, "\n%zu call%s handed over to a tracer or an agent:\n", n, n == 1 ? "" : "s");
	add_both(d, DIFF_HANDED_OVER, names, out);
}

static size_t count_answers(const struct diff *d, const struct diff_row *like, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < d->count; i++)
		n += d->rows[i].kind == DIFF_ANSWER && text_streq(d->rows[i].says[0], like->says[0]) &&
		     text_streq(d->rows[i].says[1], like->says[1]);
	return n;
}

#define ANSWERS_NAMED 6

/* Each pair of answers once, with its calls. */
static void add_answers(const struct diff *d, const struct diff_names *names, struct buf *out)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct diff_row *row = &d->rows[i];
		size_t n, shown = 0;

		if (row->kind != DIFF_ANSWER || count_answers(d, row, 0) != count_answers(d, row, i))
			continue;
		n = count_answers(d, row, i);
		buf_addf(out, "\n%zu call%s answered by %s with %s, by %s with %s", n, n == 1 ? "" : "s",
			 names->name[0], row->says[0], names->name[1], row->says[1]);
		for (size_t k = i; n <= ANSWERS_NAMED && k < d->count; k++)
			if (d->rows[k].kind == DIFF_ANSWER && text_streq(d->rows[k].says[0], row->says[0]) &&
			    text_streq(d->rows[k].says[1], row->says[1])) {
				buf_adds(out, shown++ ? ", " : ": ");
				add_name(d, &d->rows[k], out);
			}
		buf_addc(out, '\n');
	}
}

static void add_only(const struct diff *d, size_t who, const struct diff_names *names, struct buf *out)
{
	if (!d->only[who])
		return;
	buf_addf(out, "\nOnly %s lists ", names->name[who]);
	add_arches(d->only[who], out);
	buf_addf(out, ": %s kills programs of %s at any call.\n", names->name[!who],
		 d->only[who] & (d->only[who] - 1) ? "these architectures" : "this architecture");
}

void diff_text(const struct diff *d, const struct diff_names *names, struct buf *out)
{
	for (size_t i = 0; i < 2; i++) {
		buf_addf(out, "%s", names->name[i]);
		if (*names->what[i])
			buf_addf(out, " (%s)", names->what[i]);
		if (d->first)
			buf_addf(out, ": allows %zu calls", d->allowed[i]);
		if (names->left_out[i]) {
			char version[SYSCALL_LIBSECCOMP_MAX];

			syscall_libseccomp(version);
			buf_addf(out, ", and %zu more that libseccomp %s leaves out", names->left_out[i], version);
		}
		buf_addc(out, '\n');
	}
	if (diff_is_same(d)) {
		buf_adds(out, "\nBoth have the same effect.\n");
		return;
	}
	add_refused(d, DIFF_REFUSED_BY_A, names->name[0], names->name[1], out);
	add_arguments(d, names, out);
	add_refused(d, DIFF_REFUSED_BY_B, names->name[1], names->name[0], out);
	add_handed_over(d, names, out);
	add_answers(d, names, out);
	add_only(d, 0, names, out);
	add_only(d, 1, names, out);
}

static void write_arches(struct json_writer *w, const char *key, uint32_t set)
{
	json_write_array_flat(w, key);
	for (unsigned i = 0; i < ARCH_COUNT; i++)
		if (set >> i & 1)
			json_write_string(w, NULL, arch_get((enum arch_id)i)->name);
	json_write_end_array(w);
}

static void write_row(struct json_writer *w, const struct diff_row *row)
{
	json_write_object(w, NULL);
	json_write_string(w, "call", row->name);
	json_write_string(w, "kind", diff_kind_name(row->kind));
	write_arches(w, "arches", row->arches);
	json_write_string(w, "a", row->says[0]);
	json_write_string(w, "b", row->says[1]);
	if (row->danger)
		json_write_string(w, "danger", row->danger);
	json_write_end_object(w);
}

void diff_json(const struct diff *d, const struct diff_names *names, struct buf *out)
{
	static const char *const sides[] = {"a", "b"};
	struct json_writer w;

	json_write_begin(&w, out, true);
	json_write_object(&w, NULL);
	json_write_bool(&w, "same", diff_is_same(d));
	for (size_t i = 0; i < 2; i++) {
		json_write_object(&w, sides[i]);
		json_write_string(&w, "name", names->name[i]);
		json_write_string(&w, "what", names->what[i]);
		json_write_u64(&w, "allowed", d->allowed[i]);
		json_write_u64(&w, "left_out", names->left_out[i]);
		write_arches(&w, "only_it_lists", d->only[i]);
		json_write_end_object(&w);
	}
	write_arches(&w, "arches", d->arches);
	json_write_object(&w, "counts");
	for (enum diff_kind k = 0; k < DIFF_KINDS; k++)
		json_write_u64(&w, diff_kind_name(k), diff_count(d, k));
	json_write_end_object(&w);
	json_write_array(&w, "differences");
	for (size_t i = 0; i < d->count; i++)
		write_row(&w, &d->rows[i]);
	json_write_end_array(&w);
	json_write_end_object(&w);
	buf_addc(out, '\n');
}
