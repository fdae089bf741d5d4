#include "shim/runtime/note.h"

#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#define NOTE_SIZE_MAX 16384

/* The runtimes allow [A-Za-z0-9_+.-] in an id; what could leave the directory has no note, and the runtime refuses it. */
static bool is_file_name(const char *id)
{
	return id && id[0] && id[0] != '.' && !strchr(id, '/') && strlen(id) <= NAME_MAX - 32;
}

static char *path_of(const char *run_dir, const char *root, const char *id)
{
	char *path = NULL;

	if (asprintf(&path, "%s/containers/%016" PRIx64 "/%s", run_dir, text_hash(root, strlen(root)), id) < 0)
		return NULL;
	return path;
}

static int parse(const struct buf *text, const char *name, const char *root, struct note *ret, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	const char *runtime, *key, *mode, *its_root;
	enum config_mode m;
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
	if (!text_streq(its_root, root))
		return 0;
	ret->runtime = strdup(runtime);
	ret->key = strdup(key);
	ret->mode = m;
	ret->denials = json_type(json_get(json_root(doc), "denials")) == JSON_TRUE;
	if (ret->runtime && ret->key)
		return 0;
	note_done(ret);
	return err_set(err, ENOMEM, "out of memory");
}

int note_read(const char *run_dir, const char *root, const char *id, struct note *ret, struct err *err)
{
	cleanup_free char *path = NULL;
	cleanup_buf struct buf text = {0};
	struct err local = {0};
	int r;

	*ret = (struct note){0};
	if (!is_file_name(id))
		return 0;
	path = path_of(run_dir, root, id);
	if (!path)
		return err_set(err, ENOMEM, "out of memory");
	r = file_read_at(AT_FDCWD, path, NOTE_SIZE_MAX, &text, &local);
	if (r == -ENOENT || r == -ENOTDIR || r == -EACCES)
		return 0;
	if (r < 0)
		return err_set(err, r, "%s", local.msg);
	return parse(&text, path, root, ret, err);
}

int note_write(const char *run_dir, const char *root, const char *id, const struct note *note, struct err *err)
{
	cleanup_buf struct buf text = {0};
	cleanup_free char *path = NULL, *temp = NULL;
	cleanup_fd int dir = -1, fd = -1;
	struct json_writer w;
	char *slash;
	int r;

	if (!is_file_name(id))
		return err_set(err, EINVAL, "the container's id '%s' cannot be used", id ? id : "");
	json_write_begin(&w, &text, false);
	json_write_object(&w, NULL);
	json_write_string(&w, "root", root);
	json_write_string(&w, "runtime", note->runtime);
	json_write_string(&w, "key", note->key);
	json_write_string(&w, "mode", config_mode_name(note->mode));
	json_write_bool(&w, "denials", note->denials);
	json_write_end_object(&w);
	path = path_of(run_dir, root, id);
	if (!path || buf_failed(&text) || asprintf(&temp, ".%s.%d.tmp", id, (int)getpid()) < 0)
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
	if (r == 0 && renameat(dir, temp, dir, id) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dir, temp, 0);
		return err_sys(err, r, "%s/%s: cannot write", path, id);
	}
	return 0;
}

int note_remove(const char *run_dir, const char *root, const char *id)
{
	cleanup_free char *path = NULL;

	if (!is_file_name(id))
		return 0;
	path = path_of(run_dir, root, id);
	if (!path)
		return -ENOMEM;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

void note_done(struct note *n)
{
	if (!n)
		return;
	free(n->runtime);
	free(n->key);
	*n = (struct note){0};
}
