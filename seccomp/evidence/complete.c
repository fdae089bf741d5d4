/* Whether a run is complete (no reason speaks against it), and whether a key is. */
#include "seccomp/evidence/evidence_private.h"

reason_set evidence_run_reasons(const struct evidence_run *run)
{
	reason_set s = run->reasons;

	if (!run->ended_ms)
		s |= REASON_BIT(RUNNING);
	if (run->mode != EVIDENCE_LEARN)
		s |= REASON_BIT(NOT_LEARNING);
	return s;
}

bool evidence_run_failed(const struct evidence_run *run)
{
	const reason_set losses = REASON_BIT(SERIAL_GAP) | REASON_BIT(OVERRUN) | REASON_BIT(KERNEL_LOST) | REASON_BIT(LOG_OFF) |
				  REASON_BIT(EXCLUDED) | REASON_BIT(BARRIER) | REASON_BIT(RECORDER) | REASON_BIT(LATE_RECORD) |
				  REASON_BIT(BAD_RECORD);

	return (run->reasons & (REASON_BIT(FILTER_NOT_SEEN) | losses)) == REASON_BIT(FILTER_NOT_SEEN);
}

/* Unlogged calls are unlogged on every ABI. The profile allows their names on the ABIs in the evidence; the verdict claims
 * nothing about others. */
void evidence_evaluate(const struct evidence *ev, struct evidence_verdict *ret)
{
	struct evidence_verdict v = {0};

	for (size_t i = 0; i < ev->run_count; i++) {
		const struct evidence_run *run = ev->runs[i];

		if (run->mode != EVIDENCE_LEARN)
			continue;
		v.learn_runs++;
		v.live_runs += run->ended_ms == 0;
		v.reasons = evidence_run_reasons(run);
		v.complete_runs += v.reasons == 0;
		v.failed_starts += evidence_run_failed(run);
	}
	if (v.live_runs)
		v.reasons |= REASON_BIT(RUNNING);
	v.arches = evidence_arches(ev);
	v.complete = v.learn_runs > 0 && v.reasons == 0;
	*ret = v;
}
