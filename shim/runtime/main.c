/* snug-runtime: called in place of runc or crun. The steps for one container:
 *
 *   plan.c      argv, configuration, the real runtime, the container's note: decides what to do
 *   start.c     bundle, key, section, recorder, note, helper, exchange: everything up to the execve
 *   guardian.c  the helper that restores config.json
 *   report.c    reports an error in the runtime's own way
 */
#include "shim/runtime/plan.h"
#include "shim/runtime/report.h"
#include "shim/runtime/start.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* Executes it with argv, environment, working directory and descriptors unchanged. Only argv[0] becomes the runtime's own name,
 * without a path if the caller's had none: both runtimes print it in messages. */
static int become_runtime(const struct plan *p, char **argv, const struct sigaction *size_limit, struct err *err)
{
	sigaction(SIGXFSZ, size_limit, NULL);
	argv[0] = strchr(argv[0], '/') ? p->runtime.path : strrchr(p->runtime.path, '/') + 1;
	execve(p->runtime.path, argv, environ);
	return err_sys(err, errno, "%s: cannot execute", p->runtime.path);
}

static int act(struct plan *p, bool *ret_original, struct err *err)
{
	switch (p->action) {
	case PLAN_START:
		return start_container(p, ret_original, err);
	case PLAN_JOIN:
		return start_exec(p, ret_original, err);
	case PLAN_DELETE:
		start_delete(p);
		return 0;
	case PLAN_PASS:
	case PLAN_REFUSE:
		break;
	}
	return 0;
}

/* Under a file size limit (RLIMIT_FSIZE), a write must fail, not kill the process halfway. Returns how the signal was handled
 * before, for the runtime. */
static struct sigaction defy_size_limit(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before = {.sa_handler = SIG_DFL};

	sigaction(SIGXFSZ, &ignore, &before);
	return before;
}

int main(int argc, char **argv)
{
	const struct sigaction size_limit = defy_size_limit();
	struct plan plan;
	struct err err = {0};
	bool original = false;
	int r = argc < 1 ? err_set(&err, EINVAL, "called without a name") : plan_make(argc, argv, &plan, &err);

	if (r == 0)
		r = act(&plan, &original, &err);
	if (original)
		report_original(plan.call.id, &err);
	if (r == 0 || original)
		become_runtime(&plan, argv, &size_limit, &err);
	r = report_error(&plan.call, &err);
	plan_done(&plan);
	return r;
}
