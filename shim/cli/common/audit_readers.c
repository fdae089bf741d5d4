#include "shim/cli/common/audit_readers.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define READERS_MAX 32

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

		if (sscanf(line, "%*s %u %*s %x %*s %*s %*s %*s %*s %lu", &protocol, &groups, &inode) == 3 &&
		    protocol == NETLINK_AUDIT && groups & 1u << (AUDIT_NLGRP_READLOG - 1))
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

bool audit_readers(struct buf *ret_names)
{
	unsigned long inodes[READERS_MAX];
	size_t n = list_sockets(inodes);

	return n && name_holders(inodes, n, ret_names);
}
