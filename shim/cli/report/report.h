/* `snug report`: one page about a key. report*.c compute what the page says, page*.c write it as HTML. */
#ifndef SNUG_SHIM_CLI_REPORT_H
#define SNUG_SHIM_CLI_REPORT_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/evidence/confidence.h"
#include "seccomp/policy/defaults.h"
#include "seccomp/syscall/names.h"
#include "shim/cli/key/build.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number of distinct calls known at a time: those of the program, including hooks, and those of the runtime. */
struct report_point {
	uint64_t at_ms;
	size_t program, runtime;
	uint64_t fresh; /* over runs: the program's calls that this run was the first to show */
	bool complete;  /* over runs */
};

/* A runtime's default profile, compared with the key's. */
struct report_default {
	const struct default_profile *profile;
	const char **allows; /* calls that it allows, on the profile's architectures, in order; owned array */
	size_t allowed;
	const char **closed; /* of these, the calls that the key's profile refuses, in order; owned array */
	size_t closed_count;
	const char **beyond; /* names that the key's profile allows and the default does not; owned array */
	size_t beyond_count;
	struct json_doc *doc; /* has the names; owned */
};

/* Why a call is in the profile, or is not although it was seen. */
struct report_call {
	char name[SYSCALL_NAME_MAX];
	const char *danger;         /* what allowing it opens; NULL: not known to be dangerous */
	bool open;                  /* the profile allows it, at least for some arguments */
	bool masked;                /* only for some */
	uint64_t first_ms, last_ms; /* when it was seen while learning; 0: not seen */
	size_t first_run, last_run; /* numbers of those runs, from 1; 0: unknown, or several ran at that time */
	uint64_t runs, count;
	struct buf why; /* lines of plain text, one per source: who made it, then floors, then lines of tables */
};

/* An approved profile of the key. */
struct report_approval {
	unsigned number;
	uint64_t at_ms;
	bool current;
	size_t calls, added, removed, changed; /* the last three against the one before */
};

struct report {
	const struct build *build;
	const char *key;
	unsigned approval; /* the page is about this approved profile; 0: about the one that the evidence gives */
	size_t program_calls, runtime_calls;
	size_t open, narrow; /* calls that the profile allows; of them only with certain arguments */
	size_t known;        /* calls that exist on the profile's architectures */
	struct confidence confidence;
	size_t settled_run;          /* the run, from 1 in by_run, with which the key settled; 0: it has not */
	struct report_point *by_run; /* at the end of each learning run; owned */
	size_t run_count;
	struct report_point *by_time; /* at each time that something new was seen; owned */
	size_t time_count;
	struct report_default *defaults; /* owned */
	size_t default_count;
	const struct report_default *measure; /* the default of the engine that runs the key, else Docker's */
	bool measure_is_engine;
	struct report_call *calls; /* by name; owned */
	size_t call_count;
	struct report_approval *approvals; /* in order; owned */
	size_t approval_count;
};

/* Computes the figures. The build must have its profile and outlive *ret, as must the key; cli may have no such key,
 * then there are no approvals. Call report_done also after an error. Returns 0 or a negative errno. */
int report_make(const struct cli *cli, const struct build *b, const char *key, unsigned approval, struct report *ret,
		struct err *err);
void report_done(struct report *r);
#define cleanup_report cleanup_with(report_done)

/* True if the program, a hook, or else an exec was seen to use the call. */
bool report_is_program(const struct evidence *ev, const struct evidence_call *c);

/* True if the default allows the call, with any arguments or only with certain ones. */
bool report_default_allows(const struct report_default *d, const char *name);

/* True if the profile's architectures have the call. */
bool report_exists(const struct report *r, const char *name);

/* True if the default allows the call only with certain arguments. */
bool report_default_is_narrow(const struct report_default *d, const char *name);

/* The number of a run in the evidence, from 1; dropped ones count. */
size_t report_run_number(const struct evidence *ev, size_t index);

/* Parts of report_make(). */
int report_add_defaults(struct report *r, struct err *err);
int report_add_calls(struct report *r);
int report_add_runs(struct report *r);
int report_add_approvals(const struct cli *cli, struct report *r);

#endif
