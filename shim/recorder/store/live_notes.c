#include "shim/recorder/store/live_notes.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"
#include "oci/key.h"
#include "shim/daemon/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIVE_VERSION  1
#define LIVE_SIZE_MAX 65536 /* bytes of a file */
#define NAME_SIZE     64

/* Members of a file, for reading and writing alike. */
static const struct {
	const char *name;
	size_t offset;
} strings[] = {
	{"id", offsetof(struct live_entry, id)},
	{"root", offsetof(struct live_entry, root)},
	{"key", offsetof(struct live_entry, key)},
	{"runtime", offsetof(struct live_entry, runtime)},
	{"runtime_id", offsetof(struct live_entry, runtime_id)},
	{"runtime_version", offsetof(struct live_entry, runtime_version)},
	{"kernel", offsetof(struct live_entry, kernel)},
	{"baseline", offsetof(struct live_entry, baseline)},
	{"cgroup", offsetof(struct live_entry, cgroup)},
	{"quiet", offsetof(struct live_entry, unlogged)},
};
static const struct {
	const char *name;
	size_t offset;
} flags[] = {
	{"by_cgroup", offsetof(struct live_entry, by_cgroup)}, {"is_exec", offsetof(struct live_entry, is_exec)},
	{"has_init", offsetof(struct live_entry, has_init)},   {"execd", offsetof(struct live_entry, execd)},
	{"go", offsetof(struct live_entry, go)},               {"shared_cgroup", offsetof(struct live_entry, shared_cgroup)},
};

static const char **string_at(struct live_entry *e, size_t i)
{
	return (const char **)(void *)((char *)e + strings[i].offset);
}

static void name_of(pid_t pid, uint64_t start, char ret[NAME_SIZE])
{
	snprintf(ret, NAME_SIZE, "%d-%llu.json", (int)pid, (unsigned long long)start);
}

static int read_boot(char *ret, size_t size, struct err *err)
{
	static const char path[] = "/proc/sys/kernel/random/boot_id";
	ssize_t n = file_read_small(path, ret, size);

	if (n <= 0)
		return err_sys(err, n ? (int)n : EIO, "%s: cannot read", path);
	ret[strcspn(ret, "\n")] = '\0';
	return 0;
}

int live_open(struct live *l, const char *run_dir, struct err *err)
{
	cleanup_fd int dir = file_open_dirs(run_dir, err);
	int r;

	if (dir < 0)
		return dir;
	r = read_boot(l->boot, sizeof(l->boot), err);
	if (r < 0)
		return r;
	l->dir = file_open_dirs_at(dir, "live", true, err);
	return l->dir < 0 ? l->dir : 0;
}

void live_close(struct live *l)
{
	if (l->dir >= 0)
		close(steal_fd(&l->dir));
}

int live_format(const struct live_entry *e, const char *boot, struct buf *out, struct err *err)
{
	struct live_entry copy = *e;
	struct json_writer w;

	json_write_begin(&w, out, false);
	json_write_object(&w, NULL);
	json_write_u64(&w, "version", LIVE_VERSION);
	json_write_string(&w, "boot", boot);
	json_write_u64(&w, "pid", (uint64_t)e->pid);
	json_write_u64(&w, "start", e->start);
	json_write_u64(&w, "session", e->session);
	json_write_u64(&w, "init_pid", e->init_pid);
	json_write_u64(&w, "started_ms", e->started_ms);
	json_write_string(&w, "space", state_space_name(e->space));
	json_write_string(&w, "mode", evidence_mode_name(e->mode));
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		json_write_string(&w, strings[i].name, *string_at(&copy, i) ? *string_at(&copy, i) : "");
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		json_write_bool(&w, flags[i].name, *(const bool *)((const char *)e + flags[i].offset));
	json_write_end_object(&w);
	return buf_failed(out) ? err_set(err, ENOMEM, "out of memory") : 0;
}

int live_write(const struct live *l, const struct live_entry *e, struct err *err)
{
	cleanup_buf struct buf text = {0};
	char name[NAME_SIZE];
	int r = live_format(e, l->boot, &text, err);

	name_of(e->pid, e->start, name);
	return r < 0 ? r : file_put_at(l->dir, name, text.data, text.len, 0600, err);
}

void live_remove(const struct live *l, pid_t pid, uint64_t start)
{
	char name[NAME_SIZE];

	name_of(pid, start, name);
	unlinkat(l->dir, name, 0);
}

static int read_numbers(const struct json_doc *doc, struct live_entry *e, struct err *err)
{
	uint64_t version = 0, pid = 0, session = 0, init_pid = 0;
	const struct {
		const char *name;
		uint64_t *ret, max;
	} numbers[] = {
		{"version", &version, LIVE_VERSION},  {"pid", &pid, INT32_MAX},	     {"start", &e->start, UINT64_MAX},
		{"session", &session, UINT32_MAX}, {"init_pid", &init_pid, INT32_MAX}, {"started_ms", &e->started_ms, UINT64_MAX},
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		int r = json_want_u64(doc, json_root(doc), numbers[i].name, numbers[i].ret, err);

		if (r < 0)
			return r;
		if (*numbers[i].ret > numbers[i].max)
			return json_err(doc, json_get(json_root(doc), numbers[i].name), err, "too large");
	}
	e->pid = (pid_t)pid;
	e->session = (uint32_t)session;
	e->init_pid = (uint32_t)init_pid;
	return 0;
}

static int read_names(const struct json_doc *doc, const char *boot, struct live_entry *e, struct err *err)
{
	const struct json *root = json_root(doc);
	const char *its_boot = "", *space = "", *mode = "";
	int r = json_want_string(doc, root, "boot", &its_boot, err);

	if (r == 0 && !text_streq(its_boot, boot))
		r = err_set(err, ESTALE, "it is from another boot");
	if (r == 0)
		r = json_want_string(doc, root, "space", &space, err);
	if (r == 0)
		r = json_want_string(doc, root, "mode", &mode, err);
	if (r == 0 && evidence_mode_by_name(mode, &e->mode) < 0)
		r = json_err(doc, json_get(root, "mode"), err, "no such mode");
	e->space = text_streq(space, state_space_name(STATE_FLOOR)) ? STATE_FLOOR : STATE_KEYS;
	for (size_t i = 0; i < ARRAY_SIZE(strings) && r == 0; i++)
		r = json_want_string(doc, root, strings[i].name, string_at(e, i), err);
	return r < 0 ? r : oci_key_check(e->key, err);
}

int live_parse(const char *text, size_t len, const char *name, const char *boot, struct json_doc **ret_doc, struct live_entry *ret,
	       struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	struct live_entry e = {0};
	int r = json_parse(text, len, JSON_OURS, name, &doc, err);

	if (r < 0)
		return r;
	if (json_type(json_root(doc)) != JSON_OBJECT)
		return json_err(doc, json_root(doc), err, "expected an object");
	r = read_numbers(doc, &e, err);
	if (r == 0)
		r = read_names(doc, boot, &e, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		*(bool *)((char *)&e + flags[i].offset) = json_type(json_get(json_root(doc), flags[i].name)) == JSON_TRUE;
	*ret_doc = steal_ptr(&doc);
	*ret = e;
	return 0;
}

/* A note is removed by the name that its contents give. */
static int check_name(const char *name, const struct live_entry *e, struct err *err)
{
	char own[NAME_SIZE];

	name_of(e->pid, e->start, own);
	return text_streq(name, own) ? 0 : err_set(err, EINVAL, "%s: it belongs to another process", name);
}

/* One pass over the containers or over the execs: an exec can only join a container that was taken up before. */
static void visit(const struct live *l, const char *name, bool execs, live_fn *fn, void *arg)
{
	cleanup_buf struct buf text = {0};
	cleanup_json struct json_doc *doc = NULL;
	struct live_entry e = {0};
	struct err err = {0};
	int r = file_read_at(l->dir, name, LIVE_SIZE_MAX, &text, &err);

	if (r == 0)
		r = live_parse(text.data ? text.data : "", text.len, name, l->boot, &doc, &e, &err);
	if (r == 0)
		r = check_name(name, &e, &err);
	if (r < 0) {
		log_say("removing an unusable note of a live container: %s", err.msg);
		unlinkat(l->dir, name, 0);
	} else if (e.is_exec == execs && !fn(arg, &e)) {
		unlinkat(l->dir, name, 0);
	}
}

static int each_pass(const struct live *l, bool execs, live_fn *fn, void *arg, struct err *err)
{
	int fd = openat(l->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		err_sys(err, errno, "cannot read the notes of live containers");
		if (fd >= 0)
			close(fd);
		return err ? err->code : -EIO;
	}
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		/* A name that begins with a dot was being written when its writer was killed; it is never used again. */
		if (e->d_name[0] != '.')
			visit(l, e->d_name, execs, fn, arg);
		else if (strlen(e->d_name) > 2)
			unlinkat(l->dir, e->d_name, 0);
	}
	closedir(d);
	return 0;
}

int live_each(const struct live *l, live_fn *fn, void *arg, struct err *err)
{
	int r = each_pass(l, false, fn, arg, err);

	return r < 0 ? r : each_pass(l, true, fn, arg, err);
}
