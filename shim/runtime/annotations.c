#include "shim/runtime/annotations.h"

#include "base/buf.h"
#include "base/text.h"

#include <errno.h>

#define PROFILE "io.snug.profile"
#define MODE    "io.snug.mode"

/* Prefixes of annotations that an engine writes itself, besides those that it copies. */
static const char *const engine_marks[] = {
	"io.container.manager",      "io.podman.",     "io.buildah.",       "io.kubernetes.", "io.cri-containerd",
	"org.opencontainers.image.", "io.containers.", "org.opencontainers.runtime-tools"};

static bool is_engine_mark(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(engine_marks); i++)
		if (text_starts(name, engine_marks[i]))
			return true;
	return false;
}

static bool are_callers(const struct oci_spec *spec, const char *root, const char *id)
{
	const struct json *annotations = json_get(json_root(oci_spec_doc(spec)), "annotations");

	for (const struct json *a = json_first(annotations); a; a = json_next(a))
		if (is_engine_mark(json_key(a)))
			return false;
	return oci_key_is_root_of(root, "moby") || oci_key_id_is_chosen(id);
}

void annotations_read(const struct oci_spec *spec, enum oci_container_kind kind, const char *root, const char *id, const struct config *c,
		      struct annotations *ret)
{
	bool plain = kind == OCI_KIND_PLAIN, callers = plain && are_callers(spec, root, id);
	bool trusted = callers || c->image_annotations;
	const char *profile = oci_spec_annotation(spec, PROFILE), *mode = oci_spec_annotation(spec, MODE);
	bool counts = plain ? trusted : c->annotation_profile;

	*ret = (struct annotations){
		.profile = counts ? profile : NULL,
		.mode = c->annotation_mode && (!plain || trusted) ? mode : NULL,
		.ignored = profile && !counts,
		.callers = callers,
	};
}

bool annotations_chose(const struct annotations *a)
{
	return a->profile || a->mode;
}

int annotations_choose_mode(const struct annotations *a, enum config_mode handler, enum config_mode *ret, struct err *err)
{
	enum config_mode mode = handler;

	if (a->mode && handler != CONFIG_PASS) {
		if (config_mode_by_name(a->mode, &mode) < 0 || mode == CONFIG_PASS)
			return err_set(err, EINVAL, "config.json: annotations." MODE ": no such mode '%.40s' (learn, audit or enforce)",
				       a->mode);
		if (mode != handler && mode != CONFIG_ENFORCE)
			return err_set(err, EPERM, "config.json: annotations." MODE ": a container of the handler for %s cannot choose %s, only enforce",
				       config_mode_name(handler), a->mode);
	}
	*ret = mode;
	return 0;
}

/* With annotations of this prefix, crun loads another filter instead of linux.seccomp, or hands its listener to others:
 * seccomp_bpf_data, seccomp_bpf_file, seccomp.receiver, seccomp.plugins (crun.1, ANNOTATIONS, of several versions). */
#define OVERRIDING "run.oci.seccomp"

/* This one only makes crun refuse unknown names. */
#define HARMLESS "run.oci.seccomp_fail_unknown_syscall"

int annotations_check(const struct oci_spec *spec, struct err *err)
{
	const struct json *annotations = json_get(json_root(oci_spec_doc(spec)), "annotations");

	for (const struct json *a = json_first(annotations); a; a = json_next(a)) {
		cleanup_buf struct buf name = {0};

		if (!text_starts(json_key(a), OVERRIDING) || text_streq(json_key(a), HARMLESS))
			continue;
		text_add_safe(&name, json_key(a), json_key_len(a));
		return err_set(err, EPERM, "config.json: annotations.%.80s makes crun load another filter; remove it, or call the runtime without snug",
			       name.data ? name.data : OVERRIDING);
	}
	return 0;
}
