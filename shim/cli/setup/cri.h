/* What the container runtime interface (CRI) of a node says about itself: the question of `crictl info`, over its unix socket.
 *
 * CRI is gRPC (k8s.io/cri-api, runtime.v1): one HTTP/2 stream per call (RFC 9113), whose message follows a header of five bytes.
 * This implements only what two calls with small requests need: header fields without compression, one stream, no priorities. */
#ifndef SNUG_SHIM_CLI_SETUP_CRI_H
#define SNUG_SHIM_CLI_SETUP_CRI_H

#include "base/buf.h"
#include "base/err.h"
#include "base/names.h"

#include <stdbool.h>

struct cri_answer {
	struct buf engine;     /* "containerd 1.7.24" */
	bool lists;            /* the engine lists its handlers */
	struct names handlers; /* its handlers, if it lists them */
};

/* Asks, with a timeout of 5 s. Returns 0 or a negative errno: -ECONNREFUSED, -ENOENT and the like: nothing answers on the socket;
 * -EPROTO: the answer is not CRI. The caller frees *ret with cri_answer_done(). */
int cri_ask(const char *socket, struct cri_answer *ret, struct err *err);

/* Parse the messages StatusResponse and VersionResponse, without their header, and add their content to *ret. Before 2.0,
 * containerd lists its handlers only in the text of its configuration, which is part of a verbose answer. Return 0 or -EPROTO. */
int cri_read_status(const char *message, size_t len, struct cri_answer *ret, struct err *err);
int cri_read_version(const char *message, size_t len, struct cri_answer *ret, struct err *err);

void cri_answer_done(struct cri_answer *a);

#endif
