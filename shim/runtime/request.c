#include "shim/runtime/request.h"

#include "base/cleanup.h"
#include "oci/runtime.h"
#include "shim/common/client.h"
#include "shim/runtime/report.h"

#include <errno.h>
#include <unistd.h>

void request_begin(struct json_writer *w, struct buf *out, const struct plan *p, const char *key, enum config_mode mode)
{
	char runtime_id[OCI_RUNTIME_ID_MAX];

	oci_runtime_id(&p->runtime, runtime_id);
	json_write_begin(w, out, false);
	json_write_object(w, NULL);
	json_write_string(w, "op", "register");
	json_write_string(w, "command", oci_command_name(p->call.command));
	json_write_string(w, "mode", config_mode_name(mode));
	json_write_string(w, "id", p->call.id);
	json_write_string(w, "root", p->root);
	json_write_string(w, "key", key);
	json_write_string(w, "runtime", p->runtime.path);
	json_write_string(w, "runtime_id", runtime_id);
	json_write_bool(w, "go", p->runtime.is_go);
}

int request_ask(const struct plan *p, int *recorder, const struct buf *request, struct buf *ret_answer, struct err *err)
{
	enum client_server server = p->notify ? CLIENT_AGENT : CLIENT_SNUGD;
	int r = client_ask_over(server, &p->config, recorder, request, ret_answer, err);

	if (r != -EINPROGRESS)
		return r;
	report_waiting(&p->call);
	r = client_wait_for_service(*recorder, CLIENT_SERVICE_MS - CLIENT_TIMEOUT_MS, ret_answer, err);
	if (r < 0)
		close(steal_fd(recorder));
	return r == -ECONNRESET ? client_ask_over(server, &p->config, recorder, request, ret_answer, err) : r;
}
