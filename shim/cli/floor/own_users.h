/* A user namespace of the caller's own, in which a runtime is run that could not do its work in the caller's.
 *
 *   OWN_USERS_ROOT  The caller is its root. A rootless engine runs runtimes so: its containers have no user namespace of their own.
 *   OWN_USERS_SAME  Nothing but CAP_SYS_PTRACE is new, for programs that it runs. runc's parent process takes the listener out of the
 *                   process that enters a container. That one cannot be traced: it was loaded in the caller's user namespace, and
 *                   has made itself undumpable (ptrace(2), PTRACE_MODE_ATTACH). In a namespace of the caller's own, it can. */
#ifndef SNUG_SHIM_CLI_OWN_USERS_H
#define SNUG_SHIM_CLI_OWN_USERS_H

#include "base/err.h"

enum own_users_kind { OWN_USERS_ROOT, OWN_USERS_SAME };

struct own_users {
	enum own_users_kind kind;
	int fd;
};

/* Makes the namespace; the caller closes ret->fd. Returns 0 or a negative errno, as does the other one. */
int own_users_make(enum own_users_kind kind, struct own_users *ret, struct err *err);

/* Enters it, with a mount namespace of its own for root. For a process that is about to execute a program. */
int own_users_enter(const struct own_users *u, struct err *err);

#endif
