#include "shim/agent/keeper.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "shim/daemon/log.h"
#include "shim/daemon/signals.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct entry {
	_Atomic int listener; /* descriptor + 1; 0: empty. Written last, so a death in between leaves no half-written entry */
	int process;
	bool go_on;
};

struct keeper {
	struct entry entries[KEEPER_MAX];
};

int keeper_add(struct keeper *k, int listener, int process, bool go_on)
{
	for (size_t i = 0; i < KEEPER_MAX; i++) {
		if (atomic_load(&k->entries[i].listener))
			continue;
		k->entries[i].process = process;
		k->entries[i].go_on = go_on;
		atomic_store(&k->entries[i].listener, listener + 1);
		return 0;
	}
	return -ENOSPC;
}

void keeper_remove(struct keeper *k, int listener)
{
	for (size_t i = 0; i < KEEPER_MAX; i++)
		if (atomic_load(&k->entries[i].listener) == listener + 1)
			atomic_store(&k->entries[i].listener, 0);
}

static bool is_kept(const struct keeper *k, int fd)
{
	for (size_t i = 0; i < KEEPER_MAX; i++) {
		int listener = atomic_load(&k->entries[i].listener);

		if (listener && (listener - 1 == fd || k->entries[i].process == fd))
			return true;
	}
	return false;
}

/* Closes the lock, the sockets, the saver's files: everything that a new agent needs for itself. */
static void close_others(const struct keeper *k)
{
	DIR *d = opendir("/proc/self/fd");

	if (!d)
		return;
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		uint64_t fd;

		if (text_parse_u64(e->d_name, &fd) == 0 && fd > 2 && (int)fd != dirfd(d) && !is_kept(k, (int)fd))
			close((int)fd);
	}
	closedir(d);
}

static void stop_containers(const struct keeper *k)
{
	for (size_t i = 0; i < KEEPER_MAX; i++) {
		const struct entry *e = &k->entries[i];

		if (atomic_load(&e->listener) && !e->go_on && e->process >= 0)
			(void)syscall(SYS_pidfd_send_signal, e->process, SIGKILL, NULL, 0);
	}
}

static size_t list(const struct keeper *k, struct pollfd *p)
{
	size_t n = 0;

	for (size_t i = 0; i < KEEPER_MAX; i++) {
		int listener = atomic_load(&k->entries[i].listener);

		if (listener)
			p[n++] = (struct pollfd){.fd = listener - 1, .events = POLLIN};
	}
	return n;
}

static void answer_all(struct keeper *k, struct unotify *kernel)
{
	struct pollfd *p = calloc(KEEPER_MAX, sizeof(*p));
	size_t n = p ? list(k, p) : 0;

	/* The worker had received this one, from one of them. No two listeners have a number in common: they begin at
	 * random. */
	for (size_t i = 0; i < n; i++)
		(void)unotify_continue(kernel, p[i].fd);
	while (n > 0) {
		if (poll(p, n, -1) < 0 && errno != EINTR)
			break;
		for (size_t i = 0; i < n; i++) {
			if (p[i].revents & POLLIN && unotify_receive(kernel, p[i].fd) == 0)
				(void)unotify_continue(kernel, p[i].fd);
			else if (p[i].revents & (POLLHUP | POLLERR | POLLNVAL))
				keeper_remove(k, p[i].fd);
		}
		n = list(k, p);
	}
	free(p);
}

static void own_signals(sigset_t *ret)
{
	signals_fill(ret);
	sigaddset(ret, SIGCHLD);
}

/* Passes on signals that ask the agent to end; the keeper ends when the worker does. Returns the worker's status. */
static int await_end(pid_t worker)
{
	sigset_t set;
	int status = 0;

	own_signals(&set);
	for (;;) {
		int sig = sigwaitinfo(&set, NULL);

		if (sig > 0 && sig != SIGCHLD)
			kill(worker, sig);
		else if (waitpid(worker, &status, WNOHANG) == worker && (WIFEXITED(status) || WIFSIGNALED(status)))
			return status;
	}
}

static void keep(struct keeper *k, struct unotify *kernel, pid_t worker)
{
	int status;

	prctl(PR_SET_NAME, "snug-keeper");
	status = await_end(worker);
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	log_say("the agent was ended by signal %d: what was being learnt is stamped, and where on_error is fail its containers are stopped",
		WTERMSIG(status));
	close_others(k);
	stop_containers(k);
	answer_all(k, kernel);
	_exit(1);
}

int keeper_divide(struct unotify *kernel, struct keeper **ret, struct err *err)
{
	struct keeper *k = mmap(NULL, sizeof(*k), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sigset_t set;
	int worker;

	if (k == MAP_FAILED)
		return err_sys(err, errno, "cannot share memory");
	own_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	worker = unotify_fork_sharing();
	if (worker < 0) {
		munmap(k, sizeof(*k));
		return err_sys(err, errno, "cannot start the agent's second process");
	}
	if (worker > 0)
		keep(k, kernel, worker);
	*ret = k;
	return 0;
}
