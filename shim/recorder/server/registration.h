/* What a wrapper registers, read, checked and booked. */
#ifndef SNUG_SHIM_RECORDER_REGISTRATION_H
#define SNUG_SHIM_RECORDER_REGISTRATION_H

#include "base/err.h"
#include "base/json/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct recorder;

/* Trouble that makes recording impossible, as against trouble that is stamped. */
int registration_check_health(const struct recorder *r, struct err *err);

/* Books the request of this process, which is the one that becomes the runtime: its number, and when it started. *ret_recorded: false for an exec into a
 * container that is not being recorded. `text` is what the document was parsed from. */
int registration_add(struct recorder *r, pid_t pid, uint64_t pid_start, const struct json_doc *doc, const char *text,
		      bool *ret_recorded, struct err *err);

#endif
