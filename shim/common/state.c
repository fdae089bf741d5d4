#include "shim/common/state.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "oci/key.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define APPROVED_SIZE_MAX (4u << 20) /* bytes */

static void dir_close(DIR *d)
{
	if (d)
		closedir(d);
}
DEFINE_CLEANUP(dir, DIR *, dir_close)

const char *state_space_name(enum state_space space)
{
	return space == STATE_FLOOR ? "floor" : "keys";
}

/* The state directory may be reached through symbolic links: that is the administrator's choice. */
static int open_state(const char *state_dir, bool make, struct err *err)
{
	if (make)
		return file_open_dirs(state_dir, err);
	int fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_sys(err, errno, "%s", state_dir) : fd;
}

/* An approved profile in it decides what a container may do. */
static int check_state(int fd, const char *state_dir, struct err *err)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? err_sys(err, errno, "%s", state_dir) : file_check_trust(&st, state_dir, err);
}

int state_open_key(const char *state_dir, enum state_space space, const char *key, bool make, struct err *err)
{
	cleanup_buf struct buf path = {0};
	int r = oci_key_check(key, err);

	if (r < 0)
		return r;
	cleanup_fd int dir = open_state(state_dir, make, err);

	if (dir < 0)
		return dir;
	r = check_state(dir, state_dir, err);
	if (r < 0)
		return r;
	buf_addf(&path, "%s/%s", state_space_name(space), key);
	if (buf_failed(&path))
		return err_set(err, ENOMEM, "out of memory");
	r = file_open_dirs_at(dir, path.data, make, err);
	if (r < 0)
		err_wrap(err, "%s", state_dir);
	return r;
}

int state_read_file(const char *state_dir, enum state_space space, const char *key, const char *file, size_t max,
		    struct buf *ret, struct buf *ret_path, struct err *err)
{
	cleanup_fd int dir = state_open_key(state_dir, space, key, false, err);

	if (dir < 0)
		return dir;
	buf_addf(ret_path, "%s/%s/%s/%s", state_dir, state_space_name(space), key, file);
	if (buf_failed(ret_path))
		return err_set(err, ENOMEM, "out of memory");
	int r = file_read_at(dir, file, max, ret, err);

	if (r < 0)
		err_wrap(err, "%s/%s/%s", state_dir, state_space_name(space), key);
	return r;
}

int state_read_approved(const char *state_dir, const char *key, struct buf *ret, struct err *err)
{
	cleanup_buf struct buf path = {0};

	return state_read_file(state_dir, STATE_KEYS, key, STATE_APPROVED, APPROVED_SIZE_MAX, ret, &path, err);
}

/* Paths below STATE/keys: first those that are still to be scanned, in the end the keys. */
struct key_list {
	char **v;
	size_t len, cap;
};

static void key_list_done(struct key_list *l)
{
	for (size_t i = 0; i < l->len; i++)
		free(l->v[i]);
	free(l->v);
}

static int key_list_add(struct key_list *l, const char *parent, const char *name, struct err *err)
{
	char *s = NULL;

	if (l->len == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		char **v = reallocarray(l->v, cap, sizeof(*v));

		if (!v)
			return err_set(err, ENOMEM, "out of memory");
		l->v = v;
		l->cap = cap;
	}
	if (asprintf(&s, "%s%s%s", parent, *parent ? "/" : "", name) < 0)
		return err_set(err, ENOMEM, "out of memory");
	l->v[l->len++] = s;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_directory(int dir, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return !fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode);
}

/* Scans one directory below STATE/keys: adds its subdirectories to `todo`; *ret_is_key: it contains data files. */
static int scan_directory(int keys, const char *path, struct key_list *todo, bool *ret_is_key, struct err *err)
{
	struct err inner = {0};
	cleanup_fd int fd = file_open_dirs_at(keys, *path ? path : ".", false, &inner);
	bool is_key = false;

	if (fd == -ENOENT) /* the key was removed meanwhile */
		return 0;
	if (fd < 0)
		return err_set(err, fd, "%s", inner.msg);
	cleanup_with(dir_cleanup) DIR *d = fdopendir(fd);

	if (!d)
		return err_sys(err, errno, "%s", path);
	steal_fd(&fd);
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		if (text_streq(e->d_name, STATE_EVIDENCE) || text_streq(e->d_name, STATE_APPROVED))
			is_key = true;
		else if (is_directory(dirfd(d), e) && !oci_key_check(e->d_name, NULL)) {
			int r = key_list_add(todo, path, e->d_name, err);

			if (r < 0)
				return r;
		}
	}
	*ret_is_key = is_key && *path;
	return 0;
}

int state_each_key(const char *state_dir, int (*fn)(const char *key, void *arg, struct err *err), void *arg,
		   struct err *err)
{
	cleanup_with(key_list_done) struct key_list todo = {0};
	cleanup_with(key_list_done) struct key_list keys = {0};
	struct err inner = {0};
	cleanup_fd int state = open_state(state_dir, false, &inner);
	int r = 0;

	if (state == -ENOENT)
		return 0;
	if (state < 0)
		return err_set(err, state, "%s", inner.msg);
	cleanup_fd int dir = file_open_dirs_at(state, state_space_name(STATE_KEYS), false, &inner);

	if (dir == -ENOENT)
		return 0;
	if (dir < 0)
		return err_set(err, dir, "%s: %s", state_dir, inner.msg);
	r = key_list_add(&todo, "", "", err);
	for (size_t i = 0; !r && i < todo.len; i++) {
		bool is_key = false;

		r = scan_directory(dir, todo.v[i], &todo, &is_key, err);
		if (!r && is_key)
			r = key_list_add(&keys, "", todo.v[i], err);
	}
	if (r < 0)
		return err_wrap(err, "%s/keys", state_dir), r;
	if (keys.len)
		qsort(keys.v, keys.len, sizeof(*keys.v), compare_names);
	for (size_t i = 0; !r && i < keys.len; i++)
		r = fn(keys.v[i], arg, err);
	return r;
}

void state_shape_name(const char *shape_json, char *ret)
{
	snprintf(ret, 17, "%016" PRIx64, text_hash(shape_json, strlen(shape_json)));
}
