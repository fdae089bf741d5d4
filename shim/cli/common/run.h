/* Running another program to its end, with an end to the patience, and stopping when the user interrupts. */
#ifndef SNUG_SHIM_CLI_RUN_H
#define SNUG_SHIM_CLI_RUN_H

#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

struct run {
	char *const *argv;                         /* argv[0] is the program's absolute path */
	int (*before)(void *arg, struct err *err); /* called in the child before its execve; NULL: nothing */
	void *arg;
	int signal_fd;  /* when readable the program is killed: -EINTR; -1: none */
	int timeout_ms; /* after which it is killed: -ETIMEDOUT */
};

/* Runs it in a session of its own at the lowest priority, with a clean environment, no signal blocked, standard input
 * from /dev/null. Standard output goes to *ret_out (at most 64 KiB of it; NULL: /dev/null). If it fails, the last line
 * that it wrote to standard error is the sentence: -EREMOTEIO. An error of `before` or of execve comes back as it is.
 */
int run_program(const struct run *run, struct buf *ret_out, struct err *err);

/* Waits until a process, not necessarily a child, has exited; 0 too if it is gone already. -EINTR, -ETIMEDOUT as above.
 */
int run_wait_exit(pid_t pid, int signal_fd, int timeout_ms, struct err *err);

#endif
