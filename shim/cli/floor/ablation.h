/* Whether a runtime still starts, and can still exec, if one of the calls that it makes is refused: the proof of which calls it
 * needs; and whether it makes them at all when nobody listens. One file per runtime file and process shape, next to the evidence of its canaries:
 *
 *   { "version": 1, "kernel": "6.1.0", "libseccomp": "2.5.4",
 *     "calls": [ { "phase": "exec", "arch": "x86_64", "nr": 430, "name": "fsopen", "enosys": "starts", "eperm": "fails" }
 *                ... ],
 *     "either": [ { "phase": "create", "arch": "x86_64", "errno": "enosys", "nr": [72, 437] } ... ] }
 *
 * "either": it starts without any one of these calls, but not with all of them refused. A call of which "unmade" is true was seen only because
 * the canaries were recorded by notify: handing over the listener takes calls that no other start makes. */
#ifndef SNUG_SHIM_CLI_ABLATION_H
#define SNUG_SHIM_CLI_ABLATION_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "seccomp/syscall/arch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ABLATION_VERSION  1
#define ABLATION_SIZE_MAX (1u << 20)
#define ABLATION_FILE     "ablation.json"

enum floor_phase {
	FLOOR_CREATE, /* a start, by `run` or by `create` and `start` */
	FLOOR_EXEC,
	FLOOR_PHASES,
};
const char *floor_phase_name(enum floor_phase p); /* "create" "exec" */
int floor_phase_by_name(const char *name, enum floor_phase *ret);

enum ablation_errno { ABLATION_ENOSYS, ABLATION_EPERM, ABLATION_ERRNOS };
const char *ablation_errno_name(enum ablation_errno e); /* "enosys" "eperm" */
uint32_t ablation_errno_number(enum ablation_errno e);

enum ablation_outcome { ABLATION_UNTRIED, ABLATION_STARTS, ABLATION_FAILS, ABLATION_OUTCOMES };
const char *ablation_outcome_name(enum ablation_outcome o); /* "untried" "starts" "fails" */
int ablation_outcome_by_name(const char *name, enum ablation_outcome *ret);

struct ablation_call {
	enum floor_phase phase;
	const struct arch *arch;
	uint32_t nr;
	enum ablation_outcome without[ABLATION_ERRNOS]; /* if it is refused by this errno */
	bool unmade;                                    /* not made by a start that nobody listens to */
};

#define ABLATION_EITHER_MAX 8

/* Calls of which one must be allowed. */
struct ablation_either {
	enum floor_phase phase;
	enum ablation_errno by; /* if they are refused by this errno */
	const struct arch *arch;
	uint32_t nr[ABLATION_EITHER_MAX];
	size_t count;
};

struct ablation {
	struct ablation_call *calls; /* owned, in order of phase and number */
	size_t count;
	struct ablation_either *either; /* owned */
	size_t either_count;
};

void ablation_done(struct ablation *a); /* NULL is allowed */
#define cleanup_ablation cleanup_with(ablation_done)

/* The entry of a call; NULL: none. Valid until one is added. */
struct ablation_call *ablation_find(const struct ablation *a, enum floor_phase phase, const struct arch *arch, uint32_t nr);

/* Sets the outcome of a call; makes its entry if there is none. Returns 0 or a negative errno. */
int ablation_set(struct ablation *a, enum floor_phase phase, const struct arch *arch, uint32_t nr, enum ablation_errno e,
		 enum ablation_outcome outcome, struct err *err);

/* Adds a copy. Returns 0 or a negative errno. */
int ablation_add_either(struct ablation *a, const struct ablation_either *either, struct err *err);

/* True if the call is in a set of which one must be allowed. */
bool ablation_is_either(const struct ablation *a, enum floor_phase phase, const struct arch *arch, uint32_t nr);

int ablation_write(const struct ablation *a, struct buf *out, struct err *err);

/* Errors give name, line and JSON path; a higher version is -EPROTONOSUPPORT. *ret must be empty; the caller frees it with
 * ablation_done(). Returns 0 or a negative errno. */
int ablation_parse(const char *text, size_t len, const char *name, struct ablation *ret, struct err *err);

/* How a runtime uses a call. */
enum floor_use {
	FLOOR_UNKNOWN, /* it makes the call; whether it needs it was not tried */
	FLOOR_NEEDS,   /* nothing starts without it */
	FLOOR_TRIES,   /* made at every start, but not needed: with the right errno at least, it falls back */
	FLOOR_MAY_USE, /* seen at some starts only: a start without it does not prove that it is not needed */
	FLOOR_EITHER,  /* tried, and in a set of which one is needed */
	FLOOR_USES,
};
const char *floor_use_name(enum floor_use u); /* "unknown" "needs" "tries" "may-use" */
bool floor_is_tried(enum floor_use u); /* the runtime can do without it, at least if another call is allowed */
int floor_use_by_name(const char *name, enum floor_use *ret);

/* The use of a call that was seen in `seen` of `starts` starts or execs. tried: this runtime's calls were ablated; either: the
 * call is in a set of which one is needed. */
enum floor_use floor_use_of(uint64_t seen, uint64_t starts, bool tried, bool either,
			    const enum ablation_outcome without[ABLATION_ERRNOS]);

#endif
