/* What is wrong with a profile: findings, each of which says what breaks, when, and what to add. Pure: takes the profile, the
 * floors of runtimes and built-in facts. */
#ifndef SNUG_SHIM_CLI_CHECK_H
#define SNUG_SHIM_CLI_CHECK_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "seccomp/filter/filter.h"
#include "seccomp/policy/policy.h"
#include "shim/cli/floor/floor_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum check_level {
	CHECK_NOTE,    /* worth knowing */
	CHECK_WARNING, /* may break something, or allows more than the defaults do */
	CHECK_FAILURE, /* breaks */
	CHECK_LEVELS,
};
const char *check_level_name(enum check_level l); /* "note" "warning" "failure" */

/* X(ENUM, "kind"). The words are a contract: --json contains them. */
#define CHECK_KINDS(X)                                                                                                  \
	X(INVALID, "invalid")                 /* no runtime can read it */                                              \
	X(REFUSED, "refused-by-runtime")      /* a runtime checked for refuses it */                                    \
	X(ARCHITECTURE, "architecture")       /* for other machines */                                                  \
	X(UNCONFINED, "unconfined")           /* allows what it does not list */                                        \
	X(HANDED_OVER, "handed-over")         /* a tracer or an agent decides */                                        \
	X(FLOOR, "runtime-floor")             /* the runtime itself is denied a call */                                 \
	X(SCHEDULER, "runtime-scheduler")     /* the same for a call that a Go runtime may make at any time */          \
	X(NOT_SAMPLED, "runtime-not-sampled") /* the needs of this runtime are unknown */                               \
	X(ALWAYS, "always-needed")            /* exit_group and the like */                                             \
	X(FALLBACK, "fallback")               /* a newer call is refused with an errno that stops the fallback */       \
	X(UNKNOWN_NAME, "unknown-name")       /* no call has this name */                                               \
	X(ELSEWHERE, "name-elsewhere")        /* a call, but of no listed ABI */                                        \
	X(UNNAMEABLE, "unnameable")           /* this libseccomp does not know the name */                              \
	X(INEFFECTIVE, "ineffective")         /* a part that some readers ignore */                                     \
	X(AMBIGUOUS, "ambiguous")             /* a part that does not mean what it seems to */                          \
	X(BEYOND, "beyond-defaults")          /* it allows more than the defaults */

enum check_kind {
#define X(e, name) CHECK_##e,
	CHECK_KINDS(X)
#undef X
		CHECK_KIND_COUNT
};
const char *check_kind_name(enum check_kind k);

#define CHECK_WHEN_MAX 200

/* A call in a finding. */
struct check_call {
	char name[SYSCALL_NAME_MAX];
	uint32_t answer;       /* the profile's answer, where it matters */
	uint64_t seen, starts; /* of a floor: seen in how many of its starts or execs */
	const char *reason;    /* from the built-in facts; NULL: none */
	char when[CHECK_WHEN_MAX]; /* for which arguments the profile allows it; "": does not matter; a long text ends in "..." */
	enum floor_use use;    /* of a floor */
	bool partly;           /* the profile allows it for some arguments */
	bool by_errno;         /* answering ENOSYS is enough: the runtime tries the call and then falls back */
	char nearest[SYSCALL_NAME_MAX]; /* for an unknown name: what may be meant; "": nothing similar */
};

struct check_finding {
	enum check_level level;
	enum check_kind kind;
	const char *reader;                  /* who reads the profile so: "Docker", "containerd"; NULL: every reader */
	const struct floor_runtime *runtime; /* NULL: no particular one */
	const struct floor_part *part;       /* of a floor */
	struct check_call *calls;            /* owned, in order of name */
	size_t call_count;
	char *text; /* owned; what breaks, and when */
	char *fix; /* owned; the line to add, or what to do; NULL: nothing */
};

struct check_result {
	enum policy_format format;
	bool readable;
	bool partial; /* its base is missing, so whether a container starts is unknown */
	struct check_finding *findings;
	size_t count, cap;
};

void check_result_done(struct check_result *r); /* NULL is allowed */

size_t check_count(const struct check_result *r, enum check_level level);
enum check_level check_worst(const struct check_result *r, bool *ret_any);

/* What profiles are checked against; made once for many profiles. */
struct check_plan;
int check_plan_new(const struct floor_file *floors, struct check_plan **ret, struct err *err); /* borrows floors; the caller frees *ret */
void check_plan_free(struct check_plan *p);                                                    /* NULL is allowed */
DEFINE_CLEANUP(check_plan, struct check_plan *, check_plan_free)

/* Checks one profile for the machine of the floors. *ret must be empty; free it with check_result_done, also after an error.
 * Returns 0 or a negative errno. */
int check_policy(const struct check_plan *plan, const struct policy *p, struct check_result *ret, struct err *err);

/* The result for a text that is not a profile; why: the reader's message. */
int check_unreadable(const char *why, struct check_result *ret, struct err *err);

/* Adds a finding with formatted text; the caller completes *ret, which is valid until the next finding is added. Returns 0 or a
 * negative errno. */
int check_add(struct check_result *r, enum check_level level, enum check_kind kind, struct check_finding **ret,
	      struct err *err, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* Adds a call to a finding, unless it is already there. Returns 0 or a negative errno. */
int check_add_call(struct check_finding *f, const struct check_call *call, struct err *err);

#define CHECK_NR_MAX 1024 /* call numbers of the machine's native ABI whose answers are kept */

/* The parts of check_policy, each of which checks one thing. `reader` as in check_finding. */
struct check_view {
	const struct check_plan *plan;
	const struct policy *policy;
	struct filter *filter;
	const char *reader;
	struct check_result *result;
	struct check_answer {
		bool known, allows, denies; /* for some arguments; handed over to a tracer counts as denied, with ENOSYS */
		bool refuses, traces, notifies; /* likewise: by the filter, by a tracer, by an agent */
		uint32_t answer;            /* if it does not depend on them */
	} answers[CHECK_NR_MAX];
	struct err *err;
};
/* Writes to call->when for which arguments the profile allows the call. */
int check_note_when(struct check_view *v, uint32_t nr, struct check_call *call);
int check_floors(struct check_view *v);   /* floor, scheduler, always-set */
int check_fallback(struct check_view *v); /* errno of newer calls */
int check_handed_over(struct check_view *v); /* what a tracer or an agent decides */
int check_form(struct check_view *v);     /* what runtimes refuse, ignore, or read differently */
int check_runtimes(struct check_view *v); /* what a runtime checked for refuses */
int check_beyond(struct check_view *v);   /* what the defaults do not allow */

/* The profile's answer to a call of the machine's native ABI. Returns 0 or a negative errno, as do all of these. */
int check_ask(struct check_view *v, uint32_t nr, struct check_answer *ret);

/* check_ask(), with the answer of the runtime's stub. */
int check_answer_of(struct check_view *v, const struct floor_runtime *rt, uint32_t nr, struct check_answer *ret);

/* Which errno the runtime gets for an answer; ABLATION_ERRNOS: something else. */
enum ablation_errno check_errno_of(uint32_t answer);

/* What refusing this call alone does to the runtime. */
enum check_level check_level_of(const struct floor_call *c, uint32_t answer);

/* A runtime needs one call of each of these sets, and the profile refuses all: chooses which to add, the same for starts and
 * execs, and as few as possible. Prefers the call that helps most sets, then one that is not dangerous, then the newest, which
 * the runtime asks for first. */
#define CHECK_CHOSEN_MAX 16
struct check_chosen {
	uint32_t nr[CHECK_CHOSEN_MAX];
	size_t count;
};
int check_choose(struct check_view *v, const struct floor_runtime *rt, bool no_new_privileges, struct check_chosen *ret);
bool check_chosen_has(const struct check_chosen *c, const struct floor_part *part, uint32_t nr);

/* What the parts use of the plan. */
void check_finding_done(struct check_finding *f);
const struct floor_file *check_floors_of(const struct check_plan *p);
enum check_name {
	CHECK_NAME_KNOWN,
	CHECK_NAME_LACKING, /* a call, but the node's libseccomp does not know its name */
	CHECK_NAME_UNKNOWN,
};
enum check_name check_name_status(const struct check_plan *p, const char *name);
/* syscall_number() for the machine's native ABI, cached. */
int check_number(const struct check_plan *p, const char *name, uint32_t *ret);

/* Whether default profile number i (seccomp/policy/defaults.h) allows a call of the machine's native ABI. */
enum check_allows { CHECK_DENIES, CHECK_DEPENDS, CHECK_ALLOWS };
enum check_allows check_default_allows(const struct check_plan *p, size_t i, uint32_t nr);
bool check_has_defaults(const struct check_plan *p); /* false: they apply to another machine */

/* True if the runtime answers ENOSYS for a number above all numbers in the profile (runc's stub). */
bool check_is_stubbed(const struct check_view *v, const struct floor_runtime *rt, uint32_t nr);

/* Appends the fix for a finding whose calls should be allowed, or answered with ENOSYS. */
void check_add_fix(const struct check_finding *f, struct buf *out);

/* Appends a runtime's name as people say it: "runc 1.1.5". */
void check_add_runtime(const struct floor_runtime *rt, struct buf *out);

/* The names that a fix adds to the allowed ones: all that check_floor.c finds refused, except where a rule on arguments, or one that answers
 * with ENOSYS, is enough. Sorted and unique; the names are borrowed from `r`, the caller frees the list. */
int check_fix_names(const struct check_result *r, const char ***ret, size_t *ret_count, struct err *err);

/* True if such a rule is left to be written by hand. */
bool check_fix_leaves(const struct check_result *r);

/* Writes to `ret` the text, one profile whose result is `r`, with these names added and those that only then are found missing, and proves that
 * nothing else changed. *ret_line: as in amend_profile(). *ret_after, empty before: the result of what is written, left empty if nothing is
 * added; the caller frees it, also after an error. Returns 0 or a negative errno. */
int check_fix(const struct check_plan *plan, const struct buf *text, const char *name, const struct check_result *r, struct buf *ret,
	      size_t *ret_count, size_t *ret_line, struct check_result *ret_after, struct err *err);

/* Adds the calls that must be answered with ENOSYS once the names are added: what the runtime itself then falls back from, and what programs do,
 * if the runtime's stub answered them before. Returns 0 or a negative errno. */
int check_fix_answers(const struct check_result *before, const struct check_result *after, struct names *ret, struct err *err);

struct check_item {
	const char *name; /* the profile's name: its file, and its place within */
	const struct check_result *result;
};
void check_text(const struct floor_file *floors, const struct check_item *items, size_t count, bool all, struct buf *out);
void check_json(const struct floor_file *floors, const struct check_item *items, size_t count, struct buf *out);

#endif
