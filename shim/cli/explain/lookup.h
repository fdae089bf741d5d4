/* Which container a record belongs to: what the recorder knows about its audit session, and the cgroup of its process. Answers
 * are cached, so that a busy container costs one question. */
#ifndef SNUG_SHIM_CLI_LOOKUP_H
#define SNUG_SHIM_CLI_LOOKUP_H

#include "seccomp/record/record.h"
#include "shim/common/config.h"

#include <stdbool.h>
#include <stdint.h>

#define LOOKUP_KNOWN 256

struct lookup_answer {
	char key[512], container[256]; /* "" if the recorder does not know the session */
	char place[128];               /* last part of the process's cgroup, safe text; "": it is gone or in the root */
};

struct lookup {
	struct lookup_known {
		bool used;
		uint32_t session;
		struct lookup_answer answer;
	} known[LOOKUP_KNOWN];
};

void lookup_find(struct lookup *w, const struct config *config, const struct record *r, struct lookup_answer *ret);
bool lookup_has_key(struct lookup *w, const struct config *config, const struct record *r, const char *key);

#endif
