/* What the two halves of an ablation share: one call refused at a time, and many together. */
#ifndef SNUG_SHIM_CLI_ABLATE_PRIVATE_H
#define SNUG_SHIM_CLI_ABLATE_PRIVATE_H

#include "base/json/json.h"
#include "seccomp/syscall/names.h"
#include "shim/cli/floor/ablate.h"
#include "shim/cli/floor/cuts.h"

/* A call that was seen, with what was seen of it. */
struct candidate {
	uint32_t nr;
	char name[SYSCALL_NAME_MAX];
	bool seen[FLOOR_PHASES], always[FLOOR_PHASES];
	bool tried; /* often enough seen, and this libseccomp can name it */
	bool gone;  /* of the profile that is tried now */
};

struct tried {
	bool run, create, exec;
};

/* What two processes, one for each errno, find out; in memory that both share with the one that forked them. */
struct found {
	struct tried alone; /* of one call */
	struct cuts cuts[FLOOR_PHASES];
	uint64_t things; /* that the cuts are of: a bit for each of the first 64 candidates */
	bool hopeless;   /* nothing was proved of them: all are needed */
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

/* A section whose names follow: `action` is that of what is not named. */
void ablate_begin_section(const struct ablating *s, const char *action, uint32_t errno_ret, struct json_writer *w, struct buf *out);
/* Ends it, with the action of what is named, and gives it to the canaries of the errno. */
int ablate_end_section(struct ablating *s, enum ablation_errno e, const char *action, uint32_t errno_ret, struct json_writer *w,
		       struct buf *out);

/* Finds s->found[e].cuts. */
int ablate_together(struct ablating *s, enum ablation_errno e);

#endif
