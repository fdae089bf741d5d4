/* Writes evidence files in a thread of its own: a sync takes milliseconds, during which the audit stream must be read. It gets
 * finished bytes and touches nothing else of the recorder. Each file is saved atomically and synced; if many are waiting, the
 * whole filesystem is synced instead, which takes no longer than two or three files.
 *
 * Capabilities and seccomp filters belong to threads: confine the process before saver_start(). */
#ifndef SNUG_SHIM_RECORDER_SAVER_H
#define SNUG_SHIM_RECORDER_SAVER_H

#include "base/buf.h"
#include "base/err.h"
#include "shim/common/state.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define SAVER_JOBS_MAX  64          /* waiting at a time */
#define SAVER_BYTES_MAX (1u << 20)  /* their total size, or one larger job */
#define SAVER_MANY      8           /* from this many on, the whole filesystem is synced */

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

/* Finishes all jobs and ends the thread. NULL is allowed. */
void saver_stop(struct saver *s);

bool saver_is_full(struct saver *s);

/* Hands over a job. An owner may have one at a time, or older bytes could win. */
void saver_put(struct saver *s, struct saver_job *job);

/* Readable when jobs are done. */
int saver_fd(const struct saver *s);

/* A finished job, to be freed with saver_job_free(); NULL if there is none. */
struct saver_job *saver_take(struct saver *s);

/* Waits until all jobs are done. */
void saver_wait(struct saver *s);

void saver_job_free(struct saver_job *job); /* NULL is allowed */

#endif
