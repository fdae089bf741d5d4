/* Sets of calls of which a runtime needs one: if a profile refuses a whole set, which call it should allow. */
#include "shim/cli/check/check.h"

#include "seccomp/syscall/sets.h"

#define SETS_MAX 32

struct sets {
	struct check_view *v;
	const struct floor_runtime *runtime;
	const struct floor_either *set[SETS_MAX]; /* none of its calls is allowed, or will be */
	const struct floor_part *part[SETS_MAX];
	size_t count;
};

static const struct floor_call *find_call(const struct floor_part *part, uint32_t nr)
{
	for (size_t i = 0; i < part->call_count; i++)
		if (part->calls[i].nr == nr)
			return &part->calls[i];
	return NULL;
}

/* True if the call will be added for another reason: a start or an exec needs it by itself. */
static bool is_added_anyway(const struct sets *s, bool no_new_privileges, uint32_t nr, uint32_t answer)
{
	bool added = false;

	for (size_t i = 0; i < s->runtime->part_count; i++) {
		const struct floor_part *part = &s->runtime->parts[i];
		const struct floor_call *c = part->no_new_privileges == no_new_privileges ? find_call(part, nr) : NULL;

		added |= c && check_level_of(c, answer) == CHECK_FAILURE &&
			 !(c->use == FLOOR_TRIES && c->without[ABLATION_ENOSYS] == ABLATION_STARTS);
	}
	return added;
}

/* True if the profile refuses the whole set, at least one call with the set's errno or with one that was not tried. */
static int is_refused(struct sets *s, const struct floor_part *part, const struct floor_either *e, bool *ret)
{
	bool all = e->count > 0, by = false;
	int r = 0;

	for (size_t i = 0; !r && all && i < e->count; i++) {
		struct check_answer a = {0};
		enum ablation_errno answered;

		r = check_answer_of(s->v, s->runtime, e->nr[i], &a);
		if (r < 0)
			return r;
		answered = check_errno_of(a.answer);
		by |= answered == e->by || answered == ABLATION_ERRNOS;
		all = a.denies && !is_added_anyway(s, part->no_new_privileges, e->nr[i], a.answer);
	}
	*ret = all && by;
	return r;
}

static bool is_hit(const struct floor_either *e, const struct check_chosen *chosen)
{
	for (size_t i = 0; i < chosen->count; i++)
		if (floor_either_has(e, chosen->nr[i]))
			return true;
	return false;
}

static size_t count_helped(const struct sets *s, const struct check_chosen *chosen, uint32_t nr)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += floor_either_has(s->set[i], nr) && !is_hit(s->set[i], chosen);
	return n;
}

/* The best call for the sets that no chosen call helps; false if there is no such set. */
static bool choose_one(const struct sets *s, const struct check_chosen *chosen, uint32_t *ret)
{
	size_t best = 0;
	bool best_danger = false;

	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < s->set[i]->count; k++) {
			uint32_t nr = s->set[i]->nr[k];
			size_t helped = count_helped(s, chosen, nr);
			const struct floor_call *c = find_call(s->part[i], nr);
			bool danger = !c || set_danger_of(c->name);

			if (!helped || helped < best || (helped == best && danger > best_danger) ||
			    (helped == best && danger == best_danger && nr < *ret))
				continue;
			best = helped;
			best_danger = danger;
			*ret = nr;
		}
	return best > 0;
}

int check_choose(struct check_view *v, const struct floor_runtime *rt, bool no_new_privileges, struct check_chosen *ret)
{
	struct sets s = {.v = v, .runtime = rt};
	uint32_t nr = 0;
	int r = 0;

	for (size_t i = 0; !r && i < rt->part_count; i++)
		for (size_t k = 0; !r && k < rt->parts[i].either_count; k++) {
			bool refused = false;

			if (rt->parts[i].no_new_privileges != no_new_privileges || s.count == SETS_MAX)
				continue;
			r = is_refused(&s, &rt->parts[i], &rt->parts[i].either[k], &refused);
			if (!r && refused) {
				s.part[s.count] = &rt->parts[i];
				s.set[s.count++] = &rt->parts[i].either[k];
			}
		}
	while (!r && ret->count < CHECK_CHOSEN_MAX && choose_one(&s, ret, &nr))
		ret->nr[ret->count++] = nr;
	return r;
}

bool check_chosen_has(const struct check_chosen *c, const struct floor_part *part, uint32_t nr)
{
	bool chosen = false, of = false;

	for (size_t i = 0; i < c->count; i++)
		chosen |= c->nr[i] == nr;
	for (size_t i = 0; i < part->either_count; i++)
		of |= floor_either_has(&part->either[i], nr);
	return chosen && of;
}
