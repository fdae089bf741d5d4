/* What the real runtime can do with a filter: asked once per runtime file, after a start and never before one, and kept in
 * STATE/runtimes/RUNTIME-ID.json:
 *
 *   { "version": 1, "path": "/usr/bin/crun", "says": "crun version 1.8.1;...", "log_denials": true }
 *
 * Another file, by an upgrade, has another id and is asked anew.
 */
#ifndef SNUG_SHIM_FEATURES_H
#define SNUG_SHIM_FEATURES_H

#include "base/buf.h"
#include "base/err.h"
#include "oci/runtime.h"

#include <stdbool.h>

enum features_log {
	FEATURES_UNKNOWN, /* nobody has asked yet */
	FEATURES_CANNOT,  /* it refuses SECCOMP_FILTER_FLAG_LOG, or may start another program that does */
	FEATURES_CAN,
};

/* What is known of the runtime; one small file is read. A file that cannot be read is FEATURES_UNKNOWN. */
enum features_log features_log_denials(const char *state_dir, const struct oci_runtime *rt);

/* The same of a runtime file that evidence tells of, by its id (oci_runtime_id). */
enum features_log features_by_id(const char *state_dir, const char *runtime_id);

/* Asks the runtime if that is not known, and saves the answer. */
int features_learn(const char *state_dir, const struct oci_runtime *rt, struct err *err);

/* True if a runtime that prints this for --version (lines joined by ';') and this for `features` (NULL: it has no such
 * command) takes the flag. Only runc and crun under their own names are trusted to speak for themselves: a program that calls
 * one of them hands on the answers of whichever it calls today. Pure. */
bool features_takes_log_flag(const char *version, const struct buf *features);

#endif
