#include "shim/cli/key/live.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "seccomp/combine/combine.h"
#include "seccomp/write/write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER 0x420c /* from linux/ptrace.h, which conflicts with sys/ptrace.h */
#endif

#define ID_MIN     12 /* the shortest accepted part of an id */
#define CGROUP_MAX 65536

void live_done(struct live *l)
{
	if (!l)
		return;
	filter_free(l->filter);
	policy_free(l->stand_in);
	for (size_t i = 0; i < l->count; i++)
		free((void *)(uintptr_t)l->programs[i].code);
}

bool live_is_word(const char *word)
{
	return text_starts(word, "pid:") || text_starts(word, "container:");
}

static int read_program(pid_t pid, size_t index, struct filter_raw *ret, bool *ret_end, struct err *err)
{
	cleanup_free struct sock_filter *code = NULL;
	long n = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, index, NULL);

	/* EINVAL: there is no filter; ENOENT: no further filter. */
	*ret_end = n < 0 && (errno == ENOENT || (errno == EINVAL && index == 0));
	if (*ret_end)
		return 0;
	if (n < 0)
		return err_sys(err, errno,
			       "pid %d: cannot read its filters (needs root, outside any container and filter)", pid);
	code = calloc((size_t)n + 1, sizeof(*code));
	if (!code)
		return err_set(err, ENOMEM, "out of memory");
	if (ptrace(PTRACE_SECCOMP_GET_FILTER, pid, index, code) != n)
		return err_sys(err, errno, "pid %d: cannot read a filter", pid);
	*ret = (struct filter_raw){steal_ptr(&code), (size_t)n};
	return 0;
}

/* The kernel counts from the oldest filter (kernel/seccomp.c get_nth_filter()). */
static int read_programs(pid_t pid, struct live *ret, struct err *err)
{
	bool end = false;
	int r = 0;

	while (!r && !end && ret->count < LIVE_FILTERS_MAX) {
		struct filter_raw p = {0};

		r = read_program(pid, ret->count, &p, &end, err);
		if (r < 0 || end)
			continue;
		memmove(&ret->programs[1], &ret->programs[0], ret->count * sizeof(p));
		ret->programs[0] = p;
		ret->count++;
	}
	return r;
}

static int read_stopped(pid_t pid, struct live *ret, struct err *err)
{
	int status, r;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
		return err_sys(err, errno, "pid %d", pid);
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 || waitpid(pid, &status, __WALL) != pid)
		return err_sys(err, errno, "pid %d: cannot stop it", pid);
	if (!WIFSTOPPED(status))
		return err_set(err, ESRCH, "pid %d has ended", pid);
	r = read_programs(pid, ret, err);
	(void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return r;
}

/* True if a line of /proc/PID/cgroup names the container, in the way of the runtimes, Docker, Podman, containerd or CRI-O. */
static bool names_container(const char *text, const char *id)
{
	size_t len = strlen(id);

	for (const char *p = strstr(text, id); p; p = strstr(p + 1, id)) {
		const char *end = p + len;
		bool whole = *end == '\n' || *end == '/' || *end == '\0' || text_starts(end, ".scope");

		if (p > text && (p[-1] == '/' || p[-1] == '-' || p[-1] == ':') && (whole || len >= ID_MIN))
			return true;
	}
	return false;
}

/* The first process: the one with the lowest pid, unless pids have wrapped. */
static int find_container(const char *id, pid_t *ret, struct err *err)
{
	DIR *proc = opendir("/proc");
	pid_t found = 0;

	if (!proc)
		return err_sys(err, errno, "/proc");
	for (const struct dirent *e = readdir(proc); e; e = readdir(proc)) {
		cleanup_buf struct buf text = {0};
		char path[64];
		uint64_t pid = 0;

		if (text_parse_u64(e->d_name, &pid) < 0 || (found && (pid_t)pid > found))
			continue;
		snprintf(path, sizeof(path), "/proc/%llu/cgroup", (unsigned long long)pid);
		if (file_read_at(AT_FDCWD, path, CGROUP_MAX, &text, NULL) < 0)
			continue;
		buf_addc(&text, '\0');
		if (!buf_failed(&text) && names_container(text.data, id))
			found = (pid_t)pid;
	}
	closedir(proc);
	if (!found)
		return err_set(err, ENOENT,
			       "container:%s: no process runs in a cgroup of that name; name the process with pid:N",
			       id);
	*ret = found;
	return 0;
}

int live_open(const char *word, struct live *ret, struct buf *ret_what, struct err *err)
{
	static const struct policy_answer allow = {.action = POLICY_ALLOW};
	const char *name = strchr(word, ':') + 1;
	uint64_t pid = 0;
	int r = 0;

	if (!*name)
		return err_set(err, EINVAL, "%s: the name is missing", word);
	if (text_starts(word, "container:"))
		r = find_container(name, &ret->pid, err);
	else if (text_parse_u64(name, &pid) < 0 || pid == 0 || pid > INT32_MAX)
		r = err_set(err, EINVAL, "%s: not a process number", word);
	else
		ret->pid = (pid_t)pid;
	if (!r)
		r = read_stopped(ret->pid, ret, err);
	if (!r)
		r = policy_new(POLICY_OCI, word, &ret->stand_in, err);
	if (r < 0)
		return r;
	policy_set_default(ret->stand_in, &allow);
	buf_addf(ret_what, "loaded for process %d: ", ret->pid);
	buf_addf(ret_what,
		 ret->count == 0   ? "no filter"
		 : ret->count == 1 ? "one filter"
				   : "%zu stacked filters",
		 ret->count);
	return filter_new_raw(ret->stand_in, ret->programs, ret->count, &ret->filter, err);
}

int live_write_profile(struct live *l, const char *name, struct buf *out, struct buf *remarks, struct err *err)
{
	cleanup_policy struct policy *p = NULL, *adapted = NULL;
	cleanup_buf struct buf lost = {0};
	int r = policy_of_filter(l->filter, l->stand_in, name, &p, remarks, err);

	if (!r)
		r = policy_adapt(p, POLICY_OCI, &adapted, &lost, err);
	return r ? r : policy_write(adapted, POLICY_OCI, name, &lost, out, err);
}
