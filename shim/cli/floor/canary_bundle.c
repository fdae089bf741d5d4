#include "shim/cli/floor/canary_bundle.h"

#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/learning/section.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PROGRAM_MAX (16u << 20) /* bytes */

static const char *const DIRS[] = {"proc", "dev", "sys"};

/* The mounts, with their options, that `runc spec` writes, except those that no runtime needs. */
#define MOUNTS                                                                                                         \
	"[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"                                               \
	"{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\","                                               \
	"\"options\":[\"nosuid\",\"strictatime\",\"mode=755\",\"size=65536k\"]},"                                         \
	"{\"destination\":\"/sys\","
static const char OWN_SYS[] =
	MOUNTS "\"type\":\"sysfs\",\"source\":\"sysfs\",\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"ro\"]}]";
/* Only who owns the network namespace may mount a sysfs. */
static const char BOUND_SYS[] =
	MOUNTS "\"type\":\"none\",\"source\":\"/sys\",\"options\":[\"rbind\",\"nosuid\",\"noexec\",\"nodev\",\"ro\"]}]";

static const char RESOURCES[] = "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]}";

static int parse_shape(const char *shape, struct json_doc **ret, struct err *err)
{
	int r = json_parse(shape, strlen(shape), JSON_OURS, "process shape", ret, err);

	if (r < 0)
		return r;
	if (json_type(json_root(*ret)) != JSON_OBJECT)
		return json_err(*ret, json_root(*ret), err, "not an object");
	return 0;
}

/* Copies every member of `obj` except `except` from the shape. */
static void copy_members(struct json_writer *w, const char *shape, const struct json *obj, const char *except)
{
	for (const struct json *v = json_first(obj); v; v = json_next(v))
		if (!text_streq(json_key(v), except) && json_type(v) != JSON_NULL)
			json_write_raw(w, json_key(v), shape + json_start(v), json_end(v) - json_start(v));
}

/* A namespace that the container joined by path becomes a new one here; a user namespace without mappings is left out, since it
 * cannot be new. */
static void write_namespaces(struct json_writer *w, const char *shape, const struct json *linux_obj)
{
	bool mapped = json_count(json_get(linux_obj, "uidMappings")) > 0;

	json_write_array(w, "namespaces");
	for (const struct json *v = json_first(json_get(linux_obj, "namespaces")); v; v = json_next(v))
		if (mapped || !text_streq(json_text(json_get(v, "type")), "user"))
			json_write_raw(w, NULL, shape + json_start(v), json_end(v) - json_start(v));
	json_write_end_array(w);
}

static void write_process(struct json_writer *w, const char *shape, const struct json *process, bool wait)
{
	json_write_object(w, "process");
	json_write_bool(w, "terminal", false);
	json_write_array_flat(w, "args");
	json_write_string(w, NULL, "/snug-canary");
	if (wait)
		json_write_string(w, NULL, "wait");
	json_write_end_array(w);
	json_write_array_flat(w, "env");
	json_write_string(w, NULL, "PATH=/");
	json_write_end_array(w);
	json_write_string(w, "cwd", "/");
	copy_members(w, shape, process, NULL);
	json_write_end_object(w);
}

static bool has_network(const struct json *linux_obj)
{
	for (const struct json *v = json_first(json_get(linux_obj, "namespaces")); v; v = json_next(v))
		if (text_streq(json_text(json_get(v, "type")), "network"))
			return true;
	return false;
}

static void write_linux(struct json_writer *w, const struct canary_container *c, const struct json *linux_obj, const struct buf *section)
{
	json_write_object(w, "linux");
	write_namespaces(w, c->shape, linux_obj);
	if (!c->rootless)
		json_write_raw(w, "resources", RESOURCES, strlen(RESOURCES));
	copy_members(w, c->shape, linux_obj, "namespaces");
	json_write_raw(w, "seccomp", section->data, section->len);
	json_write_end_object(w);
}

int canary_config(const struct canary_container *c, const char *rootfs, struct buf *out, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	cleanup_buf struct buf section = {0};
	struct json_writer w;
	int r = parse_shape(c->shape, &doc, err);

	if (r < 0)
		return r;
	const struct json *root = json_root(doc), *linux_obj = json_get(root, "linux");
	const char *mounts = c->rootless && !has_network(linux_obj) ? BOUND_SYS : OWN_SYS;

	if (c->seccomp)
		buf_adds(&section, c->seccomp);
	else
		learning_drop(NULL, &section);
	if (buf_failed(&section))
		return err_set(err, ENOMEM, "out of memory");
	json_write_begin(&w, out, true);
	json_write_object(&w, NULL);
	json_write_string(&w, "ociVersion", "1.0.2");
	write_process(&w, c->shape, json_get(root, "process"), c->wait);
	json_write_object(&w, "root");
	json_write_string(&w, "path", rootfs);
	copy_members(&w, c->shape, json_get(root, "root"), "path");
	json_write_end_object(&w);
	json_write_raw(&w, "mounts", mounts, strlen(mounts));
	write_linux(&w, c, linux_obj, &section);
	json_write_end_object(&w);
	return buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : 0;
}

bool canary_systemd_cgroup(const char *shape)
{
	cleanup_json struct json_doc *doc = NULL;

	return !parse_shape(shape, &doc, NULL) && json_type(json_get(json_root(doc), "systemdCgroup")) == JSON_TRUE;
}

bool canary_no_new_privileges(const char *shape)
{
	cleanup_json struct json_doc *doc = NULL;

	return !parse_shape(shape, &doc, NULL) &&
	       json_type(json_get(json_get(json_root(doc), "process"), "noNewPrivileges")) == JSON_TRUE;
}

bool canary_maps_users(const char *shape)
{
	cleanup_json struct json_doc *doc = NULL;

	return !parse_shape(shape, &doc, NULL) &&
	       json_count(json_get(json_get(json_root(doc), "linux"), "uidMappings")) > 0;
}

/* The container's root user as an id of the host. */
static uint32_t mapped_root(const struct json *mappings)
{
	for (const struct json *m = json_first(mappings); m; m = json_next(m)) {
		uint64_t inside = 1, outside = 0;

		if (!json_u64(json_get(m, "containerID"), &inside) && !inside &&
		    !json_u64(json_get(m, "hostID"), &outside) && outside <= UINT32_MAX)
			return (uint32_t)outside;
	}
	return 0;
}

/* Sets owner and label of one file of the rootfs. If the kernel has no labels, that is no error. */
static int adopt(int dir, const char *name, bool rootless, const struct json *linux_obj, struct err *err)
{
	const char *label = json_text(json_get(linux_obj, "mountLabel"));
	cleanup_fd int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || (!rootless && fchown(fd, mapped_root(json_get(linux_obj, "uidMappings")),
					   mapped_root(json_get(linux_obj, "gidMappings"))) < 0))
		return err_sys(err, errno, "%s: cannot make the canary's rootfs", name);
	if (label && *label)
		(void)!fsetxattr(fd, "security.selinux", label, strlen(label) + 1, 0);
	return 0;
}

int canary_rootfs(const char *shape, bool rootless, const char *rootfs, const char *canary_path, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	cleanup_buf struct buf program = {0};
	int r = parse_shape(shape, &doc, err);

	if (r < 0)
		return r;
	const struct json *linux_obj = json_get(json_root(doc), "linux");

	r = file_read_at(AT_FDCWD, canary_path, PROGRAM_MAX, &program, err);
	if (r < 0)
		return r;
	if (mkdir(rootfs, 0755) < 0 || chmod(rootfs, 0755) < 0)
		return err_sys(err, errno, "%s", rootfs);
	cleanup_fd int dir = open(rootfs, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (dir < 0)
		return err_sys(err, errno, "%s", rootfs);
	r = file_save_at(dir, "snug-canary", program.data, program.len, 0755, err);
	if (!r)
		r = adopt(dir, "snug-canary", rootless, linux_obj, err);
	for (size_t i = 0; !r && i < ARRAY_SIZE(DIRS); i++) {
		if (mkdirat(dir, DIRS[i], 0755) < 0 || fchmodat(dir, DIRS[i], 0755, 0) < 0)
			return err_sys(err, errno, "%s/%s", rootfs, DIRS[i]);
		r = adopt(dir, DIRS[i], rootless, linux_obj, err);
	}
	return r ? r : adopt(dir, ".", rootless, linux_obj, err);
}
