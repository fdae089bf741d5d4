/* The part of a registration that snugd and snug-agent both get (shim/common/client.h). */
#ifndef SNUG_SHIM_RUNTIME_REQUEST_H
#define SNUG_SHIM_RUNTIME_REQUEST_H

#include "base/json/json.h"
#include "shim/common/config.h"
#include "shim/runtime/plan.h"

/* Begins the request in *out: what is started, as what, under which key and by which runtime. The caller adds its own
 * members and ends the object. */
void request_begin(struct json_writer *w, struct buf *out, const struct plan *p, const char *key,
		   enum config_mode mode);

#endif
