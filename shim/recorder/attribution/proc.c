#include "shim/recorder/attribution/proc.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Fields of /proc/PID/stat, counted from the first one after the name. */
#define FIELD_STATE   0
#define FIELD_PARENT  1
#define FIELD_FLAGS   6
#define FIELD_THREADS 17
#define FIELD_START   19
#define FIELD_COUNT   20

#define PF_EXITING 0x4 /* include/linux/sched.h; proc(5) documents the field, and bits keep their meaning */

#define STATUS_MAX (2u << 20) /* room for 65,536 supplementary groups and the other lines */

static ssize_t read_text(pid_t pid, const char *name, char *ret, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	n = file_read_small(path, ret, size);
	return n == 0 || n == -ENOENT ? -ESRCH : n;
}

int proc_parse_stat(const char *text, size_t len, struct proc_stat *ret)
{
	/* The name may contain anything; it ends at the last ')'. */
	const char *p = memrchr(text, ')', len), *end = text + len;
	uint64_t field[FIELD_COUNT] = {0};
	char state;

	if (!p || end - p < 3 || p[1] != ' ')
		return -EBADMSG;
	p += 2;
	state = *p;
	for (int i = 0; i < FIELD_COUNT; i++) {
		for (; p < end && *p != ' '; p++)
			if (*p >= '0' && *p <= '9')
				field[i] = field[i] * 10 + (uint64_t)(*p - '0');
		if (p == end)
			return -EBADMSG;
		p++;
	}
	*ret = (struct proc_stat){.dead = (state == 'Z' || state == 'X') && field[FIELD_THREADS] <= 1,
				  .exiting = field[FIELD_FLAGS] & PF_EXITING,
				  .parent = (pid_t)field[FIELD_PARENT],
				  .start = field[FIELD_START]};
	return 0;
}

int proc_read_stat(pid_t pid, struct proc_stat *ret)
{
	char text[1024];
	ssize_t n = read_text(pid, "stat", text, sizeof(text));

	return n < 0 ? (int)n : proc_parse_stat(text, (size_t)n, ret);
}

/* The stat comes second: if the thread was not exiting then, it was not when its cgroup was read. */
static int read_cgroup_of(pid_t pid, const char *prefix, char ret[PROC_CGROUP_MAX], struct proc_stat *ret_stat)
{
	char name[32], text[1024];
	ssize_t n;

	snprintf(name, sizeof(name), "%scgroup", prefix);
	n = read_text(pid, name, ret, PROC_CGROUP_MAX);
	if (n < 0)
		return (int)n;
	/* A truncated path cannot be compared with another. */
	if (n == PROC_CGROUP_MAX - 1)
		return -E2BIG;
	snprintf(name, sizeof(name), "%sstat", prefix);
	n = read_text(pid, name, text, sizeof(text));
	return n < 0 ? (int)n : proc_parse_stat(text, (size_t)n, ret_stat);
}

/* True if the text is what the process is in even while it exits: cgroup v2 keeps it. */
static bool is_v2_only(const char *cgroup)
{
	return strncmp(cgroup, "0::", 3) == 0;
}

static int read_cgroup_of_a_thread(pid_t pid, char ret[PROC_CGROUP_MAX])
{
	struct proc_stat st = {.exiting = true};
	struct dirent *e;
	char path[32];
	uint64_t tid;
	int r = -ESRCH;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? -ESRCH : -errno;
	while (st.exiting && (e = readdir(dir))) {
		if (text_parse_u64(e->d_name, &tid) < 0)
			continue;
		snprintf(path, sizeof(path), "task/%d/", (int)tid);
		r = read_cgroup_of(pid, path, ret, &st);
		if (r < 0 && r != -ESRCH)
			break;
	}
	closedir(dir);
	return r < 0 ? r : st.exiting ? -ESRCH : 0;
}

int proc_read_cgroup(pid_t pid, char ret[PROC_CGROUP_MAX], struct proc_stat *ret_stat)
{
	struct proc_stat st;
	int r = read_cgroup_of(pid, "", ret, &st);

	if (r < 0)
		return r;
	if (st.exiting && !is_v2_only(ret))
		r = read_cgroup_of_a_thread(pid, ret);
	if (r == 0 && ret_stat)
		*ret_stat = st;
	return r;
}

bool proc_parse_never_has(const char *status, const char *uid_map, unsigned capability)
{
	static const char *const sets[] = {"\nCapInh:", "\nCapPrm:", "\nCapEff:", "\nCapBnd:", "\nCapAmb:"};
	unsigned inside, outside, count, end = 0;

	/* The initial user namespace maps all ids to themselves; another one that does so counts as initial. */
	if (sscanf(uid_map, "%u %u %u %n", &inside, &outside, &count, &end) == 3 &&
	    !(inside == 0 && outside == 0 && count == UINT32_MAX && uid_map[end] == '\0'))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		const char *p = strstr(status, sets[i]);

		if (!p || strtoull(p + strlen(sets[i]), NULL, 16) >> capability & 1)
			return false;
	}
	return true;
}

bool proc_never_has_capability(pid_t pid, unsigned capability)
{
	char status[4096], map[4096];

	return read_text(pid, "status", status, sizeof(status)) > 0 && read_text(pid, "uid_map", map, sizeof(map)) > 0 &&
	       proc_parse_never_has(status, map, capability);
}

int proc_parse_filters(const char *status, uint32_t *ret)
{
	const char *mode = strstr(status, "\nSeccomp:"), *filters = strstr(status, "\nSeccomp_filters:");

	if (!mode)
		return -ENODATA;
	if (strtoul(mode + strlen("\nSeccomp:"), NULL, 10) == 0)
		*ret = 0;
	else
		*ret = filters ? (uint32_t)strtoul(filters + strlen("\nSeccomp_filters:"), NULL, 10) : PROC_FILTERS_SOME;
	return 0;
}

/* Appends a file of a process's directory, of any length: a long list of groups may precede the wanted line. */
static int add_file(int dir, const char *name, struct buf *text)
{
	cleanup_fd int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return file_read_fd(fd, STATUS_MAX, name, text, NULL);
}

int proc_read_filters(pid_t pid, uint32_t session, uint32_t *ret)
{
	cleanup_buf struct buf its = {0}, status = {0};
	cleanup_fd int dir = -1;
	char path[32];
	int r;

	/* The directory stays that of this process, even if its pid is reused. */
	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	r = add_file(dir, "sessionid", &its);
	if (r == 0 && (!its.data || strtoul(its.data, NULL, 10) != session))
		r = -ESRCH;
	if (r == 0)
		r = add_file(dir, "status", &status);
	return r < 0 ? r : proc_parse_filters(status.data ? status.data : "", ret);
}
