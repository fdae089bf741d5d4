#include "oci/key.h"

#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ANNOTATION_PROFILE    "io.snug.profile"
#define CRI_ANNOTATION(name)  "io.kubernetes.cri." name
#define CRIO_ANNOTATION(name) "io.kubernetes.cri-o." name

#define PODS     "k8s"
#define PROGRAMS "program"

#define COMPONENT_MAX  200 /* bytes, escapes included: NAME_MAX minus what other files append to the name */
#define ANNOTATION_MAX 200

/* How names of the state directory's own files end. */
static const char *const file_suffixes[] = {".json", ".tmp"};

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("._-", c));
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_upper_hex(char c)
{
	return is_hex(c) && !(c >= 'a' && c <= 'f');
}

/* The length of the file suffix at the end of s; 0: none. */
static size_t file_suffix_len(const char *s, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(file_suffixes); i++) {
		size_t n = strlen(file_suffixes[i]);

		if (len >= n && memcmp(s + len - n, file_suffixes[i], n) == 0)
			return n;
	}
	return 0;
}

static void add_escaped(struct buf *out, const char *name)
{
	size_t len = strlen(name), suffix = file_suffix_len(name, len);

	for (size_t i = 0; i < len; i++) {
		bool dot = name[i] == '.' && (i == 0 || (suffix && i == len - suffix));

		if (is_plain(name[i]) && !dot)
			buf_addc(out, name[i]);
		else
			buf_addf(out, "%%%02X", (unsigned char)name[i]);
	}
}

void oci_key_add_component(struct buf *out, const char *name)
{
	cleanup_buf struct buf b = {0};
	size_t keep = COMPONENT_MAX - 17; /* "-" and 16 hex digits */

	if (!*name) {
		buf_addc(out, '%');
		return;
	}
	add_escaped(&b, name);
	if (buf_failed(&b)) {
		out->failed = true;
		return;
	}
	if (b.len <= COMPONENT_MAX) {
		buf_add(out, b.data, b.len);
		return;
	}
	for (size_t i = 1; i <= 2; i++)
		if (b.data[keep - i] == '%') {
			keep -= i; /* do not cut an escape */
			break;
		}
	buf_add(out, b.data, keep);
	buf_addf(out, "-%016" PRIx64, text_hash(name, strlen(name)));
}

bool oci_key_is_root_of(const char *root, const char *namespace)
{
	size_t len = root ? strlen(root) : 0, n = strlen(namespace);

	while (len && root[len - 1] == '/')
		len--;
	return len > n && root[len - n - 1] == '/' && memcmp(root + len - n, namespace, n) == 0;
}

enum oci_container_kind oci_key_kind(const struct oci_spec *spec, const char *root)
{
	const char *containerd = oci_spec_annotation(spec, CRI_ANNOTATION("container-type"));
	const char *crio = oci_spec_annotation(spec, CRIO_ANNOTATION("ContainerType"));

	if (!oci_key_is_root_of(root, "k8s.io") || (!containerd && !crio))
		return OCI_KIND_PLAIN;
	if (containerd && crio)
		return OCI_KIND_POD;
	return text_streq(containerd ? containerd : crio, "sandbox") ? OCI_KIND_SANDBOX : OCI_KIND_POD;
}

static bool all_hex(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_hex(s[i]))
			return false;
	return true;
}

static bool is_uuid(const char *s)
{
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : !is_hex(s[i]))
			return false;
	}
	return true;
}

bool oci_key_id_is_chosen(const char *id)
{
	size_t len = strlen(id);

	if (len == 12 && all_hex(id, len))
		return false;
	if (len >= 64 && (len == 64 || id[len - 65] == '-') && all_hex(id + len - 64, 64))
		return false;
	return !(len >= 36 && (len == 36 || id[len - 37] == '-') && is_uuid(id + len - 36));
}

/* "sha256:" and 64 hex digits: an image named by its id has neither repository nor tag. */
static bool is_digest(const char *image)
{
	return strlen(image) == 7 + 64 && text_starts(image, "sha256:") && all_hex(image + 7, 64);
}

/* The name without tag and digest; a colon before a slash is a registry's port. */
static char *image_repository(const char *image)
{
	const char *end = strchr(image, '@');
	size_t len = end ? (size_t)(end - image) : strlen(image);

	for (size_t i = len; i > 0 && image[i - 1] != '/' && !is_digest(image); i--)
		if (image[i - 1] == ':') {
			len = i - 1;
			break;
		}
	return strndup(image, len);
}

static int check_annotation(const char *name, struct err *err)
{
	if (!*name)
		return err_set(err, EINVAL, "annotation " ANNOTATION_PROFILE " is empty");
	if (strlen(name) > ANNOTATION_MAX)
		return err_set(err, EINVAL, "annotation " ANNOTATION_PROFILE " is longer than %d bytes",
			       ANNOTATION_MAX);
	return 0;
}

/* What the CRI itself says about a pod's container. */
struct pod {
	const char *namespace, *container; /* NULL if unknown */
	const char *image;                 /* never NULL */
	char *name;                        /* owned; under CRI-O, the two above point into it */
};

static void pod_done(struct pod *pod)
{
	free(pod->name);
}

/* "k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT"; none of these may hold an underscore in Kubernetes. */
static int split_crio_name(struct pod *pod, const char *name, struct err *err)
{
	char *field[6];

	pod->name = strdup(name ? name : "");
	if (!pod->name)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < ARRAY_SIZE(field); i++) {
		field[i] = i ? strchr(field[i - 1], '_') : pod->name;
		if (!field[i])
			return err_set(err, EINVAL, "annotation " CRIO_ANNOTATION("Name") " does not name a pod's container");
		if (i)
			*field[i]++ = '\0';
	}
	if (!text_streq(field[0], "k8s") || strchr(field[5], '_'))
		return err_set(err, EINVAL, "annotation " CRIO_ANNOTATION("Name") " does not name a pod's container");
	pod->container = field[1];
	pod->namespace = field[3];
	return 0;
}

static int read_pod(const struct oci_spec *spec, struct pod *pod, struct err *err)
{
	const char *image;

	if (!oci_spec_annotation(spec, CRIO_ANNOTATION("ContainerType"))) {
		image = oci_spec_annotation(spec, CRI_ANNOTATION("image-name"));
		pod->image = image ? image : "";
		pod->namespace = oci_spec_annotation(spec, CRI_ANNOTATION("sandbox-namespace"));
		pod->container = oci_spec_annotation(spec, CRI_ANNOTATION("container-name"));
		return 0;
	}
	if (oci_spec_annotation(spec, CRI_ANNOTATION("container-type")))
		return err_set(err, EINVAL, "a pod with the annotations " CRI_ANNOTATION("container-type") " and " CRIO_ANNOTATION(
						    "ContainerType") ": one of them is forged");
	image = oci_spec_annotation(spec, CRIO_ANNOTATION("ImageName"));
	pod->image = image ? image : "";
	return split_crio_name(pod, oci_spec_annotation(spec, CRIO_ANNOTATION("Name")), err);
}

static int pod_key(const struct oci_spec *spec, const struct oci_key_rules *rules, struct buf *out, struct err *err)
{
	cleanup_with(pod_done) struct pod pod = {0};
	cleanup_free char *repository = NULL;
	int r = read_pod(spec, &pod, err);

	if (r < 0)
		return r;
	if (!pod.namespace || !*pod.namespace)
		return err_set(err, EINVAL, "a pod without the annotation " CRI_ANNOTATION("sandbox-namespace"));
	buf_adds(out, PODS "/");
	oci_key_add_component(out, pod.namespace);
	buf_addc(out, '/');
	if (rules->chosen) {
		oci_key_add_component(out, rules->chosen);
		return check_annotation(rules->chosen, err);
	}
	if (!pod.container || !*pod.container)
		return err_set(err, EINVAL, "a pod without the annotation " CRI_ANNOTATION("container-name"));
	repository = image_repository(pod.image);
	if (!repository)
		return err_set(err, ENOMEM, "out of memory");
	oci_key_add_component(out, pod.container);
	buf_addc(out, '/');
	oci_key_add_component(out, repository);
	return 0;
}

#define DEBUGGER "debugger" /* pkg/cmd/debug of kubectl: computeDebugContainerName() */

bool oci_key_is_ephemeral(const struct oci_spec *spec, enum oci_container_kind kind)
{
	/* apimachinery, util/rand: no vowels, and no digits that look like letters. */
	static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
	cleanup_with(pod_done) struct pod pod = {0};
	const char *rest;

	if (kind != OCI_KIND_POD || read_pod(spec, &pod, NULL) < 0 || !pod.container || !text_starts(pod.container, DEBUGGER "-"))
		return false;
	rest = pod.container + strlen(DEBUGGER "-");
	return strlen(rest) == 5 && strspn(rest, letters) == 5;
}

int oci_key_make_ephemeral(const struct oci_spec *spec, char **ret, struct err *err)
{
	cleanup_with(pod_done) struct pod pod = {0};
	cleanup_buf struct buf b = {0};
	int r = read_pod(spec, &pod, err);
	char *key;

	if (r < 0)
		return r;
	if (!pod.namespace || !*pod.namespace)
		return err_set(err, EINVAL, "a pod without the annotation " CRI_ANNOTATION("sandbox-namespace"));
	buf_adds(&b, PODS "/");
	oci_key_add_component(&b, pod.namespace);
	buf_adds(&b, "/" DEBUGGER);
	key = buf_steal(&b);
	if (!key)
		return err_set(err, ENOMEM, "out of memory");
	*ret = key;
	return 0;
}

bool oci_key_is_for_ephemeral(const char *key)
{
	const char *name = text_starts(key, PODS "/") ? strchr(key + sizeof(PODS), '/') : NULL;

	return name && text_streq(name, "/" DEBUGGER);
}

/* Single components that are directories of other kinds of keys. */
static bool is_taken(const char *name)
{
	return text_streq(name, PODS) || text_streq(name, PROGRAMS);
}

/* Escapes the first letter, though it needs no escape, to make it a different name. */
static void add_hidden(struct buf *out, const char *name)
{
	buf_addf(out, "%%%02X%s", (unsigned char)name[0], name + 1);
}

static const char *program_name(const struct oci_spec *spec)
{
	const char *program = oci_spec_program(spec), *slash = program ? strrchr(program, '/') : NULL;
	const char *name = slash ? slash + 1 : program;

	return name && *name ? name : NULL;
}

static int plain_key(const struct oci_spec *spec, const char *id, const struct oci_key_rules *rules, struct buf *out,
		     struct err *err)
{
	const char *name = rules->chosen;
	int r;

	/* CRI-O passes on a pod's own annotations; under a root that is not a CRI's, they would count as the caller's. */
	if (oci_spec_annotation(spec, CRIO_ANNOTATION("Metadata")) || oci_spec_annotation(spec, CRIO_ANNOTATION("ContainerType")))
		return err_set(err, EINVAL, "a container of CRI-O needs a handler whose runtime_root ends in /k8s.io; see `snug setup crio`");
	if (name) {
		r = check_annotation(name, err);
		if (r < 0)
			return r;
	}
	if (!name && *id && oci_key_id_is_chosen(id))
		name = id;
	if (!name && rules->program_name) {
		name = program_name(spec);
		if (name)
			buf_adds(out, PROGRAMS "/");
	} else if (name && is_taken(name)) {
		add_hidden(out, name);
		return 0;
	}
	if (!name)
		return err_set(err, ENOENT,
			       "nothing names this container: no annotation " ANNOTATION_PROFILE
			       " counts, and its id is generated");
	oci_key_add_component(out, name);
	return 0;
}

int oci_key_make(const struct oci_spec *spec, enum oci_container_kind kind, const char *id,
		 const struct oci_key_rules *rules, char **ret, struct err *err)
{
	cleanup_buf struct buf b = {0};
	char *key;
	int r;

	switch (kind) {
	case OCI_KIND_SANDBOX:
		return err_set(err, ENOENT, "a pod's pause container has no key");
	case OCI_KIND_POD:
		r = pod_key(spec, rules, &b, err);
		break;
	case OCI_KIND_PLAIN:
		r = plain_key(spec, id, rules, &b, err);
		break;
	default:
		return err_set(err, EINVAL, "unknown kind of container");
	}
	if (r < 0)
		return r;
	key = buf_steal(&b);
	if (!key)
		return err_set(err, ENOMEM, "out of memory");
	*ret = key;
	return 0;
}

static bool component_is_valid(const char *s, size_t len)
{
	if (len == 1 && s[0] == '%')
		return true;
	if (len == 0 || len > COMPONENT_MAX || s[0] == '.' || file_suffix_len(s, len))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (is_plain(s[i]))
			continue;
		if (s[i] != '%' || len - i < 3 || !is_upper_hex(s[i + 1]) || !is_upper_hex(s[i + 2]))
			return false;
		i += 2;
	}
	return true;
}

int oci_key_check(const char *key, struct err *err)
{
	for (const char *s = key;; s++) {
		size_t len = strcspn(s, "/");

		if (!component_is_valid(s, len))
			return err_set(err, EINVAL,
				       "\"%.200s\" is not a key: use A-Z a-z 0-9 . _ - and %%XX, single slashes, no leading dot, no final .json or .tmp",
				       key);
		s += len;
		if (!*s)
			return 0;
	}
}
