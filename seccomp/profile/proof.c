#include "seccomp/profile/proof.h"

#include "base/text.h"
#include "seccomp/filter/filter.h"
#include "seccomp/policy/read.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "seccomp/syscall/names.h"

#include <errno.h>
#include <stdint.h>

/* The numbers to check: more than any kernel has, and arm's private calls, which are far above. */
#define NUMBERS   640
#define ARM_BASE  0x0f0000u
#define ARM_CALLS 8

struct prover {
	const struct proof *proof;
	struct policy *policy; /* read from the text */
	struct filter *text, *meant;
	struct err *err;
};

static void prover_done(struct prover *p)
{
	filter_free(p->text);
	filter_free(p->meant);
	policy_free(p->policy);
}

static int wrong(struct prover *p, const struct arch *arch, uint32_t nr, const char *what)
{
	char name[SYSCALL_NAME_MAX];

	syscall_name(arch, nr, name);
	return err_set(p->err, EILSEQ, "%s: the profile that was made is wrong and is not handed out: %s (%s %u) %s",
		       p->proof->name, name, arch->name, nr, what);
}

static bool is_multiplexed(const char *name)
{
	return text_streq(name, "socketcall") || text_streq(name, "ipc");
}

static int check_number(struct prover *p, const struct arch *arch, uint32_t nr)
{
	static const uint64_t none[POLICY_ARGS_MAX];
	struct filter_difference d = {0};
	char name[SYSCALL_NAME_MAX];
	uint32_t answer = 0, no_call = 0;
	int r = filter_compare(p->text, p->meant, arch, nr, &d, p->err);

	if (r < 0)
		return r;
	if (d.differs)
		return wrong(p, arch, nr, "is not answered as it is meant to be");
	syscall_name(arch, nr, name);
	if (policy_names_call(p->proof->meant, name) || is_multiplexed(name))
		return 0;
	r = filter_answer(p->text, arch, nr, none, &answer, p->err);
	/* A number without a call gets the default answer. */
	if (r == 0)
		r = filter_answer(p->text, arch, NUMBERS * 2 + (nr & ARCH_X32_BIT), none, &no_call, p->err);
	if (r == 0 && answer != no_call)
		return wrong(p, arch, nr, "is named by no rule and gets another answer than the rest");
	return r;
}

static int check_arch(struct prover *p, const struct arch *arch)
{
	int r = 0;

	for (uint32_t i = 0; i < NUMBERS && r == 0; i++)
		r = check_number(p, arch, arch_number_base(arch) + i);
	for (uint32_t i = 0; arch->id == ARCH_ARM && i < ARM_CALLS && r == 0; i++)
		r = check_number(p, arch, ARM_BASE + i);
	return r;
}

static int check_used(struct prover *p, const struct evidence *ev, const struct evidence_call *c)
{
	cleanup_filter_call struct filter_call call = {0}, meant = {0};
	char name[SYSCALL_NAME_MAX];
	int r;

	if (!syscall_name(c->arch, c->nr, name) || !syscall_known_to_libseccomp(name))
		return 0;
	if (evidence_is_program(c->phase) && unlogged_left_out(ev, name))
		return 0;
	r = filter_call(p->text, c->arch, c->nr, &call, p->err);
	if (r == 0)
		r = filter_call(p->meant, c->arch, c->nr, &meant, p->err);
	if (r == 0 && !call.allows)
		return wrong(p, c->arch, c->nr, "was seen in use and is refused");
	if (r == 0 && call.denies && !meant.denies)
		return wrong(p, c->arch, c->nr, "was seen in use and is refused for some arguments");
	return r;
}

static bool is_left_out(const struct proof *proof, const struct evidence_call *c)
{
	for (size_t i = 0; c->phase == EVIDENCE_RUNTIME && i < proof->left_out_count; i++)
		if (proof->left_out[i].arch == c->arch && proof->left_out[i].nr == c->nr)
			return true;
	return false;
}

static int check_evidence(struct prover *p, const struct evidence *ev, bool floor)
{
	const struct evidence_call *const *calls = NULL;
	size_t count = ev ? evidence_calls(ev, &calls) : 0;
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		if (calls[i]->count == 0 || (floor && evidence_is_program(calls[i]->phase)) || p->proof->without >> calls[i]->phase & 1 ||
		    is_left_out(p->proof, calls[i]))
			continue;
		if (p->proof->machine && !arch_runs_on(calls[i]->arch, p->proof->machine))
			continue;
		/* A floor may come from a machine that runs other ABIs. */
		if (floor && !filter_lists(p->meant, calls[i]->arch))
			continue;
		r = check_used(p, ev, calls[i]);
	}
	return r;
}

static bool is_passed_over(const struct policy_remark *remark)
{
	return remark->kind == POLICY_UNKNOWN_FIELD || remark->kind == POLICY_UNKNOWN_ARCH;
}

/* The text must list the intended ABIs, and have no more parts that its readers ignore than intended. */
static int check_shape(struct prover *p)
{
	const struct policy_remark *remarks = NULL;
	size_t count = policy_remarks(p->proof->meant, &remarks), known = 0, n = 0;

	for (size_t i = 0; i < count; i++)
		known += is_passed_over(&remarks[i]);
	count = policy_remarks(p->policy, &remarks);
	for (size_t i = 0; i < ARCH_COUNT; i++)
		if (filter_lists(p->text, arch_get((enum arch_id)i)) != filter_lists(p->meant, arch_get((enum arch_id)i)))
			return err_set(p->err, EILSEQ,
				       "%s: the profile that was made is wrong and is not handed out: it is wrong about %s",
				       p->proof->name, arch_get((enum arch_id)i)->name);
	for (size_t i = 0; i < count; i++)
		if (is_passed_over(&remarks[i]) && n++ == known)
			return err_set(p->err, EILSEQ,
				       "%s: the profile that was made is wrong and is not handed out: %s: %s",
				       p->proof->name, remarks[i].path, remarks[i].text);
	return 0;
}

int proof_text(const struct buf *text, const struct proof *proof, struct err *err)
{
	cleanup_with(prover_done) struct prover p = {.proof = proof, .err = err};
	const struct arch *const *arches = NULL;
	const struct arch *host[4];
	size_t count = policy_arches(proof->meant, &arches);
	int r = policy_read_one(text->data ? text->data : "", text->len, proof->name, &p.policy, err);

	if (r == 0)
		r = filter_new(p.policy, NULL, &p.text, err);
	if (r == 0)
		r = filter_new(proof->meant, NULL, &p.meant, err);
	if (r == 0)
		r = check_shape(&p);
	for (size_t i = 0; i < count && r == 0; i++)
		r = check_arch(&p, arches[i]);
	if (r == 0 && count == 0 && arch_host(host))
		r = check_arch(&p, host[0]);
	for (size_t i = 0; i < proof->used_count && r == 0; i++)
		r = check_evidence(&p, proof->used[i], i >= proof->floors_from);
	return r;
}

int proof_amended(const struct buf *before, const struct buf *after, const char *name, const char *const names[], size_t count,
		  struct err *err)
{
	cleanup_policy struct policy *meant = NULL;
	struct policy_rule rule = {.names = (char **)(uintptr_t)names, .name_count = count};
	struct proof proof = {.name = name};
	int r = policy_read_one(before->data ? before->data : "", before->len, name, &meant, err);

	if (r == 0)
		r = policy_add_rule(meant, &rule, err);
	proof.meant = meant;
	return r < 0 ? r : proof_text(after, &proof, err);
}
