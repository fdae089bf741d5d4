/* A policy compiled: what it answers to a call. libseccomp compiles as runc does (libcontainer/seccomp/seccomp_linux.go),
 * the BPF interpreter (seccomp/filter/bpf.h) decides; each ABI is compiled for itself, when it is first asked for.
 *
 * As runc: names that libseccomp cannot resolve are left out, rules whose answer is the default's too, comparisons of
 * the same argument twice in a rule become rules of their own (any of them is enough). Not modelled: runc alone answers
 * ENOSYS for numbers above the highest one of the profile, unless the default allows, logs, traces or already is ENOSYS.
 */
#ifndef SNUG_SECCOMP_FILTER_H
#define SNUG_SECCOMP_FILTER_H

#include "base/cleanup.h"
#include "base/err.h"
#include "seccomp/syscall/arch.h"
#include "seccomp/policy/policy.h"
#include "seccomp/syscall/names.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How Docker's conditions are decided. NULL anywhere below: by Docker's default capabilities, on any kernel. */
struct filter_view {
	bool plain;              /* as containerd and the runtimes read the text: conditions and archMap are not seen */
	const char *const *caps; /* "CAP_SYS_ADMIN"; the container's; NULL: Docker's default ones */
	size_t cap_count;
	unsigned kernel[2];      /* major, minor; 0: newer than any */
	const struct arch *machine; /* whose entry of an archMap counts, and whose ABI is in every filter; NULL: this one */
};

struct filter; /* opaque */

/* The policy must outlive the filter; *view is copied but not the strings. */
int filter_new(const struct policy *p, const struct filter_view *view, struct filter **ret, struct err *err);

/* A program as the kernel runs it. */
struct filter_raw {
	const struct sock_filter *code;
	size_t len;
};

/* Programs that stand over each other, the newest first, as a filter of this machine; they must outlive it. `stand_in` is a policy
 * without rules that outlives it too. Where arguments decide, questions are asked on and beside all that the programs compare for
 * the call; no clauses are told. */
int filter_new_raw(const struct policy *stand_in, const struct filter_raw *programs, size_t count, struct filter **ret, struct err *err);
void filter_free(struct filter *f); /* NULL is allowed */
DEFINE_CLEANUP(filter, struct filter *, filter_free)
#define cleanup_filter cleanup_with(filter_cleanup)

/* True if the rule counts under the filter's view for a machine that runs the arch. */
bool filter_applies(const struct filter *f, const struct policy_rule *rule, const struct arch *arch);

/* The machine that the filter is loaded on. */
const struct arch *filter_machine(const struct filter *f);

/* True if processes of the ABI may run at all: it is the machine's own one, it is listed, or the archMap's entry of the machine
 * holds it. Without a machine in the view, an ABI that this one does not run (a log of another machine) is asked about for
 * the machine that does. Where it is false every call is answered SECCOMP_RET_KILL_THREAD. */
bool filter_lists(const struct filter *f, const struct arch *arch);

/* The ABIs that run on the filter's machine and are listed, or are listed by "architectures": a bit per arch_id. */
uint32_t filter_arches(const struct filter *f);

/* The answer (SECCOMP_RET_*, with its data) to call nr of the arch. For x32 nr carries bit 30. */
int filter_answer(struct filter *f, const struct arch *arch, uint32_t nr, const uint64_t args[POLICY_ARGS_MAX],
		  uint32_t *ret, struct err *err);

/* True for an answer that lets the call happen (ALLOW, LOG). */
bool filter_allows(uint32_t answer);

/* What runtimes make of an answer: ERRNO and TRACE without a number get EPERM. */
uint32_t filter_action_of(const struct policy_answer *a);

/* True if the rule's comparisons each stand for themselves: an argument is compared twice. */
bool filter_splits(const struct policy_rule *rule);

/* True if the comparison holds for the value; `wide`: on an ABI of 64-bit arguments. */
bool filter_arg_holds(const struct policy_arg *a, uint64_t value, bool wide);

/* A rule that libseccomp refuses, for example because it contradicts an earlier one: runc does not start the container. */
struct filter_refusal {
	const struct policy_rule *rule;
	const char *name; /* the call */
	int error;        /* negative errno of seccomp_rule_add(3) */
};
/* Those of an arch, which is compiled for it. */
int filter_refusals(struct filter *f, const struct arch *arch, const struct filter_refusal **ret, size_t *ret_count,
		    struct err *err);

/* One way in which a call gets an answer other than the rest: all comparisons hold. In canonical order, each once. */
struct filter_clause {
	uint32_t answer;
	struct policy_arg args[POLICY_ARGS_MAX]; /* by index */
	size_t arg_count;                        /* 0: for any arguments */
};

/* What a policy says of one call. */
struct filter_call {
	char name[SYSCALL_NAME_MAX];
	const struct arch *arch;
	uint32_t answer;  /* where `depends` is false: to any arguments; else where no clause holds */
	bool depends;     /* the answer depends on the arguments */
	bool allows;      /* for some arguments the call happens */
	bool denies;      /* for some it is refused: an errno, a signal, death */
	bool hands_over;  /* for some a tracer or an agent decides */
	struct filter_clause *clauses; /* owned; none unless it depends */
	size_t clause_count;
};
int filter_call(struct filter *f, const struct arch *arch, uint32_t nr, struct filter_call *ret, struct err *err);
void filter_call_done(struct filter_call *c); /* NULL is allowed */
#define cleanup_filter_call cleanup_with(filter_call_done)

/* Do two filters answer alike? Both are run over arguments that lie on, beside and between everything that either
 * compares. *ret_differs; where it is true args and answers are an example. */
struct filter_difference {
	bool differs;
	uint64_t args[POLICY_ARGS_MAX];
	uint32_t answer[2];
};
int filter_compare(struct filter *a, struct filter *b, const struct arch *arch, uint32_t nr,
		   struct filter_difference *ret, struct err *err);

/* A comparison of half an argument, in a program: of the lower 32 bits or the upper ones. */
struct filter_comparison {
	unsigned index;
	bool high;
	bool greater; /* (half & mask) >= value, or > value; else: == value */
	uint32_t mask, value;
};

/* True for a filter of programs. */
bool filter_is_raw(const struct filter *f);

/* Each comparison of the programs that decides of the call. */
void filter_each_comparison(const struct filter *f, const struct arch *arch, uint32_t nr,
			    void (*each)(const struct filter_comparison *c, void *arg), void *arg);

/* Calls fn for arguments that lie on, beside and between everything that the filters compare for the call, until it returns other
 * than 0; returns that. */
int filter_each_point(struct filter *const filters[], size_t count, const struct arch *arch, uint32_t nr,
		      int (*fn)(const uint64_t args[POLICY_ARGS_MAX], void *arg), void *arg);

struct buf;
/* Writes an answer in words: "allow", "log", "ENOSYS", "errno 300", "trap", "handed over (notify)", "handed over (trace)", "kill the thread", "kill
 * the process". Appends. */
void filter_add_answer(uint32_t answer, struct buf *out);
/* Writes a clause's comparisons: "(arg0 & CLONE_NEWUSER) == 0 and arg1 != 5". Values have their names where `call` and `arch` are given
 * (NULL: none). Appends. */
void filter_add_args(const char *call, const struct arch *arch, const struct policy_arg *args, size_t count, struct buf *out);

#endif
