/* What a runtime keeps of a container in ROOT/ID: runc in state.json, crun in status. Written before the container's filter is loaded. */
#ifndef SNUG_SHIM_RECORDER_STATE_FILE_H
#define SNUG_SHIM_RECORDER_STATE_FILE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The container's first process. start: clock ticks since boot, 0 where the file does not tell. -ENOENT: there is no such file. */
int state_file_read(const char *root, const char *id, pid_t *ret_pid, uint64_t *ret_start, struct err *err);

/* The same from the text of either file. Pure. */
int state_file_parse(const char *text, size_t len, const char *name, pid_t *ret_pid, uint64_t *ret_start, struct err *err);

#endif
