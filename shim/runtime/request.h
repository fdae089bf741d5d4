/* Requests to the recorder (shim/common/client.h). */
#ifndef SNUG_SHIM_RUNTIME_REQUEST_H
#define SNUG_SHIM_RUNTIME_REQUEST_H

#include "base/json/json.h"
#include "shim/common/config.h"
#include "shim/runtime/plan.h"

/* Begins a registration in *out: what is started, as what, under which key and by which runtime. The caller adds its
 * own members and ends the object. */
void request_begin(struct json_writer *w, struct buf *out, const struct plan *p, const char *key,
		   enum config_mode mode);

/* client_ask_over() for a container that is learnt or audited. While the service manager is still starting the recorder
 * it waits longer, at most CLIENT_SERVICE_MS in all, and says so. */
int request_ask(const struct plan *p, int *recorder, const struct buf *request, struct buf *ret_answer,
		struct err *err);

#endif
