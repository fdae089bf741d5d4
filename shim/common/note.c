#include "shim/common/note.h"

#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTE_SIZE_MAX 16384

/* bytes of an id in a file name: with a hash and the suffix of a temporary file it stays below NAME_MAX */
#define NAME_CUT 180

/* Runtimes allow [A-Za-z0-9_+.-] in an id, so an escaped or cut name never equals another one. False for an id that runtimes
 * refuse, or that would leave the directory. */
static bool make_name(const char *id, char ret[NAME_MAX + 1])
{
	size_t len = id ? strlen(id) : 0;

	if (!len || strchr(id, '/') || text_streq(id, ".") || text_streq(id, ".."))
		return false;
	if (len > NAME_CUT)
		snprintf(ret, NAME_MAX + 1, "%s%.*s%%%016" PRIx64, *id == '.' ? "%2E" : "", NAME_CUT - 1, id + (*id == '.'),
			 text_hash(id, len));
	else
		snprintf(ret, NAME_MAX + 1, "%s%s", *id == '.' ? "%2E" : "", id + (*id == '.'));
	return true;
}

static char *path_of(const char *run_dir, const char *root, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/containers/%016" PRIx64 "/%s", run_dir, text_hash(root, strlen(root)), name) < 0)
		return NULL;
	return path;
}

static int parse(const struct buf *text, const char *name, const char *root, const char *id, struct note *ret, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	const char *runtime, *key, *mode, *its_root, *its_id;
	enum config_mode m;
	uint64_t pid = 0;
	int r = json_parse(text->data, text->len, JSON_OURS, name, &doc, err);

	if (r == 0)
		r = json_want_string(doc, json_root(doc), "root", &its_root, err);
	if (r == 0)
		r = json_want_string(doc, json_root(doc), "runtime", &runtime, err);
	if (r == 0)
		r = json_want_string(doc, json_root(doc), "key", &key, err);
	if (r == 0)
		r = json_want_string(doc, json_root(doc), "mode", &mode, err);
	if (r < 0)
		return r;
	if (config_mode_by_name(mode, &m) < 0)
		return err_set(err, EINVAL, "%s: no such mode: %s", name, mode);
	its_id = json_text(json_get(json_root(doc), "id"));
	if (!text_streq(its_root, root) || (its_id && !text_streq(its_id, id)))
		return 0;
	ret->runtime = strdup(runtime);
	ret->key = strdup(key);
	ret->mode = m;
	ret->denials = json_type(json_get(json_root(doc), "denials")) == JSON_TRUE;
	ret->notify = json_type(json_get(json_root(doc), "notify")) == JSON_TRUE;
	if (json_type(json_get(json_root(doc), "pid")) == JSON_NUMBER && json_u64(json_get(json_root(doc), "pid"), &pid) == 0 && pid <= INT_MAX)
		ret->pid = (pid_t)pid;
	if (ret->runtime && ret->key)
		return 0;
	note_done(ret);
	return err_set(err, ENOMEM, "out of memory");
}

int note_read(const char *run_dir, const char *root, const char *id, struct note *ret, struct err *err)
{
	cleanup_free char *path = NULL;
	cleanup_buf struct buf text = {0};
	char name[NAME_MAX + 1];
	struct err local = {0};
	int r;

	*ret = (struct note){0};
	if (!make_name(id, name))
		return 0;
	path = path_of(run_dir, root, name);
	if (!path)
		return err_set(err, ENOMEM, "out of memory");
	r = file_read_at(AT_FDCWD, path, NOTE_SIZE_MAX, &text, &local);
	if (r == -ENOENT || r == -ENOTDIR || r == -EACCES)
		return 0;
	if (r < 0)
		return err_set(err, r, "%s", local.msg);
	return parse(&text, path, root, id, ret, err);
}

int note_write(const char *run_dir, const char *root, const char *id, const struct note *note, struct err *err)
{
	cleanup_buf struct buf text = {0};
	cleanup_free char *path = NULL, *temp = NULL;
	cleanup_fd int dir = -1, fd = -1;
	char name[NAME_MAX + 1];
	struct json_writer w;
	char *slash;
	int r;

	if (!make_name(id, name))
		return err_set(err, EINVAL, "unusable container id '%s'", id ? id : "");
	json_write_begin(&w, &text, false);
	json_write_object(&w, NULL);
	json_write_string(&w, "root", root);
	json_write_string(&w, "id", id);
	json_write_u64(&w, "pid", (uint64_t)getpid());
	json_write_string(&w, "runtime", note->runtime);
	json_write_string(&w, "key", note->key);
	json_write_string(&w, "mode", config_mode_name(note->mode));
	json_write_bool(&w, "denials", note->denials);
	if (note->notify)
		json_write_bool(&w, "notify", true);
	json_write_end_object(&w);
	path = path_of(run_dir, root, name);
	if (!path || buf_failed(&text) || asprintf(&temp, ".%s.%d.tmp", name, (int)getpid()) < 0)
		return err_set(err, ENOMEM, "out of memory");
	slash = strrchr(path, '/');
	*slash = '\0';
	dir = file_open_dirs(path, err);
	if (dir < 0)
		return dir;
	/* Not synced: the directory is volatile, and so is the container. */
	unlinkat(dir, temp, 0);
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	r = fd < 0 ? -errno : file_write_full(fd, text.data, text.len);
	if (r == 0 && renameat(dir, temp, dir, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dir, temp, 0);
		return err_sys(err, r, "%s/%s: cannot write", path, name);
	}
	return 0;
}

int note_remove(const char *run_dir, const char *root, const char *id)
{
	cleanup_free char *path = NULL;
	char name[NAME_MAX + 1];

	if (!make_name(id, name))
		return 0;
	path = path_of(run_dir, root, name);
	if (!path)
		return -ENOMEM;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

/* What a note says about its container; the strings belong to the document. */
struct said {
	const char *root, *id; /* NULL if missing */
	uint64_t pid;
};

static int read_said(int dir, const char *name, struct json_doc **ret_doc, struct said *ret)
{
	cleanup_buf struct buf text = {0};
	int r = file_read_at(dir, name, NOTE_SIZE_MAX, &text, NULL);

	*ret = (struct said){0};
	if (r == 0)
		r = json_parse(text.data ? text.data : "", text.len, JSON_OURS, name, ret_doc, NULL);
	if (r < 0)
		return r;
	ret->root = json_text(json_get(json_root(*ret_doc), "root"));
	ret->id = json_text(json_get(json_root(*ret_doc), "id"));
	if (!ret->id)
		ret->id = name; /* a note from an earlier version */
	if (json_type(json_get(json_root(*ret_doc), "pid")) == JSON_NUMBER)
		(void)json_u64(json_get(json_root(*ret_doc), "pid"), &ret->pid);
	return ret->root ? 0 : -EINVAL;
}

int note_remove_own(const char *run_dir, const char *root, const char *id, pid_t pid)
{
	cleanup_json struct json_doc *doc = NULL;
	cleanup_free char *path = NULL;
	char name[NAME_MAX + 1];
	struct said said;
	int r;

	if (!make_name(id, name))
		return 0;
	path = path_of(run_dir, root, name);
	if (!path)
		return -ENOMEM;
	r = read_said(AT_FDCWD, path, &doc, &said);
	if (r == -ENOENT || (r == 0 && said.pid != (uint64_t)pid))
		return 0;
	return note_remove(run_dir, root, id);
}

/* True if a process with this id exists, even one that we may not signal. */
static bool is_alive(uint64_t pid)
{
	return pid && pid <= INT_MAX && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* True if the note's container exists, or may be about to start. */
static bool speaks_of_one(int dir, const char *name)
{
	cleanup_json struct json_doc *doc = NULL;
	cleanup_free char *path = NULL;
	struct said said;
	struct stat st;

	/* A note that cannot be read is kept. */
	if (read_said(dir, name, &doc, &said) < 0 || asprintf(&path, "%s/%s", said.root, said.id) < 0) {
		path = NULL;
		return true;
	}
	return stat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR) || is_alive(said.pid);
}

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static size_t sweep_root(int dir)
{
	cleanup_with(close_dir) DIR *d = fdopendir(dir);
	size_t n = 0;

	if (!d) {
		close(dir);
		return 0;
	}
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		if (e->d_name[0] == '.')
			continue;
		if (speaks_of_one(dirfd(d), e->d_name))
			n++;
		else
			unlinkat(dirfd(d), e->d_name, 0);
	}
	return n;
}

size_t note_sweep(const char *run_dir)
{
	cleanup_with(close_dir) DIR *d = NULL;
	cleanup_free char *path = NULL;
	size_t n = 0;

	if (asprintf(&path, "%s/containers", run_dir) < 0)
		path = NULL;
	d = path ? opendir(path) : NULL;
	for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
		int fd = e->d_name[0] == '.' ? -1 : openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		n += fd < 0 ? 0 : sweep_root(fd);
	}
	return n;
}

void note_done(struct note *n)
{
	if (!n)
		return;
	free(n->runtime);
	free(n->key);
	*n = (struct note){0};
}
