/* What is wrong with a profile: findings, of which each says what breaks, when, and what to add. Pure: the profile, the
 * floors of runtimes and the facts built in go in, findings come out.
 */
#ifndef SNUG_SHIM_CLI_CHECK_H
#define SNUG_SHIM_CLI_CHECK_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "seccomp/filter/filter.h"
#include "seccomp/policy/policy.h"
#include "shim/cli/floor/floor_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum check_level {
	CHECK_NOTE,    /* worth knowing */
	CHECK_WARNING, /* may break something, or opens more than the defaults do */
	CHECK_FAILURE, /* breaks */
	CHECK_LEVELS,
};
const char *check_level_name(enum check_level l); /* "note" "warning" "failure" */

/* X(ENUM, "kind"). The words are a contract: --json holds them. */
#define CHECK_KINDS(X)                                                                                                  \
	X(INVALID, "invalid")                 /* no runtime can read it */                                              \
	X(REFUSED, "refused-by-runtime")      /* a runtime named refuses it */                                          \
	X(ARCHITECTURE, "architecture")       /* made for other machines */                                             \
	X(UNCONFINED, "unconfined")           /* what it does not name is allowed */                                    \
	X(HANDED_OVER, "handed-over")         /* a tracer or an agent decides */                                        \
	X(FLOOR, "runtime-floor")             /* the runtime itself is denied a call */                                 \
	X(SCHEDULER, "runtime-scheduler")     /* the same of a call that a Go runtime may make at any time */           \
	X(NOT_SAMPLED, "runtime-not-sampled") /* nobody knows what this runtime needs */                                \
	X(ALWAYS, "always-needed")            /* exit_group and the like */                                             \
	X(FALLBACK, "fallback")               /* a newer call is refused with an errno that stops the fallback */       \
	X(UNKNOWN_NAME, "unknown-name")       /* no call has this name */                                               \
	X(ELSEWHERE, "name-elsewhere")        /* a call, but of no ABI that it lists */                                 \
	X(UNNAMEABLE, "unnameable")           /* this libseccomp does not know the name */                              \
	X(INEFFECTIVE, "ineffective")         /* a part that some readers leave out */                                  \
	X(AMBIGUOUS, "ambiguous")             /* a part that says something else than it seems to */                    \
	X(BEYOND, "beyond-defaults")          /* it allows more than the defaults */

enum check_kind {
#define X(e, name) CHECK_##e,
	CHECK_KINDS(X)
#undef X
		CHECK_KIND_COUNT
};
const char *check_kind_name(enum check_kind k);

#define CHECK_WHEN_MAX 200

/* A call that a finding is about. */
struct check_call {
	char name[SYSCALL_NAME_MAX];
	uint32_t answer;       /* what the profile answers, where that matters */
	uint64_t seen, starts; /* of a floor: in how many of its starts or execs */
	const char *reason;    /* of the facts built in; NULL: none */
	char when[CHECK_WHEN_MAX]; /* for which arguments the profile allows it, "" where that does not matter; what is too long ends in "..." */
	enum floor_use use;    /* of a floor */
	bool by_errno;         /* it is enough to answer ENOSYS: the runtime tries the call and falls back then */
	char nearest[SYSCALL_NAME_MAX]; /* what may be meant by a name that is none; "": nothing near */
};

struct check_finding {
	enum check_level level;
	enum check_kind kind;
	const char *reader;                  /* whose reading of the profile: "Docker", "containerd"; NULL: all alike */
	const struct floor_runtime *runtime; /* NULL: none in particular */
	const struct floor_part *part;       /* of a floor */
	struct check_call *calls;            /* owned, in order of name */
	size_t call_count;
	char *text; /* owned: what breaks, and when */
	char *fix; /* owned: the line to add, or what to do; NULL: nothing */
};

struct check_result {
	enum policy_format format;
	bool readable;
	bool partial; /* its base is not here: whether it starts is not known */
	struct check_finding *findings;
	size_t count, cap;
};

void check_result_done(struct check_result *r); /* NULL is allowed */

size_t check_count(const struct check_result *r, enum check_level level);
enum check_level check_worst(const struct check_result *r, bool *ret_any);

/* What profiles are checked by; made once for many. */
struct check_plan;
int check_plan_new(const struct floor_file *floors, struct check_plan **ret, struct err *err); /* borrows floors */
void check_plan_free(struct check_plan *p);                                                    /* NULL is allowed */
DEFINE_CLEANUP(check_plan, struct check_plan *, check_plan_free)

/* Checks one profile for the machine of the floors; *ret is empty before, check_result_done also after an error. */
int check_policy(const struct check_plan *plan, const struct policy *p, struct check_result *ret, struct err *err);

/* The result for a text that is no profile. */
int check_unreadable(const char *why, struct check_result *ret, struct err *err);

/* Adds a finding with formatted text; *ret to be completed. Valid until the next one. */
int check_add(struct check_result *r, enum check_level level, enum check_kind kind, struct check_finding **ret,
	      struct err *err, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* Adds a call to a finding, unless it is there. */
int check_add_call(struct check_finding *f, const struct check_call *call, struct err *err);

#define CHECK_NR_MAX 1024 /* numbers of the machine's own ABI that answers are kept of */

/* The parts of check_policy; each looks at one thing. `reader` as in check_finding. */
struct check_view {
	const struct check_plan *plan;
	const struct policy *policy;
	struct filter *filter;
	const char *reader;
	struct check_result *result;
	struct check_answer {
		bool known, allows, denies; /* for some arguments; what is handed to a tracer counts as denied, with ENOSYS */
		bool refuses, traces, notifies; /* likewise: by itself, by a tracer, by an agent */
		uint32_t answer;            /* where it does not depend on them */
	} answers[CHECK_NR_MAX];
	struct err *err;
};
/* Notes for which arguments the profile allows the call. */
int check_note_when(struct check_view *v, uint32_t nr, struct check_call *call);
int check_floors(struct check_view *v);   /* floor, scheduler, always-set */
int check_fallback(struct check_view *v); /* errno of newer calls */
int check_handed_over(struct check_view *v); /* what a tracer or an agent decides */
int check_form(struct check_view *v);     /* what runtimes refuse, leave out, or take otherwise */
int check_runtimes(struct check_view *v); /* what a runtime named refuses */
int check_beyond(struct check_view *v);   /* what the defaults do not allow */

/* What the profile answers to a call of the machine's own ABI. */
int check_ask(struct check_view *v, uint32_t nr, struct check_answer *ret);

/* check_ask(), with what the runtime's stub answers. */
int check_answer_of(struct check_view *v, const struct floor_runtime *rt, uint32_t nr, struct check_answer *ret);

/* What a call that falls back has to be answered, as the kernel gives it to the runtime; ABLATION_ERRNOS: something else. */
enum ablation_errno check_errno_of(uint32_t answer);

/* What comes of a refusal of the call by itself. */
enum check_level check_level_of(const struct floor_call *c, uint32_t answer);

/* Of each set of calls of which a runtime needs one and is refused all: which one to add. The same for starts and execs, and as few
 * as possible: first what helps most sets, then what is not dangerous, then the newest, which the runtime asks for first. */
#define CHECK_CHOSEN_MAX 16
struct check_chosen {
	uint32_t nr[CHECK_CHOSEN_MAX];
	size_t count;
};
int check_choose(struct check_view *v, const struct floor_runtime *rt, bool no_new_privileges, struct check_chosen *ret);
bool check_chosen_has(const struct check_chosen *c, const struct floor_part *part, uint32_t nr);

/* What the view needs of the plan. */
void check_finding_done(struct check_finding *f);
const struct floor_file *check_floors_of(const struct check_plan *p);
enum check_name {
	CHECK_NAME_KNOWN,
	CHECK_NAME_LACKING, /* a call, but the node's libseccomp cannot name it */
	CHECK_NAME_UNKNOWN,
};
enum check_name check_name_status(const struct check_plan *p, const char *name);
/* syscall_number() for the machine's own ABI, remembered. */
int check_number(const struct check_plan *p, const char *name, uint32_t *ret);

/* What the default profile number i (seccomp/policy/defaults.h) allows of a call of the machine's own ABI. */
enum check_allows { CHECK_DENIES, CHECK_DEPENDS, CHECK_ALLOWS };
enum check_allows check_default_allows(const struct check_plan *p, size_t i, uint32_t nr);
bool check_has_defaults(const struct check_plan *p); /* false: they are facts of another machine */

/* True if the runtime answers ENOSYS for a number above all that the profile names (runc's stub). */
bool check_is_stubbed(const struct check_view *v, const struct floor_runtime *rt, uint32_t nr);

/* Appends what fixes a finding whose calls are to be allowed, or answered with ENOSYS. */
void check_add_fix(const struct check_finding *f, struct buf *out);

/* "runc 1.1.5": how people call a runtime. Appends. */
void check_add_runtime(const struct floor_runtime *rt, struct buf *out);

struct check_item {
	const char *name; /* how the profile is called: its file, and its place within */
	const struct check_result *result;
};
void check_text(const struct floor_file *floors, const struct check_item *items, size_t count, bool all, struct buf *out);
void check_json(const struct floor_file *floors, const struct check_item *items, size_t count, struct buf *out);

#endif
