#include "shim/cli/common/save.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_same(const char *path, const struct stat *st)
{
	struct stat other;

	return !stat(path, &other) && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

/* Standard input, where "-" stands for it. */
static bool is_input(const struct stat *st)
{
	struct stat in;

	return !fstat(STDIN_FILENO, &in) && in.st_dev == st->st_dev && in.st_ino == st->st_ino;
}

/* True if the directory is `above` or below it: compares each parent up to the root. */
static bool is_below(int dir, const char *above)
{
	struct stat top, st;
	char path[PATH_MAX];
	ssize_t n = -1;
	char link[48];

	if (stat(above, &top) < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0 || *path != '/')
		return false;
	path[n] = 0;
	for (char *end = path + n; end; end = strrchr(path, '/')) {
		*end = 0;
		if (!stat(*path ? path : "/", &st) && st.st_dev == top.st_dev && st.st_ino == top.st_ino)
			return true;
	}
	return false;
}

static int check_target(const char *path, const char *const *read, size_t count, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: is not a regular file", path);
	for (size_t i = 0; i < count; i++)
		if (text_streq(read[i], "-") ? is_input(&st) : is_same(read[i], &st))
			return err_set(err, EINVAL, "%s: refusing to overwrite the input; name another file", path);
	return 0;
}

int save_output(const struct cli *cli, const char *path, const struct buf *text, const char *const *read, size_t count, struct err *err)
{
	cleanup_free char *copy = strdup(path);
	char *slash = copy ? strrchr(copy, '/') : NULL;
	const char *name = slash ? slash + 1 : copy, *dir = slash == copy ? "/" : slash ? copy : ".";
	struct err why = {0};
	int r;

	if (!copy)
		return err_set(err, ENOMEM, "out of memory");
	if (slash)
		*slash = 0;
	r = check_target(path, read, count, err);
	if (r < 0)
		return r;
	if (!*name)
		return err_set(err, EISDIR, "'%s' is not a file name", path);
	cleanup_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno, "%s", dir);
	if (is_below(fd, cli->config.state_dir))
		return err_set(err, EINVAL, "%s: only snug writes files in the state directory; name another file",
			       path);
	r = file_save_at(fd, name, text->data, text->len, 0644, &why);
	return r < 0 ? err_set(err, r, "%s%s%s", slash ? dir : "", slash && slash != copy ? "/" : "", why.msg) : 0;
}

int save_or_print(struct cli *cli, const char *path, const struct buf *text, const char *const *read, size_t count, struct err *err)
{
	if (path && !text_streq(path, "-"))
		return save_output(cli, path, text, read, count, err);
	buf_add(&cli->out, text->data, text->len);
	return 0;
}
