#include "shim/runtime/guardian.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "shim/common/features.h"
#include "shim/common/note.h"
#include "shim/runtime/aside.h"
#include "shim/runtime/register.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define POLL_FAST_MS  1   /* between checks for the runtime's children, while it is young */
#define POLL_SLOW_MS  20  /* and later */
#define YOUNG_MS      500
#define QUIET_MS      10000 /* since the last read, if nothing else shows that everything was read */
#define AGAIN_MS      20  /* between two attempts to clean up */
#define TRIES         50

struct watch {
	int pidfd;   /* of the wrapper, which becomes the runtime */
	int inotify; /* on the rewritten file: a close means that it was read; -1: no watch */
	pid_t pid;
	const struct plan *plan;
	bool recorded;
	bool known;       /* runc or crun, by its name; what other programs read, and when, is unknown */
	uint64_t read_ms; /* when the file was last read, or the watch began */
	bool gone;        /* the rewritten file was removed: the start was given up, or the caller replaced it */
	bool read;        /* the rewritten file was read at least once */
};

/* Any thread can be the parent, and each has a list of its own. Returns 1 if there is a child, 0 if not, -ENOENT if the kernel
 * keeps no lists (CONFIG_PROC_CHILDREN). */
static int has_children(pid_t pid)
{
	bool found = false, listed = false;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return -ENOENT;
	for (struct dirent *e = readdir(dir); e && !found; e = readdir(dir)) {
		cleanup_fd int fd = -1;
		char name[NAME_MAX + 16], c;

		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/children", e->d_name);
		fd = openat(dirfd(dir), name, O_RDONLY | O_CLOEXEC);
		listed |= fd >= 0;
		found = fd >= 0 && read(fd, &c, 1) == 1;
	}
	closedir(dir);
	return listed ? found : -ENOENT;
}

static void take_events(struct watch *w)
{
	struct inotify_event events[16]; /* events of a watched file carry no name */
	ssize_t n;

	while ((n = read(w->inotify, events, sizeof(events))) > 0)
		for (size_t i = 0; i < (size_t)n / sizeof(events[0]); i++) {
			w->gone |= events[i].mask & (IN_DELETE_SELF | IN_IGNORED);
			if (events[i].mask & IN_CLOSE_NOWRITE) {
				w->read = true;
				w->read_ms = clock_monotonic_ms();
			}
		}
}

/* Both runtimes write it once they have read everything they want to, whatever program calls them. */
static bool has_state(const struct plan *p)
{
	static const char *const names[] = {"state.json", "status"};
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(names) && !found; i++) {
		cleanup_free char *path = NULL;
		struct stat st;

		if (asprintf(&path, "%s/%s/%s", p->root, p->call.id, names[i]) < 0)
			path = NULL;
		found = path && stat(path, &st) == 0;
	}
	return found;
}

static bool has_read_all(const struct watch *w)
{
	int children = w->known ? has_children(w->pid) : -ENOENT;

	if (children >= 0 ? children : has_state(w->plan))
		return true;
	/* A program that shows neither, and reads the file again later, starts its container with the caller's own profile.
	 * That may cost a learning run, but must not happen to an enforced container. */
	return children < 0 && w->recorded && clock_monotonic_ms() - w->read_ms >= QUIET_MS;
}

/* Waits until the runtime has read the configuration and started a child (both runtimes have read everything by then), or has
 * exited. A program that calls a runtime may read the file first, and may have other children: there, the runtime's state file
 * decides, or that nothing has read the file for a while. */
static void wait_until_read(struct watch *w)
{
	uint64_t begin = clock_monotonic_ms();

	while (!w->gone) {
		struct pollfd p[] = {{.fd = w->pidfd, .events = POLLIN}, {.fd = w->inotify, .events = POLLIN}};
		bool unread = w->inotify >= 0 && !w->read;

		/* Checking for children is expensive, and needless before the file was read. */
		(void)poll(p, ARRAY_SIZE(p), unread ? -1 : clock_monotonic_ms() - begin < YOUNG_MS ? POLL_FAST_MS : POLL_SLOW_MS);
		if (p[0].revents)
			return;
		if (w->inotify >= 0)
			take_events(w);
		if (w->inotify >= 0 && !w->read)
			continue;
		if (has_read_all(w))
			return;
	}
}

static void wait_until_end(const struct watch *w)
{
	struct pollfd p = {.fd = w->pidfd, .events = POLLIN};

	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		;
}

/* Both runtimes keep a container's state in ROOT/ID. Returns 1 if it is gone, 0 if it is there, or a negative errno. */
static int container_is_gone(const struct plan *p)
{
	cleanup_free char *path = NULL;
	struct stat st;

	if (asprintf(&path, "%s/%s", p->root, p->call.id) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (stat(path, &st) == 0)
		return 0;
	return errno == ENOENT || errno == ENOTDIR ? 1 : -errno;
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* A failure may be temporary (no memory, a full disk), and nothing else restores the caller's file before the next start. */
static void put_back(struct oci_bundle *b)
{
	for (int i = 0; i < TRIES && oci_bundle_restore(b, NULL) < 0; i++)
		pause_ms(AGAIN_MS);
}

/* Removes the note that this start wrote, or that the deletion found: by now there may be another container with this id. */
static int remove_note(const struct plan *p, pid_t starter)
{
	bool starts = p->call.command == OCI_CREATE || p->call.command == OCI_RUN;

	if (!starts)
		(void)note_sweep(p->config.run_dir);
	return note_remove_own(p->config.run_dir, p->root, p->call.id, starts ? starter : p->note.pid);
}

static int clear_up(const struct plan *p, pid_t starter)
{
	int r = container_is_gone(p);

	return r <= 0 ? r : remove_note(p, starter) < 0 ? -EAGAIN : 1;
}

static void clear_up_at_end(const struct plan *p, pid_t starter)
{
	int r = clear_up(p, starter);

	for (int i = 1; i < TRIES && r < 0; i++) {
		pause_ms(AGAIN_MS);
		r = clear_up(p, starter);
	}
	if (r > 0)
		register_deleted(p);
}

static void do_duty(const struct guardian_duty *d, struct watch *w)
{
	if (d->bundle) {
		wait_until_read(w);
		put_back(d->bundle);
		oci_bundle_unlock(d->bundle);
		oci_bundle_done(d->bundle);
	}
	/* A start that failed before the runtime read anything leaves nothing behind. */
	if (d->learn_features && (w->inotify < 0 || w->read))
		(void)features_learn(d->plan->config.state_dir, &d->plan->runtime, NULL);
	if (d->tell_version)
		register_version(d->plan);
	if (!d->until_end)
		return;
	wait_until_end(w);
	clear_up_at_end(d->plan, w->pid);
}

static int compare_fds(const void *a, const void *b)
{
	return **(int *const *)a - **(int *const *)b;
}

/* Keeps the descriptors that keep[] points to (-1: none) and closes all others; 0, 1 and 2 become /dev/null. */
static void drop_descriptors(int **keep, size_t count)
{
	unsigned from = 3;
	int null;

	/* If the caller had closed 0, 1 or 2, our descriptors may have these numbers. */
	for (size_t i = 0; i < count; i++)
		if (*keep[i] >= 0 && *keep[i] < 3)
			*keep[i] = fcntl(*keep[i], F_DUPFD_CLOEXEC, 3);
	qsort(keep, count, sizeof(*keep), compare_fds);
	for (size_t i = 0; i < count; i++) {
		unsigned fd = (unsigned)*keep[i];

		if (*keep[i] < 3)
			continue;
		if (fd > from)
			file_close_range(from, fd - 1);
		from = fd + 1;
	}
	file_close_range(from, ~0u);
	null = open("/dev/null", O_RDWR);
	if (null < 0)
		return;
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

/* What the helper owns: copies, since the wrapper may free its own before the helper wakes. */
struct guardian {
	struct guardian_duty duty;
	struct plan plan;
	struct oci_bundle bundle;
	struct watch watch;
};

static void wake(void *arg)
{
	struct guardian *g = arg;
	struct oci_bundle *b = &g->bundle;
	int *keep[] = {&g->watch.pidfd, &g->watch.inotify, &b->dir_fd, &b->lock_fd, &b->file_fd};

	drop_descriptors(keep, ARRAY_SIZE(keep));
	(void)!chdir("/");
	do_duty(&g->duty, &g->watch);
}

static bool is_known(const struct oci_runtime *rt)
{
	const char *name = strrchr(rt->path, '/');

	return name && !rt->is_script && (text_streq(name, "/runc") || text_streq(name, "/crun"));
}

static int watch_begin(const struct guardian_duty *d, struct watch *ret)
{
	char path[NAME_MAX + 64];

	*ret = (struct watch){.pid = getpid(), .pidfd = -1, .inotify = -1,
			      .plan = d->plan, .recorded = d->recorded, .known = is_known(&d->plan->runtime), .read_ms = clock_monotonic_ms()};
	ret->pidfd = (int)syscall(SYS_pidfd_open, ret->pid, 0);
	if (ret->pidfd < 0)
		return -errno;
	if (!d->bundle)
		return 0;
	/* If no watch can be had (fs.inotify.max_user_instances), the child alone decides. */
	ret->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", d->bundle->dir_fd, d->bundle->saved);
	if (ret->inotify >= 0 && inotify_add_watch(ret->inotify, path, IN_CLOSE_NOWRITE | IN_DELETE_SELF) < 0)
		close(steal_fd(&ret->inotify));
	return 0;
}

/* NULL stays NULL. */
static bool copy_text(char **ret, const char *s)
{
	*ret = s ? strdup(s) : NULL;
	return !s || *ret;
}

/* Only what the helper uses of it. */
static bool copy_plan(struct plan *to, const struct plan *from)
{
	char *id;
	bool copied = copy_text(&id, from->call.id) && copy_text(&to->root, from->root) &&
		      copy_text(&to->runtime.path, from->runtime.path) &&
		      copy_text(&to->config.state_dir, from->config.state_dir) &&
		      copy_text(&to->config.run_dir, from->config.run_dir);

	to->call.id = id;
	to->call.command = from->call.command;
	to->note.pid = from->note.pid;
	to->notify = from->notify;
	return copied;
}

static bool copy_bundle(struct oci_bundle *to, const struct oci_bundle *from)
{
	return copy_text(&to->path, from->path) && copy_text(&to->name, from->name) &&
	       copy_text(&to->saved, from->saved) && copy_text(&to->lock_path, from->lock_path);
}

static bool copy_duty(struct guardian *g, const struct guardian_duty *duty)
{
	const struct plan *p = duty->plan;

	g->duty = *duty;
	g->duty.plan = &g->plan;
	g->plan = (struct plan){.runtime = p->runtime};
	g->bundle = duty->bundle ? *duty->bundle : (struct oci_bundle)OCI_BUNDLE_INIT;
	if (duty->bundle)
		g->duty.bundle = &g->bundle;
	return copy_plan(&g->plan, p) && (!duty->bundle || copy_bundle(&g->bundle, duty->bundle));
}

int guardian_start(const struct guardian_duty *duty, struct err *err)
{
	/* Lives until the process is gone, like the memory that it leads to. */
	static struct guardian g;
	int r;

	if (!copy_duty(&g, duty))
		return err_set(err, ENOMEM, "out of memory");
	r = watch_begin(&g.duty, &g.watch);
	if (r < 0)
		return err_sys(err, r, "cannot open a pidfd of this process");
	/* A recorded start has the recorder's answer to wait for. */
	r = aside_start(wake, &g, duty->recorded, err);
	close(g.watch.pidfd);
	if (g.watch.inotify >= 0)
		close(g.watch.inotify);
	return r;
}

int guardian_wait(struct err *err)
{
	return aside_wait(err);
}
