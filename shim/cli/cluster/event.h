/* Denials in the journal (shim/recorder/attribution/denials.h) as Events on the pods. */
#ifndef SNUG_SHIM_CLI_CLUSTER_EVENT_H
#define SNUG_SHIM_CLI_CLUSTER_EVENT_H

#include "base/buf.h"
#include "base/err.h"

/* Which pod a container is of. */
struct event_pod {
	char *namespace, *name, *uid, *container; /* owned; uid may be NULL */
};

/* Finds the pod of a container by the annotations in its bundle, below `bundles` or, if that is NULL, where the engines
 * keep them. -ENOENT: it has ended, or is no pod's. */
int event_find_pod(const char *bundles, const char *id, struct event_pod *ret, struct err *err);
void event_pod_done(struct event_pod *pod);

/* Reads lines of `journalctl -o json` and appends a line for each key among them, "NAMESPACE LABEL EVENT": the newest
 * denial of a container that is still there, as an Event in JSON. Lines that are no denials of a pod's key are left
 * out. node: where it was. */
int event_add_all(const char *bundles, const char *node, const struct buf *journal, struct buf *out, struct err *err);

#endif
