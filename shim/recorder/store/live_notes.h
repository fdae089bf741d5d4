/* What the next recorder must know to take up live containers: one small file per registration in RUN_DIR/live, written before
 * the registration is answered and removed when the run is over. It is not synced: it need not survive a reboot, and contains the
 * boot id. Its contents are checked, and can only make a run look worse: a run that is taken up is stamped. */
#ifndef SNUG_SHIM_RECORDER_LIVE_H
#define SNUG_SHIM_RECORDER_LIVE_H

#include "base/err.h"
#include "seccomp/evidence/evidence.h"
#include "shim/common/state.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct live {
	int dir;
	char boot[64]; /* boot_id */
};

#define LIVE_INIT { .dir = -1 }

/* One registration. Strings are borrowed. */
struct live_entry {
	pid_t pid;       /* the process that registered, and its start (clock ticks since boot): the file's name */
	uint64_t start;
	bool by_cgroup, shared_cgroup;
	uint32_t session;
	bool is_exec, has_init, execd;
	uint32_t init_pid;
	enum state_space space;
	enum evidence_mode mode;
	uint64_t started_ms; /* of the run, milliseconds since the epoch */
	bool go;
	const char *id, *root, *key, *runtime, *runtime_id, *runtime_version, *kernel, *baseline, *cgroup;
	const char *unlogged; /* what its filter leaves unlogged, as unlogged_tell() writes it; "" if it logs every call */
};

int live_open(struct live *l, const char *run_dir, struct err *err);
void live_close(struct live *l);

/* Writes or replaces the note. A failure matters only for the log: without the file, a later recorder ends the run as stamped. */
int live_write(const struct live *l, const struct live_entry *e, struct err *err);
void live_remove(const struct live *l, pid_t pid, uint64_t start);

/* Calls fn for every readable entry of this boot, execs last. Removes an entry for which fn returns false, and any other file,
 * which is also logged. Returns 0, or a negative errno if the directory cannot be read. */
typedef bool live_fn(void *arg, const struct live_entry *e);
int live_each(const struct live *l, live_fn *fn, void *arg, struct err *err);

/* Parses a file's text; the strings of *ret point into *ret_doc, which the caller frees. Returns 0, or a negative errno for a
 * note that is invalid or of another boot. Pure. */
struct json_doc;
int live_parse(const char *text, size_t len, const char *name, const char *boot, struct json_doc **ret_doc, struct live_entry *ret,
	       struct err *err);
int live_format(const struct live_entry *e, const char *boot, struct buf *out, struct err *err);

#endif
