#include "shim/cli/doctor/doctor.h"

#include "base/clock.h"
#include "base/file.h"
#include "shim/common/session.h"
#include "shim/recorder/stream/audit_query.h"
#include "shim/recorder/stream/kernel.h"
#include "shim/recorder/stream/loss.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STATUS_MS     1000
#define PROBES        3
#define LOST_MS       500     /* how long to watch the count of lost records */
#define RATE_ENOUGH   250000  /* records per second: the most that kauditd can deliver */
#define BACKLOG_LARGE 8192

static int ask_status(struct audit_info *ret, struct err *err)
{
	cleanup_fd int fd = audit_open_status(err);
	struct audit_answer a = {.kind = AUDIT_ANSWER_OTHER};
	int r;

	if (fd < 0)
		return fd;
	r = audit_ask_status(fd, 1);
	while ((r == 0 && a.kind != AUDIT_ANSWER_INFO) || r == -EAGAIN) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (poll(&p, 1, STATUS_MS) <= 0)
			return err_set(err, ETIMEDOUT, "the kernel does not answer a request for the audit status");
		r = audit_read_answer(fd, &a);
	}
	if (r < 0)
		return err_sys(err, r, "the audit status cannot be read");
	*ret = a.info;
	return 0;
}

enum doctor_result doctor_stream(struct doctor *d, struct doctor_finding *f)
{
	struct audit_reader *reader = NULL;
	struct err err = {0};

	if (d->audit_off)
		return doctor_found(f, DOCTOR_SKIPS, "not tested: this kernel has no audit");
	if (audit_open(AUDIT_BUFFER, &reader, &err) < 0)
		return doctor_found(f, DOCTOR_FAILS, "%s", err.msg);
	audit_close(reader);
	return doctor_found(f, DOCTOR_OK, "the audit multicast group can be read");
}

enum doctor_result doctor_receive_buffer(struct doctor *d, struct doctor_finding *f)
{
	struct audit_reader *reader = NULL;
	socklen_t len = sizeof(int);
	int got = 0, r;

	if (d->audit_off || audit_open(AUDIT_BUFFER, &reader, NULL) < 0)
		return doctor_found(f, DOCTOR_SKIPS, "not tested: the stream cannot be opened");
	r = getsockopt(audit_fd(reader), SOL_SOCKET, SO_RCVBUF, &got, &len);
	audit_close(reader);
	/* The kernel doubles the size, to make room for its own overhead (socket(7)). */
	if (r < 0 || (unsigned)got < 2 * AUDIT_BUFFER)
		return doctor_found(f, DOCTOR_WARNS,
				    "the receive buffer has %d bytes, not %u, so a flood overruns it sooner (and the "
				    "run is incomplete)",
				    got, 2 * AUDIT_BUFFER);
	return doctor_found(f, DOCTOR_OK, "the receive buffer has %d MiB", got >> 20);
}

enum doctor_result doctor_status(struct doctor *d, struct doctor_finding *f)
{
	struct err err = {0};

	if (d->audit_off)
		return doctor_found(f, DOCTOR_SKIPS, "not tested: this kernel has no audit");
	d->first_known = ask_status(&d->first, &err) == 0;
	if (!d->first_known)
		return doctor_found(f, DOCTOR_FAILS, "%s", err.msg);
	return doctor_found(f, DOCTOR_OK, "the audit status can be read; audit is %s, which does not matter", d->first.enabled ? "enabled" : "not enabled");
}

static bool skips_status(const struct doctor *d, struct doctor_finding *f)
{
	if (!d->first_known)
		doctor_found(f, DOCTOR_SKIPS, "not tested: the audit status cannot be read");
	return !d->first_known;
}

enum doctor_result doctor_failure_mode(struct doctor *d, struct doctor_finding *f)
{
	static const char *const modes[] = {"is not reported (0)", "is printed (1)",
					    "panics the node (2), so snug does not learn here"};
	enum doctor_result r;

	if (skips_status(d, f))
		return DOCTOR_SKIPS;
	r = d->first.failure == 2 ? DOCTOR_FAILS : DOCTOR_OK;
	return doctor_found(f, r, "a lost audit record %s", d->first.failure < ARRAY_SIZE(modes) ? modes[d->first.failure] : "has an unknown effect");
}

enum doctor_result doctor_rate_limit(struct doctor *d, struct doctor_finding *f)
{
	if (skips_status(d, f))
		return DOCTOR_SKIPS;
	if (!d->first.rate_limit)
		return doctor_found(f, DOCTOR_OK, "audit has no rate limit");
	return doctor_found(f, d->first.rate_limit < RATE_ENOUGH ? DOCTOR_FAILS : DOCTOR_OK,
			    "audit drops records above %u per second; starting one container can exceed that",
			    d->first.rate_limit);
}

enum doctor_result doctor_backlog(struct doctor *d, struct doctor_finding *f)
{
	if (skips_status(d, f))
		return DOCTOR_SKIPS;
	if (!d->first.backlog_limit)
		return doctor_found(f, DOCTOR_OK, "the audit backlog has no limit");
	if (d->first.backlog_wait_jiffies == 0)
		return doctor_found(f, d->first.backlog_limit < BACKLOG_LARGE ? DOCTOR_FAILS : DOCTOR_WARNS,
				    "a full audit backlog (%u records) loses records at once: backlog_wait_time is 0", d->first.backlog_limit);
	return doctor_found(f, DOCTOR_OK, "a full audit backlog (%u records) makes the caller wait", d->first.backlog_limit);
}

enum doctor_result doctor_exclude_rules(struct doctor *d, struct doctor_finding *f)
{
	cleanup_buf struct buf fix = {0};
	enum audit_drop drop = AUDIT_DROP_NONE;
	struct err err = {0};

	if (skips_status(d, f))
		return DOCTOR_SKIPS;
	if (audit_query_exclude(&drop, &fix, &err) < 0)
		return doctor_found(f, DOCTOR_FAILS, "cannot list the audit rules: %s", err.msg);
	if (drop == AUDIT_DROP_NONE)
		return doctor_found(f, DOCTOR_OK, "no audit rule drops seccomp records");
	buf_add(&f->fix, fix.data, fix.len);
	return doctor_found(f, DOCTOR_FAILS, "an audit rule drops %sseccomp records", drop == AUDIT_DROP_ALL ? "" : "some processes' ");
}

struct probing {
	struct loss loss;
	struct kernel kernel;
	reason_set bad;
};

static void on_stamp(void *arg, enum reason reason)
{
	struct probing *p = arg;

	p->bad |= (reason_set)1 << reason;
}

static int on_fire(void *arg, uint32_t seq)
{
	struct probing *p = arg;

	return kernel_fire(&p->kernel, seq);
}

static int on_ask_rules(void *arg, uint32_t seq)
{
	struct probing *p = arg;

	return audit_ask_rules(p->kernel.fd, seq);
}

static int on_ask_status(void *arg, uint32_t seq)
{
	struct probing *p = arg;

	return audit_ask_status(p->kernel.fd, seq);
}

static bool on_log_is_on(void *arg)
{
	return kernel_log_is_on();
}

static void on_message(void *arg, uint16_t type, const char *text, size_t len)
{
	struct probing *p = arg;
	uint64_t time_ms, serial;
	struct record rec;
	uint32_t seq;

	if (!record_stamp(text, len, &time_ms, &serial)) {
		on_stamp(p, REASON_BAD_RECORD);
		return;
	}
	loss_see_serial(&p->loss, (uint32_t)serial);
	if (type == AUDIT_SECCOMP && record_parse(text, len, &rec) == 0 && probe_matches(&p->kernel.probe, &rec, &seq))
		loss_see_probe(&p->loss, seq, (uint32_t)rec.serial, clock_monotonic_ms());
}

static void on_datagram(void *arg, const void *data, size_t len)
{
	if (audit_each(data, len, on_message, arg) < 0)
		on_stamp(arg, REASON_BAD_RECORD);
}

static void pass_checkpoint(struct probing *p, struct audit_reader *reader)
{
	uint64_t want = loss_checkpoint(&p->loss, clock_monotonic_ms());

	while (p->loss.passed < want) {
		struct pollfd fds[] = {{.fd = audit_fd(reader), .events = POLLIN}, {.fd = p->kernel.fd, .events = POLLIN}};
		int n;

		poll(fds, ARRAY_SIZE(fds), 50);
		do {
			n = audit_read(reader, on_datagram, p);
			if (n == -ENOBUFS)
				on_stamp(p, REASON_OVERRUN);
		} while (n > 0 || n == -ENOBUFS);
		if (fds[1].revents)
			kernel_read(&p->kernel, &p->loss);
		loss_step(&p->loss, clock_monotonic_ms());
	}
}

enum doctor_result doctor_probe(struct doctor *d, struct doctor_finding *f)
{
	struct probing p = {.kernel = KERNEL_INIT};
	const struct loss_means means = {on_stamp, on_fire, on_ask_rules, on_ask_status, on_log_is_on, &p};
	struct audit_reader *reader = NULL;
	struct err err = {0};
	int r;

	if (!d->namespaces_initial || !d->first_known || audit_open(AUDIT_BUFFER, &reader, &err) < 0)
		return doctor_found(f, DOCTOR_SKIPS, "not tested: the stream cannot be read here");
	loss_init(&p.loss, &means);
	r = kernel_open(&p.kernel, &err);
	for (unsigned i = 0; i < PROBES && r == 0 && !(p.bad & ~REASON_BIT(EXCLUDED)); i++)
		pass_checkpoint(&p, reader);
	kernel_close(&p.kernel);
	audit_close(reader);
	if (r < 0)
		return doctor_found(f, DOCTOR_FAILS, "%s", err.msg);
	for (enum reason i = 0; i < REASON_COUNT; i++)
		/* Another check covers rules that drop records of some processes. */
		if (i != REASON_EXCLUDED && p.bad & ((reason_set)1 << i)) {
			buf_adds(&f->fix, reason_fix(i));
			return doctor_found(f, DOCTOR_FAILS, "%s", reason_what(i));
		}
	return doctor_found(f, DOCTOR_OK, "%d of %d probes came back through the whole audit path", PROBES, PROBES);
}

enum doctor_result doctor_lost(struct doctor *d, struct doctor_finding *f)
{
	struct audit_info now = {0};
	struct err err = {0};
	if (skips_status(d, f))
		return DOCTOR_SKIPS;
	nanosleep(&(struct timespec){.tv_nsec = LOST_MS * 1000000L}, NULL);
	if (ask_status(&now, &err) < 0)
		return doctor_found(f, DOCTOR_FAILS, "%s", err.msg);
	if (now.lost != d->first.lost)
		return doctor_found(f, DOCTOR_FAILS, "audit lost %u records during this test",
				    now.lost - d->first.lost);
	return doctor_found(f, DOCTOR_OK, "the kernel's count of lost audit records does not rise (it is %u)",
			    now.lost);
}

/* Results from the child that tried: first without a login uid, as containerd and dockerd are; then with one, as a login shell
 * is. */
struct session_try {
	struct err first, second;
};

static void try_sessions(int fd)
{
	struct session_try t = {0};
	uint32_t session;

	if (session_begin(&session, &t.first) == 0)
		(void)session_begin(&session, &t.second);
	_exit(file_write_full(fd, &t, sizeof(t)) < 0);
}

static int try_in_child(struct session_try *ret, struct err *err)
{
	cleanup_fd int out = -1, in = -1;
	int fds[2];
	pid_t pid;
	ssize_t n;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe");
	out = fds[0];
	in = fds[1];
	pid = fork();
	if (pid < 0)
		return err_sys(err, errno, "cannot fork");
	if (pid == 0)
		try_sessions(in);
	close(steal_fd(&in));
	n = read(out, ret, sizeof(*ret));
	waitpid(pid, NULL, 0);
	return n == sizeof(*ret) ? 0 : err_set(err, EIO, "the test process died");
}

enum doctor_result doctor_session(struct doctor *d, struct doctor_finding *f)
{
	bool immutable = false, only_unset = false;
	struct session_try t = {0};
	struct err err = {0};

	if (try_in_child(&t, &err) < 0)
		return doctor_found(f, DOCTOR_FAILS, "%s", err.msg);
	if (!t.first.code && !t.second.code)
		return doctor_found(f, DOCTOR_OK, "a container can have an audit session of its own");
	(void)audit_query_features(&immutable, &only_unset, NULL);
	if (only_unset && !immutable)
		buf_adds(&f->fix, "switch off the audit feature only_unset_loginuid");
	else if (!immutable)
		buf_adds(&f->fix, "run as root: changing a login uid takes CAP_AUDIT_CONTROL");
	if (t.first.code)
		return doctor_found(f, DOCTOR_FAILS, "%s%s", t.first.msg, immutable ? ": loginuid_immutable is set" : only_unset ? ": only_unset_loginuid is set" : "");
	return doctor_found(
		f, DOCTOR_WARNS,
		"only a caller without a login uid can begin a session (containerd, dockerd; not a login shell)%s",
		immutable    ? ": loginuid_immutable is set"
		: only_unset ? ": only_unset_loginuid is set"
			     : "");
}
