#include "shim/common/hidepid.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Calls fn for every line until it returns true. Returns false if it never did, or if the file cannot be read. */
typedef bool line_fn(const char *line, void *arg);

static bool find_line(const char *path, line_fn *fn, void *arg)
{
	FILE *f = fopen(path, "re");
	cleanup_free char *line = NULL;
	size_t size = 0;
	bool found = false;

	if (!f)
		return false;
	while (!found && getline(&line, &size, f) > 0)
		found = fn(line, arg);
	fclose(f);
	return found;
}

static bool is_effective(const char *line, void *arg)
{
	static const char name[] = "CapEff:";

	if (strncmp(line, name, sizeof(name) - 1) != 0)
		return false;
	*(uint64_t *)arg = strtoull(line + sizeof(name) - 1, NULL, 16);
	return true;
}

static bool is_mount_id(const char *line, void *arg)
{
	static const char name[] = "mnt_id:";

	if (strncmp(line, name, sizeof(name) - 1) != 0)
		return false;
	*(long *)arg = strtol(line + sizeof(name) - 1, NULL, 10);
	return true;
}

static const char *value_of(const char *options, const char *name)
{
	const char *p = strstr(options, name);

	return p ? p + strlen(name) : NULL;
}

bool hidepid_line_shows_all(const char *line, gid_t own_gid, bool may_trace)
{
	const char *options = strstr(line, " - proc "), *how, *gid;

	if (!options)
		return false;
	how = value_of(options, "hidepid=");
	if (!how || may_trace)
		return true;
	if (strncmp(how, "off", 3) == 0 || strncmp(how, "noaccess", 8) == 0 || *how == '0' || *how == '1')
		return true;
	/* Only "invisible" exempts a group; "ptraceable" does not. */
	if (*how != '2' && strncmp(how, "invisible", 9) != 0)
		return false;
	gid = value_of(options, "gid=");
	return own_gid == (gid ? (gid_t)strtoul(gid, NULL, 10) : 0);
}

struct mount {
	long id;
	bool shows_all;
	bool may_trace;
};

static bool is_mount(const char *line, void *arg)
{
	struct mount *m = arg;

	if (strtol(line, NULL, 10) != m->id)
		return false;
	m->shows_all = hidepid_line_shows_all(line, getegid(), m->may_trace);
	return true;
}

bool hidepid_sees_all(void)
{
	/* Opened through the path, so it is the topmost mount. */
	cleanup_fd int dir = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct mount m = {.id = -1};
	uint64_t effective = 0;
	char path[48];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", dir);
	if (dir < 0 || !find_line("/proc/self/status", is_effective, &effective) || !find_line(path, is_mount_id, &m.id))
		return false;
	m.may_trace = effective >> CAP_SYS_PTRACE & 1;
	return find_line("/proc/self/mountinfo", is_mount, &m) && m.shows_all;
}
