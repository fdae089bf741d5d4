#include "shim/agent/agent_live.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEY_SIZE_MAX 4096

static int open_dir(const char *run_dir, struct err *err)
{
	cleanup_buf struct buf path = {0};

	buf_addf(&path, "%s/agent", run_dir);
	return buf_failed(&path) ? err_set(err, ENOMEM, "out of memory") : file_open_dirs(path.data, err);
}

int agent_live_write(const char *run_dir, const char *id, const char *key, struct err *err)
{
	cleanup_fd int dir = open_dir(run_dir, err);

	return dir < 0 ? dir : file_put_at(dir, id, key, strlen(key), 0600, err);
}

void agent_live_remove(const char *run_dir, const char *id)
{
	cleanup_fd int dir = open_dir(run_dir, NULL);

	if (dir >= 0)
		unlinkat(dir, id, 0);
}

void agent_live_each(const char *run_dir, bool (*fn)(void *arg, const char *key), void *arg)
{
	int dir = open_dir(run_dir, NULL);
	DIR *d = dir < 0 ? NULL : fdopendir(dir);

	if (!d && dir >= 0)
		close(dir);
	if (!d)
		return;
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		cleanup_buf struct buf key = {0};

		if (e->d_name[0] == '.')
			continue;
		if (file_read_at(dir, e->d_name, KEY_SIZE_MAX, &key, NULL) < 0 || fn(arg, key.data))
			unlinkat(dir, e->d_name, 0);
	}
	closedir(d);
}
