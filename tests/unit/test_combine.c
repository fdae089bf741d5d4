/* Profiles combined: what comes out answers each call as its parts say it must, in cells of arguments that nobody tells apart. The seed is
 * printed; SNUG_SEED and SNUG_CASES choose another one and more of them. */
#include "base/cleanup.h"
#include "base/text.h"
#include "seccomp/combine/cells.h"
#include "seccomp/combine/combine.h"
#include "seccomp/filter/filter.h"
#include "seccomp/policy/read.h"
#include "seccomp/syscall/names.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct random {
	uint64_t state;
};

static uint64_t draw(struct random *r) /* xorshift64* (Vigna 2014) */
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * UINT64_C(2685821657736338717);
}

static unsigned below(struct random *r, unsigned n)
{
	return (unsigned)(draw(r) >> 33) % n;
}

static struct random begin(unsigned *ret_cases, unsigned cases)
{
	const char *seed = getenv("SNUG_SEED"), *wanted = getenv("SNUG_CASES");
	struct random r = {seed ? strtoull(seed, NULL, 10) : 1};

	*ret_cases = wanted ? (unsigned)strtoul(wanted, NULL, 10) : cases;
	print_message("# seed %llu, %u cases\n", (unsigned long long)r.state, *ret_cases);
	return r;
}

static uint64_t draw_value(struct random *r)
{
	static const uint64_t values[] = {0, 1, 2, 3, 8, 16, 17, 40, 0xffffffff, 0x100000000, UINT64_MAX};

	return below(r, 8) ? values[below(r, ARRAY_SIZE(values))] : draw(r) >> below(r, 64);
}

static struct policy_arg draw_arg(struct random *r, unsigned index, bool masks)
{
	static const uint64_t bits[] = {1, 2, 3, 0x10, 0x7e020000};
	struct policy_arg a = {.index = index, .op = (enum policy_op)below(r, masks ? POLICY_OPS : POLICY_MASKED_EQ), .value = draw_value(r)};

	if (a.op == POLICY_MASKED_EQ) {
		a.value = bits[below(r, ARRAY_SIZE(bits))];
		a.value_two = draw_value(r) & a.value;
	}
	return a;
}

static bool any_holds(const struct policy_arg args[], size_t count, uint64_t v)
{
	for (size_t i = 0; i < count; i++)
		if (filter_arg_holds(&args[i], v, true))
			return true;
	return false;
}

/* The cell of a value: the one in which all comparisons say the same. */
static void assert_said(struct random *r, const struct cells *c, const struct policy_arg *const args[], size_t count)
{
	struct policy_arg said[CELLS_SAY_MAX];
	bool set[CELLS_MAX] = {false};
	size_t n = 0, chosen = 0;

	for (size_t i = 0; i < cells_count(c); i++)
		chosen += set[i] = below(r, 2);
	if (!chosen || cells_say(c, set, said, &n, NULL) < 0)
		return;
	for (unsigned try = 0; try < 64; try++) {
		uint64_t v = draw_value(r) + below(r, 3) - 1;
		bool found = false;

		for (size_t i = 0; i < cells_count(c); i++) {
			bool same = true;

			for (size_t k = 0; k < count; k++)
				same &= filter_arg_holds(args[k], v, true) == filter_arg_holds(args[k], cells_value(c, i), true);
			found |= same;
			/* Intervals apart may say the same; of masked ones each has its own. */
			if (same && cells_value(c, i) == v)
				assert_true((n == 0 || any_holds(said, n, v)) == set[i]);
		}
		assert_true(found);
	}
	for (size_t i = 0; i < cells_count(c); i++)
		assert_true((n == 0 || any_holds(said, n, cells_value(c, i))) == set[i]);
}

static void test_cells(void **state)
{
	unsigned cases = 0;
	struct random r = begin(&cases, 3000);

	(void)state;
	for (unsigned n = 0; n < cases; n++) {
		struct policy_arg args[6];
		const struct policy_arg *all[6];
		cleanup_cells struct cells *c = NULL;
		size_t count = below(&r, 6);
		bool masks = below(&r, 2);

		for (size_t i = 0; i < count; i++) {
			args[i] = draw_arg(&r, 0, masks);
			all[i] = &args[i];
		}
		assert_int_equal(cells_new(all, count, &c, NULL), 0);
		assert_said(&r, c, all, count);
	}
}

static void assert_interval(const char *want, const struct policy_arg *a)
{
	cleanup_buf struct buf out = {0};

	filter_add_args(NULL, NULL, a, 1, &out);
	assert_string_equal(out.data, want);
}

/* What is said is said plainly where it can be. */
static void test_said_plainly(void **state)
{
	const struct policy_arg eq16 = {.op = POLICY_EQ, .value = 16}, ne40 = {.op = POLICY_NE, .value = 40};
	const struct policy_arg flags = {.op = POLICY_MASKED_EQ, .value = 0x7e020000};
	const struct policy_arg *both[] = {&eq16, &ne40}, *masked[] = {&flags};
	bool but_16[CELLS_MAX] = {true, false, true, true, true}, low[CELLS_MAX] = {true}, holds[CELLS_MAX] = {true};
	struct policy_arg said[CELLS_SAY_MAX];
	struct cells *c = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(cells_new(both, 2, &c, NULL), 0);
	assert_int_equal(cells_count(c), 5);
	assert_int_equal(cells_say(c, but_16, said, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_interval("arg0 != 16", said);
	assert_int_equal(cells_say(c, low, said, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_interval("arg0 <= 15", said);
	cells_free(c);
	assert_int_equal(cells_new(masked, 1, &c, NULL), 0);
	assert_int_equal(cells_count(c), 2);
	assert_int_equal(cells_say(c, holds, said, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_interval("(arg0 & 0x7e020000) == 0", said);
	cells_free(c);
}

static const char *const CALLS[] = {"read",   "write",    "socket",      "clone", "mount", "personality",
				    "futex",  "ioctl",    "socketcall",  "ipc",   "shmget", "mkdir"};

static struct policy_answer draw_answer(struct random *r)
{
	static const enum policy_action actions[] = {POLICY_ALLOW,  POLICY_ALLOW, POLICY_ALLOW, POLICY_LOG,          POLICY_ERRNO, POLICY_ERRNO,
						     POLICY_NOTIFY, POLICY_TRACE, POLICY_TRAP,  POLICY_KILL_PROCESS, POLICY_KILL_THREAD};
	struct policy_answer a = {.action = actions[below(r, ARRAY_SIZE(actions))]};

	if (a.action == POLICY_ERRNO && below(r, 2)) {
		a.has_errno = true;
		a.errno_ret = below(r, 2) ? ENOSYS : EACCES;
	}
	return a;
}

/* Rules as people write them: few of them contradict each other. */
static void add_rules(struct random *r, struct policy *p, const char *call)
{
	unsigned count = below(r, 4) ? 1 : 1 + below(r, 2);
	struct policy_answer answer = draw_answer(r);
	char *names[] = {(char *)(uintptr_t)call};

	for (unsigned i = 0; i < count; i++) {
		struct policy_arg args[2];
		struct policy_rule rule = {.names = names, .name_count = 1, .answer = answer, .args = args};
		unsigned first = below(r, 2);

		rule.arg_count = count > 1 || below(r, 3) == 0 ? 1 + (below(r, 4) == 0) : 0;
		for (unsigned k = 0; k < rule.arg_count; k++)
			args[k] = draw_arg(r, first + k, below(r, 3) == 0);
		assert_int_equal(policy_add_rule(p, &rule, NULL), 0);
	}
}

static struct policy *draw_policy(struct random *r, const char *name)
{
	static const struct policy_answer refuse = {.action = POLICY_ERRNO}, nosys = {POLICY_ERRNO, true, ENOSYS}, allow = {.action = POLICY_ALLOW};
	const struct arch *host[4];
	struct policy *p = NULL;
	size_t hosts = arch_host(host), listed = below(r, (unsigned)hosts + 1);

	assert_int_equal(policy_new(POLICY_OCI, name, &p, NULL), 0);
	policy_set_default(p, below(r, 4) == 0 ? &allow : below(r, 2) ? &refuse : &nosys);
	for (size_t i = 0; i < listed; i++)
		policy_add_arch(p, host[i]);
	for (size_t i = 0; i < ARRAY_SIZE(CALLS); i++)
		if (below(r, 2))
			add_rules(r, p, CALLS[i]);
	return p;
}

struct asking {
	enum combine_kind kind;
	struct filter *in[3], *out;
	size_t count;
	const struct arch *arch;
	uint32_t nr;
};

static bool hands_over(uint32_t answer)
{
	return (answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE || (answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF;
}

/* Allowed where the sets say so, and handed over is not allowed. */
static int assert_answer(const uint64_t args[POLICY_ARGS_MAX], void *arg)
{
	const struct asking *a = arg;
	uint32_t got = 0, answer[3] = {0};
	bool any = false, all = true, want;

	assert_int_equal(filter_answer(a->out, a->arch, a->nr, args, &got, NULL), 0);
	for (size_t i = 0; i < a->count; i++) {
		assert_int_equal(filter_answer(a->in[i], a->arch, a->nr, args, &answer[i], NULL), 0);
		any |= filter_allows(answer[i]);
		all &= filter_allows(answer[i]);
	}
	want = a->kind == COMBINE_UNION ? any : a->kind == COMBINE_WITHIN ? all : filter_allows(answer[0]) && !filter_allows(answer[1]);
	if (filter_allows(got) != want)
		fail_msg("%s %u: %x, of %x %x", a->arch->name, a->nr, got, answer[0], answer[1]);
	/* Nobody is asked about what somebody refuses outright. */
	if (hands_over(got)) {
		bool handed = hands_over(answer[0]) || (a->count > 1 && hands_over(answer[1])) || (a->count > 2 && hands_over(answer[2]));

		assert_true(handed);
		for (size_t i = 0; a->kind == COMBINE_WITHIN && i < a->count; i++)
			assert_true(filter_allows(answer[i]) || hands_over(answer[i]));
	}
	return 0;
}

static void assert_meaning(struct asking *a)
{
	struct filter *all[] = {a->in[0], a->in[1] ? a->in[1] : a->in[0], a->in[2] ? a->in[2] : a->in[0], a->out};
	const struct arch *host[4];
	size_t hosts = arch_host(host);

	for (size_t h = 0; h < hosts; h++)
		for (size_t i = 0; i < ARRAY_SIZE(CALLS); i++) {
			bool listed = true;

			for (size_t k = 0; k < a->count; k++)
				listed &= filter_arches(a->in[k]) >> host[h]->id & 1;
			a->arch = host[h];
			if (listed && syscall_number(host[h], CALLS[i], &a->nr) == 0)
				assert_int_equal(filter_each_point(all, 4, host[h], a->nr, assert_answer, a), 0);
		}
}

static void combine_one(struct random *r, unsigned refused[2])
{
	const struct combine_view view = {.kind = (enum combine_kind)below(r, 3)};
	size_t count = view.kind == COMBINE_WITHOUT ? 2 : 1 + below(r, 3);
	struct policy *in[3] = {NULL};
	struct asking a = {.kind = view.kind, .count = count};
	cleanup_filter struct filter *out = NULL;
	cleanup_policy struct policy *all = NULL;
	struct err err = {0};
	int got;

	for (size_t i = 0; i < count; i++) {
		in[i] = draw_policy(r, i == 0 ? "a" : i == 1 ? "b" : "c");
		assert_int_equal(filter_new(in[i], NULL, &a.in[i], NULL), 0);
	}
	got = policy_combine(&view, (const struct policy *const *)in, count, "all", &all, &err);
	if (got == 0) {
		assert_int_equal(filter_new(all, NULL, &out, NULL), 0);
		a.out = out;
		assert_meaning(&a);
	} else if (got != -EINVAL || !strstr(err.msg, "listener")) {
		assert_int_equal(got, -EDOM);
		refused[strstr(err.msg, "compiles as it is meant") != NULL]++;
	}
	for (size_t i = 0; i < count; i++) {
		filter_free(a.in[i]);
		policy_free(in[i]);
	}
}

static void test_combine(void **state)
{
	unsigned cases = 0, refused[2] = {0};
	struct random r = begin(&cases, 400);

	(void)state;
	for (unsigned n = 0; n < cases; n++)
		combine_one(&r, refused);
	print_message("# %u of %u refused, %u since libseccomp does not compile it so\n", refused[0] + refused[1], cases, refused[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_said_plainly),
		cmocka_unit_test(test_combine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
