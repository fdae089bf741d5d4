#include "shim/runtime/section.h"

#include "base/text.h"
#include "seccomp/policy/defaults.h"
#include "seccomp/learning/section.h"
#include "shim/common/state.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

/* Finds the first rule with one of these actions; *ret is NULL if there is none. */
static int find_rule(const char *section, size_t len, const char *const *actions, size_t count, struct json_doc **ret_doc,
		     const struct json **ret, struct err *err)
{
	int r = section ? json_parse(section, len, JSON_FOREIGN, "config.json: linux.seccomp", ret_doc, err) : 0;

	*ret = NULL;
	if (!section || r < 0)
		return r;
	for (const struct json *v = json_first(json_get(json_root(*ret_doc), "syscalls")); v && !*ret; v = json_next(v))
		for (size_t i = 0; i < count; i++)
			if (text_streq(json_text(json_get(v, "action")), actions[i]))
				*ret = v;
	return 0;
}

/* A notify rule hands calls to the caller's listener; without it, the container would not be the one that was asked for. */
int section_refuse_notify(const char *section, size_t len, const char *sentence, struct err *err)
{
	static const char *const actions[] = {"SCMP_ACT_NOTIFY"};
	cleanup_json struct json_doc *doc = NULL;
	const struct json *rule = NULL;
	int r = find_rule(section, len, actions, ARRAY_SIZE(actions), &doc, &rule, err);

	return r < 0 || !rule ? r : json_err(doc, rule, err, "%s", sentence);
}

/* Notes whether the caller's rules, which stay, contain some whose calls the kernel does not log. */
static int tell_handed(const char *section, size_t len, struct section *ret, struct err *err)
{
	static const char *const actions[] = {"SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE"};
	cleanup_json struct json_doc *doc = NULL;
	const struct json *rule = NULL;
	int r = find_rule(section, len, actions, ARRAY_SIZE(actions), &doc, &rule, err);

	ret->handed_over = rule;
	for (size_t i = 0; doc && i < ARRAY_SIZE(actions); i++)
		ret->handed_over |= text_streq(json_text(json_get(json_root(doc), "defaultAction")), actions[i]);
	return r;
}

/* What the defaults of all engines allow, as it is unknown which one the caller has. containerd's allows chroot only with a
 * capability. */
static int find_base(const struct oci_spec *spec, struct learning_base *ret)
{
	const struct default_profile *base, *all;
	struct utsname host;
	size_t count;

	if (uname(&host) < 0)
		return -ENOENT;
	base = default_profile("containerd", host.machine);
	if (!text_streq(base->machine, host.machine))
		return -ENOENT;
	ret->text = base->text;
	ret->len = base->len;
	count = default_profiles(host.machine, &all);
	for (size_t i = 0; i < count; i++)
		if (learning_base_narrow(ret, all[i].text, all[i].len, NULL) < 0)
			return -ENOENT;
	return oci_spec_has_capability(spec, "bounding", "CAP_SYS_CHROOT") ? 0 : names_add(&ret->except, "chroot");
}

/* Choosing a RuntimeClass does not take root on the node: so learning opens nothing beyond what every pod may have. */
static enum config_baseline choose_baseline(const struct plan *p, enum oci_container_kind kind)
{
	if (p->config.baseline != CONFIG_BASELINE_UNSET)
		return p->config.baseline;
	return kind == OCI_KIND_PLAIN ? CONFIG_BASELINE_DROP : CONFIG_BASELINE_DEFAULT;
}

/* The section that a baseline starts from. */
struct own {
	struct json_doc *doc; /* of a default profile, if the section is not the caller's; owned */
	const char *text;     /* NULL: there is none */
	size_t len;
};

static void own_done(struct own *own)
{
	json_free(own->doc);
}

/* With any of these, an engine's default profile allows more than the one used here (containerd,
 * contrib/seccomp/seccomp_default.go); a privileged container has all of them, and engines give it no profile. */
static const char *const WIDENING[] = {"CAP_DAC_READ_SEARCH", "CAP_SYS_ADMIN", "CAP_SYS_BOOT",       "CAP_SYS_MODULE", "CAP_SYS_PACCT", "CAP_SYS_PTRACE",
				       "CAP_SYS_RAWIO",       "CAP_SYS_TIME",  "CAP_SYS_TTY_CONFIG", "CAP_SYS_NICE",   "CAP_SYSLOG",    "CAP_BPF",
				       "CAP_PERFMON"};

/* A pod without a profile is unconfined unless its kubelet says otherwise (SeccompDefault); it learns within what
 * RuntimeDefault allows. */
static int find_own(const struct oci_spec *spec, enum oci_container_kind kind, struct own *ret, struct err *err)
{
	const struct default_profile *d;
	const struct json *section;
	struct utsname host;
	int r;

	ret->text = oci_spec_seccomp(spec, &ret->len);
	if (ret->text || kind != OCI_KIND_POD || uname(&host) < 0)
		return 0;
	d = default_profile("containerd", host.machine);
	if (!text_streq(d->machine, host.machine))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(WIDENING); i++)
		if (oci_spec_has_capability(spec, "bounding", WIDENING[i]))
			return 0;
	r = json_parse(d->text, d->len, JSON_OURS, d->name, &ret->doc, err);
	if (r < 0)
		return r;
	section = json_get(json_get(json_root(ret->doc), "linux"), "seccomp");
	ret->text = d->text + json_start(section);
	ret->len = json_end(section) - json_start(section);
	return 0;
}

static int make_baseline(enum config_baseline baseline, const struct oci_spec *spec, const char *own, size_t len,
			 struct learning_unlogged *unlogged, struct section *ret, struct err *err)
{
	static const char name[] = "config.json: linux.seccomp";
	struct learning_base base = {0};
	int r;

	if (baseline == CONFIG_BASELINE_DROP) {
		r = section_refuse_notify(own, len, "SCMP_ACT_NOTIFY does not work with baseline drop; set \"baseline\": \"keep\"", err);
		ret->baseline = "drop";
		if (r == 0)
			learning_drop(unlogged, &ret->text);
		ret->own = r == 0;
		return r;
	}
	r = baseline == CONFIG_BASELINE_DEFAULT ? find_base(spec, &base) : -ENOENT;
	ret->baseline = r == 0 ? "default" : "keep";
	r = r == 0 ? learning_default(own, len, name, &base, unlogged, &ret->text, err)
		   : learning_keep(own, len, name, unlogged, &ret->text, err);
	if (r == 0)
		r = tell_handed(own, len, ret, err);
	names_done(&base.except);
	return r;
}

#define CALLER_MAX 16384 /* bytes: it shares one message with other fields */

/* The recorder compares calls with this list, to tell what the run was allowed beyond the caller's profile. */
static int tell_caller(const char *own, size_t len, struct section *ret, struct err *err)
{
	cleanup_names struct names list = {0};
	struct json_writer w;
	int r;

	if (!own || text_streq(ret->baseline, "keep"))
		return 0;
	r = learning_list(own, len, "config.json: linux.seccomp", &list, &ret->caller_denies, err);
	if (r < 0)
		return r;
	json_write_begin(&w, &ret->caller, false);
	json_write_array(&w, NULL);
	for (size_t i = 0; i < list.count; i++)
		json_write_string(&w, NULL, list.v[i]);
	json_write_end_array(&w);
	if (ret->caller.len > CALLER_MAX)
		buf_done(&ret->caller);
	return 0;
}

static int make_learning(const struct plan *p, const struct oci_spec *spec, enum oci_container_kind kind, struct learn *learn,
			 struct section *ret, struct err *err)
{
	enum config_baseline baseline = choose_baseline(p, kind);
	cleanup_with(own_done) struct own own = {0};
	int r = find_own(spec, baseline == CONFIG_BASELINE_DROP || !p->config.pod_minimum ? OCI_KIND_PLAIN : kind, &own, err);

	if (r == 0)
		r = make_baseline(baseline, spec, own.text, own.len, learn->unlogged ? &learn->allow : NULL, ret, err);
	if (r == 0)
		r = tell_caller(own.text, own.len, ret, err);
	learn_tell(learn, &ret->unlogged);
	return r;
}

/* Audit opens the containers of root completely, but a pod only within its baseline: else it could escape its own profile. */
static int make_audit(const struct plan *p, const struct oci_spec *spec, enum oci_container_kind kind, const struct buf *profile,
		      struct section *ret, struct err *err)
{
	enum config_baseline baseline = choose_baseline(p, kind);
	cleanup_with(own_done) struct own own = {0};
	struct learning_base base = {0};
	int r;

	if (kind == OCI_KIND_PLAIN || baseline == CONFIG_BASELINE_DROP)
		return learning_audit(profile->data, profile->len, STATE_APPROVED, &ret->text, err);
	r = find_own(spec, p->config.pod_minimum ? kind : OCI_KIND_PLAIN, &own, err);
	if (r < 0)
		return r;
	r = baseline == CONFIG_BASELINE_DEFAULT ? find_base(spec, &base) : -ENOENT;
	r = learning_audit_within(own.text, own.len, "config.json: linux.seccomp", r == 0 ? &base : NULL, profile, &ret->text, err);
	names_done(&base.except);
	return r;
}

static int make_approved(const struct plan *p, const struct oci_spec *spec, enum oci_container_kind kind, enum config_mode mode, const char *key,
			 struct section *ret, struct err *err)
{
	cleanup_buf struct buf profile = {0};
	cleanup_json struct json_doc *doc = NULL;
	const char *action = NULL;
	int r = state_read_approved(p->config.state_dir, key, &profile, err);

	if (r == -ENOENT)
		return err_set(err, ENOENT, "no approved profile for %s; learn it with snug-learn, then run `snug approve %s`", key, key);
	if (r < 0)
		return r;
	if (mode == CONFIG_AUDIT)
		return make_audit(p, spec, kind, &profile, ret, err);
	/* Anything but a JSON object would break the caller's file. */
	r = json_parse(profile.data, profile.len, JSON_OURS, STATE_APPROVED, &doc, err);
	if (r == 0 && json_type(json_root(doc)) != JSON_OBJECT)
		r = json_err(doc, json_root(doc), err, "expected an object");
	/* Without a default action and without rules, runc takes the section for none. */
	if (r == 0)
		r = json_want_string(doc, json_root(doc), "defaultAction", &action, err);
	if (r < 0)
		return err_wrap(err, "approved profile of %s", key);
	buf_add(&ret->text, profile.data + json_start(json_root(doc)),
		json_end(json_root(doc)) - json_start(json_root(doc)));
	return 0;
}

#define SECTION_USUAL 24576 /* bytes: a buffer that has room need not move */

int section_make(const struct plan *p, const struct oci_spec *spec, enum oci_container_kind kind, enum config_mode mode,
		 const char *key, struct learn *learn, struct section *ret, struct err *err)
{
	struct section s = {.baseline = ""};
	int r;

	(void)buf_room(&s.text, SECTION_USUAL);
	r = mode == CONFIG_LEARN ? make_learning(p, spec, kind, learn, &s, err)
				 : make_approved(p, spec, kind, mode, key, &s, err);

	if (r == 0 && (buf_failed(&s.text) || buf_failed(&s.unlogged) || buf_failed(&s.caller)))
		r = err_set(err, ENOMEM, "out of memory");
	if (r < 0) {
		section_done(&s);
		return r;
	}
	*ret = s;
	return 0;
}

int section_make_default(const struct oci_spec *spec, enum oci_container_kind kind, struct section *ret, struct err *err)
{
	cleanup_with(own_done) struct own own = {0};
	struct section s = {.baseline = ""};
	int r = find_own(spec, kind, &own, err);

	if (r == 0 && own.doc)
		buf_add(&s.text, own.text, own.len);
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
	buf_done(&s->unlogged);
	buf_done(&s->caller);
}
