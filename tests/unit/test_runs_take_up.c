/* A recorder that takes up the runs of one that was killed. */
#include "base/file.h"
#include "shim/recorder/attribution/state_file.h"
#include "tests/unit/runs_fixture.h"

#include <errno.h>
#include <fcntl.h>

/* A second recorder on the same evidence and notes. */
struct successor {
	struct live notes;
	struct store store;
	struct runs *runs;
	unsigned taken;
};

static bool take_up(void *arg, const struct live_entry *e)
{
	struct successor *s = arg;
	bool taken = runs_take_up(s->runs, e, 5);

	s->taken += taken;
	return taken;
}

static void succeed(struct fixture *f, struct successor *s)
{
	*s = (struct successor){.store = {.state_dir = f->state_dir}, .runs = test_malloc(sizeof(*s->runs))};
	runs_init(s->runs, &s->store);
	assert_int_equal(live_open(&s->notes, f->state_dir, NULL), 0);
	s->runs->notes = &s->notes;
	s->store.taking_up = true;
	assert_int_equal(live_each(&s->notes, take_up, s, NULL), 0);
	s->store.taking_up = false;
	runs_end_orphans(s->runs, 5);
}

static void successor_done(struct successor *s)
{
	runs_done(s->runs);
	assert_int_equal(store_save_all(&s->store, NULL), 0);
	live_close(&s->notes);
	test_free(s->runs);
}

static void forget_unsaved(struct store *s)
{
	while (s->unsaved) {
		struct store_key *k = s->unsaved;

		s->unsaved = k->unsaved_next;
		evidence_free(k->evidence);
		free(k->set_aside);
		free(k);
	}
	*s = (struct store){.state_dir = s->state_dir};
}

/* The recorder killed: before anything of a run was saved, and after. Its run goes on as the same one, where it was. */
static void taken_up(void **state)
{
	struct fixture *f = *state;
	struct live notes = LIVE_INIT;
	struct successor s;
	struct run *run;

	assert_int_equal(live_open(&notes, f->state_dir, NULL), 0);
	f->runs->notes = &notes;
	for (unsigned saved = 0; saved < 2; saved++) {
		const struct run_request q = {.session = 7,
					      .pid = 70,
					      .pid_start = 700,
					      .id = "web",
					      .root = ROOT,
					      .key = "web",
					      .runtime = "/usr/sbin/runc",
					      .runtime_id = "runc-1",
					      .baseline = "drop",
					      .kernel = "6.1"};
		const struct run_request exec = {.session = 8, .pid = 80, .pid_start = 800, .id = "web", .root = ROOT};

		assert_int_equal(runs_begin(f->runs, &q, 1, NULL), 0);
		assert_int_equal(runs_join(f->runs, &exec, NULL), 0);
		call(f, 7, INIT, "execve");
		if (saved)
			assert_int_equal(store_save_all(&f->store, NULL), 0);
		succeed(f, &s);
		assert_int_equal(s.taken, 2);
		assert_int_equal(s.runs->live, 1);
		/* Whoever did not get its answer asks again. */
		assert_true(runs_is_registered(s.runs, &q) && runs_is_registered(s.runs, &exec));
		assert_false(runs_is_registered(
			s.runs,
			&(struct run_request){.session = 7, .pid = 71, .pid_start = 700, .id = "web", .root = ROOT}));
		run = s.runs->list;
		assert_true(runs_session(s.runs, 7)->run == run && runs_session(s.runs, 8)->run == run);
		assert_true(runs_session(s.runs, 7)->execd && runs_session(s.runs, 8)->is_exec &&
			    !runs_session(s.runs, 8)->execd);
		assert_int_equal(run->no, saved + 1);
		assert_reasons(run, REASON_BIT(RUNNING) | REASON_BIT(RECORDER));
		assert_string_equal(evidence_run(run->key->evidence, run->no)->runtime, "/usr/sbin/runc");
		struct fixture g = {.runs = s.runs};

		call(&g, 7, CHILD, "mkdir");
		runs_end(s.runs, run, EVIDENCE_END_PROCESSES, 6);
		assert_reasons(run, REASON_BIT(RECORDER));
		assert_int_equal(evidence_run(run->key->evidence, run->no)->records, saved + 1);
		runs_sweep(s.runs, 6, 0);
		successor_done(&s);
		/* Nothing is left to take up, and the run's end stands. */
		succeed(f, &s);
		assert_int_equal(s.taken, 0);
		successor_done(&s);
		runs_end(f->runs, f->runs->list, EVIDENCE_END_PROCESSES, 7);
		runs_sweep(f->runs, 7, 0);
		/* The killed one's memory never reaches the disk. */
		forget_unsaved(&f->store);
	}
	live_close(&notes);
	f->runs->notes = NULL;
}

/* What a run's filter lets pass unlogged is known to the next recorder, though nothing of the run was saved. */
static void taken_up_unlogged(void **state)
{
	static const char text[] = "{\"quiet\":{\"upto\":0,\"digest\":\"0000000000000000\",\"count\":0,\"forms\":[],"
				   "\"assumed\":[\"read\"]}}";
	struct fixture *f = *state;
	struct live notes = LIVE_INIT;
	struct json_doc *doc = NULL;
	struct successor s;
	const struct evidence_run *er;

	assert_int_equal(live_open(&notes, f->state_dir, NULL), 0);
	f->runs->notes = &notes;
	assert_int_equal(json_parse(text, strlen(text), JSON_OURS, "request", &doc, NULL), 0);
	const struct run_request q = {.session = 7,
				      .pid = 70,
				      .pid_start = 700,
				      .id = "web",
				      .root = ROOT,
				      .key = "web",
				      .runtime = "",
				      .runtime_id = "",
				      .baseline = "drop",
				      .kernel = "",
				      .request = doc};

	assert_int_equal(runs_begin(f->runs, &q, 1, NULL), 0);
	succeed(f, &s);
	assert_int_equal(s.taken, 1);
	er = evidence_run(s.runs->list->key->evidence, s.runs->list->no);
	assert_true(er->unlogged.on && names_have(&er->unlogged.assumed, "read"));
	assert_reasons(s.runs->list, REASON_BIT(RUNNING) | REASON_BIT(RECORDER));
	runs_end(s.runs, s.runs->list, EVIDENCE_END_PROCESSES, 6);
	runs_sweep(s.runs, 6, 0);
	successor_done(&s);
	runs_end(f->runs, f->runs->list, EVIDENCE_END_PROCESSES, 7);
	runs_sweep(f->runs, 7, 0);
	forget_unsaved(&f->store);
	json_free(doc);
	live_close(&notes);
	f->runs->notes = NULL;
}

/* Whatever lies there: nothing is taken up, nothing falls over, and it is gone afterwards. */
static void notes_of_no_use(void **state)
{
	static const char *const texts[] = {"", "{", "[]", "{}", "{\"version\":1,\"boot\":\"x\"}"};
	struct fixture *f = *state;
	struct live notes = LIVE_INIT;
	struct successor s;
	char name[32];

	assert_int_equal(live_open(&notes, f->state_dir, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		snprintf(name, sizeof(name), "%zu-1.json", i);
		assert_int_equal(file_put_at(notes.dir, name, texts[i], strlen(texts[i]), 0600, NULL), 0);
	}
	const struct live_entry other = {.pid = 9,
					 .start = 9,
					 .session = 7,
					 .id = "a",
					 .root = "/",
					 .key = "../x",
					 .runtime = "",
					 .runtime_id = "",
					 .runtime_version = "",
					 .kernel = "",
					 .baseline = "",
					 .cgroup = ""};

	assert_int_equal(live_write(&notes, &other, NULL), 0);
	succeed(f, &s);
	assert_int_equal(s.taken, 0);
	successor_done(&s);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		snprintf(name, sizeof(name), "%zu-1.json", i);
		assert_int_equal(faccessat(notes.dir, name, F_OK, 0), -1);
	}
	assert_int_equal(faccessat(notes.dir, "9-9.json", F_OK, 0), -1);
	live_close(&notes);
}

static void runtimes_state_files(void **state)
{
	static const struct {
		const char *text;
		int r;
		pid_t pid;
		uint64_t start;
	} cases[] = {
		{"{\"id\":\"a\",\"init_process_pid\":77,\"init_process_start\":1234}", 0, 77, 1234},
		{"{\"pid\" : 78,\"process-start-time\" : 99,\"cgroup-path\":\"/a\"}", 0, 78, 99},
		{"{\"pid\" : 78}", 0, 78, 0},
		{"{\"pid\" : 0}", -EINVAL, 0, 0},
		{"{\"pid\" : -1}", -EINVAL, 0, 0},
		{"{\"pid\" : \"78\"}", -EINVAL, 0, 0},
		{"{\"pid\" : 99999999999}", -EINVAL, 0, 0},
		{"[]", -EINVAL, 0, 0},
		{"{", -EINVAL, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pid_t pid = 0;
		uint64_t start = 0;

		if (state_file_parse(cases[i].text, strlen(cases[i].text), "status", &pid, &start, NULL) !=
			    cases[i].r ||
		    pid != cases[i].pid || start != cases[i].start)
			fail_msg("case %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_runs(taken_up),
		with_runs(taken_up_unlogged),
		with_runs(notes_of_no_use),
		cmocka_unit_test(runtimes_state_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
