#include "shim/recorder/store/saver.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct saver {
	const char *state_dir; /* borrowed */
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t work, idle;
	struct saver_job *waiting, **waiting_end; /* oldest first */
	struct saver_job *done;
	size_t jobs, bytes;                       /* waiting or being saved */
	bool quit;
	int fd;
};

void saver_job_free(struct saver_job *job)
{
	if (!job)
		return;
	if (job->dir >= 0)
		close(job->dir);
	free(job->key);
	buf_done(&job->text);
	free(job);
}

static void write_one(const struct saver *s, struct saver_job *job, bool sync)
{
	job->dir = state_open_key(s->state_dir, job->space, job->key, true, &job->err);
	if (job->dir >= 0)
		(void)file_write_temp_at(job->dir, STATE_EVIDENCE, job->text.data, job->text.len, 0600, sync, job->temp, &job->err);
}

static void rename_one(struct saver_job *job)
{
	if (job->err.code)
		return;
	if (renameat(job->dir, job->temp, job->dir, STATE_EVIDENCE) < 0) {
		err_sys(&job->err, errno, STATE_EVIDENCE ": cannot save");
		unlinkat(job->dir, job->temp, 0);
	}
}

static void sync_one(struct saver_job *job)
{
	if (!job->err.code && fsync(job->dir) < 0 && errno != EINVAL)
		err_sys(&job->err, errno, "saved, but its directory cannot be synced");
}

/* One sync for all: every job is below the same state directory. */
static void sync_all(struct saver_job *jobs)
{
	const struct saver_job *any = jobs;

	while (any && any->dir < 0)
		any = any->next;
	if (!any || syncfs(any->dir) == 0)
		return;
	for (int code = errno; jobs; jobs = jobs->next)
		if (!jobs->err.code)
			err_sys(&jobs->err, code, "cannot sync the state directory");
}

static void save_all(const struct saver *s, struct saver_job *jobs, size_t count)
{
	bool many = count >= SAVER_MANY;

	for (struct saver_job *j = jobs; j; j = j->next)
		write_one(s, j, !many);
	if (many)
		sync_all(jobs);
	for (struct saver_job *j = jobs; j; j = j->next)
		rename_one(j);
	if (many)
		sync_all(jobs);
	for (struct saver_job *j = jobs; j; j = j->next) {
		if (!many)
			sync_one(j);
		if (j->err.code)
			err_wrap(&j->err, "%s/%s/%s", s->state_dir, state_space_name(j->space), j->key);
		/* Descriptors are scarce, and the bytes are no longer needed. */
		if (j->dir >= 0)
			close(steal_fd(&j->dir));
		buf_done(&j->text);
	}
}

/* Called with the mutex held: takes all waiting jobs; NULL when it is time to end. */
static struct saver_job *await_jobs(struct saver *s, size_t *ret_count)
{
	struct saver_job *jobs;

	while (!s->waiting && !s->quit)
		pthread_cond_wait(&s->work, &s->mutex);
	jobs = s->waiting;
	/* Nothing is being saved while we wait: every counted job is in the list. */
	*ret_count = s->jobs;
	s->waiting = NULL;
	s->waiting_end = &s->waiting;
	return jobs;
}

static void hand_back(struct saver *s, struct saver_job *jobs)
{
	const uint64_t one = 1;

	while (jobs) {
		struct saver_job *next = jobs->next;

		jobs->next = s->done;
		s->done = jobs;
		s->jobs--;
		jobs = next;
	}
	pthread_cond_broadcast(&s->idle);
	(void)!write(s->fd, &one, sizeof(one));
}

static void *run(void *arg)
{
	struct saver *s = arg;
	struct saver_job *jobs;
	size_t count, bytes;

	pthread_mutex_lock(&s->mutex);
	while ((jobs = await_jobs(s, &count))) {
		bytes = s->bytes;
		pthread_mutex_unlock(&s->mutex);
		save_all(s, jobs, count);
		pthread_mutex_lock(&s->mutex);
		s->bytes -= bytes;
		hand_back(s, jobs);
	}
	pthread_mutex_unlock(&s->mutex);
	return NULL;
}

static int start_thread(struct saver *s, struct err *err)
{
	sigset_t all, old;
	int r;

	/* Signals belong to the event loop. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r ? err_sys(err, r, "cannot start a thread") : 0;
}

int saver_start(const char *state_dir, struct saver **ret, struct err *err)
{
	cleanup_free struct saver *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return err_set(err, ENOMEM, "out of memory");
	s->state_dir = state_dir;
	s->waiting_end = &s->waiting;
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->work, NULL);
	pthread_cond_init(&s->idle, NULL);
	s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->fd < 0)
		return err_sys(err, errno, "cannot make an eventfd");
	r = start_thread(s, err);
	if (r < 0) {
		close(s->fd);
		return r;
	}
	*ret = steal_ptr(&s);
	return 0;
}

void saver_stop(struct saver *s)
{
	if (!s)
		return;
	saver_wait(s);
	pthread_mutex_lock(&s->mutex);
	s->quit = true;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->mutex);
	pthread_join(s->thread, NULL);
	for (struct saver_job *job = s->done; job; job = s->done) {
		s->done = job->next;
		saver_job_free(job);
	}
	pthread_cond_destroy(&s->work);
	pthread_cond_destroy(&s->idle);
	pthread_mutex_destroy(&s->mutex);
	close(s->fd);
	free(s);
}

bool saver_is_full(struct saver *s)
{
	bool full;

	pthread_mutex_lock(&s->mutex);
	full = s->jobs >= SAVER_JOBS_MAX || s->bytes >= SAVER_BYTES_MAX;
	pthread_mutex_unlock(&s->mutex);
	return full;
}

void saver_put(struct saver *s, struct saver_job *job)
{
	job->next = NULL;
	pthread_mutex_lock(&s->mutex);
	*s->waiting_end = job;
	s->waiting_end = &job->next;
	s->jobs++;
	s->bytes += job->text.len;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->mutex);
}

int saver_fd(const struct saver *s)
{
	return s->fd;
}

struct saver_job *saver_take(struct saver *s)
{
	struct saver_job *job;
	uint64_t count;

	pthread_mutex_lock(&s->mutex);
	job = s->done;
	if (job)
		s->done = job->next;
	else
		(void)!read(s->fd, &count, sizeof(count));
	pthread_mutex_unlock(&s->mutex);
	return job;
}

void saver_wait(struct saver *s)
{
	pthread_mutex_lock(&s->mutex);
	while (s->jobs)
		pthread_cond_wait(&s->idle, &s->mutex);
	pthread_mutex_unlock(&s->mutex);
}
