/* Does to a recorder's counter what nobody should: counter-fault WORD PID FD [SESSION]
 *
 *   close    closes the recorder's descriptor FD behind its back: a link that is closed detaches its program
 *   fill     fills the map FD with sessions until it takes no more
 *   empty    takes them out again
 *   forget   deletes the entry of SESSION from the map FD
 */
#include "shim/recorder/counter/layout.h"

#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST 0x40000000u /* audit sessions are given out from 1 on */

/* Lets it run to its next stop at the beginning or end of a call. */
static int to_call(pid_t pid)
{
	int status;

	do {
		if (ptrace(PTRACE_SYSCALL, pid, 0, 0) < 0 || waitpid(pid, &status, __WALL) != pid ||
		    !WIFSTOPPED(status))
			return -1;
	} while (WSTOPSIG(status) != (SIGTRAP | 0x80));
	return 0;
}

/* At the beginning of one of its calls, makes that close(fd); then lets it make its own. */
static int close_in(pid_t pid, int fd)
{
	struct user_regs_struct own, regs;
	struct __ptrace_syscall_info info = {0};

	do {
		if (to_call(pid) < 0 || ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
			return -1;
	} while (info.op != PTRACE_SYSCALL_INFO_ENTRY);
	if (ptrace(PTRACE_GETREGS, pid, 0, &own) < 0)
		return -1;
	regs = own;
	regs.orig_rax = SYS_close;
	regs.rdi = (unsigned)fd;
	if (ptrace(PTRACE_SETREGS, pid, 0, &regs) < 0 || to_call(pid) < 0 || ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
		return -1;
	own.rax = own.orig_rax;
	own.rip -= 2; /* the instruction of the call */
	own.orig_rax = (unsigned long long)-1;
	if (ptrace(PTRACE_SETREGS, pid, 0, &own) < 0)
		return -1;
	return regs.rax == 0 ? 0 : -1;
}

static int close_behind(pid_t pid, int fd)
{
	int status;

	if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD) < 0 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0 ||
	    waitpid(pid, &status, __WALL) != pid)
		return -1;
	if (close_in(pid, fd) < 0)
		return -1;
	return (int)ptrace(PTRACE_DETACH, pid, 0, 0);
}

static long change(int command, int map, uint32_t session)
{
	static struct counter_entry entry;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map;
	attr.key = (uintptr_t)&session;
	if (command == BPF_MAP_UPDATE_ELEM)
		attr.value = (uintptr_t)&entry;
	return syscall(SYS_bpf, command, &attr, sizeof(attr));
}

static int fill(int map)
{
	uint32_t n = 0;

	while (n <= COUNTER_SESSIONS_MAX && change(BPF_MAP_UPDATE_ELEM, map, FIRST + n) == 0)
		n++;
	printf("%u\n", n);
	return errno == E2BIG ? 0 : -1;
}

static int empty(int map)
{
	for (uint32_t n = 0; n <= COUNTER_SESSIONS_MAX; n++)
		(void)change(BPF_MAP_DELETE_ELEM, map, FIRST + n);
	return 0;
}

int main(int argc, char **argv)
{
	const char *word = argc > 3 ? argv[1] : "";
	pid_t pid = argc > 3 ? atoi(argv[2]) : 0;
	int fd = argc > 3 ? atoi(argv[3]) : -1, r = -1;
	int map = (int)syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, pid, 0), fd, 0);

	if (strcmp(word, "close") == 0)
		r = close_behind(pid, fd);
	else if (strcmp(word, "fill") == 0)
		r = fill(map);
	else if (strcmp(word, "empty") == 0)
		r = empty(map);
	else if (strcmp(word, "forget") == 0 && argc > 4)
		r = (int)change(BPF_MAP_DELETE_ELEM, map, (uint32_t)strtoul(argv[4], NULL, 10));
	if (r < 0)
		perror(word);
	return r < 0;
}
