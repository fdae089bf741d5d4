/* A profile of the filters that the kernel has loaded. */
#include "seccomp/combine/combine_private.h"

#include "base/text.h"
#include "seccomp/syscall/names.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 1024 /* more than any ABI has, counted from its base */
#define UNKNOWN     1000 /* the number of a call that no kernel has yet */
#define NAMED       8    /* calls named in the remark about an ABI's other answers */

static int answer_plainly(struct filter *f, const struct arch *arch, uint32_t nr, uint32_t *ret, struct err *err)
{
	static const uint64_t none[POLICY_ARGS_MAX] = {0};

	return filter_answer(f, arch, arch_number_base(arch) + nr, none, ret, err);
}

/* Counts the numbers below the highest call that have no call and get this answer. */
static int count_holes(struct filter *f, const struct arch *arch, uint32_t highest, uint32_t answer, size_t *ret, struct err *err)
{
	char name[SYSCALL_NAME_MAX];
	int r = 0;

	*ret = 0;
	for (uint32_t nr = 0; !r && nr < highest; nr++) {
		uint32_t got = 0;

		if (syscall_name(arch, arch_number_base(arch) + nr, name))
			continue;
		r = answer_plainly(f, arch, nr, &got, err);
		*ret += got == answer;
	}
	return r;
}

static uint32_t highest_call(const struct arch *arch)
{
	char name[SYSCALL_NAME_MAX];
	uint32_t highest = NUMBERS_MAX;

	while (highest > 0 && !syscall_name(arch, arch_number_base(arch) + highest - 1, name))
		highest--;
	return highest;
}

/* The answer for most numbers without a call. Only those below the highest call count: above it runc answers ENOSYS, whatever
 * the default is. */
static int find_default(struct filter *f, uint32_t *ret, struct err *err)
{
	const struct arch *arch = filter_machine(f);
	uint32_t highest = highest_call(arch), answer = 0;
	char name[SYSCALL_NAME_MAX];
	size_t most = 0, count = 0;
	int r = answer_plainly(f, arch, UNKNOWN, ret, err);

	for (uint32_t nr = 0; !r && nr < highest; nr++) {
		if (syscall_name(arch, arch_number_base(arch) + nr, name))
			continue;
		r = answer_plainly(f, arch, nr, &answer, err);
		if (!r && (!most || answer != *ret))
			r = count_holes(f, arch, highest, answer, &count, err);
		if (!r && count > most) {
			most = count;
			*ret = answer;
		}
	}
	return r;
}

static int collect_names(struct combine *c, const struct arch *arch, char (*names)[SYSCALL_NAME_MAX])
{
	for (uint32_t nr = 0; nr < NUMBERS_MAX; nr++) {
		uint32_t own = 0;

		if (!syscall_name(arch, arch_number_base(arch) + nr, names[c->name_count]) ||
		    (arch != c->machine && syscall_number(c->machine, names[c->name_count], &own) == 0))
			continue;
		c->names[c->name_count] = names[c->name_count];
		c->name_count++;
	}
	return 0;
}

static int name_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of the machine's own ABI, and those that only the other ABIs have. */
static int name_calls(struct combine *c, char (*names)[SYSCALL_NAME_MAX])
{
	const struct arch *const *arches = NULL;
	size_t n = policy_arches(c->out, &arches), kept = 0;

	collect_names(c, c->machine, names);
	for (size_t i = 0; i < n; i++)
		if (arches[i] != c->machine)
			collect_names(c, arches[i], names);
	qsort(c->names, c->name_count, sizeof(*c->names), name_order);
	for (size_t i = 0; i < c->name_count; i++)
		if (!kept || strcmp(c->names[kept - 1], c->names[i]) != 0)
			c->names[kept++] = c->names[i];
	c->name_count = kept;
	return 0;
}

/* Reports calls that the compiled profile answers differently on an ABI. */
static int compare_arch(const struct combine *c, struct filter *out, const struct arch *arch)
{
	char name[SYSCALL_NAME_MAX];
	size_t n = 0;
	int r = 0;

	for (uint32_t nr = 0; !r && nr < NUMBERS_MAX; nr++) {
		struct filter_difference d = {0};
		uint32_t number = arch_number_base(arch) + nr;

		if (!syscall_name(arch, number, name) || !syscall_known_to_libseccomp(name))
			continue;
		r = filter_compare(c->filter[0], out, arch, number, &d, c->err);
		if (!r && d.differs && c->remarks && n++ < NAMED)
			buf_addf(c->remarks, n == 1 ? "%s: answered otherwise there, which the profile does not say: %s" : "%s%s", n == 1 ? arch->name : ", ",
				 name);
	}
	if (n && c->remarks)
		buf_adds(c->remarks, n > NAMED ? " and more\n" : "\n");
	return r;
}

static int compare(const struct combine *c)
{
	cleanup_filter struct filter *out = NULL;
	const struct arch *const *arches = NULL;
	size_t n = policy_arches(c->out, &arches);
	int r = filter_new(c->out, NULL, &out, c->err);

	for (size_t i = 0; !r && i < n; i++)
		r = compare_arch(c, out, arches[i]);
	return r;
}

static int begin(struct combine *c, struct policy *stand_in, const char *name)
{
	uint32_t answer = 0;
	struct policy_answer said;
	int r = policy_new(POLICY_OCI, name, &c->out, c->err);

	if (!r)
		r = find_default(c->filter[0], &answer, c->err);
	if (r < 0)
		return r;
	said = combine_policy_answer(answer);
	policy_set_default(stand_in, &said);
	policy_set_default(c->out, &said);
	for (unsigned i = 0; i < ARCH_COUNT; i++)
		if (filter_arches(c->filter[0]) >> i & 1) {
			policy_add_arch(stand_in, arch_get((enum arch_id)i));
			policy_add_arch(c->out, arch_get((enum arch_id)i));
		}
	return 0;
}

static void end(struct combine *c)
{
	c->filter = NULL;
	combine_done(c);
}

int policy_of_filter(struct filter *f, struct policy *stand_in, const char *name, struct policy **ret, struct buf *remarks,
		     struct err *err)
{
	const struct policy *in[] = {stand_in};
	struct filter *filter[] = {f};
	cleanup_free char(*names)[SYSCALL_NAME_MAX] = calloc(4 * NUMBERS_MAX + 1, sizeof(*names));
	cleanup_with(end) struct combine c = {
		.kind = COMBINE_UNION, .in = in, .filter = filter, .count = 1, .machine = filter_machine(f), .remarks = remarks, .err = err};
	int r;

	c.names = calloc(4 * NUMBERS_MAX + 1, sizeof(*c.names));
	c.answers = calloc(1, sizeof(*c.answers));
	if (!names || !c.names || !c.answers)
		return err_set(err, ENOMEM, "out of memory");
	r = begin(&c, stand_in, name);
	if (!r)
		r = name_calls(&c, names);
	if (!r)
		r = combine_rules(&c);
	if (!r)
		r = compare(&c);
	if (!r)
		*ret = steal_ptr(&c.out);
	return r;
}
