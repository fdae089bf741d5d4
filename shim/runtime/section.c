#include "shim/runtime/section.h"

#include "base/text.h"
#include "seccomp/learning.h"
#include "shim/common/state.h"

#include <errno.h>
#include <string.h>

/* crun loads these in place of linux.seccomp (crun.1, ANNOTATIONS). */
static const char *const overriding[] = {"run.oci.seccomp_bpf_data", "run.oci.seccomp.receiver"};

static int refuse_overrides(const struct oci_spec *spec, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(overriding); i++)
		if (oci_spec_annotation(spec, overriding[i]))
			return err_set(err, EPERM, "config.json: annotations.%s makes crun load another filter than the one written here;"
				       " remove the annotation, or call the runtime without snug",
				       overriding[i]);
	return 0;
}

/* A notify rule hands calls to a listener of the caller's; a filter without it starts another container than was asked for. */
static int refuse_notify(const char *section, size_t len, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	const struct json *rules;
	int r;

	if (!section)
		return 0;
	r = json_parse(section, len, JSON_FOREIGN, "config.json: linux.seccomp", &doc, err);
	if (r < 0)
		return r;
	rules = json_get(json_root(doc), "syscalls");
	for (const struct json *v = json_first(rules); v; v = json_next(v))
		if (text_streq(json_text(json_get(v, "action")), "SCMP_ACT_NOTIFY"))
			return json_err(doc, v, err, "notify rules do not go together with baseline drop; set \"baseline\": \"keep\"");
	return 0;
}

static int make_learning(const struct plan *p, const struct oci_spec *spec, enum oci_container_kind kind, struct section *ret,
			 struct err *err)
{
	enum config_baseline baseline = p->config.baseline;
	size_t len = 0;
	const char *own = oci_spec_seccomp(spec, &len);
	int r;

	/* Whoever picks a RuntimeClass is not the node's root: learning opens nothing beyond a pod's own profile. */
	if (baseline == CONFIG_BASELINE_UNSET)
		baseline = kind == OCI_KIND_PLAIN ? CONFIG_BASELINE_DROP : CONFIG_BASELINE_KEEP;
	if (baseline == CONFIG_BASELINE_KEEP) {
		ret->baseline = "keep";
		return learning_keep(own, len, "config.json: linux.seccomp", &ret->text, err);
	}
	r = refuse_notify(own, len, err);
	if (r < 0)
		return r;
	ret->baseline = "drop";
	learning_drop(&ret->text);
	return 0;
}

static int make_approved(const struct plan *p, enum config_mode mode, const char *key, struct section *ret, struct err *err)
{
	cleanup_buf struct buf profile = {0};
	cleanup_json struct json_doc *doc = NULL;
	const char *action = NULL;
	int r = state_read_approved(p->config.state_dir, key, &profile, err);

	if (r == -ENOENT)
		return err_set(err, ENOENT, "no approved profile for %s; learn it (snug-learn) and approve it (snug approve %s)", key, key);
	if (r < 0)
		return r;
	if (mode == CONFIG_AUDIT)
		return learning_audit(profile.data, profile.len, STATE_APPROVED, &ret->text, err);
	/* What is not JSON, or not an object, would break the caller's file. */
	r = json_parse(profile.data, profile.len, JSON_OURS, STATE_APPROVED, &doc, err);
	if (r == 0 && json_type(json_root(doc)) != JSON_OBJECT)
		r = json_err(doc, json_root(doc), err, "an object is wanted");
	/* Without one, and without rules, runc takes the section for none at all. */
	if (r == 0)
		r = json_want_string(doc, json_root(doc), "defaultAction", &action, err);
	if (r < 0)
		return err_wrap(err, "approved profile of %s", key);
	buf_add(&ret->text, profile.data + json_start(json_root(doc)),
		json_end(json_root(doc)) - json_start(json_root(doc)));
	return 0;
}

int section_make(const struct plan *p, const struct oci_spec *spec, enum oci_container_kind kind, enum config_mode mode,
		 const char *key, struct section *ret, struct err *err)
{
	struct section s = {.baseline = ""};
	int r = refuse_overrides(spec, err);

	if (r == 0)
		r = mode == CONFIG_LEARN ? make_learning(p, spec, kind, &s, err) : make_approved(p, mode, key, &s, err);
	if (r == 0 && buf_failed(&s.text))
		r = err_set(err, ENOMEM, "out of memory");
	if (r < 0) {
		section_done(&s);
		return r;
	}
	*ret = s;
	return 0;
}

void section_done(struct section *s)
{
	buf_done(&s->text);
}
