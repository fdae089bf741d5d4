#include "shim/cli/save.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int save_output(const char *path, const struct buf *text, struct err *err)
{
	cleanup_free char *copy = strdup(path);
	char *slash = copy ? strrchr(copy, '/') : NULL;
	const char *name = slash ? slash + 1 : copy, *dir = slash == copy ? "/" : slash ? copy : ".";
	struct stat st;

	if (!copy)
		return err_set(err, ENOMEM, "out of memory");
	if (slash)
		*slash = 0;
	if (!lstat(path, &st) && !S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: is not a regular file", path);
	if (!*name)
		return err_set(err, EISDIR, "%s: is a directory", path);
	cleanup_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno, "%s", dir);
	return file_save_at(fd, name, text->data, text->len, 0644, err);
}
