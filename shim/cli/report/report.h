/* `snug report`: one page about a key. report.c computes the figures; report_page.c and report_chart.c write the HTML. */
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

/* The number of distinct calls known at a time: those of the program, including hooks, and those of the runtime. */
struct report_point {
	uint64_t at_ms;
	size_t program, runtime;
};

/* A runtime's default profile, compared with the key's. */
struct report_default {
	const struct default_profile *profile;
	size_t allowed;      /* calls that it allows, on the profile's architectures */
	const char **closed; /* of these, the calls that the key's profile refuses, in order; owned array */
	size_t closed_count;
	const char **beyond; /* names that the key's profile allows and the default does not; owned array */
	size_t beyond_count;
	struct json_doc *doc; /* has the names; owned */
};

struct report {
	const struct build *build;
	const char *key;
	size_t program_calls, runtime_calls;
	struct confidence confidence;
	struct report_point *by_run; /* at the end of each learning run; owned */
	size_t run_count;
	struct report_point *by_time; /* at each time that something new was seen; owned */
	size_t time_count;
	struct report_default *defaults; /* owned */
	size_t default_count;
};

/* Computes the figures. The build must have its profile and outlive *ret; learn_for_ms: as for confidence_evaluate(). Call
 * report_done also after an error. Returns 0 or a negative errno. */
int report_make(const struct build *b, const char *key, uint64_t learn_for_ms, struct report *ret, struct err *err);
void report_done(struct report *r);
#define cleanup_report cleanup_with(report_done)

/* True if the program or a hook was seen to use the call. */
bool report_is_program(const struct evidence_call *c);

/* Appends the page. */
void report_page(const struct report *r, struct buf *out);

/* Appends a curve over runs, or over time, as SVG; nothing if there are no points. */
void report_chart(const struct report_point *points, size_t count, bool over_time, struct buf *out);

/* Appends text with HTML's special characters escaped. */
void report_escape(struct buf *out, const char *s);

/* Appends a time (ms since the epoch) in seconds, UTC; "-" for 0. */
void report_add_time(struct buf *out, uint64_t ms);

#endif
