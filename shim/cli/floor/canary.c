#include "shim/cli/floor/canary.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"
#include "shim/cli/floor/canary_bundle.h"
#include "shim/cli/common/run.h"
#include "shim/common/client.h"
#include "shim/common/session.h"

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

#define START_TIMEOUT_MS 60000
#define ARGS_MAX         16
#define PROGRAM_POLL_MS  5

struct canary {
	const struct canary_plan *plan;
	char *dir; /* below RUN_DIR/canary */
	bool systemd_cgroup;
	unsigned count; /* containers so far; their ids must not repeat on this node during a sampling */
	char id[64];    /* of the newest */
	char *seccomp;  /* for the trials; NULL: log everything */
};

/* One invocation of the runtime. */
struct call {
	const char *root;
	bool systemd_cgroup;
	const char *register_as;  /* register a session with the recorder for this command; NULL: do not */
	const char *key;          /* with this key; NULL: none */
	const char *const *words; /* subcommand and its arguments, NULL-terminated */
	const char *id; /* the container id to register */
	int signal_fd;
	int timeout_ms; /* 0: the default */
	const struct canary_plan *plan;
};

static void compose_register(const struct call *call, uint32_t session, struct buf *out)
{
	const struct canary_plan *plan = call->plan;
	char runtime_id[OCI_RUNTIME_ID_MAX];
	struct json_writer w;

	oci_runtime_id(plan->runtime, runtime_id);
	json_write_begin(&w, out, false);
	json_write_object(&w, NULL);
	json_write_string(&w, "op", "register");
	json_write_string(&w, "command", call->register_as);
	json_write_string(&w, "mode", "learn");
	json_write_string(&w, "space", "floor");
	json_write_u64(&w, "session", session);
	json_write_string(&w, "id", call->id);
	json_write_string(&w, "root", call->root);
	json_write_string(&w, "key", call->key);
	json_write_string(&w, "runtime", plan->runtime->path);
	json_write_string(&w, "runtime_id", runtime_id);
	json_write_bool(&w, "go", plan->runtime->is_go);
	json_write_string(&w, "baseline", "drop");
	json_write_raw(&w, "shape", plan->shape, strlen(plan->shape));
	json_write_end_object(&w);
}

/* Runs in the process that becomes the runtime: the recorder takes the sender of a registration for the runtime. */
static int register_session(void *arg, struct err *err)
{
	const struct call *call = arg;
	cleanup_buf struct buf request = {0}, answer = {0};
	cleanup_json struct json_doc *doc = NULL;
	cleanup_fd int fd = client_connect_or_start(CLIENT_SNUGD, call->plan->config, err);
	uint32_t session = SESSION_UNSET;
	int r;

	if (fd < 0)
		return fd;
	r = session_begin(&session, err);
	if (r < 0)
		return r;
	compose_register(call, session, &request);
	r = client_request(fd, &request, &answer, err);
	if (!r)
		r = json_parse(answer.data, answer.len, JSON_OURS, "the recorder's answer", &doc, err);
	if (r < 0)
		return r;
	if (json_type(json_get(json_root(doc), "recorded")) != JSON_TRUE)
		return err_set(err, EREMOTEIO, "the recorder does not record the canary");
	return 0;
}

static int run_call(struct call *call, struct err *err)
{
	const char *args[ARGS_MAX] = {call->plan->runtime->path, "--root", call->root};
	size_t n = 3;

	if (call->systemd_cgroup)
		args[n++] = "--systemd-cgroup";
	for (size_t i = 0; call->words[i] && n < ARGS_MAX - 1; i++)
		args[n++] = call->words[i];
	const struct run run = {
		.argv = (char *const *)(uintptr_t)args,
		.before = call->register_as ? register_session : NULL,
		.arg = call,
		.signal_fd = call->signal_fd,
		.timeout_ms = call->timeout_ms ? call->timeout_ms : START_TIMEOUT_MS,
	};
	return run_program(&run, NULL, err);
}

/* Invokes the runtime on the newest canary. */
static int canary_call(struct canary *c, const char *register_as, const char *const words[], struct err *err)
{
	char root[PATH_MAX];
	struct call call = {
		.root = root,
		.systemd_cgroup = c->systemd_cgroup,
		.register_as = register_as,
		.key = c->plan->key,
		.words = words,
		.id = c->id,
		.signal_fd = c->plan->signal_fd,
		.plan = c->plan,
	};

	snprintf(root, sizeof(root), "%s/root", c->dir);
	return run_call(&call, err);
}

static void next_id(struct canary *c)
{
	snprintf(c->id, sizeof(c->id), "snug-canary-%d-%u", (int)getpid(), ++c->count);
}

int canary_run(struct canary *c, struct err *err)
{
	char bundle[PATH_MAX];

	next_id(c);
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

	next_id(c);
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

/* Execs into the newest canary, as a run of its own, so that the calls of an exec are kept apart from those of a start. */
static int exec_once(struct canary *c, unsigned n, struct err *err)
{
	char root[PATH_MAX], id[sizeof(c->id) + 16];
	struct call call = {
		.root = root,
		.systemd_cgroup = c->systemd_cgroup,
		.register_as = "run",
		.key = c->plan->exec_key,
		.words = (const char *const[]){"exec", c->id, "/snug-canary", NULL},
		.id = id,
		.signal_fd = c->plan->signal_fd,
		.plan = c->plan,
	};

	snprintf(root, sizeof(root), "%s/root", c->dir);
	snprintf(id, sizeof(id), "%s-exec-%u", c->id, n);
	return run_call(&call, err);
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

static int write_bundle(const struct canary *c, const char *name, bool wait, struct err *err)
{
	cleanup_buf struct buf config = {0};
	char rootfs[PATH_MAX];
	cleanup_fd int top = file_open_dirs(c->dir, err);
	cleanup_fd int dir = top < 0 ? -1 : file_open_dirs_at(top, name, true, err);

	if (dir < 0)
		return top < 0 ? top : dir;
	snprintf(rootfs, sizeof(rootfs), "%s/rootfs", c->dir);
	int r = canary_config(c->plan->shape, rootfs, wait, c->seccomp, &config, err);

	return r < 0 ? r : file_save_at(dir, "config.json", config.data, config.len, 0600, err);
}

int canary_set_seccomp(struct canary *c, const char *seccomp, struct err *err)
{
	char *copy = strdup(seccomp);
	int r;

	if (!copy)
		return err_set(err, ENOMEM, "out of memory");
	free(c->seccomp);
	c->seccomp = copy;
	r = write_bundle(c, "exit", false, err);
	return r ? r : write_bundle(c, "wait", true, err);
}

/* Invokes the runtime, unrecorded. *ret: whether it succeeded. An error is never the runtime's. */
static int try_call(struct canary *c, const char *const words[], int timeout_ms, bool *ret, struct err *err)
{
	char root[PATH_MAX];
	struct err why = {0};
	struct call call = {
		.root = root,
		.systemd_cgroup = c->systemd_cgroup,
		.words = words,
		.id = c->id,
		.signal_fd = c->plan->signal_fd,
		.timeout_ms = timeout_ms,
		.plan = c->plan,
	};
	int r;

	snprintf(root, sizeof(root), "%s/root", c->dir);
	r = run_call(&call, &why);
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

	next_id(c);
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

	next_id(c);
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
		struct call call = {
			.root = root,
			.systemd_cgroup = canary_systemd_cgroup(plan->shape),
			.words = (const char *const[]){"delete", "--force", e->d_name, NULL},
			.id = e->d_name,
			.signal_fd = -1,
			.plan = plan,
		};
		(void)run_call(&call, NULL);
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

	if (!r && canary_maps_users(c->plan->shape))
		r = let_through(c, err);
	if (r < 0)
		return r;
	snprintf(rootfs, sizeof(rootfs), "%s/rootfs", c->dir);
	r = canary_rootfs(c->plan->shape, rootfs, program, err);
	if (!r)
		r = write_bundle(c, "exit", false, err);
	return r ? r : write_bundle(c, "wait", true, err);
}

int canary_open(const struct canary_plan *plan, struct canary **ret, struct err *err)
{
	cleanup_with(canary_cleanup) struct canary *c = calloc(1, sizeof(*c));
	char temp[PATH_MAX];

	if (!c)
		return err_set(err, ENOMEM, "out of memory");
	c->plan = plan;
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
	int r = fill(c, err);

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
	free(c->dir);
	free(c->seccomp);
	free(c);
}
