/* What only execs did. */
#include "seccomp/evidence/evidence_private.h"

bool evidence_is_alone(const struct evidence *ev, const struct evidence_call *c)
{
	for (int p = 0; evidence_is_exec(c->phase) && p < (int)c->phase; p++) {
		const struct evidence_call *other = evidence_find(ev, c->arch, c->nr, (enum evidence_phase)p);

		if (other && other->count)
			return false;
	}
	return evidence_is_exec(c->phase);
}

size_t evidence_untold_runs(const struct evidence *ev)
{
	size_t n = 0;

	for (size_t i = 0; i < ev->run_count; i++)
		n += ev->runs[i]->mode == EVIDENCE_LEARN && ev->runs[i]->attribution == EVIDENCE_BY_CGROUP;
	return n;
}
