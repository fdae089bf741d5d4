/* A compiled policy: what it answers to a call. libseccomp compiles it as runc does (libcontainer/seccomp/seccomp_linux.go),
 * and the BPF interpreter (seccomp/filter/bpf.h) decides. Each ABI is compiled separately, on first use.
 *
 * As in runc, names that libseccomp cannot resolve are left out, and so are rules with the default's answer; a rule that
 * compares one argument twice becomes several rules (any of them is enough). Not part of it: runc, and no other runtime,
 * answers ENOSYS for numbers above the profile's highest one (filter_is_stubbed()).
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

/* How Docker's conditions are decided. Where a view may be NULL: with Docker's default capabilities, on any kernel. */
struct filter_view {
	bool plain;              /* as containerd and the runtimes read it: without conditions and archMap */
	const char *const *caps; /* "CAP_SYS_ADMIN"; the container's; NULL: Docker's default ones */
	size_t cap_count;
	unsigned kernel[2];      /* major, minor; 0: newer than any */
	const struct arch *machine; /* its archMap entry counts, and its native ABI is in every filter; NULL: this machine */
};

struct filter; /* opaque */

/* The policy and the strings of *view must outlive the filter; *view itself is copied. Returns 0 or a negative errno. */
int filter_new(const struct policy *p, const struct filter_view *view, struct filter **ret, struct err *err);

/* A program as the kernel runs it. */
struct filter_raw {
	const struct sock_filter *code;
	size_t len;
};

/* Makes a filter of this machine from stacked programs, newest first. They must outlive it, and so must `stand_in`, a policy
 * without rules. Where arguments decide, values at and next to everything that the programs compare for the call are tried;
 * there are no clauses. */
int filter_new_raw(const struct policy *stand_in, const struct filter_raw *programs, size_t count, struct filter **ret, struct err *err);
void filter_free(struct filter *f); /* NULL is allowed */
DEFINE_CLEANUP(filter, struct filter *, filter_free)
#define cleanup_filter cleanup_with(filter_cleanup)

/* True if, under the filter's view, the rule applies on a machine that runs the arch. */
bool filter_applies(const struct filter *f, const struct policy_rule *rule, const struct arch *arch);

/* True if runc answers ENOSYS before the filter does: its stub (libcontainer/seccomp/patchbpf/enosys_linux.go) is for the numbers above all
 * that the policy has for the arch. There is none for an arch that the policy does not name, even the machine's own, nor if no rule has a
 * number above 0 there, nor if the default allows, logs or traces. number: syscall_number(), or a faster one of the
 * caller's for that arch. */
typedef int filter_number_fn(const void *arg, const char *name, uint32_t *ret);
bool filter_is_stubbed(const struct filter *f, const struct arch *arch, uint32_t nr, filter_number_fn *number, const void *arg);

/* The machine that the filter is loaded on. */
const struct arch *filter_machine(const struct filter *f);

/* True if processes of the ABI may run at all: it is the machine's native one, is listed, or is in the machine's archMap
 * entry. Without a machine in the view, for an ABI that this machine does not run (a log from another one) the machine that
 * does counts. If false, every call is answered with SECCOMP_RET_KILL_THREAD. */
bool filter_lists(const struct filter *f, const struct arch *arch);

/* The ABIs that the filter's machine runs and that are listed, or that "architectures" lists: a bit per arch_id. */
uint32_t filter_arches(const struct filter *f);

/* The answer (SECCOMP_RET_* and its data) to call nr of the arch; on x32, nr has bit 30 set. Returns 0 or a negative errno. */
int filter_answer(struct filter *f, const struct arch *arch, uint32_t nr, const uint64_t args[POLICY_ARGS_MAX],
		  uint32_t *ret, struct err *err);

/* True for an answer that lets the call happen (ALLOW, LOG). */
bool filter_allows(uint32_t answer);

/* The filter's return value that runtimes make of an answer: ERRNO and TRACE without a number get EPERM. */
uint32_t filter_action_of(const struct policy_answer *a);

/* True if each comparison of the rule becomes a rule of its own, since one argument is compared twice. */
bool filter_splits(const struct policy_rule *rule);

/* True if the comparison holds for the value; wide: on an ABI with 64-bit arguments. */
bool filter_arg_holds(const struct policy_arg *a, uint64_t value, bool wide);

/* A rule that libseccomp refuses, for example because it contradicts an earlier one: runc does not start the container. */
struct filter_refusal {
	const struct policy_rule *rule;
	const char *name; /* the call */
	int error;        /* negative errno of seccomp_rule_add(3) */
};
/* The refusals on an arch; they belong to the filter. Compiles the arch if necessary. */
int filter_refusals(struct filter *f, const struct arch *arch, const struct filter_refusal **ret, size_t *ret_count,
		    struct err *err);

/* A clause: if all its comparisons hold, the call gets this answer. In canonical order, without duplicates. */
struct filter_clause {
	uint32_t answer;
	struct policy_arg args[POLICY_ARGS_MAX]; /* by index */
	size_t arg_count;                        /* 0: for any arguments */
};

/* What a policy says about one call. */
struct filter_call {
	char name[SYSCALL_NAME_MAX];
	const struct arch *arch;
	uint32_t answer;  /* to any arguments; if `depends`, where no clause holds */
	bool depends;     /* the answer depends on the arguments */
	bool allows;      /* for some arguments, the call takes place */
	bool denies;      /* for some, it is refused: an errno, a signal, a kill */
	bool hands_over;  /* for some, a tracer or an agent decides */
	struct filter_clause *clauses; /* owned; none unless it depends */
	size_t clause_count;
};
int filter_call(struct filter *f, const struct arch *arch, uint32_t nr, struct filter_call *ret, struct err *err);
void filter_call_done(struct filter_call *c); /* NULL is allowed */
#define cleanup_filter_call cleanup_with(filter_call_done)

/* Do two filters answer alike? Runs both on arguments at, next to and between all values that either compares. If they
 * differ, args and answer are an example. */
struct filter_difference {
	bool differs;
	uint64_t args[POLICY_ARGS_MAX];
	uint32_t answer[2];
};
int filter_compare(struct filter *a, struct filter *b, const struct arch *arch, uint32_t nr,
		   struct filter_difference *ret, struct err *err);

/* A program's comparison of half an argument, the lower or the upper 32 bits. */
struct filter_comparison {
	unsigned index;
	bool high;
	bool greater; /* (half & mask) >= value, or > value; else: == value */
	uint32_t mask, value;
};

/* True for a filter made by filter_new_raw(). */
bool filter_is_raw(const struct filter *f);

/* Calls `each` for every comparison by which the programs decide the call. */
void filter_each_comparison(const struct filter *f, const struct arch *arch, uint32_t nr,
			    void (*each)(const struct filter_comparison *c, void *arg), void *arg);

/* Calls fn with arguments at, next to and between all values that the filters compare for the call, until fn returns
 * something other than 0; returns that. */
int filter_each_point(struct filter *const filters[], size_t count, const struct arch *arch, uint32_t nr,
		      int (*fn)(const uint64_t args[POLICY_ARGS_MAX], void *arg), void *arg);

struct buf;
/* Appends an answer in words: "allow", "log", "ENOSYS", "errno 300", "trap", "handed over (notify)", "handed over (trace)", "kill the thread", "kill
 * the process". */
void filter_add_answer(uint32_t answer, struct buf *out);
/* Appends a clause's comparisons: "(arg0 & CLONE_NEWUSER) == 0 and arg1 != 5". Values have names if `call` and `arch` are
 * given; both may be NULL. */
void filter_add_args(const char *call, const struct arch *arch, const struct policy_arg *args, size_t count, struct buf *out);
/* For which arguments the call happens: `only`, then "(arg0 & CLONE_NEWUSER) == 0"; or `except`, then "arg0 == AF_VSOCK or arg0 == AF_ALG". Nothing where
 * that does not depend on them. Appends. */
void filter_add_when(const struct filter_call *c, const char *only, const char *except, struct buf *out);

#endif
