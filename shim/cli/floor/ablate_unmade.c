#include "shim/cli/floor/ablate_private.h"

#include "base/cleanup.h"

/* Made by every start and exec in which it was seen at all, and no refusal harms any of them. */
static bool is_needless(const struct ablating *s, const struct candidate *c)
{
	for (enum floor_phase p = 0; p < FLOOR_PHASES; p++) {
		const struct ablation_call *a = ablation_find(s->result, p, s->arch, c->nr);

		if (c->seen[p] && (!c->always[p] || !a || ablation_is_either(s->result, p, s->arch, c->nr) ||
				   a->without[ABLATION_ENOSYS] != ABLATION_STARTS || a->without[ABLATION_EPERM] != ABLATION_STARTS))
			return false;
	}
	return c->tried;
}

static int kill_callers(struct ablating *s, const char *name)
{
	cleanup_buf struct buf section = {0};
	struct json_writer w;

	ablate_begin_section(s, "SCMP_ACT_ALLOW", 0, &w, &section);
	json_write_string(&w, NULL, name);
	return ablate_end_section(s, ABLATION_ENOSYS, "SCMP_ACT_KILL_PROCESS", 0, &w, &section);
}

/* By `run`, by create and start, and by exec. */
static int survives(struct ablating *s, const struct candidate *c, bool *ret)
{
	struct canary *canary = s->plan->canary[ABLATION_ENOSYS];
	bool run = true, create = true, exec = true;
	int r = kill_callers(s, c->name);

	for (unsigned i = 0; !r && i < ABLATE_KILLED && run && create && exec; i++) {
		r = canary_try_run(canary, s->timeout_ms, &run, s->err);
		if (!r && run)
			r = canary_try_enter(canary, s->timeout_ms, &create, s->floor->phase[FLOOR_EXEC] ? &exec : NULL, s->err);
	}
	*ret = run && create && exec;
	return r;
}

int ablate_unmade(struct ablating *s)
{
	int r = 0;

	for (size_t i = 0; !r && i < s->count; i++) {
		const struct candidate *c = &s->candidates[i];
		bool alive = false;

		if (!is_needless(s, c))
			continue;
		r = survives(s, c, &alive);
		for (enum floor_phase p = 0; !r && p < FLOOR_PHASES; p++) {
			struct ablation_call *a = ablation_find(s->result, p, s->arch, c->nr);

			if (a)
				a->unmade = alive;
		}
	}
	return r;
}
