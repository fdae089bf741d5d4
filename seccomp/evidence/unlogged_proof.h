/* Quieting: from a key's second run on the filter lets pass unlogged what the key is known to use, so that it costs nothing
 * and only what is new shows.
 *
 * What may be quiet: names that the workload (not the runtime, not a hook) was seen to use, once that is on disk, so that no
 * crash can forget a call that another container no longer shows. Never quiet are the calls of always-logged.csv. A rule of a profile
 * holds for every ABI alike, and so does quiet: a process of another ABI shows by the loud ones, a single call of another ABI does not
 * (evidence_judge).
 *
 * Evidence is monotone: what a complete run has shown, or could have done unseen, stays open until every complete run that could have done it was
 * able to show the contrary. What a run did not show when it could have can never be shown later by another.
 *
 * Calls whose arguments decide their danger (seccomp/syscall/arguments.h) are quiet in their harmless form only: "wide" for good once a run that
 * did so showed another, "narrow" while every complete run that used the call, or may have, did so and showed none. A use by a complete run that
 * logged the call whatever its arguments leaves it "unknown", which is open. So a form can be learnt only where it passes from a call's first run
 * on: that is so for a loud call with a form, and for those that the operator names in the hot set. The profile holds the harmless form then.
 *
 * The hot set: names that are quiet though nobody has seen them yet ("assumed"), and in the profile. Later runs log one or two
 * of them again ("confirming"): seen, it is ordinary evidence; not seen, it is "kept" where a complete run let it pass, else "absent".
 *
 * Counted: where the kernel counts the calls of a run (shim/recorder/counter), common.csv is quiet too, and every harmless form, from the first run on.
 * Nothing is unseen then: what such a run did not show it did not use.
 *
 * Each run names what was quiet for it: calls are numbered in the order in which they were learnt, `upto` is the highest number,
 * and a digest tells that the evidence still holds exactly those; else the run is stamped REASON_QUIETED.
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

/* How a form of the argument table is known; *ret_runs: the complete runs that proved it (may be NULL). Unknown too where the
 * evidence shows an ABI on which the argument stands elsewhere. */
enum unlogged_form unlogged_form_of(const struct evidence *ev, int place, uint64_t *ret_runs);

/* True if the table has a form of the call that holds on every ABI of the evidence. */
bool unlogged_form_holds(const struct evidence *ev, int place);

/* True if a complete run used the call, or may have, in a form that nobody knows: it is never narrow then. */
bool unlogged_is_blind(const struct evidence *ev, int place);

/* True if a complete run let the harmless form pass: it may have used it unseen, so that the profile holds it. */
bool unlogged_has_passed(const struct evidence *ev, int place);

/* True if a run let the harmless form pass, in order to learn which forms are used. */
bool unlogged_is_tried(const struct evidence *ev, int place);

/* True if the workload needs no such call, though it makes it: answered with ENOSYS it was seen to do with clone instead. */
bool unlogged_left_out(const struct evidence *ev, const char *name);

/* True if the harmless form is all that the workload needs of the call: it is narrow and, answered with ENOSYS, left out. */
bool unlogged_is_narrowed(const struct evidence *ev, int place);

enum unlogged_hot {
	UNLOGGED_NOT_HOT,
	UNLOGGED_ASSUMED,   /* nobody has looked for it yet */
	UNLOGGED_KEPT,      /* not seen by the complete runs that looked for it; another complete run may have used it unseen */
	UNLOGGED_CONFIRMED, /* seen */
	UNLOGGED_ABSENT,    /* not seen, and no complete run let it pass unseen: the only state that is in no profile */
};
const char *unlogged_hot_name(enum unlogged_hot h); /* "" "assumed" "kept" "confirmed" "absent" */
enum unlogged_hot unlogged_hot_of(const struct evidence *ev, const char *name);

/* Every name that some learning run has assumed: calls fn for each, once. */
int unlogged_each_assumed(const struct evidence *ev, int (*fn)(const char *name, void *arg), void *arg);

/* Books what a run's filter was made with: the object of unlogged_calls_offer, with those forms that were really applied. What the evidence
 * does not hold stamps the run. -EINVAL for what is no such object. */
int unlogged_accept(struct evidence *ev, uint64_t run_no, const struct json_doc *doc, const struct json *unlogged,
		 struct err *err);

/* Of a run that was to be counted: it is not, so that this name may have been used unseen. 0 or -ENOMEM. */
int unlogged_assume(struct evidence_run *run, const char *name);

/* Of a run that was counted to its end: no process of it made the call of this place of the argument table, so that its form did not pass. */
void unlogged_unused(struct evidence_run *run, int place);

/* Appends what was booked so, as unlogged_accept takes it; nothing for a run that logs every call. */
void unlogged_tell(const struct evidence_run *run, struct buf *out);

/* The number of the call that was learnt last. What was written out while it was this is on disk once that is: then unlogged_saved()
 * is called with it, and what it holds may be offered. */
uint64_t unlogged_learnt(const struct evidence *ev);
void unlogged_saved(struct evidence *ev, uint64_t learnt);

/* True if a call was learnt that is not on disk yet. */
bool unlogged_is_unsaved(const struct evidence *ev);

/* Start of the first learning run, 0 if there is none. */
uint64_t unlogged_since(const struct evidence *ev);

/* Adds a name that a run used and that its caller's own profile would have refused. */
void unlogged_opened(struct evidence_run *run, const char *name);

#endif
