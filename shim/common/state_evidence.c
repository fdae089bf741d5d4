/* Separate from state.c because evidence needs libseccomp's names, and the wrapper does not link libseccomp. */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "shim/common/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DAMAGED_MAX 10000 /* files per key */

int state_load_evidence(const char *state_dir, enum state_space space, const char *key, struct evidence **ret,
			struct err *err)
{
	cleanup_buf struct buf text = {0};
	cleanup_buf struct buf path = {0};
	cleanup_evidence struct evidence *ev = NULL;
	int r = state_read_file(state_dir, space, key, STATE_EVIDENCE, EVIDENCE_SIZE_MAX, &text, &path, err);

	if (r < 0)
		return r;
	r = evidence_parse(text.data ? text.data : "", text.len, path.data, &ev, err);
	if (r < 0)
		return r;
	if (!text_streq(evidence_key(ev), key))
		return err_set(err, EINVAL, "%s: evidence of another key, %s", path.data, evidence_key(ev));
	*ret = steal_ptr(&ev);
	return 0;
}

int state_save_evidence(const char *state_dir, enum state_space space, const struct evidence *ev, struct err *err)
{
	cleanup_buf struct buf text = {0};
	int r = evidence_write(ev, &text, err);

	if (r < 0)
		return r;
	cleanup_fd int dir = state_open_key(state_dir, space, evidence_key(ev), true, err);

	if (dir < 0)
		return dir;
	r = file_save_at(dir, STATE_EVIDENCE, text.data, text.len, 0600, err);
	if (r < 0)
		err_wrap(err, "%s/%s/%s", state_dir, state_space_name(space), evidence_key(ev));
	return r;
}

/* Only the recorder makes such names, and there is only one recorder: a free name stays free. */
static bool is_free(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

int state_set_aside(const char *state_dir, enum state_space space, const char *key, char **ret_name, struct err *err)
{
	cleanup_fd int dir = state_open_key(state_dir, space, key, false, err);

	if (dir < 0)
		return dir;
	for (unsigned i = 1; i < DAMAGED_MAX; i++) {
		cleanup_free char *name = NULL;

		if (asprintf(&name, STATE_DAMAGED "%u", i) < 0)
			return err_set(err, ENOMEM, "out of memory");
		if (!is_free(dir, name))
			continue;
		if (renameat(dir, STATE_EVIDENCE, dir, name) < 0)
			return err_sys(err, errno, "%s/%s/%s/" STATE_EVIDENCE ": damaged, and cannot be moved aside", state_dir,
				       state_space_name(space), key);
		(void)fsync(dir);
		*ret_name = steal_ptr(&name);
		return 0;
	}
	return err_set(err, EEXIST, "%s/%s/%s: too many damaged files", state_dir, state_space_name(space), key);
}

unsigned state_count_damaged(const char *state_dir, enum state_space space, const char *key)
{
	int fd = state_open_key(state_dir, space, key, false, NULL);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	unsigned n = 0;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	for (const struct dirent *e = readdir(d); e; e = readdir(d))
		n += text_starts(e->d_name, STATE_DAMAGED);
	closedir(d);
	return n;
}
