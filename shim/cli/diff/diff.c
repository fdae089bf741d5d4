#include "shim/cli/diff/diff.h"

#include "base/text.h"
#include "seccomp/syscall/sets.h"
#include "seccomp/syscall/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 1024 /* no ABI has higher numbers, counted from its base */

const char *diff_kind_name(enum diff_kind k)
{
	static const char *const names[] = {
		[DIFF_REFUSED_BY_A] = "refused-by-a",
		[DIFF_REFUSED_BY_B] = "refused-by-b",
		[DIFF_ARGUMENTS] = "arguments",
		[DIFF_HANDED_OVER] = "handed-over",
		[DIFF_ANSWER] = "answer",
	};
	_Static_assert(ARRAY_SIZE(names) == DIFF_KINDS, "one name per kind");

	return names[k];
}

void diff_done(struct diff *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++) {
		free(d->rows[i].says[0]);
		free(d->rows[i].says[1]);
	}
	free(d->rows);
	*d = (struct diff){0};
}

bool diff_is_same(const struct diff *d)
{
	return !d->count && !d->only[0] && !d->only[1];
}

size_t diff_count(const struct diff *d, enum diff_kind k)
{
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++)
		n += d->rows[i].kind == k;
	return n;
}

/* For which arguments the call is allowed, in words. */
static char *say_when(const struct filter_call *c)
{
	cleanup_buf struct buf b = {0};

	filter_add_when(c, "only ", "allow, except ", &b);
	return buf_steal(&b);
}

/* The answer where the call is refused, else its answer. */
static uint32_t refusal_of(const struct filter_call *c)
{
	for (size_t i = 0; filter_allows(c->answer) && i < c->clause_count; i++)
		if (!filter_allows(c->clauses[i].answer))
			return c->clauses[i].answer;
	return c->answer;
}

/* Appends refusals by separate rules, if the rest is refused too. */
static void add_refusals(const struct filter_call *c, struct buf *out)
{
	for (size_t i = 0; !filter_allows(c->answer) && i < c->clause_count; i++)
		if (!filter_allows(c->clauses[i].answer) && c->clauses[i].answer != c->answer) {
			buf_adds(out, ", ");
			filter_add_answer(c->clauses[i].answer, out);
			buf_adds(out, " where ");
			filter_add_args(c->name, c->arch, c->clauses[i].args, c->clauses[i].arg_count, out);
		}
}

/* A filter's answer to a call, in words; plainly: without the arguments on which it depends. */
static char *say(const struct filter_call *c, bool plainly)
{
	cleanup_free char *when = say_when(c);
	cleanup_buf struct buf b = {0};

	if (!when)
		return NULL;
	if (c->depends && !plainly)
		buf_addf(&b, "%s%s", when, filter_allows(c->answer) ? ", which get " : ", else ");
	filter_add_answer(refusal_of(c), &b);
	add_refusals(c, &b);
	return buf_steal(&b);
}

/* True if both decide by the arguments, and in the same way. */
static bool same_when(const struct filter_call call[2])
{
	cleanup_free char *a = say_when(&call[0]);
	cleanup_free char *b = say_when(&call[1]);

	return call[0].depends && call[1].depends && call[0].clause_count && call[1].clause_count && a && b &&
	       text_streq(a, b);
}

static enum diff_kind kind_of(const struct filter_call call[2])
{
	if (call[0].hands_over || call[1].hands_over)
		return DIFF_HANDED_OVER;
	if (!call[0].allows && !call[1].denies)
		return DIFF_REFUSED_BY_A;
	if (!call[1].allows && !call[0].denies)
		return DIFF_REFUSED_BY_B;
	if ((call[0].depends || call[1].depends) && !same_when(call))
		return DIFF_ARGUMENTS;
	return DIFF_ANSWER;
}

static int add_row(struct diff *d, const char *name, const struct arch *arch, const struct filter_call call[2],
		   struct err *err)
{
	struct diff_row row = {.kind = kind_of(call), .arches = 1u << arch->id};

	row.says[0] = say(&call[0], row.kind == DIFF_ANSWER);
	row.says[1] = say(&call[1], row.kind == DIFF_ANSWER);
	for (size_t i = 0; row.says[0] && row.says[1] && i < d->count; i++)
		if (d->rows[i].kind == row.kind && text_streq(d->rows[i].name, name) &&
		    text_streq(d->rows[i].says[0], row.says[0]) && text_streq(d->rows[i].says[1], row.says[1])) {
			d->rows[i].arches |= row.arches;
			free(row.says[0]);
			free(row.says[1]);
			return 0;
		}
	if (d->count == d->cap && row.says[0] && row.says[1]) {
		size_t cap = d->cap ? 2 * d->cap : 64;
		struct diff_row *rows = reallocarray(d->rows, cap, sizeof(*rows));

		d->rows = rows ? rows : d->rows;
		d->cap = rows ? cap : d->cap;
	}
	if (d->count == d->cap || !row.says[0] || !row.says[1]) {
		free(row.says[0]);
		free(row.says[1]);
		return err_set(err, ENOMEM, "out of memory");
	}
	memcpy(row.name, name, strlen(name) + 1);
	row.danger = set_danger_of(name);
	d->rows[d->count++] = row;
	return 0;
}

static int compare_call(struct diff *d, struct filter *f[2], const struct arch *arch, uint32_t nr, const char *name,
			struct err *err)
{
	struct filter_call call[2] = {{.answer = 0}, {.answer = 0}};
	struct filter_difference difference = {0};
	int r = filter_compare(f[0], f[1], arch, nr, &difference, err);

	for (size_t i = 0; !r && i < 2; i++)
		r = filter_call(f[i], arch, nr, &call[i], err);
	for (size_t i = 0; !r && i < 2; i++)
		d->allowed[i] += arch == d->first && call[i].allows;
	if (!r && difference.differs)
		r = add_row(d, name, arch, call, err);
	filter_call_done(&call[0]);
	filter_call_done(&call[1]);
	return r;
}

static int compare_arch(struct diff *d, struct filter *f[2], const struct arch *arch, struct err *err)
{
	uint32_t base = arch_number_base(arch);
	int r = 0;

	for (uint32_t i = 0; !r && i < NUMBERS_MAX; i++) {
		char name[SYSCALL_NAME_MAX];

		if (syscall_name(arch, base + i, name))
			r = compare_call(d, f, arch, base + i, name, err);
	}
	return r;
}

static int row_order(const void *a, const void *b)
{
	const struct diff_row *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (!x->danger != !y->danger)
		return x->danger ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void choose_arches(struct diff *d, struct filter *f[2])
{
	const struct arch *machine = filter_machine(f[0]);
	uint32_t set[2] = {filter_arches(f[0]), filter_arches(f[1])};

	d->arches = set[0] & set[1];
	d->only[0] = set[0] & ~set[1];
	d->only[1] = set[1] & ~set[0];
	for (unsigned i = ARCH_COUNT; i-- > 0;)
		if (d->arches >> i & 1)
			d->first = arch_get((enum arch_id)i);
	if (d->arches >> machine->id & 1)
		d->first = machine;
}

int diff_filters(struct filter *a, struct filter *b, struct diff *ret, struct err *err)
{
	struct filter *both[2] = {a, b};
	int r = 0;

	choose_arches(ret, both);
	for (unsigned i = 0; !r && i < ARCH_COUNT; i++)
		if (ret->arches >> i & 1)
			r = compare_arch(ret, both, arch_get((enum arch_id)i), err);
	if (ret->count)
		qsort(ret->rows, ret->count, sizeof(*ret->rows), row_order);
	return r;
}

int diff_policies(const struct policy *a, const struct policy *b, struct diff *ret, struct err *err)
{
	cleanup_with(filter_cleanup) struct filter *fa = NULL;
	cleanup_with(filter_cleanup) struct filter *fb = NULL;
	int r = filter_new(a, NULL, &fa, err);

	if (!r)
		r = filter_new(b, NULL, &fb, err);
	return r ? r : diff_filters(fa, fb, ret, err);
}
