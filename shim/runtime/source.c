#include "shim/runtime/source.h"

#include "base/json/json.h"
#include "shim/common/client.h"
#include "shim/common/namespaces.h"
#include "shim/runtime/learn.h"
#include "shim/runtime/request.h"

#include <errno.h>

static int cannot(enum config_mode mode, struct err *err)
{
	if (mode == CONFIG_AUDIT)
		return err_set(err, EPERM, "a rootless container cannot be audited: the kernel's audit records are for root of the initial user namespace"
			       " alone; learn it again (snug-learn), and compare (snug show)");
	return err_set(err, EPERM, "a rootless container cannot be learnt by the audit source: the kernel's audit records are for root of the initial"
		       " user namespace alone; set \"source\": \"notify\"");
}

int source_choose(struct plan *p, enum config_mode mode, struct err *err)
{
	bool root = p->config.source != CONFIG_SOURCE_NOTIFY && namespaces_is_root();

	if (root)
		return 0;
	if (p->config.source == CONFIG_SOURCE_AUDIT || mode == CONFIG_AUDIT)
		return cannot(mode, err);
	p->notify = true;
	p->why = p->config.source == CONFIG_SOURCE_NOTIFY ? "as the configuration says" : namespaces_why_no_audit();
	return 0;
}

int source_fall_back(struct plan *p, struct err *err)
{
	const char *why = p->notify || p->config.source != CONFIG_SOURCE_AUTO ? NULL : namespaces_why_no_audit();

	if (!why)
		return err->code;
	p->notify = true;
	p->why = why;
	*err = (struct err){0};
	return 0;
}

/* Choosing a RuntimeClass does not take root on the node, and notify opens everything. */
static int check_baseline(const struct plan *p, enum oci_container_kind kind, struct err *err)
{
	bool unset = p->config.baseline == CONFIG_BASELINE_UNSET;

	if (p->config.baseline == CONFIG_BASELINE_DROP || (unset && kind == OCI_KIND_PLAIN))
		return 0;
	if (unset)
		return err_set(err, EPERM, "a pod's container is learnt by notify only where the configuration says \"baseline\": \"drop\", since all that its"
			       " own profile denies is allowed meanwhile");
	return err_set(err, EPERM, "learning by notify opens all that the caller's profile denies; set \"baseline\": \"drop\", or learn by the audit source");
}

static void compose(const struct plan *p, const char *key, const struct buf *shape, struct buf *out)
{
	struct json_writer w;

	request_begin(&w, out, p, key, CONFIG_LEARN);
	json_write_bool(&w, "go_on", p->config.on_error == CONFIG_ORIGINAL);
	json_write_bool(&w, "experiments", p->config.experiments);
	learn_write_hot(&p->config, &w);
	json_write_raw(&w, "shape", shape->data, shape->len);
	json_write_end_object(&w);
}

int source_notify(const struct plan *p, const struct oci_spec *spec, enum oci_container_kind kind, const char *key, struct section *ret,
		  struct err *err)
{
	cleanup_buf struct buf shape = {0}, request = {0}, answer = {0};
	cleanup_json struct json_doc *doc = NULL;
	const struct json *section;
	size_t len = 0;
	const char *own = oci_spec_seccomp(spec, &len);
	int r = check_baseline(p, kind, err);

	if (r == 0)
		r = section_refuse_notify(own, len, "a caller's own notify rules do not go together with learning by notify; learn without them,"
					  " or by the audit source with \"baseline\": \"keep\"", err);
	if (r == 0)
		r = oci_spec_shape(spec, p->call.systemd_cgroup, &shape, err);
	if (r < 0)
		return r;
	compose(p, key, &shape, &request);
	r = client_ask(CLIENT_AGENT, &p->config, &request, &answer, err);
	if (r == 0)
		r = json_parse(answer.data, answer.len, JSON_OURS, "the agent's answer", &doc, err);
	if (r < 0)
		return r;
	section = json_get(json_root(doc), "section");
	if (json_type(section) != JSON_OBJECT)
		return err_set(err, EPROTO, "the agent's answer holds no section");
	buf_add(&ret->text, answer.data + json_start(section), json_end(section) - json_start(section));
	ret->baseline = "drop";
	return buf_failed(&ret->text) ? err_set(err, ENOMEM, "out of memory") : 0;
}
