#include "shim/cli/floor/canary.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "shim/cli/common/run.h"
#include "shim/cli/floor/canary_bundle.h"
#include "shim/cli/floor/canary_call.h"
#include "shim/cli/floor/own_users.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define START_TIMEOUT_MS CANARY_CALL_TIMEOUT_MS
#define PROGRAM_POLL_MS  5

struct canary {
	const struct canary_plan *plan;
	char *dir; /* below RUN_DIR/canary */
	char root[PATH_MAX]; /* the runtime's --root, in it */
	bool systemd_cgroup;
	unsigned count;     /* containers so far; their ids must not repeat on this node during a sampling */
	char id[64];        /* of the newest */
	const char *bundle; /* of the newest: "exit" or "wait" */
	char *seccomp;      /* for the trials; NULL: log everything */
	struct own_users users; /* fd -1: none */
};

static int write_bundle(const struct canary *c, const char *name, const char *seccomp, struct err *err)
{
	const struct canary_container container = {
		.shape = c->plan->shape, .wait = text_streq(name, "wait"), .rootless = c->plan->rootless, .seccomp = seccomp};
	cleanup_buf struct buf config = {0};
	char rootfs[PATH_MAX];
	cleanup_fd int top = file_open_dirs(c->dir, err);
	cleanup_fd int dir = top < 0 ? -1 : file_open_dirs_at(top, name, true, err);

	if (dir < 0)
		return top < 0 ? top : dir;
	snprintf(rootfs, sizeof(rootfs), "%s/rootfs", c->dir);
	int r = canary_config(&container, rootfs, &config, err);

	return r < 0 ? r : file_save_at(dir, "config.json", config.data, config.len, 0600, err);
}

static int take_section(void *arg, const char *section, struct err *err)
{
	const struct canary *c = arg;

	return write_bundle(c, c->bundle, section, err);
}

/* As root of a namespace of its own, the runtime is so for every canary; else for those only that are entered. */
static const struct own_users *users_of(const struct canary *c)
{
	return c->users.fd >= 0 && (c->users.kind == OWN_USERS_ROOT || text_streq(c->bundle, "wait")) ? &c->users : NULL;
}

/* An invocation of the runtime on the newest canary. */
static struct canary_call call_of(struct canary *c, const char *const words[])
{
	return (struct canary_call){
		.plan = c->plan,
		.root = c->root,
		.words = words,
		.id = c->id,
		.key = c->plan->key,
		.take_section = take_section,
		.arg = c,
		.users = users_of(c),
		.systemd_cgroup = c->systemd_cgroup,
		.signal_fd = c->plan->signal_fd,
	};
}

static int canary_call(struct canary *c, const char *register_as, const char *const words[], struct err *err)
{
	struct canary_call call = call_of(c, words);

	call.register_as = register_as;
	return canary_call_run(&call, err);
}

static void next(struct canary *c, const char *bundle)
{
	c->bundle = bundle;
	snprintf(c->id, sizeof(c->id), "snug-canary-%d-%u", (int)getpid(), ++c->count);
}

int canary_run(struct canary *c, struct err *err)
{
	char bundle[PATH_MAX];

	next(c, "exit");
	snprintf(bundle, sizeof(bundle), "%s/exit", c->dir);
	return canary_call(c, "run", (const char *const[]){"run", "--bundle", bundle, c->id, NULL}, err);
}

static int read_pid(const char *path, pid_t *ret, struct err *err)
{
	cleanup_buf struct buf text = {0};
	uint64_t pid = 0;
	int r = file_read_at(AT_FDCWD, path, 32, &text, err);

	if (r < 0)
		return r;
	if (text_parse_u64(text.data, &pid) < 0 || !pid || pid > INT_MAX)
		return err_set(err, EINVAL, "%s: not a process id", path);
	*ret = (pid_t)pid;
	return 0;
}

/* `create`, then `start`. */
static int begin(struct canary *c, const char *bundle_name, pid_t *ret_pid, struct err *err)
{
	char bundle[PATH_MAX], pid_file[PATH_MAX];
	int r;

	next(c, bundle_name);
	snprintf(bundle, sizeof(bundle), "%s/%s", c->dir, bundle_name);
	snprintf(pid_file, sizeof(pid_file), "%s/pid", c->dir);
	r = canary_call(c, "create",
			(const char *const[]){"create", "--bundle", bundle, "--pid-file", pid_file, c->id, NULL}, err);
	if (!r)
		r = read_pid(pid_file, ret_pid, err);
	return r ? r : canary_call(c, NULL, (const char *const[]){"start", c->id, NULL}, err);
}

static int delete_newest(struct canary *c, struct err *err)
{
	return canary_call(c, NULL, (const char *const[]){"delete", "--force", c->id, NULL}, err);
}

int canary_create(struct canary *c, struct err *err)
{
	pid_t pid = 0;
	int r = begin(c, "exit", &pid, err);

	if (!r)
		r = run_wait_exit(pid, c->plan->signal_fd, START_TIMEOUT_MS, err);
	return r ? r : delete_newest(c, err);
}

/* Execs into the newest canary, as a run of its own, so that the calls of an exec are kept apart from those of a start. snug-agent
 * makes it one when the exec's listener comes. */
static int exec_once(struct canary *c, unsigned n, struct err *err)
{
	char id[sizeof(c->id) + 16];
	struct canary_call call = call_of(c, (const char *const[]){"exec", c->id, "/snug-canary", NULL});

	snprintf(id, sizeof(id), "%s-exec-%u", c->id, n);
	call.id = id;
	call.key = c->plan->exec_key;
	call.register_as = c->plan->recorder == CLIENT_AGENT ? NULL : "run";
	return canary_call_run(&call, err);
}

int canary_exec(struct canary *c, unsigned execs, struct err *err)
{
	pid_t pid = 0;
	int r = begin(c, "wait", &pid, err);

	for (unsigned i = 0; !r && i < execs; i++)
		r = exec_once(c, i, err);
	return r ? r : delete_newest(c, err);
}

/* The program is in the directory of this one. */
static int canary_program(char ret[PATH_MAX], struct err *err)
{
	cleanup_free char *self = NULL;
	int r = file_read_link("/proc/self/exe", &self);

	if (r < 0)
		return err_sys(err, r, "/proc/self/exe");
	snprintf(ret, PATH_MAX, "%.*s/snug-canary", (int)(strrchr(self, '/') - self), self);
	return 0;
}

int canary_set_seccomp(struct canary *c, const char *seccomp, struct err *err)
{
	char *copy = strdup(seccomp);
	int r;

	if (!copy)
		return err_set(err, ENOMEM, "out of memory");
	free(c->seccomp);
	c->seccomp = copy;
	r = write_bundle(c, "exit", c->seccomp, err);
	return r ? r : write_bundle(c, "wait", c->seccomp, err);
}

/* Invokes the runtime, unrecorded. *ret: whether it succeeded. An error is never the runtime's. */
static int try_call(struct canary *c, const char *const words[], int timeout_ms, bool *ret, struct err *err)
{
	struct canary_call call = call_of(c, words);
	struct err why = {0};
	int r;

	call.timeout_ms = timeout_ms;
	r = canary_call_run(&call, &why);
	if (r == -EREMOTEIO || r == -ETIMEDOUT || !r) {
		*ret = !r;
		return 0;
	}
	return err_set(err, r, "%s", why.msg);
}

/* Removes what a trial leaves behind; it is no error if the container never existed. */
static int clear_try(struct canary *c, struct err *err)
{
	bool gone = false;

	return try_call(c, (const char *const[]){"delete", "--force", c->id, NULL}, START_TIMEOUT_MS, &gone, err);
}

int canary_try_run(struct canary *c, int timeout_ms, bool *ret_started, struct err *err)
{
	char bundle[PATH_MAX];
	bool started = false;
	int r;

	next(c, "exit");
	snprintf(bundle, sizeof(bundle), "%s/exit", c->dir);
	/* canary_free() removes what a failed one leaves behind. */
	r = try_call(c, (const char *const[]){"run", "--bundle", bundle, c->id, NULL}, timeout_ms, &started, err);
	if (!r)
		*ret_started = started;
	return r;
}

/* True once the process runs the canary's own program; false if it exits first or takes too long. */
static bool becomes_program(pid_t pid, int timeout_ms)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	for (int waited = 0; waited < timeout_ms; waited += PROGRAM_POLL_MS) {
		cleanup_buf struct buf comm = {0};
		cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0 || file_read_fd(fd, 64, path, &comm, NULL) < 0)
			return false;
		if (comm.data && text_starts(comm.data, "snug-canary"))
			return true;
		usleep(PROGRAM_POLL_MS * 1000);
	}
	return false;
}

int canary_try_enter(struct canary *c, int timeout_ms, bool *ret_started, bool *ret_entered, struct err *err)
{
	char bundle[PATH_MAX], pid_file[PATH_MAX];
	bool started = false, entered = false;
	pid_t pid = 0;
	int r;

	next(c, "wait");
	snprintf(bundle, sizeof(bundle), "%s/wait", c->dir);
	snprintf(pid_file, sizeof(pid_file), "%s/pid", c->dir);
	(void)unlink(pid_file);
	r = try_call(c, (const char *const[]){"create", "--bundle", bundle, "--pid-file", pid_file, c->id, NULL}, timeout_ms,
		     &started, err);
	if (!r && started)
		r = try_call(c, (const char *const[]){"start", c->id, NULL}, timeout_ms, &started, err);
	if (!r && started)
		started = !read_pid(pid_file, &pid, NULL) && becomes_program(pid, timeout_ms);
	if (!r && started && ret_entered)
		r = try_call(c, (const char *const[]){"exec", c->id, "/snug-canary", NULL}, timeout_ms, &entered, err);
	if (!r)
		r = clear_try(c, err);
	if (r < 0)
		return r;
	*ret_started = started;
	if (ret_entered)
		*ret_entered = entered;
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)remove(path);
	return 0;
}

/* Deletes the containers below DIR/root, then the directory. */
static void remove_dir(const struct canary_plan *plan, const char *dir)
{
	char root[PATH_MAX];
	DIR *d;

	snprintf(root, sizeof(root), "%s/root", dir);
	d = opendir(root);
	for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
		if (e->d_name[0] == '.')
			continue;
		struct canary_call call = {
			.root = root,
			.systemd_cgroup = canary_systemd_cgroup(plan->shape),
			.words = (const char *const[]){"delete", "--force", e->d_name, NULL},
			.id = e->d_name,
			.signal_fd = -1,
			.plan = plan,
		};
		(void)canary_call_run(&call, NULL);
	}
	if (d)
		closedir(d);
	(void)nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static int open_parent(const struct canary_plan *plan, struct err *err)
{
	char parent[PATH_MAX];

	/* Leaves room for what other functions append to it. */
	if (strlen(plan->config->run_dir) > PATH_MAX - 128)
		return err_set(err, ENAMETOOLONG, "%s: run_dir is too long", plan->config->run_dir);
	snprintf(parent, sizeof(parent), "%s/canary", plan->config->run_dir);
	return file_open_dirs(parent, err);
}

int canary_remove_stale(const struct canary_plan *plan, struct err *err)
{
	cleanup_fd int parent = open_parent(plan, err);
	cleanup_fd int fd = parent < 0 ? -1 : openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char path[PATH_MAX];
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (parent < 0 || !d)
		return parent < 0 ? parent : err_sys(err, errno, "%s/canary", plan->config->run_dir);
	steal_fd(&fd);
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/canary/%s", plan->config->run_dir, e->d_name);
		remove_dir(plan, path);
	}
	closedir(d);
	return 0;
}

/* The root user of a user namespace must be able to reach the rootfs; everything else keeps its mode. */
static int let_through(const struct canary *c, struct err *err)
{
	char parent[PATH_MAX];
	const char *const dirs[] = {c->plan->config->run_dir, parent, c->dir};

	snprintf(parent, sizeof(parent), "%s/canary", c->plan->config->run_dir);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		struct stat st;

		if (stat(dirs[i], &st) < 0 || chmod(dirs[i], (st.st_mode & 07777) | 0111) < 0)
			return err_sys(err, errno, "%s", dirs[i]);
	}
	return 0;
}

static int fill(struct canary *c, struct err *err)
{
	char program[PATH_MAX], rootfs[PATH_MAX];
	int r = canary_program(program, err);

	if (!r && !c->plan->rootless && canary_maps_users(c->plan->shape))
		r = let_through(c, err);
	if (r < 0)
		return r;
	snprintf(rootfs, sizeof(rootfs), "%s/rootfs", c->dir);
	r = canary_rootfs(c->plan->shape, c->plan->rootless, rootfs, program, err);
	if (!r)
		r = write_bundle(c, "exit", c->seccomp, err);
	return r ? r : write_bundle(c, "wait", c->seccomp, err);
}

/* Which user namespace the runtime needs; see own_users.h. Without one to be entered from, a canary starts all the same. */
static int find_users(struct canary *c, struct err *err)
{
	bool mapped = canary_maps_users(c->plan->shape);

	if (!c->plan->rootless || geteuid() == 0)
		return 0;
	if (!mapped)
		return own_users_make(OWN_USERS_ROOT, &c->users, err);
	if (c->plan->runtime->is_go && c->plan->recorder == CLIENT_AGENT)
		(void)own_users_make(OWN_USERS_SAME, &c->users, NULL);
	return 0;
}

int canary_open(const struct canary_plan *plan, struct canary **ret, struct err *err)
{
	cleanup_with(canary_cleanup) struct canary *c = calloc(1, sizeof(*c));
	char temp[PATH_MAX];

	if (!c)
		return err_set(err, ENOMEM, "out of memory");
	c->plan = plan;
	c->users.fd = -1;
	c->bundle = "exit";
	c->systemd_cgroup = canary_systemd_cgroup(plan->shape);
	cleanup_fd int fd = open_parent(plan, err);

	if (fd < 0)
		return fd;
	snprintf(temp, sizeof(temp), "%s/canary/XXXXXX", plan->config->run_dir);
	if (!mkdtemp(temp))
		return err_sys(err, errno, "%s/canary", plan->config->run_dir);
	c->dir = strdup(temp);
	if (!c->dir) {
		rmdir(temp);
		return err_set(err, ENOMEM, "out of memory");
	}
	snprintf(c->root, sizeof(c->root), "%s/root", c->dir);
	int r = find_users(c, err);

	if (!r)
		r = fill(c, err);
	if (r < 0)
		return r;
	*ret = steal_ptr(&c);
	return 0;
}

void canary_free(struct canary *c)
{
	if (!c)
		return;
	if (c->dir)
		remove_dir(c->plan, c->dir);
	if (c->users.fd >= 0)
		close(c->users.fd);
	free(c->dir);
	free(c->seccomp);
	free(c);
}
