/* Unlogged calls: from a key's second run on, the filter allows without a record what the key is known to use, so that it
 * costs nothing and only what is new shows. In files and messages such calls are "quiet".
 *
 * What may be unlogged: names that the workload (not the runtime, not a hook) was seen to use, once that is on disk, so that
 * a crash cannot lose a call that another container no longer shows. The calls in always-logged.csv are always logged. A rule
 * of a profile applies to every ABI, and so does this: a process of another ABI shows by the logged calls, a single call of
 * another ABI does not (evidence_evaluate()).
 *
 * Evidence is monotone: what a complete run has shown, or could have done unseen, stays open until every complete run that
 * could have done it was able to show the contrary. What one run did unseen, no later run can rule out.
 *
 * Calls whose arguments decide their danger (seccomp/syscall/arguments.h) are unlogged in their harmless form only. A form is
 * "wide" for good once such a run showed another one, and "narrow" as long as every complete run that used the call, or may
 * have, was such a run and showed none. A use by a complete run that logged the call whatever its arguments leaves it
 * "unknown", which is open. So a form can be learnt only if it is unlogged from the call's first run on: this is so for a
 * logged call with a form, and for those that the operator names in the hot set. The profile contains the harmless form then.
 *
 * The hot set: names that are unlogged before anybody has seen them ("assumed"), and in the profile. Later runs log one or two
 * of them again ("confirming"): if seen, they are ordinary evidence; if not, "kept" if a complete run left them unlogged, else
 * "absent".
 *
 * Counted: if the kernel counts the calls of a run (shim/recorder/counter), common.csv and every harmless form are unlogged from
 * the first run on. Nothing is unseen then: what such a run did not show, it did not use.
 *
 * Each run records what was unlogged: calls are numbered in the order in which they were learnt, `upto` is the highest number,
 * and a digest shows that the evidence still contains exactly those; else the run is stamped REASON_QUIETED.
 */
#ifndef SNUG_SECCOMP_UNLOGGED_PROOF_H
#define SNUG_SECCOMP_UNLOGGED_PROOF_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json/json.h"
#include "seccomp/syscall/arguments.h"
#include "seccomp/evidence/evidence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNLOGGED_CONFIRM_MAX 2   /* names of the hot set that are logged again at a time */
#define UNLOGGED_HOT_MAX     128 /* names in a hot set */

enum unlogged_form { UNLOGGED_UNKNOWN, UNLOGGED_NARROW, UNLOGGED_WIDE };
const char *unlogged_form_name(enum unlogged_form f); /* "unknown" "narrow" "wide" */

/* What is known about a form of the argument table; *ret_runs (may be NULL): the number of complete runs that proved it. Also
 * unknown if the evidence has an ABI on which the argument is at another index. */
enum unlogged_form unlogged_form_of(const struct evidence *ev, int place, uint64_t *ret_runs);

/* True if the table's form of the call applies on every ABI of the evidence. */
bool unlogged_form_holds(const struct evidence *ev, int place);

/* True if a complete run used the call, or may have, in an unknown form: it can never be narrow then. */
bool unlogged_is_blind(const struct evidence *ev, int place);

/* True if a complete run left the harmless form unlogged: it may have used it unseen, so the profile contains it. */
bool unlogged_has_passed(const struct evidence *ev, int place);

/* True if a run left the harmless form unlogged, in order to learn which forms are used. */
bool unlogged_is_tried(const struct evidence *ev, int place);

/* True if the workload makes the call but does not need it: answered with ENOSYS, it was seen to use clone instead. */
bool unlogged_left_out(const struct evidence *ev, const char *name);

/* True if the harmless form is all that the workload needs of the call: it is narrow and, answered with ENOSYS, left out. */
bool unlogged_is_narrowed(const struct evidence *ev, int place);

enum unlogged_hot {
	UNLOGGED_NOT_HOT,
	UNLOGGED_ASSUMED,   /* no run has logged it yet */
	UNLOGGED_KEPT,      /* not seen by the complete runs that logged it; another complete run may have used it unseen */
	UNLOGGED_CONFIRMED, /* seen */
	UNLOGGED_ABSENT,    /* not seen, and no complete run left it unlogged: the only state that is in no profile */
};
const char *unlogged_hot_name(enum unlogged_hot h); /* "" "assumed" "kept" "confirmed" "absent" */
enum unlogged_hot unlogged_hot_of(const struct evidence *ev, const char *name);

/* Calls fn once for every name that some learning run has assumed, until fn returns something other than 0; returns that. */
int unlogged_each_assumed(const struct evidence *ev, int (*fn)(const char *name, void *arg), void *arg);

/* Notes what a run's filter leaves unlogged: the object of unlogged_calls_offer(), with the forms that were really applied.
 * What the evidence does not contain stamps the run. -EINVAL if it is not such an object. */
int unlogged_accept(struct evidence *ev, uint64_t run_no, const struct json_doc *doc, const struct json *unlogged,
		 struct err *err);

/* For what is known from elsewhere than a record or a register: the run's workload wants (certain), or may want, this
 * call of the argument table beyond its harmless form. True if that is news. */
bool unlogged_beyond(struct evidence *ev, uint64_t run_no, const char *name, bool certain);

/* For a run that should have been counted and was not: this name may have been used unseen. Returns 0 or -ENOMEM. */
int unlogged_assume(struct evidence_run *run, const char *name);

/* For a run that was counted to its end: no process of it made this call of the argument table, so its form was not used. */
void unlogged_unused(struct evidence_run *run, int place);

/* Appends what unlogged_accept() noted, in the same form; nothing for a run that logs every call. */
void unlogged_tell(const struct evidence_run *run, struct buf *out);

/* The number of the call learnt last. Ask when the evidence is written out, and once that is on disk, pass the number to
 * unlogged_saved(): these calls may be unlogged from then on. */
uint64_t unlogged_learnt(const struct evidence *ev);
void unlogged_saved(struct evidence *ev, uint64_t learnt);

/* True if a call was learnt that is not on disk yet. */
bool unlogged_is_unsaved(const struct evidence *ev);

/* The start of the first learning run, in milliseconds since the epoch; 0: none. */
uint64_t unlogged_since(const struct evidence *ev);

/* Adds a name that the run used and its caller's own profile would have refused. */
void unlogged_opened(struct evidence_run *run, const char *name);

#endif
