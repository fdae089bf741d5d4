#include "shim/cli/floor/sample.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json/json.h"
#include "shim/cli/floor/ablate.h"
#include "shim/cli/floor/canary.h"
#include "shim/cli/floor/floor.h"
#include "shim/cli/floor/pair.h"
#include "shim/cli/common/run.h"
#include "shim/common/client.h"
#include "shim/common/namespaces.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define ROUND_STARTS       10
#define ROUND_EXECS        5
#define CREATE_EVERY       4 /* a start by `create` invokes the runtime three times, one by `run` once */
#define HOPELESS_ROUNDS    3 /* rounds without a complete start, then give up */
#define FAILED_ROUNDS_MAX  3 /* on a busy node, a start may fail now and then: no reason to give up */
#define VERSION_TIMEOUT_MS 10000
#define PLAIN_EVERY        50 /* starts between lines of progress, if stderr is no terminal */

struct sampling {
	const struct sample_plan *plan;
	enum client_server recorder;
	char runtime_id[OCI_RUNTIME_ID_MAX];
	struct floor_id id;
	struct buf key[FLOOR_PHASES];
	struct canary *canary;
	int signal_fd;
	sigset_t old_mask;
	struct canary *second; /* runs beside the other one */
	uint64_t tried;        /* starts of this sampling */
	bool no_exec;          /* this runtime cannot exec while it is recorded */
	uint64_t told;         /* number of starts at which the next progress line is due */
	struct floor_stat stat;
};

static int ask(const struct sampling *s, struct buf *request, struct err *err)
{
	return client_ask(s->recorder, s->plan->config, request, NULL, err);
}

/* Waits until the evidence has everything that the starts so far called, and their runs have ended. */
static int settle(const struct sampling *s, enum floor_phase phase, struct err *err)
{
	cleanup_buf struct buf request = {0};
	struct json_writer w;

	json_write_begin(&w, &request, false);
	json_write_object(&w, NULL);
	json_write_string(&w, "op", "settle");
	json_write_string(&w, "space", "floor");
	json_write_string(&w, "key", s->key[phase].data);
	json_write_end_object(&w);
	return ask(s, &request, err);
}

static int tell_version(const struct sampling *s, struct err *err)
{
	cleanup_buf struct buf version = {0};
	cleanup_buf struct buf request = {0};
	char option[] = "--version";
	char *argv[] = {s->plan->runtime->path, option, NULL};
	const struct run run = {.argv = argv, .signal_fd = s->signal_fd, .timeout_ms = VERSION_TIMEOUT_MS};
	struct json_writer w;
	int r = run_program(&run, &version, err);

	if (r < 0)
		return r;
	for (char *p = version.data; p && *p; p++)
		if (*p == '\n')
			*p = p[1] ? ';' : 0;
	json_write_begin(&w, &request, false);
	json_write_object(&w, NULL);
	json_write_string(&w, "op", "version");
	json_write_string(&w, "runtime_id", s->runtime_id);
	json_write_string(&w, "version", version.data ? version.data : "");
	json_write_end_object(&w);
	return ask(s, &request, err);
}

static int start_canaries(struct canary *canary, uint64_t starts, bool no_exec, struct err *err)
{
	int r = !starts ? 0 : no_exec ? canary_create(canary, err) : canary_exec(canary, ROUND_EXECS, err);

	for (uint64_t i = 1; !r && i < starts; i++)
		r = i % CREATE_EVERY ? canary_run(canary, err) : canary_create(canary, err);
	return r;
}

/* In memory that two processes share with their parent. */
struct both {
	struct canary *canary[PAIR];
	uint64_t starts[PAIR];
	bool no_exec;
	int r[PAIR];
	struct err err[PAIR];
};

static void start_beside(void *arg, unsigned which)
{
	struct both *both = arg;

	both->r[which] = start_canaries(both->canary[which], both->starts[which], both->no_exec, &both->err[which]);
}

/* Starts two canaries at a time. */
static int start_both(struct sampling *s, uint64_t starts, struct err *err)
{
	struct both *both = pair_memory_new(sizeof(*both));
	int r;

	if (!both)
		return err_set(err, ENOMEM, "out of memory");
	*both = (struct both){.canary = {s->canary, s->second}, .starts = {(starts + 1) / 2, starts / 2}, .no_exec = s->no_exec};
	r = pair_run(start_beside, both, s->signal_fd);
	if (r < 0)
		err_set(err, r, "%s", r == -EINTR ? "interrupted" : "cannot start two canaries at once");
	for (unsigned i = 0; !r && i < PAIR; i++)
		if (both->r[i] < 0)
			r = err_set(err, both->r[i], "%s", both->err[i].msg);
	pair_memory_free(both, sizeof(*both));
	return r;
}

static int look(struct sampling *s, struct floor *ret, struct err *err)
{
	int r = 0;

	for (enum floor_phase p = 0; !r && p < FLOOR_PHASES; p++)
		r = settle(s, p, err);
	if (!r)
		r = floor_load(&s->id, ret, err);
	if (!r && !floor_is_sampled(ret))
		r = err_set(err, ENOENT, "the recorder kept no evidence of the canaries");
	return r;
}

static int do_round(struct sampling *s, unsigned round, struct err *err)
{
	cleanup_floor struct floor floor = {0};
	uint64_t left = s->plan->max - s->tried, full = round % 2 ? PAIR * ROUND_STARTS : ROUND_STARTS;
	uint64_t starts = left < full ? left : full;
	int r = round % 2 ? start_both(s, starts, err) : start_canaries(s->canary, starts, s->no_exec, err);

	/* snug-agent gives the version to runs that it knows. */
	if (!r && !round && s->recorder == CLIENT_AGENT)
		r = tell_version(s, err);
	if (!r)
		r = look(s, &floor, err);
	if (r < 0)
		return r;
	s->tried += starts;
	floor_evaluate(&floor, &s->stat);
	if (round + 1 >= HOPELESS_ROUNDS && (!s->stat.starts || (!s->stat.execs && !s->no_exec))) {
		reason_set reasons = floor_reasons(&floor);

		return err_set(err, EIO, "no canary was recorded completely: %s",
			       reasons ? reason_what((enum reason)__builtin_ctz(reasons))
				       : "the recorder registered none");
	}
	return 0;
}

static bool confidence(const struct sampling *s)
{
	return s->stat.silent >= s->plan->silent && (s->no_exec || 2 * s->stat.silent_execs >= s->plan->silent);
}

static void show_progress(struct sampling *s)
{
	if (isatty(STDERR_FILENO)) {
		fprintf(stderr,
			"\r\033[Ksampling %s: %" PRIu64
			" starts, %zu calls, no new one in the last %zu (stops at %" PRIu64 ")",
			s->plan->runtime->path, s->tried, s->stat.calls, s->stat.silent, s->plan->silent);
	} else if (s->tried >= s->told) {
		fprintf(stderr,
			"sampling %s: %" PRIu64 " starts, %zu calls, no new one in the last %zu (stops at %" PRIu64
			")\n",
			s->plan->runtime->path, s->tried, s->stat.calls, s->stat.silent, s->plan->silent);
		s->told = s->tried + PLAIN_EVERY;
	}
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

/* Finds out which calls it needs. Does not repeat what earlier samplings tried. */
static int ablate(struct sampling *s, struct err *err)
{
	cleanup_floor struct floor floor = {0};
	int r = floor_load(&s->id, &floor, err);

	const struct ablate_plan plan = {.canary = {s->canary, s->second},
					 .what = s->plan->runtime->path,
					 .go = s->plan->runtime->is_go,
					 .notified = s->recorder == CLIENT_AGENT,
					 .signal_fd = s->signal_fd};

	if (!r)
		r = ablate_floor(&plan, &floor, &floor.ablation, err);
	if (r > 0) {
		fprintf(stderr, "%s starts no unrecorded canary, so which of its calls it needs is unknown\n",
			s->plan->runtime->path);
		return 0;
	}
	return r ? r
		 : floor_save_ablation(&s->id, &floor.ablation, err);
}

/* Not every runtime can hand over the listener of a process that enters a rootless container. A start tells whether it is this. */
static int find_out_about_exec(struct sampling *s, struct err *err)
{
	struct err why = {0};
	int r = canary_run(s->canary, err);

	if (r < 0)
		return r;
	r = canary_exec(s->canary, 1, &why);
	if (r == -EREMOTEIO) {
		s->no_exec = true;
		fprintf(stderr, "execs are not sampled: %s cannot exec into a container that is learnt by notify (%s)\n", s->plan->runtime->path, why.msg);
		return 0;
	}
	return r < 0 ? err_set(err, r, "%s", why.msg) : 0;
}

static int sample(struct sampling *s, bool *ret_confidence, struct err *err)
{
	const struct canary_plan canaries = {
		.config = s->plan->config,
		.runtime = s->plan->runtime,
		.shape = s->plan->shape,
		.key = s->key[FLOOR_CREATE].data,
		.exec_key = s->key[FLOOR_EXEC].data,
		.recorder = s->recorder,
		.rootless = s->id.rootless,
		.signal_fd = s->signal_fd,
	};
	cleanup_with(canary_cleanup) struct canary *canary = NULL;
	cleanup_with(canary_cleanup) struct canary *second = NULL;
	unsigned failed = 0;
	int r = tell_version(s, err);

	if (!r)
		r = canary_remove_stale(&canaries, err);
	if (!r)
		r = canary_open(&canaries, &canary, err);
	if (!r)
		r = canary_open(&canaries, &second, err);
	s->canary = canary;
	s->second = second;
	if (!r && s->recorder == CLIENT_AGENT)
		r = find_out_about_exec(s, err);
	for (unsigned round = 0; !r && s->tried < s->plan->max && !confidence(s); round++) {
		show_progress(s);
		r = do_round(s, round, err);
		if (r < 0 && r != -EINTR && failed++ < FAILED_ROUNDS_MAX)
			r = 0;
	}
	end_progress();
	*ret_confidence = confidence(s);
	return r ? r : ablate(s, err);
}

/* Waits for its turn: only one sampling runs at a time, so anything else in RUN_DIR/canary is stale. Signals end the wait. */
static int take_turn(const struct config *config, struct err *err)
{
	cleanup_fd int run = file_open_dirs(config->run_dir, err);

	if (run < 0)
		return run;
	cleanup_fd int dir = file_open_dirs_at(run, "canary", true, err);

	if (dir < 0)
		return dir;
	if (flock(dir, LOCK_EX | LOCK_NB) < 0) {
		fprintf(stderr, "waiting for another sampling to finish\n");
		if (flock(dir, LOCK_EX) < 0)
			return err_sys(err, errno, "%s/canary: cannot lock", config->run_dir);
	}
	return steal_fd(&dir);
}

static int take_signals(struct sampling *s, struct err *err)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	sigset_t set, blocked;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&set, signals[i]);
	blocked = set;
	/* A reader of stderr that goes away must not make us leave canaries behind. */
	sigaddset(&blocked, SIGPIPE);
	sigprocmask(SIG_BLOCK, &blocked, &s->old_mask);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	return s->signal_fd < 0 ? err_sys(err, errno, "signalfd") : 0;
}

/* If a signal ended the sampling, it has been handled: removes it before unblocking signals. */
static void give_signals_back(struct sampling *s)
{
	static const struct timespec now;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGPIPE);
	while (sigtimedwait(&set, NULL, &now) > 0)
		;
	sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
}

/* As containers are learnt. */
static int choose_recorder(const struct config *config, enum client_server *ret, struct err *err)
{
	bool audit = !namespaces_why_no_audit();

	if (config->source == CONFIG_SOURCE_AUDIT && !audit)
		return err_set(err, EPERM, "canaries cannot be recorded by the audit source: the kernel's audit records are for root of the initial user, pid"
			       " and network namespace alone; set \"source\": \"notify\", or take the catalogue (snug approve --for)");
	*ret = audit && config->source != CONFIG_SOURCE_NOTIFY ? CLIENT_SNUGD : CLIENT_AGENT;
	return 0;
}

int sample_floor(const struct sample_plan *plan, bool *ret_confidence, struct err *err)
{
	struct sampling s = {.plan = plan, .signal_fd = -1};
	bool done = false;
	int r = choose_recorder(plan->config, &s.recorder, err);

	if (r < 0)
		return r;
	/* First, with the caller's signals and priority: the recorder outlives this program. */
	cleanup_fd int recorder = client_connect_or_start(s.recorder, plan->config, err);

	if (recorder < 0)
		return recorder;
	cleanup_fd int turn = take_turn(plan->config, err);

	if (turn < 0)
		return turn;
	oci_runtime_id(plan->runtime, s.runtime_id);
	s.id = floor_id_here(plan->config->state_dir, s.runtime_id, plan->shape);
	for (enum floor_phase p = 0; p < FLOOR_PHASES; p++)
		floor_key(&s.id, p, &s.key[p]);
	r = buf_failed(&s.key[FLOOR_CREATE]) || buf_failed(&s.key[FLOOR_EXEC]) ? err_set(err, ENOMEM, "out of memory")
									       : take_signals(&s, err);
	if (!r) {
		r = sample(&s, &done, err);
		give_signals_back(&s);
		close(s.signal_fd);
	}
	for (enum floor_phase p = 0; p < FLOOR_PHASES; p++)
		buf_done(&s.key[p]);
	if (r < 0)
		return r;
	*ret_confidence = done;
	return 0;
}
