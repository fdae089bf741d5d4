/* Whose record it is: what the recorder knows of an audit session, and where a process lives. Remembered, so that a busy container costs one
 * question. */
#ifndef SNUG_SHIM_CLI_WHOSE_H
#define SNUG_SHIM_CLI_WHOSE_H

#include "seccomp/record/record.h"
#include "shim/common/config.h"

#include <stdbool.h>
#include <stdint.h>

#define WHOSE_KNOWN 256

struct whose_answer {
	char key[512], container[256]; /* "" if the recorder does not know the session */
	char place[128];               /* the last part of the process's cgroup, "" if it is gone or at the root; safe text */
};

struct whose {
	struct whose_known {
		bool used;
		uint32_t session;
		struct whose_answer answer;
	} known[WHOSE_KNOWN];
};

void whose_find(struct whose *w, const struct config *config, const struct record *r, struct whose_answer *ret);
bool whose_has_key(struct whose *w, const struct config *config, const struct record *r, const char *key);

#endif
