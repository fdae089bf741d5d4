/* What a runtime stores about a container in ROOT/ID: runc in state.json, crun in status. Written before the runtime loads the
 * container's filter. */
#ifndef SNUG_SHIM_RECORDER_STATE_FILE_H
#define SNUG_SHIM_RECORDER_STATE_FILE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads the container's first process. *ret_start: clock ticks since boot, 0 if the file does not say. Returns 0 or a negative
 * errno; -ENOENT: there is no such file. */
int state_file_read(const char *root, const char *id, pid_t *ret_pid, uint64_t *ret_start, struct err *err);

/* The same from the text of either file. Pure. */
int state_file_parse(const char *text, size_t len, const char *name, pid_t *ret_pid, uint64_t *ret_start, struct err *err);

#endif
