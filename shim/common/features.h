/* What the real runtime supports: asked once per runtime file, never before a start, and kept in
 * STATE/runtimes/RUNTIME-ID.json:
 *
 *   { "version": 1, "path": "/usr/bin/crun", "says": "crun version 1.8.1;...", "log_denials": true }
 *
 * An upgraded file has another id and is asked again.
 */
#ifndef SNUG_SHIM_FEATURES_H
#define SNUG_SHIM_FEATURES_H

#include "base/buf.h"
#include "base/err.h"
#include "oci/runtime.h"

#include <stdbool.h>

enum features_log {
	FEATURES_UNKNOWN, /* nobody has asked yet */
	FEATURES_CANNOT,  /* it refuses SECCOMP_FILTER_FLAG_LOG, or may run another program that does */
	FEATURES_CAN,
};

/* What is known about the runtime; reads one small file. FEATURES_UNKNOWN if it cannot be read. */
enum features_log features_log_denials(const char *state_dir, const struct oci_runtime *rt);

/* The same for a runtime file named in evidence, by its id (oci_runtime_id()). */
enum features_log features_by_id(const char *state_dir, const char *runtime_id);

/* Asks the runtime unless the answer is known, and saves it. Returns 0 or a negative errno. */
int features_learn(const char *state_dir, const struct oci_runtime *rt, struct err *err);

/* True if a runtime with this output of --version (lines joined by ';') and of `features` (NULL: no such command) accepts the
 * flag. Only runc and crun under their own names are believed: a program that calls one of them passes on the answers of
 * whichever it calls today. Pure. */
bool features_takes_log_flag(const char *version, const struct buf *features);

#endif
