#include "shim/cli/key/approved.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "shim/common/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define NAME_BYTES     32

static void file_name(unsigned n, char ret[NAME_BYTES])
{
	if (n)
		snprintf(ret, NAME_BYTES, "approved.%u.json", n);
	else
		snprintf(ret, NAME_BYTES, "%s", STATE_APPROVED);
}

int approved_read(const char *state_dir, const char *key, unsigned n, struct buf *ret_text, struct profile **ret,
		  struct err *err)
{
	cleanup_buf struct buf path = {0};
	char name[NAME_BYTES];

	file_name(n, name);
	int r = state_read_file(state_dir, STATE_KEYS, key, name, APPROVED_SIZE_MAX, ret_text, &path, err);

	return r < 0 ? r : profile_parse_oci(ret_text->data, ret_text->len, path.data, ret, err);
}

/* The number in a file name; 0: not one of ours. */
static unsigned number_of(const char *name)
{
	char back[NAME_BYTES];
	unsigned n = 0;

	if (sscanf(name, "approved.%u.json", &n) != 1 || !n || n > APPROVED_MAX)
		return 0;
	file_name(n, back);
	return text_streq(name, back) ? n : 0;
}

static int highest_number(int dir, unsigned *ret, struct err *err)
{
	cleanup_fd int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	unsigned max = 0;

	if (!d)
		return err_sys(err, errno, "cannot list the approved profiles");
	steal_fd(&fd);
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		unsigned n = number_of(e->d_name);

		max = n > max ? n : max;
	}
	closedir(d);
	*ret = max;
	return 0;
}

/* The number under which this text is already kept; 0: none. */
static unsigned find_same(int dir, unsigned max, const struct buf *text)
{
	for (unsigned n = max; n > 0; n--) {
		cleanup_buf struct buf b = {0};
		char name[NAME_BYTES];

		file_name(n, name);
		if (!file_read_at(dir, name, APPROVED_SIZE_MAX, &b, NULL) && b.len == text->len &&
		    !memcmp(b.data, text->data, b.len))
			return n;
	}
	return 0;
}

int approved_save(const char *state_dir, const char *key, const struct buf *text, unsigned *ret_number, struct err *err)
{
	cleanup_fd int dir = state_open_key(state_dir, STATE_KEYS, key, true, err);
	char name[NAME_BYTES];
	unsigned max = 0, n;

	if (dir < 0)
		return dir;
	if (flock(dir, LOCK_EX) < 0)
		return err_sys(err, errno, "%s: cannot lock", key);
	int r = highest_number(dir, &max, err);

	if (r < 0)
		return r;
	n = find_same(dir, max, text);
	if (!n) {
		if (max >= APPROVED_MAX)
			return err_set(err, EOVERFLOW, "%s has too many approved profiles", key);
		n = max + 1;
		file_name(n, name);
		r = file_save_at(dir, name, text->data, text->len, 0644, err);
	}
	if (!r)
		r = file_save_at(dir, STATE_APPROVED, text->data, text->len, 0644, err);
	if (r < 0)
		return r;
	*ret_number = n;
	return 0;
}

static uint64_t saved_ms(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return (uint64_t)st.st_mtim.tv_sec * 1000 + (uint64_t)st.st_mtim.tv_nsec / 1000000;
}

int approved_each(const char *state_dir, const char *key,
		  int (*fn)(unsigned n, uint64_t time_ms, bool current, const struct profile *p, void *arg), void *arg,
		  struct err *err)
{
	cleanup_fd int dir = state_open_key(state_dir, STATE_KEYS, key, false, err);
	cleanup_buf struct buf current = {0};
	unsigned max = 0;
	int r = dir < 0 ? dir : highest_number(dir, &max, err);

	if (r < 0)
		return r;
	(void)file_read_at(dir, STATE_APPROVED, APPROVED_SIZE_MAX, &current, NULL);
	for (unsigned n = 1; n <= max && r == 0; n++) {
		cleanup_profile struct profile *p = NULL;
		cleanup_buf struct buf text = {0};
		char name[NAME_BYTES];

		file_name(n, name);
		r = approved_read(state_dir, key, n, &text, &p, err);
		if (r == -ENOENT) /* removed by hand: numbers may have gaps */
			r = 0;
		else if (r == 0)
			r = fn(n, saved_ms(dir, name), text.len == current.len && !memcmp(text.data, current.data, text.len), p,
			       arg);
	}
	return r;
}
