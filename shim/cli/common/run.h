/* Runs another program to its end, with a timeout; stops it when the user interrupts. */
#ifndef SNUG_SHIM_CLI_RUN_H
#define SNUG_SHIM_CLI_RUN_H

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

struct run {
	char *const *argv;                         /* argv[0] is the program's absolute path */
	char *const *environment;                  /* beside PATH, NULL-terminated; NULL: nothing */
	int (*before)(void *arg, struct err *err); /* called in the child before its execve; NULL: nothing */
	void *arg;
	int signal_fd;  /* when it is readable, the program is killed: -EINTR; -1: none */
	int timeout_ms; /* after this time the program is killed: -ETIMEDOUT */
};

/* Runs it in a session of its own at the lowest priority, with a clean environment, no blocked signals, and standard input from
 * /dev/null. Standard output goes to *ret_out (at most 64 KiB; NULL: discarded). If the program fails, returns -EREMOTEIO, and
 * *err is the last line that it wrote to standard error. Errors of `before` and of execve are returned as they are. */
int run_program(const struct run *run, struct buf *ret_out, struct err *err);

/* Waits until a process, which need not be a child, has exited; 0 also if it is gone already. -EINTR and -ETIMEDOUT as above. */
int run_wait_exit(pid_t pid, int signal_fd, int timeout_ms, struct err *err);

#endif
