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
#ifndef SNUG_SECCOMP_QUIET_H
#define SNUG_SECCOMP_QUIET_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json/json.h"
#include "seccomp/syscall/arguments.h"
#include "seccomp/evidence/evidence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUIET_CONFIRM_MAX 2   /* names of the hot set that are logged again at a time */
#define QUIET_HOT_MAX     128 /* names in a hot set */

enum quiet_form { QUIET_UNKNOWN, QUIET_NARROW, QUIET_WIDE };
const char *quiet_form_name(enum quiet_form f); /* "unknown" "narrow" "wide" */

/* How a form of the argument table is known; *ret_runs: the complete runs that proved it (may be NULL). Unknown too where the
 * evidence shows an ABI on which the argument stands elsewhere. */
enum quiet_form quiet_form_of(const struct evidence *ev, int place, uint64_t *ret_runs);

/* True if the workload needs no such call, though it makes it: answered with ENOSYS it was seen to do with clone instead. */
bool quiet_left_out(const struct evidence *ev, const char *name);

/* True if the harmless form is all that the workload needs of the call: it is narrow and, answered with ENOSYS, left out. */
bool quiet_is_narrowed(const struct evidence *ev, int place);

enum quiet_hot { QUIET_NOT_HOT, QUIET_ASSUMED, QUIET_CONFIRMED, QUIET_ABSENT };
const char *quiet_hot_name(enum quiet_hot h); /* "" "assumed" "confirmed" "absent" */
enum quiet_hot quiet_hot_of(const struct evidence *ev, const char *name);

/* Every name that some learning run has assumed: calls fn for each, once. */
int quiet_each_assumed(const struct evidence *ev, int (*fn)(const char *name, void *arg), void *arg);

struct quiet_wish {
	bool experiments;      /* forms of ARGUMENT_ENOSYS may be tried */
	const char **hot;      /* the hot set; may be NULL */
	size_t hot_count;
};

/* Appends what a new run may have quiet, a JSON object on one line:
 *   {"upto":40,"digest":"...","count":35,"names":[...],"forms":["clone:0:..."],"assumed":[...],"confirming":[...]}
 * names: to be let pass whole; forms: to be let pass in their harmless form only. */
int quiet_offer(const struct evidence *ev, const struct quiet_wish *wish, struct buf *out, struct err *err);

/* Books what a run's filter was made with: the object of quiet_offer, with those forms that were really applied. What the evidence
 * does not hold stamps the run. -EINVAL for what is no such object. */
int quiet_accept(struct evidence *ev, uint64_t run_no, const struct json_doc *doc, const struct json *quiet,
		 struct err *err);

/* Appends what was booked so, as quiet_accept takes it; nothing for a run that logs every call. */
void quiet_tell(const struct evidence_run *run, struct buf *out);

/* The number of the call that was learnt last. What was written out while it was this is on disk once that is: then quiet_saved()
 * is called with it, and what it holds may be offered. */
uint64_t quiet_learnt(const struct evidence *ev);
void quiet_saved(struct evidence *ev, uint64_t learnt);

/* True if a call was learnt that is not on disk yet. */
bool quiet_is_unsaved(const struct evidence *ev);

/* Start of the first learning run, 0 if there is none. */
uint64_t quiet_since(const struct evidence *ev);

/* Adds a name that a run used and that its caller's own profile would have refused. */
void quiet_opened(struct evidence_run *run, const char *name);

#endif
