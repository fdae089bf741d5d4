/* Who else receives the audit records, and what a flood of them does to the node. */
#include "shim/cli/doctor/doctor.h"

#include "base/file.h"
#include "base/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define AUDITD_CONF  "/etc/audit/auditd.conf"
#define READERS_MAX  32
#define CONF_MAX     65536

/* The settings of auditd.conf(5) whose actions can halt the node. */
static const char *const ACTIONS[] = {"space_left_action", "admin_space_left_action", "disk_full_action", "disk_error_action"};

/* Splits a line "name = value", trims both, and cuts the value to its first word. */
static bool split_setting(char *line, char **ret_name, char **ret_value)
{
	char *equals = strchr(line, '=');

	if (!equals || *line == '#')
		return false;
	*equals = '\0';
	*ret_name = line + strspn(line, " \t");
	(*ret_name)[strcspn(*ret_name, " \t")] = '\0';
	*ret_value = equals + 1 + strspn(equals + 1, " \t");
	(*ret_value)[strcspn(*ret_value, " \t\r")] = '\0';
	return true;
}

static size_t find_halting(char *conf, struct buf *found)
{
	char *save = NULL, *name, *value;
	size_t n = 0;

	for (char *line = strtok_r(conf, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!split_setting(line, &name, &value))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(ACTIONS); i++)
			if (!strcasecmp(name, ACTIONS[i]) && (!strcasecmp(value, "halt") || !strcasecmp(value, "single")))
				buf_addf(found, "%s%s = %s", n++ ? ", " : "", ACTIONS[i], value);
	}
	return n;
}

enum doctor_result doctor_auditd(struct doctor *d, struct doctor_finding *f)
{
	cleanup_buf struct buf conf = {0}, halting = {0};
	struct err err = {0};
	int r;

	if (!d->first_known)
		return doctor_found(f, DOCTOR_SKIPS, "not tested: the audit status cannot be read");
	if (!d->first.auditd_pid)
		return doctor_found(f, DOCTOR_OK, "no audit daemon is running");
	r = file_read_at(AT_FDCWD, AUDITD_CONF, CONF_MAX, &conf, &err);
	if (r < 0) {
		buf_adds(&f->fix, "make sure that it does not halt the node when its disk is full");
		return doctor_found(f, DOCTOR_WARNS, "an audit daemon is running (process %u); %s", d->first.auditd_pid,
				    err.msg);
	}
	if (conf.data && find_halting(conf.data, &halting))
		return doctor_found(f, DOCTOR_WARNS, "auditd is running (process %u), and " AUDITD_CONF " says %s",
				    d->first.auditd_pid, halting.data);
	return doctor_found(f, DOCTOR_OK, "auditd is running (process %u) and does not halt the node",
			    d->first.auditd_pid);
}

/* The sockets in the multicast group: /proc/net/netlink, columns sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode. */
static size_t list_sockets(unsigned long inodes[READERS_MAX])
{
	FILE *file = fopen("/proc/net/netlink", "re");
	char line[256];
	size_t n = 0;

	if (!file)
		return 0;
	while (n < READERS_MAX && fgets(line, sizeof(line), file)) {
		unsigned protocol, groups;
		unsigned long inode;

		if (sscanf(line, "%*s %u %*s %x %*s %*s %*s %*s %*s %lu", &protocol, &groups, &inode) == 3 && protocol == NETLINK_AUDIT &&
		    groups & 1u << (AUDIT_NLGRP_READLOG - 1))
			inodes[n++] = inode;
	}
	fclose(file);
	return n;
}

static bool holds_one(const char *fds, const unsigned long *inodes, size_t count)
{
	DIR *dir = opendir(fds);
	bool found = false;

	if (!dir)
		return false;
	for (struct dirent *e = readdir(dir); e && !found; e = readdir(dir)) {
		char target[64];
		unsigned long inode;
		ssize_t n = readlinkat(dirfd(dir), e->d_name, target, sizeof(target) - 1);

		if (n < 0)
			continue;
		target[n] = '\0';
		if (sscanf(target, "socket:[%lu]", &inode) != 1)
			continue;
		for (size_t i = 0; i < count; i++)
			found |= inodes[i] == inode;
	}
	closedir(dir);
	return found;
}

/* Appends the names of the processes that have one of the sockets open, each once; true if journald is among them. */
static bool name_holders(const unsigned long *inodes, size_t count, struct buf *names)
{
	DIR *proc = opendir("/proc");
	bool journald = false;

	if (!proc)
		return false;
	for (struct dirent *e = readdir(proc); e; e = readdir(proc)) {
		char path[300];
		cleanup_buf struct buf comm = {0};
		cleanup_fd int fd = -1;

		snprintf(path, sizeof(path), "/proc/%s/fd", e->d_name);
		if (!isdigit((unsigned char)e->d_name[0]) || !holds_one(path, inodes, count))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", e->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || file_read_fd(fd, sizeof(path), path, &comm, NULL) < 0 || !comm.data)
			continue;
		comm.data[strcspn(comm.data, "\n")] = '\0';
		journald |= text_starts(comm.data, "systemd-journal");
		buf_addf(names, "%s%s (%s)", names->len ? ", " : "", comm.data, e->d_name);
	}
	closedir(proc);
	return journald;
}

enum doctor_result doctor_readers(struct doctor *d, struct doctor_finding *f)
{
	unsigned long inodes[READERS_MAX];
	size_t n = list_sockets(inodes);
	cleanup_buf struct buf names = {0};

	if (n && name_holders(inodes, n, &names))
		return doctor_found(
			f, DOCTOR_WARNS,
			"journald also reads audit records: every logged call goes into the journal; readers: %s",
			names.data);
	if (names.data)
		return doctor_found(f, DOCTOR_OK, "also read by %s", names.data);
	return doctor_found(f, DOCTOR_OK, "no other program reads audit records");
}
