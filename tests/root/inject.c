/* Runs a command, makes one system call of it fail, and says what became of all its processes.
 *
 *   inject LOG PROCESS CALL ERRNO COMMAND...
 *
 * PROCESS: 0 is the command, 1 what it forks first, 2 what that forks, in the order of their making. CALL: the how manyeth of
 * that process, from 1; 0: none fails, and LOG lists all of them. ERRNO: a number. A process is let go when it calls
 * execve (that one can be made to fail too, for the command's own first execve is not counted). The status is the command's.
 *
 * LOG: "call PROCESS N NAME", "injected NAME", "left PID" for a process that has not ended after LEFT_S seconds, but for those
 * that have called execve.
 */
#include "base/cleanup.h"
#include "seccomp/syscall/names.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES_MAX 16
#define LEFT_S        20
#define OPTIONS                                                                                                      \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL)

struct process {
	pid_t pid;
	bool ours;    /* traced; no longer once it becomes another program */
	unsigned calls;
	bool fail;    /* the call that it is in is skipped, and fails */
	long result;  /* of the call that is to fail */
};

struct tracer {
	FILE *log;
	unsigned process, call; /* which is to fail */
	int error;
	struct process all[PROCESSES_MAX];
	unsigned count;
};

static struct process *find(struct tracer *t, pid_t pid)
{
	for (unsigned i = 0; i < t->count; i++)
		if (t->all[i].pid == pid)
			return &t->all[i];
	if (t->count == PROCESSES_MAX)
		return NULL;
	t->all[t->count] = (struct process){.pid = pid, .ours = true};
	return &t->all[t->count++];
}

#ifdef __x86_64__
static void set_number(pid_t pid, long nr)
{
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax), nr);
}

static void set_result(pid_t pid, long value)
{
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax), value);
}
#else
#error "a port to this arch wants its way to skip a system call"
#endif

/* True if it is going to become another program and is let go. */
static bool enter(struct tracer *t, struct process *p, uint64_t nr)
{
	char name[SYSCALL_NAME_MAX];

	p->calls++;
	syscall_name(arch_get(ARCH_X86_64), (uint32_t)nr, name);
	if (t->call == 0)
		fprintf(t->log, "call %u %u %s\n", (unsigned)(p - t->all), p->calls, name);
	p->fail = p == &t->all[t->process] && p->calls == t->call;
	if (p->fail) {
		fprintf(t->log, "injected %s\n", name);
		set_number(p->pid, -1);
		/* brk(2) has no errno: it fails by leaving the break where it is. */
		p->result = nr == SYS_brk ? 0 : -t->error;
	}
	return nr == SYS_execve && !p->fail;
}

static void leave(struct process *p)
{
	if (p->fail)
		set_result(p->pid, p->result);
	p->fail = false;
}

static void on_stop(struct tracer *t, struct process *p, int status)
{
	struct __ptrace_syscall_info info = {0};
	int sig = WSTOPSIG(status);

	if (sig == (SIGTRAP | 0x80)) {
		ptrace(PTRACE_GET_SYSCALL_INFO, p->pid, sizeof(info), &info);
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY && enter(t, p, info.entry.nr)) {
			p->ours = false;
			ptrace(PTRACE_DETACH, p->pid, 0, 0);
			return;
		}
		if (info.op == PTRACE_SYSCALL_INFO_EXIT)
			leave(p);
		sig = 0;
	} else if (sig == SIGTRAP && status >> 16) {
		unsigned long child = 0;

		/* Known from here on: the parent may end before the child's first stop is seen. */
		ptrace(PTRACE_GETEVENTMSG, p->pid, 0, &child);
		find(t, (pid_t)child);
		sig = 0;
	} else if (sig == SIGSTOP) {
		sig = 0; /* a new process's first stop */
	}
	ptrace(PTRACE_SYSCALL, p->pid, 0, (long)sig);
}

/* All processes are children of this one in the end (subreaper): whoever is left at the alarm has stayed. */
static bool any_left(const struct tracer *t)
{
	for (unsigned i = 0; i < t->count; i++)
		if (t->all[i].ours)
			return true;
	return false;
}

static int follow(struct tracer *t)
{
	int status, result = -1;

	alarm(LEFT_S);
	while (result < 0 || any_left(t)) {
		pid_t pid = wait4(-1, &status, __WALL, NULL);
		struct process *p = pid > 0 ? find(t, pid) : NULL;

		if (!p)
			break;
		if (WIFSTOPPED(status)) {
			on_stop(t, p, status);
			continue;
		}
		p->ours = false;
		if (p == t->all)
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	for (unsigned i = 0; i < t->count; i++)
		if (t->all[i].ours)
			fprintf(t->log, "left %d\n", (int)t->all[i].pid);
	return result;
}

static void on_alarm(int sig)
{
}

int main(int argc, char **argv)
{
	struct tracer t = {0};
	struct sigaction act = {.sa_handler = on_alarm};
	int status;
	pid_t pid;

	if (argc < 6 || !(t.log = fopen(argv[1], "we")))
		return 126;
	t.process = (unsigned)atoi(argv[2]);
	t.call = (unsigned)atoi(argv[3]);
	t.error = atoi(argv[4]);
	sigaction(SIGALRM, &act, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		execvp(argv[5], argv + 5);
		_exit(126);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return 126;
	find(&t, pid);
	ptrace(PTRACE_SETOPTIONS, pid, 0, OPTIONS);
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	status = follow(&t);
	fclose(t.log);
	return status < 0 ? 125 : status;
}
