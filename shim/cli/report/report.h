/* `snug report`: what is told of a key on one page. report.c works out the figures, report_page.c and report_chart.c write HTML. */
#ifndef SNUG_SHIM_CLI_REPORT_H
#define SNUG_SHIM_CLI_REPORT_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/policy/defaults.h"
#include "shim/cli/key/build.h"
#include "seccomp/evidence/confidence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many distinct calls were known at a time: those of the program (hooks too), those of the runtime. */
struct report_point {
	uint64_t at_ms;
	size_t program, runtime;
};

/* A runtime's default profile beside the key's. */
struct report_default {
	const struct default_profile *profile;
	size_t allowed;      /* calls that it allows on the profile's architectures */
	const char **closed; /* of them, those that the key's profile refuses, in order; owned array */
	size_t closed_count;
	const char **beyond; /* names that the key's profile allows and it does not; owned array */
	size_t beyond_count;
	struct json_doc *doc; /* the names lie in it; owned */
};

struct report {
	const struct build *build;
	const char *key;
	size_t program_calls, runtime_calls;
	struct confidence confidence;
	struct report_point *by_run; /* at the end of each learning run that is listed; owned */
	size_t run_count;
	struct report_point *by_time; /* each time something new was seen; owned */
	size_t time_count;
	struct report_default *defaults; /* owned */
	size_t default_count;
};

/* The figures. The build must have its profile, and outlive *ret; learn_for_ms: as for confidence_evaluate(). report_done also after an
 * error. */
int report_make(const struct build *b, const char *key, uint64_t learn_for_ms, struct report *ret, struct err *err);
void report_done(struct report *r);
#define cleanup_report cleanup_with(report_done)

/* True if the call is one that the program, or a hook, was seen to use. */
bool report_is_program(const struct evidence_call *c);

/* Appends the page. */
void report_page(const struct report *r, struct buf *out);

/* Appends a curve over runs, or over time, as SVG; nothing for no points. */
void report_chart(const struct report_point *points, size_t count, bool over_time, struct buf *out);

/* Appends text with all that HTML gives a meaning to escaped. */
void report_escape(struct buf *out, const char *s);

/* Appends a time in seconds, UTC; "-" for 0. */
void report_add_time(struct buf *out, uint64_t ms);

#endif
