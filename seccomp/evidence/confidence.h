/* How sure it is that further runs of a key show nothing new. Pure. */
#ifndef SNUG_SHIM_CLI_CONFIDENCE_H
#define SNUG_SHIM_CLI_CONFIDENCE_H

#include "base/buf.h"
#include "base/json/json.h"
#include "seccomp/evidence/evidence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum confidence_method {
	CONFIDENCE_NONE,        /* too few runs */
	CONFIDENCE_GOOD_TURING, /* calls that exactly one run showed, per run; every run logged every call */
	CONFIDENCE_RATE,        /* the share of runs after the first that showed something new; known calls were unlogged */
};

struct confidence {
	size_t runs;          /* complete learning runs */
	size_t silent;        /* those of them after the last that showed something new */
	uint64_t silent_ms;   /* their total duration */
	enum confidence_method method;
	double chance;        /* that the next run shows a new call, at most 1 */
	double bound;         /* its upper 95% bound (rule of three: 3 / silent); 1 without a silent run */
	uint64_t over_ms;     /* when learning ends or ended, since the epoch; 0: never, or not begun */
};

/* learn_for_ms: the configuration's learn_for; 0: no end. */
void confidence_evaluate(const struct evidence *ev, uint64_t learn_for_ms, struct confidence *ret);

/* This many silent runs in a row, and the evidence counts as enough. */
#define CONFIDENCE_SILENT_RUNS 3
bool confidence_is_reached(const struct confidence *s);

bool confidence_is_over(const struct confidence *s); /* learn_for has passed */

const char *confidence_method_name(enum confidence_method m); /* "none" "good-turing" "rate" */

/* Appends "about 12% (METHOD), at most 50% (rule of three, 95%)". A chance of 0 is left out if the bound says
 * more: that no run showed anything new does not prove that the next one will not. */
void confidence_add_chance(const struct confidence *s, bool method, struct buf *out);
bool confidence_has_chance(const struct confidence *s);       /* false: it rounds to 0% */
unsigned confidence_bound_percent(const struct confidence *s); /* rounded up */

/* Appends sentences for people, one per line. */
void confidence_describe(const struct confidence *s, struct buf *out);

/* Writes an object: complete_runs, silent_runs, silent_hours, method, chance, bound (numbers), learning ("on" or "over"). */
void confidence_write(const struct confidence *s, struct json_writer *w, const char *key);

#endif
