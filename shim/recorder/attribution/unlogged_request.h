/* What a learning container may leave unlogged: the wrapper asks before it makes the filter, and registers the answer. */
#ifndef SNUG_SHIM_RECORDER_UNLOGGED_REQUEST_H
#define SNUG_SHIM_RECORDER_UNLOGGED_REQUEST_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json/json.h"
#include "shim/recorder/attribution/runs.h"
#include "shim/recorder/store/store.h"

/* Appends the answer to an "offer" (shim/common/client.h), which contains only calls that are on disk. counts: the kernel can
 * count the run's calls; *ret_counted: the answer relies on it. */
int unlogged_request_answer(struct store *store, const struct json_doc *request, bool counts, bool *ret_counted, struct buf *out, struct err *err);

/* True if a container of the key of an "offer" runs, or if what one has done is not on disk: there may also be records of it that were
 * not read yet. */
bool unlogged_request_is_busy(struct store *store, const struct runs *runs, const struct json_doc *request);

/* True if the key has learnt calls that are not on disk yet. */
bool unlogged_request_is_unsaved(struct store *store, const struct json_doc *request);

/* Notes what a registration says about the filter: "quiet", "caller_allows" and "caller_denies", all optional. */
int unlogged_request_accept(struct run *run, const struct json_doc *request, struct err *err);

/* Notes a call that the run used, if its caller's own profile would have refused it. */
void unlogged_request_see(struct run *run, const struct arch *arch, uint32_t nr);

#endif
