/* Quieting: what is offered, and every way in which it could call something complete or narrow that is not. */
#include "tests/unit/unlogged_history.h"

#include <errno.h>

/* Exactly one condition of one of both lists holds for every value, whatever stands in the upper half. */
static void conditions(void **state)
{
	const struct argument *table;
	size_t n = arguments(&table);

	for (size_t i = 0; i < n; i++) {
		struct argument_cube good[ARGUMENT_CUBES_MAX], bad[ARGUMENT_CUBES_MAX];
		size_t goods = argument_cubes(&table[i], true, good), bads = argument_cubes(&table[i], false, bad);

		assert_int_equal(argument_by_name(table[i].name), (int)i);
		if (table[i].kind != ARGUMENT_VALUES) {
			assert_int_equal(goods + bads, 0);
			continue;
		}
		for (uint64_t k = 0; k < 20000; k++) {
			uint64_t v = k < 2048 ? k : k * 0x9e3779b97f4a7c15u >> (k % 33);
			size_t held = 0, harmless = 0;

			if (k % 5 == 0)
				v = (table[i].values[k % table[i].count] ^ (k % 10 ? 0 : 1u << k / 10 % 32)) |
				    (k % 3 ? 0 : k << 32);
			for (size_t c = 0; c < goods; c++)
				harmless += (v & good[c].mask) == good[c].value;
			for (size_t c = 0; c < bads; c++)
				held += (v & bad[c].mask) == bad[c].value;
			if (harmless + held != 1 || harmless != argument_is_harmless(&table[i], v))
				fail_msg("%s: %llx: %zu %zu", table[i].name, (unsigned long long)v, harmless, held);
		}
	}
}

/* Nothing is quiet for a container that must show all, but the forms without which a record would tell nothing. */
static void offers_little_where_all_must_show(void **state)
{
	const struct unlogged_calls_wish loud = {.loud = true, .hot = (const char *[]){"read"}, .hot_count = 1};
	cleanup_evidence struct evidence *ev = make();
	cleanup_json struct json_doc *doc = NULL;
	uint64_t no = begin(ev);

	call(ev, no, "write");
	call(ev, no, "clone");
	end(ev, no);
	no = begin_unlogged(ev, &loud);
	doc = offer(ev, &loud);
	assert_list(doc, "names", "");
	assert_list(doc, "assumed", "");
	assert_forms(doc, "prctl seccomp");
	assert_false(reasons(ev, no) & REASON_BIT(QUIETED));
	call(ev, no, "clone");
	assert_true(unlogged_is_blind(ev, argument_by_name("clone")));
}

static void offers_what_is_saved(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	uint64_t no = begin(ev);

	call(ev, no, "read");
	call(ev, no, "execve");
	call(ev, no, "exit_group");
	call(ev, no, "clone");
	call(ev, no, "prctl");
	call(ev, no, "seccomp");
	call_on(ev, no, ARCH_X86_64, "fstatfs", EVIDENCE_RUNTIME);
	call_on(ev, no, ARCH_X86_64, "dup3", EVIDENCE_HOOK);
	{
		cleanup_json struct json_doc *doc = offer(ev, NULL);

		assert_true(unlogged_is_unsaved(ev));
		assert_list(doc, "names", "");
		assert_forms(doc, "prctl seccomp");
	}
	unlogged_saved(ev, unlogged_learnt(ev));
	call(ev, no, "mkdir");
	{
		cleanup_json struct json_doc *doc = offer(ev, NULL);

		assert_list(doc, "names", "read");
		assert_forms(doc, "clone prctl seccomp");
		assert_string_equal(json_text(json_first(json_get(json_root(doc), "forms"))), "clone:0:0x7e020000:0x0");
	}
}

/* What was audited or denied was never learnt, and is not quiet. */
static void offers_no_audited_call(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	cleanup_json struct json_doc *doc = NULL;
	struct record r = {.arch = arch_get(ARCH_X86_64)->audit, .nr = 83};
	uint64_t no = begin(ev);

	evidence_add(ev, no, EVIDENCE_WORKLOAD, EVIDENCE_AUDITED, &r);
	evidence_add(ev, no, EVIDENCE_WORKLOAD, EVIDENCE_DENIED, &r);
	unlogged_saved(ev, unlogged_learnt(ev));
	doc = offer(ev, NULL);
	assert_list(doc, "names", "");
}

/* The evidence was deleted, or put back, between the offer and the start. */
static void stamps_what_is_not_held(void **state)
{
	cleanup_evidence struct evidence *ev = make(), *other = make();
	cleanup_json struct json_doc *doc = NULL;
	uint64_t no = begin(ev);

	call(ev, no, "read");
	unlogged_saved(ev, unlogged_learnt(ev));
	doc = offer(ev, NULL);
	no = begin(other);
	assert_int_equal(unlogged_accept(other, no, doc, json_root(doc), NULL), 0);
	assert_true(reasons(other, no) & REASON_BIT(QUIETED));
	/* Another call under the same number. */
	call(other, no, "write");
	no = begin(other);
	assert_int_equal(unlogged_accept(other, no, doc, json_root(doc), NULL), 0);
	assert_true(reasons(other, no) & REASON_BIT(QUIETED));
	no = begin(ev);
	assert_int_equal(unlogged_accept(ev, no, doc, json_root(doc), NULL), 0);
	assert_false(reasons(ev, no) & REASON_BIT(QUIETED));
}

/* A file in which a call is missing that was quiet for a run. */
static void stamps_a_changed_file(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	struct evidence_verdict v;
	uint64_t no = begin(ev);

	call(ev, no, "read");
	call(ev, no, "mkdir");
	end(ev, no);
	no = begin_unlogged(ev, NULL);
	end(ev, no);
	evidence_evaluate(ev, &v);
	assert_true(v.complete);
	{
		cleanup_evidence struct evidence *same = reread(ev, NULL, NULL);
		cleanup_evidence struct evidence *changed = reread(ev, "\"nr\": 83", "\"nr\": 84");
		cleanup_evidence struct evidence *unused = reread(ev, "\"learnt\": 2", "\"learnt\": 9");

		evidence_evaluate(same, &v);
		assert_true(v.complete);
		evidence_evaluate(changed, &v);
		assert_true(!v.complete && v.reasons & REASON_BIT(QUIETED));
		evidence_evaluate(unused, &v);
		assert_true(!v.complete && v.reasons & REASON_BIT(QUIETED));
	}
}

/* A run that is stamped promises nothing, and so leaves nothing open. */
static uint64_t begin_stamped(struct evidence *ev)
{
	uint64_t no = begin(ev);

	evidence_run(ev, no)->reasons |= REASON_BIT(OVERRUN);
	return no;
}

static void narrows_and_widens(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	uint64_t no = begin_stamped(ev);

	call(ev, no, "clone");
	call(ev, no, "socket");
	end(ev, no);
	assert_int_equal(form(ev, "clone"), UNLOGGED_UNKNOWN);
	no = begin_unlogged(ev, NULL);
	assert_int_equal(form(ev, "clone"), UNLOGGED_UNKNOWN); /* it still runs */
	evidence_run(ev, no)->reasons |= REASON_BIT(OVERRUN);
	end(ev, no);
	assert_int_equal(form(ev, "clone"), UNLOGGED_UNKNOWN); /* it lost something */
	no = begin_unlogged(ev, NULL);
	end(ev, no);
	assert_int_equal(form(ev, "clone"), UNLOGGED_NARROW);
	assert_int_equal(form(ev, "socket"), UNLOGGED_NARROW);
	no = begin_unlogged(ev, NULL);
	call(ev, no, "socket");
	assert_int_equal(form(ev, "socket"), UNLOGGED_WIDE);
	end(ev, no);
	{
		cleanup_evidence struct evidence *same = reread(ev, NULL, NULL);
		cleanup_json struct json_doc *doc = offer(same, NULL);

		assert_int_equal(form(same, "clone"), UNLOGGED_NARROW);
		assert_int_equal(form(same, "socket"), UNLOGGED_WIDE);
		assert_list(doc, "names", "socket");
		assert_forms(doc, "clone prctl seccomp");
	}
	/* Late: it ended, and then a record came after all. */
	evidence_run(ev, 3)->reasons |= REASON_BIT(LATE_RECORD);
	evidence_run(ev, 4)->reasons |= REASON_BIT(LATE_RECORD);
	assert_int_equal(form(ev, "clone"), UNLOGGED_UNKNOWN);
}

/* A complete run that logged the call whatever its arguments: no later silence tells what it did. */
static void what_a_complete_run_used_stays_open(void **state)
{
	cleanup_evidence struct evidence *ev = make(), *file = NULL;
	uint64_t no = begin(ev);

	call(ev, no, "clone");
	assert_int_equal(form(ev, "clone"), UNLOGGED_UNKNOWN);
	end(ev, no);
	for (int i = 0; i < 5; i++) {
		no = begin_unlogged(ev, NULL);
		end(ev, no);
	}
	assert_int_equal(form(ev, "clone"), UNLOGGED_UNKNOWN);
	assert_true(unlogged_is_blind(ev, argument_by_name("clone")));
	file = reread(ev, NULL, NULL);
	assert_int_equal(form(file, "clone"), UNLOGGED_UNKNOWN);
	/* If it turns out to have lost something, it promises nothing. */
	evidence_run(ev, 1)->reasons |= REASON_BIT(LATE_RECORD);
	assert_int_equal(form(ev, "clone"), UNLOGGED_NARROW);
}

static void blind_uses_void_the_proof(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	uint64_t first = begin_stamped(ev), no;

	call(ev, first, "clone");
	no = begin_unlogged(ev, NULL);
	call(ev, first, "clone"); /* the first run goes on beside it */
	end(ev, no);
	end(ev, first);
	assert_int_equal(form(ev, "clone"), UNLOGGED_NARROW);
	no = begin(ev); /* the runtime's own use is another matter: the profile holds it whole */
	call_on(ev, no, ARCH_X86_64, "clone", EVIDENCE_RUNTIME);
	end(ev, no);
	assert_int_equal(form(ev, "clone"), UNLOGGED_NARROW);
	no = begin(ev);
	call(ev, no, "clone");
	assert_int_equal(form(ev, "clone"), UNLOGGED_UNKNOWN);
	end(ev, no);
	no = begin_unlogged(ev, NULL);
	end(ev, no);
	assert_int_equal(form(ev, "clone"), UNLOGGED_UNKNOWN);
}

/* A run for which the call was quiet whole may have used it in any form. */
static void unlogged_whole_voids_the_proof(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	cleanup_json struct json_doc *doc = NULL;
	const struct unlogged_calls_wish wish = {.experiments = true};
	uint64_t no = begin_stamped(ev);

	call(ev, no, "clone3");
	call(ev, no, "clone");
	end(ev, no);
	no = begin_unlogged(ev, &wish);
	end(ev, no);
	assert_int_equal(form(ev, "clone3"), UNLOGGED_NARROW);
	doc = offer(ev, NULL);
	assert_list(doc, "names", "clone3");
	no = begin_unlogged(ev, NULL);
	assert_int_equal(form(ev, "clone3"), UNLOGGED_UNKNOWN);
	assert_int_equal(form(ev, "clone"), UNLOGGED_NARROW);
	end(ev, no);
	assert_int_equal(form(ev, "clone3"), UNLOGGED_UNKNOWN);
}

/* A form that passes from the first run on: its silence tells, and the profile holds what it may have used. */
static void a_form_of_the_hot_set_is_learnt(void **state)
{
	static const char *names[] = {"clone", "socket"};
	const struct unlogged_calls_wish wish = {.hot = names, .hot_count = 2};
	cleanup_evidence struct evidence *ev = make();
	cleanup_json struct json_doc *doc = offer(ev, &wish);
	uint64_t no = begin_unlogged(ev, &wish);

	assert_forms(doc, "clone prctl seccomp socket");
	call(ev, no, "socket");
	assert_int_equal(evidence_run(ev, no)->fresh, 1); /* the call and its form are one piece of news */
	end(ev, no);
	assert_int_equal(form(ev, "clone"), UNLOGGED_NARROW);
	assert_int_equal(form(ev, "socket"), UNLOGGED_WIDE);
	assert_true(unlogged_has_passed(ev, argument_by_name("clone")));
	assert_false(unlogged_has_passed(ev, argument_by_name("fcntl")));
}

/* Where an ABI came that has the argument elsewhere, nothing is known of it any more. */
static void another_abi_ends_a_form(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	cleanup_json struct json_doc *doc = NULL;
	uint64_t no = begin_stamped(ev);

	call(ev, no, "socket");
	end(ev, no);
	no = begin_unlogged(ev, NULL);
	end(ev, no);
	assert_int_equal(form(ev, "socket"), UNLOGGED_NARROW);
	no = begin_unlogged(ev, NULL);
	call_on(ev, no, ARCH_X86, "exit_group", EVIDENCE_WORKLOAD);
	assert_int_equal(form(ev, "socket"), UNLOGGED_UNKNOWN);
	end(ev, no);
	unlogged_saved(ev, unlogged_learnt(ev));
	doc = offer(ev, NULL);
	assert_list(doc, "names", "socket");
}

static void prctl_is_never_unlogged_whole(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	cleanup_json struct json_doc *doc = NULL;
	uint64_t no = begin(ev);

	call(ev, no, "prctl");
	end(ev, no);
	no = begin_unlogged(ev, NULL);
	call(ev, no, "prctl");
	end(ev, no);
	assert_int_equal(form(ev, "prctl"), UNLOGGED_WIDE);
	doc = offer(ev, NULL);
	assert_list(doc, "names", "");
	assert_forms(doc, "prctl seccomp");
	assert_false(argument_is_harmless(argument_get(argument_by_name("prctl")), 22)); /* PR_SET_SECCOMP */
	assert_false(argument_is_harmless(argument_get(argument_by_name("prctl")), 59)); /* PR_SET_SYSCALL_USER_DISPATCH */
}

static const char *hot[] = {"futex", "poll", "read", "write"};
static const struct unlogged_calls_wish hot_wish = {.hot = hot, .hot_count = 4};

static void hot_set_is_confirmed_in_turn(void **state)
{
	cleanup_evidence struct evidence *ev = make();
	uint64_t no = begin_unlogged(ev, &hot_wish);

	call(ev, no, "mkdir");
	assert_int_equal(evidence_run(ev, no)->unlogged.assumed.count, 4);
	end(ev, no);
	assert_int_equal(unlogged_hot_of(ev, "read"), UNLOGGED_ASSUMED);
	assert_int_equal(unlogged_hot_of(ev, "mkdir"), UNLOGGED_NOT_HOT);
	no = begin_unlogged(ev, &hot_wish);
	{
		const struct evidence_unlogged *q = &evidence_run(ev, no)->unlogged;

		assert_int_equal(q->assumed.count, 2);
		assert_true(names_have(&q->confirming, "futex") && names_have(&q->confirming, "poll"));
	}
	call(ev, no, "futex");
	assert_int_equal(unlogged_hot_of(ev, "poll"), UNLOGGED_ASSUMED);
	end(ev, no);
	assert_int_equal(unlogged_hot_of(ev, "futex"), UNLOGGED_CONFIRMED);
	assert_int_equal(unlogged_hot_of(ev, "poll"), UNLOGGED_KEPT); /* the first run may have used it */
	no = begin_unlogged(ev, &hot_wish);
	assert_int_equal(evidence_run(ev, no)->unlogged.assumed.count, 0);
	call(ev, no, "poll"); /* it comes after all */
	end(ev, no);
	assert_int_equal(unlogged_hot_of(ev, "poll"), UNLOGGED_CONFIRMED);
	assert_int_equal(unlogged_hot_of(ev, "read"), UNLOGGED_KEPT);
	{
		cleanup_evidence struct evidence *same = reread(ev, NULL, NULL);

		assert_int_equal(unlogged_hot_of(same, "read"), UNLOGGED_KEPT);
	}
	/* Once no complete run has let it pass. */
	evidence_run(ev, 1)->reasons |= REASON_BIT(LATE_RECORD);
	evidence_run(ev, 2)->reasons |= REASON_BIT(LATE_RECORD);
	assert_int_equal(unlogged_hot_of(ev, "read"), UNLOGGED_ABSENT);
}

/* A complete run that took a name for granted, before, beside or after the one that looks for it. */
static void hot_set_is_not_disproved_for_its_user(void **state)
{
	cleanup_evidence struct evidence *ev = make(), *empty = make();
	cleanup_json struct json_doc *stale = NULL;
	uint64_t first = begin_unlogged(ev, &hot_wish), second, third;

	call(ev, first, "mkdir");
	evidence_run(ev, first)->reasons |= REASON_BIT(OVERRUN);
	unlogged_saved(ev, unlogged_learnt(ev));
	stale = offer(empty, &hot_wish);
	second = begin_unlogged(ev, &hot_wish);
	end(ev, second);
	end(ev, first);
	assert_int_equal(unlogged_hot_of(ev, "futex"), UNLOGGED_ABSENT);
	third = begin(ev); /* with an offer of an earlier time */
	assert_int_equal(unlogged_accept(ev, third, stale, json_root(stale), NULL), 0);
	assert_int_equal(unlogged_hot_of(ev, "futex"), UNLOGGED_KEPT);
	end(ev, third);
	assert_int_equal(unlogged_hot_of(ev, "futex"), UNLOGGED_KEPT);
	/* One that is no longer in the hot set is logged, and so looked for. */
	second = begin_unlogged(ev, NULL);
	assert_true(names_have(&evidence_run(ev, second)->unlogged.confirming, "write"));
	end(ev, second);
	assert_int_equal(unlogged_hot_of(ev, "write"), UNLOGGED_KEPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions),
		cmocka_unit_test(offers_what_is_saved),
		cmocka_unit_test(offers_little_where_all_must_show),
		cmocka_unit_test(offers_no_audited_call),
		cmocka_unit_test(stamps_what_is_not_held),
		cmocka_unit_test(stamps_a_changed_file),
		cmocka_unit_test(narrows_and_widens),
		cmocka_unit_test(what_a_complete_run_used_stays_open),
		cmocka_unit_test(blind_uses_void_the_proof),
		cmocka_unit_test(a_form_of_the_hot_set_is_learnt),
		cmocka_unit_test(unlogged_whole_voids_the_proof),
		cmocka_unit_test(another_abi_ends_a_form),
		cmocka_unit_test(prctl_is_never_unlogged_whole),
		cmocka_unit_test(hot_set_is_confirmed_in_turn),
		cmocka_unit_test(hot_set_is_not_disproved_for_its_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
