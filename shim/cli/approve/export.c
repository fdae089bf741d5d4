#include "shim/cli/approve/export.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PODS "k8s/"

static const char *below_export_dir(const char *key)
{
	return text_starts(key, PODS) ? key + strlen(PODS) : key;
}

/* Opens or makes the directories below export_dir one by one, so that each gets its mode. */
static int open_directories(int from, char *path, struct err *err)
{
	cleanup_fd int dir = fcntl(from, F_DUPFD_CLOEXEC, 0);
	char *rest = NULL;

	if (dir < 0)
		return err_sys(err, errno, "cannot duplicate a descriptor");
	for (char *name = strtok_r(path, "/", &rest); name; name = strtok_r(NULL, "/", &rest)) {
		int next;

		if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
			return err_sys(err, errno, "%s: cannot make the directory", name);
		next = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return err_sys(err, errno, "%s: cannot open the directory", name);
		close(dir);
		dir = next;
	}
	return steal_fd(&dir);
}

static bool is_saved(int dir, const char *file, const struct buf *text)
{
	cleanup_buf struct buf old = {0};

	return file_read_at(dir, file, text->len, &old, NULL) == 0 && old.len == text->len &&
	       memcmp(old.data, text->data, old.len) == 0;
}

int export_save(const char *export_dir, const char *key, const struct buf *text, struct err *err)
{
	cleanup_free char *path = strdup(below_export_dir(key)), *file = NULL;
	cleanup_fd int top = path ? file_open_dirs(export_dir, err) : -1;
	char *slash = path ? strrchr(path, '/') : NULL, none[] = "";

	if (!path || asprintf(&file, "%s.json", slash ? slash + 1 : path) < 0)
		return err_set(err, ENOMEM, "out of memory");
	if (top < 0)
		return top;
	if (slash)
		*slash = '\0';

	cleanup_fd int dir = open_directories(top, slash ? path : none, err);

	if (dir < 0)
		return err_wrap(err, "%s", export_dir);
	return is_saved(dir, file, text) ? 0 : file_save_at(dir, file, text->data, text->len, 0644, err);
}

/* export_dir as the kubelet names it; "": its seccomp directory. */
static const char *below_kubelet(const char *export_dir)
{
	static const char seccomp[] = "/seccomp";
	const char *found = NULL, *last = strrchr(export_dir, '/');

	for (const char *s = strstr(export_dir, seccomp); s; s = strstr(s + 1, seccomp))
		if (s[sizeof(seccomp) - 1] == '/' || !s[sizeof(seccomp) - 1])
			found = s + sizeof(seccomp) - 1;
	if (found)
		return *found ? found + 1 : found;
	return last ? last + 1 : export_dir;
}

void export_add_use(const char *export_dir, const char *key, struct buf *out)
{
	const char *directory = below_kubelet(export_dir);
	size_t len = strlen(directory);

	while (len && directory[len - 1] == '/')
		len--;
	buf_addf(out,
		 "\nExported for the kubelet to %s/%s.json. A container of a pod uses it with\n"
		 "  securityContext:\n"
		 "    seccompProfile:\n"
		 "      type: Localhost\n"
		 "      localhostProfile: %.*s%s%s.json\n",
		 export_dir, below_export_dir(key), (int)len, directory, len ? "/" : "", below_export_dir(key));
}
