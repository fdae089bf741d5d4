/* One invocation of the runtime on a canary, recorded or not. */
#ifndef SNUG_SHIM_CLI_CANARY_CALL_H
#define SNUG_SHIM_CLI_CANARY_CALL_H

#include "base/err.h"
#include "shim/cli/floor/canary_plan.h"
#include "shim/cli/floor/own_users.h"

#include <stdbool.h>

struct canary_call {
	const struct canary_plan *plan;
	const char *root;         /* the runtime's --root */
	const char *const *words; /* subcommand and its arguments, NULL-terminated */
	const char *id;           /* the container's */
	const char *register_as;  /* the command to register with the recorder; NULL: do not */
	const char *key;          /* to register it with */
	/* Takes the section that snug-agent wants the container to start with; called before the runtime is. */
	int (*take_section)(void *arg, const char *section, struct err *err);
	void *arg;
	const struct own_users *users; /* NULL: the caller's user namespace */
	bool systemd_cgroup;
	int signal_fd;
	int timeout_ms; /* 0: the default */
};

#define CANARY_CALL_TIMEOUT_MS 60000

/* Returns 0 or a negative errno; -EREMOTEIO: the runtime failed, and *err has its last line. */
int canary_call_run(const struct canary_call *call, struct err *err);

#endif
