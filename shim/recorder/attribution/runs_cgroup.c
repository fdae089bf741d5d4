/* The containers' cgroups. */
#include "shim/recorder/attribution/runs_private.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "shim/recorder/attribution/proc.h"
#include "shim/recorder/attribution/state_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ASK_EVERY_MS 5 /* between looks at a runtime's state for where its container is */

void runs_hold_cgroup(struct runs *r, struct run *run, const char *cgroup)
{
	if (run->events >= 0)
		close(steal_fd(&run->events));
	free(run->cgroup);
	run->cgroup = strdup(cgroup);
	run->events = cgroup_open_events(&r->groups, cgroup);
}

/* A process in a group of several containers may belong to any of them; an empty group is empty for all of them. */
static bool is_others_cgroup(const struct runs *r, const struct run *run)
{
	for (const struct run *other = r->list; other; other = other->next)
		if (other != run && other->state != RUN_ENDED && other->cgroup && text_streq(other->cgroup, run->cgroup))
			return true;
	return false;
}

int runs_is_populated(const struct runs *r, const struct run *run)
{
	int n = run->events < 0 || run->shared_cgroup ? -ENOENT : cgroup_is_populated(run->events);

	return n == 1 && is_others_cgroup(r, run) ? -ENOENT : n;
}

void runs_know_cgroup(struct runs *r, struct run *run, const char *cgroup)
{
	runs_hold_cgroup(r, run, cgroup);
	run->shared_cgroup |= run->callers_cgroup && unattributed_is_within(run->callers_cgroup, cgroup);
	/* Processes that had no owner may belong to it. */
	unattributed_forget_procs(&r->unattributed);
	runs_note(r, runs_main_session(run));
}

void runs_find_cgroup(struct runs *r, struct run *run, uint64_t now_ms)
{
	struct run_session *s = runs_main_session(run);
	char cgroup[PROC_CGROUP_MAX];
	struct proc_stat st;
	uint64_t start = 0;
	pid_t pid = 0;

	if (run->cgroup || now_ms - run->asked_ms < ASK_EVERY_MS)
		return;
	run->asked_ms = now_ms;
	if (state_file_read(run->root, run->container, &pid, &start, NULL) < 0 || proc_read_cgroup(pid, cgroup, &st) < 0 ||
	    st.dead || (start && start != st.start))
		return;
	s->has_init = true;
	s->init_pid = (uint32_t)pid;
	runs_know_cgroup(r, run, cgroup);
}
