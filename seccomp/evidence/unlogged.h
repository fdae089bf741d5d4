/* Quieting: from a key's second run on the filter lets pass unlogged what the key is known to use, so that it costs nothing
 * and only what is new shows.
 *
 * What may be quiet: names that the workload (not the runtime, not a hook) was seen to use, once that is on disk, so that no
 * crash can forget a call that another container no longer shows. Never quiet are the calls of always-logged.csv. A rule of a profile
 * holds for every ABI alike, and so does quiet: a process of another ABI shows by the loud ones.
 *
 * Calls whose arguments decide their danger (seccomp/syscall/arguments.h) are quiet in their harmless form only: "unknown" until a whole
 * complete run that did so showed no other, "narrow" from then on, "wide" for good after one that did. A use by a run that logged the
 * call whatever its arguments says nothing about them, and voids what runs that began before it could have proved.
 *
 * The hot set: names that are quiet though nobody has seen them yet ("assumed"), and in the profile. Later runs log one or two
 * of them again ("confirming"): seen, it is ordinary evidence; not seen by a whole complete run, and assumed by no other run that
 * overlapped with it or came after, it is "absent".
 *
 * Each run names what was quiet for it: calls are numbered in the order in which they were learnt, `upto` is the highest number,
 * and a digest tells that the evidence still holds exactly those; else the run is stamped REASON_QUIETED.
 */
#ifndef SNUG_SECCOMP_UNLOGGED_H
#define SNUG_SECCOMP_UNLOGGED_H

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

/* True if the workload needs no such call, though it makes it: answered with ENOSYS it was seen to do with clone instead. */
bool unlogged_left_out(const struct evidence *ev, const char *name);

/* True if the harmless form is all that the workload needs of the call: it is narrow and, answered with ENOSYS, left out. */
bool unlogged_is_narrowed(const struct evidence *ev, int place);

enum unlogged_hot { UNLOGGED_NOT_HOT, UNLOGGED_ASSUMED, UNLOGGED_CONFIRMED, UNLOGGED_ABSENT };
const char *unlogged_hot_name(enum unlogged_hot h); /* "" "assumed" "confirmed" "absent" */
enum unlogged_hot unlogged_hot_of(const struct evidence *ev, const char *name);

/* Every name that some learning run has assumed: calls fn for each, once. */
int unlogged_each_assumed(const struct evidence *ev, int (*fn)(const char *name, void *arg), void *arg);

/* Books what a run's filter was made with: the object of known_calls_offer, with those forms that were really applied. What the evidence
 * does not hold stamps the run. -EINVAL for what is no such object. */
int unlogged_accept(struct evidence *ev, uint64_t run_no, const struct json_doc *doc, const struct json *unlogged,
		 struct err *err);

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
