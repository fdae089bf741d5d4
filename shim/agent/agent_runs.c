#include "shim/agent/agent_runs.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"
#include "seccomp/evidence/unlogged_proof.h"
#include "seccomp/learning/notify.h"
#include "shim/agent/agent_live.h"
#include "shim/daemon/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINGER_MS 5000

static int make_id(char ret[AGENT_RUN_ID_SIZE], struct err *err)
{
	unsigned char bytes[AGENT_RUN_ID_SIZE / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return err_sys(err, errno, "cannot get random bytes");
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

static struct evidence_run *evidence_of(const struct agent_run *run)
{
	return evidence_run(run->key->evidence, run->no);
}

static void free_run(struct agent_runs *r, struct agent_run *run)
{
	if (run->key)
		store_release(r->store, run->key);
	if (run->starter >= 0)
		close(run->starter);
	free(run->root);
	free(run->container);
	free(run->exec_key);
	free(run);
}

static int begin_evidence(struct agent_run *run, const struct agent_run_request *q, struct err *err)
{
	struct evidence *ev = run->key->evidence;
	cleanup_free char *name = steal_ptr(&run->key->set_aside), *note = NULL;
	int r = q->shape ? evidence_set_shape(ev, q->shape, err) : 0;

	if (name && asprintf(&note, "older evidence was damaged; it was set aside as %s", name) < 0)
		note = NULL;
	const struct evidence_run init = {
		.container = run->container,
		.root = run->root,
		.runtime = (char *)(uintptr_t)q->runtime,
		.runtime_id = (char *)(uintptr_t)q->runtime_id,
		.kernel = (char *)(uintptr_t)q->kernel,
		.baseline = (char[]){"drop"},
		.note = note,
		.go = q->go,
		.mode = EVIDENCE_LEARN,
		.attribution = EVIDENCE_BY_LISTENER,
		.started_ms = text_now_ms(),
	};

	return r < 0 ? r : evidence_run_begin(ev, &init, &run->no, err);
}

/* What the section allows without notification is in the evidence before the container can be started with it. */
static int make_section(struct agent_run *run, const struct agent_run_request *q, const char *listener_path,
			struct buf *out, struct err *err)
{
	const struct notify_wish wish = {.listener_path = listener_path,
					 .metadata = run->id,
					 .go = q->go,
					 .experiments = q->experiments,
					 .hot = q->hot,
					 .hot_count = q->hot_count};
	cleanup_buf struct buf unlogged = {0};
	cleanup_json struct json_doc *doc = NULL;
	int r = notify_section_make(run->key->evidence, &wish, out, &unlogged, err);

	if (r == 0)
		r = json_parse(unlogged.data, unlogged.len, JSON_OURS, "section", &doc, err);
	return r < 0 ? r : unlogged_accept(run->key->evidence, run->no, doc, json_root(doc), err);
}

static void end(struct agent_runs *r, struct agent_run *run, enum evidence_end proof, uint64_t now_ms)
{
	struct evidence_run *er = evidence_of(run);

	if (er && !run->execd)
		er->reasons |= REASON_BIT(FILTER_NOT_SEEN);
	if (er)
		er->end = proof;
	evidence_run_end(run->key->evidence, run->no, text_now_ms());
	run->ended = true;
	run->ended_ms = now_ms;
	r->live--;
	agent_live_remove(r->run_dir, run->id);
	store_touch(r->store, run->key, true, now_ms);
}

static int fill(struct agent_runs *r, struct agent_run *run, const struct agent_run_request *q, struct err *err)
{
	int rc = make_id(run->id, err);

	run->go_on = q->go_on;
	run->root = strdup(q->root);
	run->container = strdup(q->id);
	run->exec_key = q->exec_key ? strdup(q->exec_key) : NULL;
	if (rc == 0 && (!run->root || !run->container || (q->exec_key && !run->exec_key)))
		rc = err_set(err, ENOMEM, "out of memory");
	run->starter = q->pid ? (int)syscall(SYS_pidfd_open, q->pid, 0) : -1;
	if (rc == 0 && q->pid && run->starter < 0)
		rc = err_sys(err, errno, "process %d, which is to become the runtime, cannot be watched", (int)q->pid);
	return rc < 0 ? rc : store_hold(r->store, q->space, q->key, &run->key, err);
}

int agent_runs_begin(struct agent_runs *r, const struct agent_run_request *q, const char *listener_path,
		     uint64_t now_ms, struct buf *out_section, struct err *err)
{
	struct agent_run *run = calloc(1, sizeof(*run));
	int rc;

	if (!run)
		return err_set(err, ENOMEM, "out of memory");
	run->starter = -1;
	rc = fill(r, run, q, err);
	if (rc == 0)
		rc = begin_evidence(run, q, err);
	if (rc < 0) {
		free_run(r, run);
		return rc;
	}
	run->next = r->list;
	r->list = run;
	r->live++;
	store_touch(r->store, run->key, true, now_ms);
	rc = make_section(run, q, listener_path, out_section, err);
	/* Only this note tells a live run from a forgotten one. */
	if (rc == 0)
		rc = agent_live_write(r->run_dir, run->id, q->space, q->key, err);
	if (rc < 0)
		end(r, run, EVIDENCE_END_UNSEEN, now_ms);
	return rc;
}

static struct agent_run *find(const struct agent_runs *r, const char *metadata)
{
	struct agent_run *run = metadata ? r->list : NULL;

	while (run && !text_streq(run->id, metadata))
		run = run->next;
	return run;
}

/* Begins the run of an exec into a canary, under the section that its container was started with. NULL: it cannot be. */
static struct agent_run *begin_exec(struct agent_runs *r, struct agent_run *of, uint64_t now_ms)
{
	const struct evidence_run *er = evidence_of(of);
	cleanup_buf struct buf id = {0}, section = {0};
	struct err err = {0};

	buf_addf(&id, "%s-exec-%u", of->container, of->execs++);
	if (!er || buf_failed(&id))
		return NULL;
	const struct agent_run_request q = {.space = of->key->space,
					    .id = id.data,
					    .root = of->root,
					    .key = of->exec_key,
					    .runtime = er->runtime,
					    .runtime_id = er->runtime_id,
					    .kernel = er->kernel,
					    .shape = evidence_shape(of->key->evidence),
					    .go = er->go,
					    .go_on = of->go_on};

	if (agent_runs_begin(r, &q, "/", now_ms, &section, &err) == 0)
		return r->list;
	log_say("%s", err.msg);
	return NULL;
}

struct listener *agent_runs_add_listener(struct agent_runs *r, const char *metadata, int fd, int process, bool joins,
					 uint64_t now_ms)
{
	struct listener *l = calloc(1, sizeof(*l));
	struct agent_run *run = find(r, metadata);
	bool is_exec = run && (run->started || joins);

	if (l && is_exec && run->exec_key) {
		run = begin_exec(r, run, now_ms);
		is_exec = false;
	}
	if (!l) {
		agent_runs_stamp(r, run, REASON_UNANSWERED, now_ms);
		return NULL;
	}
	*l = (struct listener){
		.next = r->listeners, .run = run, .fd = fd, .process = process, .is_exec = is_exec, .phase = EVIDENCE_WORKLOAD};
	r->listeners = l;
	if (run) {
		run->started |= !is_exec;
		run->open++;
	}
	return l;
}

/* The runtime has given the process its terminal, if it is to have one, before it loads the filter. tty_nr is the fifth field behind
 * the name (proc(5)), which may have any characters. */
static bool has_terminal(pid_t pid)
{
	char path[64], text[1024];
	const char *end;
	int tty = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (file_read_small(path, text, sizeof(text)) < 0)
		return false;
	end = strrchr(text, ')');
	return end && sscanf(end + 1, " %*c %*d %*d %*d %d", &tty) == 1 && tty != 0;
}

void agent_runs_tell_exec(struct listener *l, pid_t pid, pid_t init)
{
	if (l->is_exec && pid && init && pid != init)
		l->phase = has_terminal(pid) ? EVIDENCE_TERMINAL : EVIDENCE_EXEC;
}

static void unlink_listener(struct agent_runs *r, struct listener *l)
{
	struct listener **link = &r->listeners;

	while (*link != l)
		link = &(*link)->next;
	*link = l->next;
	close(l->fd);
	if (l->process >= 0)
		close(l->process);
	free(l);
}

void agent_runs_hang_up(struct agent_runs *r, struct listener *l, uint64_t now_ms)
{
	struct agent_run *run = l->run;

	unlink_listener(r, l);
	if (run && --run->open == 0 && run->started && !run->ended)
		end(r, run, EVIDENCE_END_LISTENERS, now_ms);
}

void agent_runs_stamp(struct agent_runs *r, struct agent_run *run, enum reason reason, uint64_t now_ms)
{
	for (struct agent_run *other = r->list; other; other = other->next) {
		struct evidence_run *er = (run ? other == run : !other->ended) ? evidence_of(other) : NULL;

		if (!er)
			continue;
		er->reasons |= (reason_set)1 << reason;
		store_touch(r->store, other->key, true, now_ms);
	}
}

/* Both runtimes keep a container's state in ROOT/ID. */
static bool has_state(const struct agent_run *run)
{
	cleanup_free char *path = NULL;
	struct stat st;

	if (asprintf(&path, "%s/%s", run->root, run->container) < 0) {
		path = NULL;
		return true;
	}
	return stat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

void agent_runs_give_up(struct agent_runs *r, uint64_t now_ms)
{
	for (struct agent_run *run = r->list; run; run = run->next)
		if (!run->ended && !run->started && !run->open && run->starter < 0 && !has_state(run))
			end(r, run, EVIDENCE_END_UNSEEN, now_ms);
}

bool agent_runs_wants_version(const struct agent_runs *r, const char *runtime_id)
{
	for (const struct agent_run *run = r->list; run; run = run->next) {
		const struct evidence_run *er = evidence_of(run);

		if (er && evidence_run_wants_version(er, runtime_id))
			return true;
	}
	return false;
}

void agent_runs_name_version(struct agent_runs *r, const char *runtime_id, const char *version, uint64_t now_ms)
{
	for (struct agent_run *run = r->list; run; run = run->next) {
		struct evidence_run *er = evidence_of(run);

		if (er && evidence_run_set_version(er, runtime_id, version) == 1)
			store_touch(r->store, run->key, true, now_ms);
	}
}

void agent_runs_sweep(struct agent_runs *r, uint64_t now_ms)
{
	struct agent_run **link = &r->list;

	while (*link) {
		struct agent_run *run = *link;

		if (run->ended && !run->open && now_ms - run->ended_ms >= LINGER_MS) {
			*link = run->next;
			free_run(r, run);
		} else {
			link = &run->next;
		}
	}
}

/* Loading the evidence stamps and ends the runs that have no end: nothing watches them. */
static bool end_orphan(void *arg, enum state_space space, const char *key)
{
	struct agent_runs *r = arg;
	struct store_key *k = NULL;
	struct err err = {0};

	if (store_hold(r->store, space, key, &k, &err) < 0) {
		log_say("%s", err.msg);
		return false;
	}
	store_touch(r->store, k, true, 0);
	store_release(r->store, k);
	return true;
}

void agent_runs_end_orphans(struct agent_runs *r)
{
	struct err err = {0};

	agent_live_each(r->run_dir, end_orphan, r);
	if (store_save_all(r->store, &err) < 0)
		log_say("%s", err.msg);
}

void agent_runs_done(struct agent_runs *r, uint64_t now_ms)
{
	for (struct agent_run *run = r->list; run; run = run->next) {
		if (run->ended)
			continue;
		agent_runs_stamp(r, run, REASON_RECORDER, now_ms);
		end(r, run, EVIDENCE_END_UNSEEN, now_ms);
	}
	while (r->listeners)
		unlink_listener(r, r->listeners);
	while (r->list) {
		struct agent_run *run = r->list;

		r->list = run->next;
		free_run(r, run);
	}
}
