/* Writes evidence files in a thread of its own: a sync of the disk takes milliseconds, in which the audit stream must be read on. It is given finished
 * bytes and touches nothing else of the recorder's. Each file is saved atomically and synced; of many that wait together the whole filesystem
 * is synced instead, which takes no longer than two or three files.
 *
 * Capabilities and seccomp filters belong to threads: whoever confines this process does so before saver_start. */
#ifndef SNUG_SHIM_RECORDER_SAVER_H
#define SNUG_SHIM_RECORDER_SAVER_H

#include "base/buf.h"
#include "base/err.h"
#include "shim/common/state.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define SAVER_JOBS_MAX  64          /* that wait at once */
#define SAVER_BYTES_MAX (1u << 20)  /* of theirs, or a single larger one */
#define SAVER_MANY      8           /* from here on the filesystem is synced as one */

struct saver; /* opaque */

struct saver_job {
	struct saver_job *next;
	void *owner;                 /* the caller's */
	enum state_space space;
	char *key;                   /* owned */
	struct buf text;             /* the file's bytes; owned */
	struct err err;              /* when done: code 0, or why it failed */
	int dir;                     /* the saver's own */
	char temp[NAME_MAX + 1];
};

int saver_start(const char *state_dir, struct saver **ret, struct err *err);

/* Finishes what waits and ends the thread. NULL is allowed. */
void saver_stop(struct saver *s);

bool saver_is_full(struct saver *s);

/* Hands a job over. An owner has one at a time, or the older bytes could win. */
void saver_put(struct saver *s, struct saver_job *job);

/* Readable when jobs are done. */
int saver_fd(const struct saver *s);

/* A job that is done, to be freed with saver_job_free; NULL if there is none. */
struct saver_job *saver_take(struct saver *s);

/* Waits until all jobs that were handed over are done. */
void saver_wait(struct saver *s);

void saver_job_free(struct saver_job *job); /* NULL is allowed */

#endif
