#include "shim/agent/agent_live.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEY_SIZE_MAX 4096
#define FLOOR_WORD   "floor " /* no key has a space */

static int open_dir(const char *run_dir, struct err *err)
{
	cleanup_buf struct buf path = {0};

	buf_addf(&path, "%s/agent", run_dir);
	return buf_failed(&path) ? err_set(err, ENOMEM, "out of memory") : file_open_dirs(path.data, err);
}

int agent_live_write(const char *run_dir, const char *id, enum state_space space, const char *key, struct err *err)
{
	cleanup_buf struct buf text = {0};
	cleanup_fd int dir = open_dir(run_dir, err);

	if (dir < 0)
		return dir;
	buf_addf(&text, "%s%s", space == STATE_FLOOR ? FLOOR_WORD : "", key);
	return buf_failed(&text) ? err_set(err, ENOMEM, "out of memory") : file_put_at(dir, id, text.data, text.len, 0600, err);
}

void agent_live_remove(const char *run_dir, const char *id)
{
	cleanup_fd int dir = open_dir(run_dir, NULL);

	if (dir >= 0)
		unlinkat(dir, id, 0);
}

static bool tell(const struct buf *text, bool (*fn)(void *arg, enum state_space space, const char *key), void *arg)
{
	const char *key = text->data ? text->data : "";

	return text_starts(key, FLOOR_WORD) ? fn(arg, STATE_FLOOR, key + strlen(FLOOR_WORD)) : fn(arg, STATE_KEYS, key);
}

void agent_live_each(const char *run_dir, bool (*fn)(void *arg, enum state_space space, const char *key), void *arg)
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
		if (file_read_at(dir, e->d_name, KEY_SIZE_MAX, &key, NULL) < 0 || tell(&key, fn, arg))
			unlinkat(dir, e->d_name, 0);
	}
	closedir(d);
}
