#include "shim/recorder/server/registration.h"

#include "base/clock.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "oci/key.h"
#include "shim/common/hidepid.h"
#include "shim/common/session.h"
#include "shim/recorder/server/counting.h"
#include "shim/recorder/server/run_is_over.h"
#include "shim/recorder/attribution/proc.h"
#include "shim/recorder/server/recorder.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Reads and checks a registration. Strings belong to the document; shape, a copy of part of the request's text, to the caller. */
static int read_registration(struct recorder *r, const struct json_doc *doc, const char *text, struct run_request *q,
			     struct buf *shape, const char **ret_command, struct err *err)
{
	const struct json *root = json_root(doc), *v = json_get(root, "shape");
	const char *mode = NULL, *space = NULL, *attribution = "";
	uint64_t session = 0;
	const struct {
		const char *name, **where;
	} strings[] = {{"command", ret_command},    {"mode", &mode},       {"space", &space},
		       {"id", &q->id},              {"root", &q->root},    {"key", &q->key},
		       {"runtime", &q->runtime},    {"baseline", &q->baseline},
		       {"runtime_id", &q->runtime_id}};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(strings) && rc == 0; i++)
		rc = json_want_string(doc, root, strings[i].name, strings[i].where, err);
	if (rc == 0 && json_get(root, "attribution"))
		rc = json_want_string(doc, root, "attribution", &attribution, err);
	q->by_cgroup = text_streq(attribution, evidence_attribution_name(EVIDENCE_BY_CGROUP));
	if (rc == 0 && !q->by_cgroup)
		rc = json_want_u64(doc, root, "session", &session, err);
	if (rc == 0 && (session >= SESSION_UNSET || evidence_mode_by_name(mode, &q->mode) < 0))
		rc = err_set(err, EINVAL, "registration: no such mode or session");
	if (rc == 0)
		rc = oci_key_check(q->key, err);
	if (rc < 0)
		return rc;
	q->space = text_streq(space, "floor") ? STATE_FLOOR : STATE_KEYS;
	q->session = (uint32_t)session;
	q->go = json_type(json_get(root, "go")) == JSON_TRUE;
	q->terminal = json_type(json_get(root, "terminal")) == JSON_TRUE;
	q->handed_over = json_type(json_get(root, "handed_over")) == JSON_TRUE;
	q->kernel = r->release;
	q->request = doc;
	q->runtime_version = recorder_runtime_version(&r->server, q->runtime_id);
	if (json_type(v) == JSON_OBJECT) {
		buf_add(shape, text + json_start(v), json_end(v) - json_start(v));
		q->shape = shape->data;
	}
	return 0;
}

static int cannot_see(pid_t pid, struct err *err)
{
	if (!hidepid_sees_all())
		return err_set(err, EPERM, "/proc hides process %d from snugd (hidepid): stop this snugd, the next one keeps CAP_SYS_PTRACE", (int)pid);
	return err_set(err, ESRCH, "registration: process %d is gone", (int)pid);
}

/* The runtime and the container inherit the sender's filters. If they cannot be read, there may be some. */
static int check_filters(pid_t pid, struct run_request *q, struct err *err)
{
	int r = proc_read_filters(pid, q->session, &q->filters);

	if (r == -ESRCH)
		return cannot_see(pid, err);
	if (r < 0)
		q->filters = PROC_FILTERS_SOME;
	return 0;
}

/* The sender must be in the session that it registers, or another container's records could be attributed to its run. If the
 * container has no session of its own, it uses the one that the sender is in. */
static int check_sender(pid_t pid, uint64_t pid_start, struct run_request *q, struct err *err)
{
	struct proc_stat st;
	uint32_t its = SESSION_UNSET;

	if (session_of(pid, &its) < 0 || proc_read_stat(pid, &st) < 0 || st.start != pid_start)
		return cannot_see(pid, err);
	if (q->by_cgroup)
		q->session = its;
	if (its != q->session)
		return err_set(err, EPERM, "registration: process %d is not in audit session %u", (int)pid, q->session);
	q->pid = pid;
	q->pid_start = st.start;
	return check_filters(pid, q, err);
}

int registration_check_health(const struct recorder *r, struct err *err)
{
	static const enum reason fatal[] = {REASON_LOG_OFF, REASON_EXCLUDED, REASON_BARRIER};

	if (!kernel_log_is_on())
		return err_set(err, EIO, "cannot record here: %s; %s", reason_what(REASON_LOG_OFF), reason_fix(REASON_LOG_OFF));
	for (size_t i = 0; i < ARRAY_SIZE(fatal); i++)
		if (r->loss.found & ((reason_set)1 << fatal[i]))
			return err_set(err, EIO, "cannot record here: %s; %s", reason_what(fatal[i]), reason_fix(fatal[i]));
	if (r->loss.info_known && r->loss.info.failure == 2)
		return err_set(err, EPERM, "will not record: the kernel is set to panic on a lost audit record (failure 2); `auditctl -f 1` changes that");
	return 0;
}

int registration_add(struct recorder *r, pid_t pid, uint64_t pid_start, const struct json_doc *doc, const char *text,
		      bool *ret_recorded, bool *ret_begun, struct err *err)
{
	cleanup_buf struct buf shape = {0};
	struct run_request q = {0};
	char cgroup[PROC_CGROUP_MAX];
	const char *command = NULL;
	cleanup_fd int pidfd = -1;
	int rc = read_registration(r, doc, text, &q, &shape, &command, err);

	if (rc == 0)
		rc = check_sender(pid, pid_start, &q, err);
	if (rc < 0)
		return rc;
	/* A recorder that has ended took this registration, its answer was lost, and this recorder has taken up the container. */
	if (runs_is_registered(&r->runs, &q)) {
		*ret_recorded = true;
		return 0;
	}
	if (text_streq(command, "exec")) {
		rc = runs_join(&r->runs, &q, err);
		if (rc == 0)
			counting_join(r, pid, pid_start);
		*ret_recorded = rc == 0;
		return rc == -ENOENT ? 0 : rc;
	}
	rc = proc_read_cgroup(pid, cgroup, NULL);
	if (rc < 0)
		return cannot_see(pid, err);
	q.callers_cgroup = cgroup;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	rc = runs_begin(&r->runs, &q, clock_monotonic_ms(), err);
	if (rc < 0)
		return rc;
	counting_begin(r, r->runs.list);
	/* Without the pidfd, the next look at /proc finds a process to watch. */
	if (pidfd >= 0 && run_over_watch(r, r->runs.list, pidfd) == 0)
		(void)steal_fd(&pidfd);
	*ret_recorded = true;
	*ret_begun = q.mode != EVIDENCE_ENFORCE;
	return 0;
}
