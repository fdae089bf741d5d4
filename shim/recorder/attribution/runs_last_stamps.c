/* The end of a run: its last reasons. */
#include "shim/recorder/attribution/runs.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "seccomp/evidence/evidence.h"
#include "shim/recorder/store/store.h"

#include <unistd.h>

static bool init_was_seen(const struct run *run)
{
	for (const struct run_session *s = run->sessions; s; s = s->next)
		if (!s->is_exec)
			return s->execd;
	return false;
}

void runs_end(struct runs *r, struct run *run, enum evidence_end proof, uint64_t now_ms)
{
	struct evidence_run *er = evidence_run(run->key->evidence, run->no);

	runs_end_in_doubt(r, run, now_ms);
	if (er && run->mode != EVIDENCE_ENFORCE && !init_was_seen(run))
		er->reasons |= REASON_BIT(FILTER_NOT_SEEN);
	/* Its cgroup was never found, or is shared: no record could be attributed to it. */
	if (er && run->by_cgroup && (!run->cgroup || run->shared_cgroup))
		er->reasons |= REASON_BIT(ATTRIBUTION);
	if (er && run->mode != EVIDENCE_LEARN)
		er->reasons |= REASON_BIT(NOT_LEARNING);
	for (struct run_session *s = run->sessions; s; s = s->next)
		s->counts = NULL;
	if (er)
		er->end = proof;
	if (run->events >= 0)
		close(steal_fd(&run->events));
	evidence_run_end(run->key->evidence, run->no, text_now_ms());
	run->state = RUN_ENDED;
	run->ended_ms = now_ms;
	r->live--;
	r->proving -= run->mode != EVIDENCE_ENFORCE;
	store_touch(r->store, run->key, true, now_ms);
}
