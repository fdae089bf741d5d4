/* Reads and checks what a wrapper registers, and begins the run. */
#ifndef SNUG_SHIM_RECORDER_REGISTRATION_H
#define SNUG_SHIM_RECORDER_REGISTRATION_H

#include "base/err.h"
#include "base/json/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct recorder;

/* -EIO or -EPERM, with a sentence, if recording is impossible; 0 if any trouble only needs a stamp. */
int registration_check_health(const struct recorder *r, struct err *err);

/* Registers the container or exec of this process, which becomes the runtime. pid_start: clock ticks since boot. text: what the
 * document was parsed from. *ret_recorded: false for an exec into a container that is not recorded. *ret_begun: true if a run began
 * that is to be proved, whose first barrier the caller requests. Returns 0 or a negative errno. */
int registration_add(struct recorder *r, pid_t pid, uint64_t pid_start, const struct json_doc *doc, const char *text,
		      bool *ret_recorded, bool *ret_begun, struct err *err);

#endif
