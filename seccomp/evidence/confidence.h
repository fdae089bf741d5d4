/* Is it enough? How settled the evidence of a key is. Pure. */
#ifndef SNUG_SHIM_CLI_CONFIDENCE_H
#define SNUG_SHIM_CLI_CONFIDENCE_H

#include "base/buf.h"
#include "base/json/json.h"
#include "seccomp/evidence/evidence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum confidence_method {
	CONFIDENCE_NONE,        /* too few runs to say anything */
	CONFIDENCE_GOOD_TURING, /* calls that exactly one run showed, per run; every run logged every call */
	CONFIDENCE_RATE,        /* runs that brought something new, of those after the first; known calls were quiet */
};

struct confidence {
	size_t runs;          /* complete learning runs */
	size_t silent;        /* of them, those after the last that brought something new */
	uint64_t silent_ms;   /* how long these ran */
	enum confidence_method method;
	double chance;        /* that the next run brings a new call, at most 1 */
	double bound;         /* no more than this with 95% confidence (rule of three: 3 / silent); 1 without a silent run */
	uint64_t over_ms;     /* when learning of the key ends or ended; 0: never, or not begun */
};

/* learn_for_ms: of the configuration. */
void confidence_evaluate(const struct evidence *ev, uint64_t learn_for_ms, struct confidence *ret);

/* So many silent runs make a key settled. */
#define CONFIDENCE_SILENT_RUNS 3
bool confidence_is_reached(const struct confidence *s);

bool confidence_is_over(const struct confidence *s); /* learn_for has passed */

const char *confidence_method_name(enum confidence_method m); /* "none" "good-turing" "rate" */

/* Appends "about 12% (METHOD), at most 50% (rule of three, 95%)". A chance of nothing is not told where the bound says more:
 * no run that showed anything new is no proof that the next does not. */
void confidence_add_chance(const struct confidence *s, bool method, struct buf *out);
bool confidence_has_chance(const struct confidence *s);       /* false: it rounds to 0% */
unsigned confidence_bound_percent(const struct confidence *s); /* rounded up */

/* Appends sentences for people, each a line. */
void confidence_describe(const struct confidence *s, struct buf *out);

/* Writes an object: complete_runs, silent_runs, silent_hours, method, chance, bound (numbers), learning ("on" or "over"). */
void confidence_write(const struct confidence *s, struct json_writer *w, const char *key);

#endif
