#include "shim/cli/floor/cuts.h"

#define GOOD_MAX 64

struct search {
	const struct cuts_trial *trial;
	uint64_t things;
	struct cuts *cuts;
	uint64_t good[GOOD_MAX]; /* sets that could be left out */
	size_t good_count;
	unsigned tests;
	struct err *err;
};

static bool is_within(uint64_t a, uint64_t b)
{
	return !(a & ~b);
}

static bool is_known_good(const struct search *s, uint64_t out)
{
	for (size_t i = 0; i < s->good_count; i++)
		if (is_within(out, s->good[i]))
			return true;
	return false;
}

static int test(struct search *s, uint64_t out, bool *ret_good)
{
	int r = 0;

	*ret_good = is_known_good(s, out);
	if (*ret_good)
		return 0;
	s->tests++;
	r = s->trial->without(s->trial->arg, out, ret_good, s->err);
	if (!r && *ret_good && s->good_count < GOOD_MAX)
		s->good[s->good_count++] = out;
	return r;
}

/* The first `n` elements of `set`, counted from bit `from`. */
static uint64_t take(uint64_t set, unsigned from, unsigned n)
{
	uint64_t taken = 0;

	for (unsigned i = from; i < 64 && n; i++)
		if (set & (UINT64_C(1) << i)) {
			taken |= UINT64_C(1) << i;
			n--;
		}
	return taken;
}

static unsigned above(uint64_t chunk)
{
	return chunk ? 64 - (unsigned)__builtin_clzll(chunk) : 64;
}

/* Leaving out `out` is bad: finds a smallest part of it, *ret, that is still bad to leave out. */
static int narrow(struct search *s, uint64_t out, uint64_t *ret)
{
	unsigned size = (unsigned)__builtin_popcountll(out);
	int r = 0;

	while (!r && size) {
		size = (size + 1) / 2;
		for (unsigned at = 0; !r && at < 64;) {
			uint64_t chunk = take(out, at, size);
			bool good = false;

			at = above(chunk);
			if (!chunk)
				break;
			r = test(s, out & ~chunk, &good);
			if (!r && !good)
				out &= ~chunk;
		}
		if (size == 1)
			break;
	}
	*ret = out;
	return r;
}

static void add(struct cuts *c, uint64_t set)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++)
		if (!is_within(set, c->set[i]))
			c->set[kept++] = c->set[i];
	c->set[kept++] = set;
	c->count = kept;
}

/* Tries to leave out everything except `kept` and one element of each known set. *ret: a set that was not known. */
static int explore(struct search *s, uint64_t kept, uint64_t *ret)
{
	uint64_t open = 0, out = s->things & ~kept;
	bool good = true;
	int r = 0;

	for (size_t i = 0; !open && i < s->cuts->count; i++)
		if (!(s->cuts->set[i] & kept))
			open = s->cuts->set[i];
	for (unsigned i = 0; !r && !*ret && open && i < 64; i++)
		if (open & (UINT64_C(1) << i))
			r = explore(s, kept | (UINT64_C(1) << i), ret);
	if (r || open || s->tests >= CUTS_TESTS)
		return r;
	r = test(s, out, &good);
	return r || good ? r : narrow(s, out, ret);
}

int cuts_find(const struct cuts_trial *trial, uint64_t things, struct cuts *c, struct err *err)
{
	struct search s = {.trial = trial, .things = things, .cuts = c, .err = err};
	bool good = false;
	int r = test(&s, 0, &good);

	if (r || !good)
		return r ? r : 1;
	for (;;) {
		uint64_t found = 0;

		r = explore(&s, 0, &found);
		if (r < 0)
			return r;
		c->complete = !found && s.tests < CUTS_TESTS;
		if (!found || c->count == CUTS_MAX)
			return 0;
		add(c, found);
	}
}
