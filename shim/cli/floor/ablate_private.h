/* Shared by the two halves of an ablation: one call refused at a time, and many together. */
#ifndef SNUG_SHIM_CLI_ABLATE_PRIVATE_H
#define SNUG_SHIM_CLI_ABLATE_PRIVATE_H

#include "base/json/json.h"
#include "seccomp/syscall/names.h"
#include "shim/cli/floor/ablate.h"
#include "shim/cli/floor/cuts.h"

/* A call that was seen, and how often. */
struct candidate {
	uint32_t nr;
	char name[SYSCALL_NAME_MAX];
	bool seen[FLOOR_PHASES], always[FLOOR_PHASES];
	bool tried; /* seen often enough, and this libseccomp knows its name */
	bool gone;  /* not in the profile that is being tried */
};

struct tried {
	bool run, create, exec;
};

/* The results of two processes, one for each errno, in memory that they share with their parent. */
struct found {
	struct tried alone; /* with one call refused */
	struct cuts cuts[FLOOR_PHASES];
	uint64_t things; /* the calls of the cuts: a bit for each of the first 64 candidates */
	bool hopeless;   /* the search proved nothing: treat all as needed */
	int r;
	struct err err;
};

struct ablating {
	const struct ablate_plan *plan;
	const struct floor *floor;
	struct ablation *result;
	const struct arch *arch;
	struct candidate *candidates;
	size_t count, done;
	int timeout_ms;
	struct found *found; /* one for each errno */
	struct err *err;
};

/* Begins a section, to which the caller adds names; `action` is for calls that it does not name. */
void ablate_begin_section(const struct ablating *s, const char *action, uint32_t errno_ret, struct json_writer *w, struct buf *out);
/* Ends it with the action for the named calls, and sets it for the canaries of the errno. Returns 0 or a negative errno. */
int ablate_end_section(struct ablating *s, enum ablation_errno e, const char *action, uint32_t errno_ret, struct json_writer *w,
		       struct buf *out);

/* Marks the calls that are made only while somebody listens. Returns 0 or a negative errno. */
int ablate_unmade(struct ablating *s);

/* Finds s->found[e].cuts. Returns 0 or a negative errno. */
int ablate_together(struct ablating *s, enum ablation_errno e);

#endif
