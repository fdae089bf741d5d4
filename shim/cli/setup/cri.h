/* What the container runtime interface (CRI) of a node says of itself: the same question as `crictl info`, over its unix socket.
 *
 * The interface is gRPC (k8s.io/cri-api, runtime.v1): one HTTP/2 stream for each call (RFC 9113), its message behind a header of five bytes.
 * Only what two calls without a body of note need is spoken: header fields without compression, one stream, no priorities.
 */
#ifndef SNUG_SHIM_CLI_SETUP_CRI_H
#define SNUG_SHIM_CLI_SETUP_CRI_H

#include "base/buf.h"
#include "base/err.h"
#include "base/names.h"

#include <stdbool.h>

struct cri_answer {
	struct buf engine;     /* "containerd 1.7.24" */
	bool lists;            /* the engine says which handlers it has */
	struct names handlers; /* those, where it does */
};

/* Asks with a patience of 5 s. -ECONNREFUSED, -ENOENT and the like: nobody answers on the socket; -EPROTO: whoever does is no CRI. */
int cri_ask(const char *socket, struct cri_answer *ret, struct err *err);

/* The two messages, StatusResponse and VersionResponse, without their header; what they say is added to *ret. Containerd before 2.0 names its
 * handlers only in the text of its configuration, which a verbose answer holds. -EPROTO. */
int cri_read_status(const char *message, size_t len, struct cri_answer *ret, struct err *err);
int cri_read_version(const char *message, size_t len, struct cri_answer *ret, struct err *err);

void cri_answer_done(struct cri_answer *a);

#endif
