/* Is it enough? How settled the evidence of a key is. Pure. */
#ifndef SNUG_SHIM_CLI_SETTLED_H
#define SNUG_SHIM_CLI_SETTLED_H

#include "base/buf.h"
#include "base/json/json.h"
#include "seccomp/evidence/evidence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum settled_method {
	SETTLED_NONE,        /* too few runs to say anything */
	SETTLED_GOOD_TURING, /* calls that exactly one run showed, per run; every run logged every call */
	SETTLED_RATE,        /* runs that brought something new, of those after the first; known calls were quiet */
};

struct settled {
	size_t runs;          /* complete learning runs */
	size_t silent;        /* of them, those after the last that brought something new */
	uint64_t silent_ms;   /* how long these ran */
	enum settled_method method;
	double chance;        /* that the next run brings a new call, at most 1 */
	double bound;         /* no more than this with 95% confidence (rule of three: 3 / silent); 1 without a silent run */
	uint64_t over_ms;     /* when learning of the key ends or ended; 0: never, or not begun */
};

/* learn_for_ms: of the configuration. */
void settled_judge(const struct evidence *ev, uint64_t learn_for_ms, struct settled *ret);

/* So many silent runs make a key settled. */
#define SETTLED_SILENT_RUNS 3
bool settled_is_reached(const struct settled *s);

bool settled_is_over(const struct settled *s); /* learn_for has passed */

const char *settled_method_name(enum settled_method m); /* "none" "good-turing" "rate" */

/* Appends sentences for people, each a line. */
void settled_describe(const struct settled *s, struct buf *out);

/* Writes an object: complete_runs, silent_runs, silent_hours, method, chance, bound (numbers), learning ("on" or "over"). */
void settled_write(const struct settled *s, struct json_writer *w, const char *key);

#endif
