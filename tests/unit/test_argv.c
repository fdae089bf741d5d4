#include "oci/argv.h"

#include "base/cleanup.h"
#include "oci/argv_options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 32

/* What the real runtime (runc 1.1.5, crun 1.8.1) does with the line was tried out; "..." in a comment is its answer. */
struct row {
	const char *line; /* words with single blanks between them; '' is an empty word */
	struct oci_call want;
};

static const struct row runc_rows[] = {
	/* how containerd, dockerd, conmon and CRI-O call */
	{"--root /run/r/k8s.io --log /b/log.json --log-format json --systemd-cgroup create --bundle /b --pid-file "
	 "/b/init.pid "
	 "--console-socket /tmp/s --no-pivot --no-new-keyring abc",
	 {OCI_CREATE, "create", "/run/r/k8s.io", "/b/log.json", "json", true, "/b", NULL, "abc", false, false, false}},
	{"--root /r --rootless=true start abc",
	 {.command = OCI_START, .command_name = "start", .root = "/r", .id = "abc"}},
	{"--root /r exec --process /p.json --console-socket /s --detach --pid-file /p abc",
	 {.command = OCI_EXEC, .command_name = "exec", .root = "/r", .id = "abc", .detach = true, .terminal = true}},
	{"--root /r exec --process /p.json --detach --pid-file /p abc",
	 {.command = OCI_EXEC, .command_name = "exec", .root = "/r", .id = "abc", .detach = true}},
	{"exec -t abc sh", {.command = OCI_EXEC, .command_name = "exec", .id = "abc", .terminal = true}},
	{"exec --tty=false abc sh -t", {.command = OCI_EXEC, .command_name = "exec", .id = "abc"}},
	{"kill --all abc 9", {.command = OCI_KILL, .command_name = "kill", .id = "abc"}},
	{"delete --force abc", {.command = OCI_DELETE, .command_name = "delete", .id = "abc"}},
	{"delete abc -f", {.command = OCI_DELETE, .command_name = "delete", .id = "abc"}},
	{"state abc", {.command = OCI_STATE, .command_name = "state", .id = "abc"}},
	{"restore --image-path /i --work-path /w -no-subreaper --bundle /b --lsm-profile x:y abc",
	 {.command = OCI_RESTORE, .command_name = "restore", .bundle = "/b", .id = "abc"}},
	{"checkpoint --image-path /i --status-fd 3 --page-server a:1 --empty-ns network --leave-running abc",
	 {.command = OCI_CHECKPOINT, .command_name = "checkpoint", .id = "abc"}},
	{"ps --format json abc", {.command_name = "ps"}},
	{"update --resources=- abc", {.command_name = "update"}},
	{"--criu create --debug run x", {.command = OCI_RUN, .command_name = "run", .id = "x"}},
	{"features", {.command_name = "features"}},
	{"", {0}},
	/* one dash or two, attached values, flags with values */
	{"-root=/r -log l run -bundle=/b -d x",
	 {.command = OCI_RUN,
	  .command_name = "run",
	  .root = "/r",
	  .log = "l",
	  .bundle = "/b",
	  .id = "x",
	  .detach = true}},
	{"--b=/a create --b /b x", {.command = OCI_CREATE, .command_name = "create", .bundle = "/b", .id = "x"}},
	{"run --detach=false x", {.command = OCI_RUN, .command_name = "run", .id = "x"}},
	{"run -d=true x", {.command = OCI_RUN, .command_name = "run", .id = "x", .detach = true}},
	{"--systemd-cgroup=0 run x", {.command = OCI_RUN, .command_name = "run", .id = "x"}},
	{"create -b /1 -b /2 x", {.command = OCI_CREATE, .command_name = "create", .bundle = "/2", .id = "x"}},
	{"create --bundle --no-pivot x",
	 {.command = OCI_CREATE, .command_name = "create", .bundle = "--no-pivot", .id = "x"}},
	{"create --bundle= x", {.command = OCI_CREATE, .command_name = "create", .id = "x"}},
	{"create --bundle '' x", {.command = OCI_CREATE, .command_name = "create", .id = "x"}},
	{"create --bundle=/a=b x", {.command = OCI_CREATE, .command_name = "create", .bundle = "/a=b", .id = "x"}},
	/* options behind the id: "chdir /b" */
	{"create x --bundle /b", {.command = OCI_CREATE, .command_name = "create", .bundle = "/b", .id = "x"}},
	{"create x --no-pivot -bundle=/b",
	 {.command = OCI_CREATE, .command_name = "create", .bundle = "/b", .id = "x"}},
	{"create x --bundle -b", {.command = OCI_CREATE, .command_name = "create", .bundle = "-b", .id = "x"}},
	{"create x --bundle --", {.command = OCI_CREATE, .command_name = "create", .bundle = "--", .id = "x"}},
	{"create - --bundle /b", {.command = OCI_CREATE, .command_name = "create", .bundle = "/b", .id = "-"}},
	{"exec x ps -d --help", {.command = OCI_EXEC, .command_name = "exec", .id = "x"}},
	{"exec -e -d -u 0:0 -g 1 -c CAP_X --cwd / x sh", {.command = OCI_EXEC, .command_name = "exec", .id = "x"}},
	{"exec -t -- x -d", {.command = OCI_EXEC, .command_name = "exec", .id = "x", .terminal = true}},
	/* "--" */
	{"-- create --bundle /b x", {.command = OCI_CREATE, .command_name = "create", .bundle = "/b", .id = "x"}},
	{"create --bundle /b -- --foo",
	 {.command = OCI_CREATE, .command_name = "create", .bundle = "/b", .id = "--foo"}},
	{"create -- x --bundle /b", {.command = OCI_CREATE, .command_name = "create", .id = "x"}},
	/* not crun's: -f is no option of runc, and a value is not attached to a letter */
	{"create -b/b x", {.command = OCI_CREATE, .command_name = "create", .id = "x"}},
	{"create -f /c.json -b /b x", {.command = OCI_CREATE, .command_name = "create", .bundle = "/b", .id = "x"}},
	{"create --bun /b x", {.command = OCI_CREATE, .command_name = "create", .id = "x"}},
	{"create ---bundle /b x", {.command = OCI_CREATE, .command_name = "create", .id = "x"}},
	/* the runtime prints and leaves */
	{"--version", {.help = true}},
	{"--help create x", {.command_name = "create", .help = true}},
	{"-v create x", {.command_name = "create", .help = true}},
	{"--help=false create x", {.command = OCI_CREATE, .command_name = "create", .id = "x"}},
	{"create -h x", {.command = OCI_CREATE, .command_name = "create", .id = "x", .help = true}},
	{"create x --help", {.command = OCI_CREATE, .command_name = "create", .id = "x", .help = true}},
	/* options of a runtime that is newer than this table */
	{"--new v create --newer v -b /b x",
	 {.command = OCI_CREATE, .command_name = "create", .bundle = "/b", .id = "x"}},
	{"--new create x", {.command = OCI_CREATE, .command_name = "create", .id = "x"}},
	{"--new=v run --newer=v x", {.command = OCI_RUN, .command_name = "run", .id = "x"}},
	{"--new v list create", {.command_name = "list"}},
	/* cut off */
	{"create --bundle", {.command = OCI_CREATE, .command_name = "create"}},
	{"--root", {0}},
};

static const struct row crun_rows[] = {
	{"--root /r --log=/l --log-format json --cgroup-manager systemd create --bundle /b --pid-file /p abc",
	 {OCI_CREATE, "create", "/r", "/l", "json", true, "/b", NULL, "abc", false, false, false}},
	{"--rootless true --debug --log-level debug --program-name x run --preserve-fds 2 x",
	 {.command = OCI_RUN, .command_name = "run", .id = "x"}},
	{"--systemd-cgroup --cgroup-manager=disabled run x", {.command = OCI_RUN, .command_name = "run", .id = "x"}},
	{"--cgroup-manager=cgroupfs --systemd-cgroup run x",
	 {.command = OCI_RUN, .command_name = "run", .systemd_cgroup = true, .id = "x"}},
	/* abbreviations: "chdir /b" */
	{"--roo /r --log-f json --cg=systemd --sys run --bun /b --det --conf=/c.json x",
	 {OCI_RUN, "run", "/r", NULL, "json", true, "/b", "/c.json", "x", true, false, false}},
	{"--log run run x", {.command = OCI_RUN, .command_name = "run", .log = "run", .id = "x"}},
	{"--log- json run x", {.command = OCI_RUN, .command_name = "run", .log_format = "json", .id = "x"}},
	/* short options: groups and attached values */
	{"create -b/b x", {.command = OCI_CREATE, .command_name = "create", .bundle = "/b", .id = "x"}},
	{"create -bundle x", {.command = OCI_CREATE, .command_name = "create", .bundle = "undle", .id = "x"}},
	{"create -b /1 -b/2 x", {.command = OCI_CREATE, .command_name = "create", .bundle = "/2", .id = "x"}},
	{"create -b -f x", {.command = OCI_CREATE, .command_name = "create", .bundle = "-f", .id = "x"}},
	{"create -b=/b x", {.command = OCI_CREATE, .command_name = "create", .bundle = "=/b", .id = "x"}},
	{"run -df/c.json -db /b x",
	 {.command = OCI_RUN, .command_name = "run", .bundle = "/b", .config = "/c.json", .id = "x", .detach = true}},
	{"run -f c.json --config=d.json x", {.command = OCI_RUN, .command_name = "run", .config = "d.json", .id = "x"}},
	{"create --bundle= x", {.command = OCI_CREATE, .command_name = "create", .bundle = "", .id = "x"}},
	/* exec: the words behind the id are another program's; the value of -t is only an attached one */
	{"exec -d -tfalse -e A=B --user 1:1 --cap C -p/p --cgroup /g x sh -c --detach",
	 {.command = OCI_EXEC, .command_name = "exec", .id = "x", .detach = true}},
	{"exec --tty x -d", {.command = OCI_EXEC, .command_name = "exec", .id = "x", .terminal = true}},
	{"exec -t x --help", {.command = OCI_EXEC, .command_name = "exec", .id = "x", .terminal = true}},
	{"exec -te -- x -d", {.command = OCI_EXEC, .command_name = "exec", .id = "x", .terminal = true}},
	{"kill x -9", {.command = OCI_KILL, .command_name = "kill", .id = "x"}},
	{"kill -a x KILL", {.command = OCI_KILL, .command_name = "kill", .id = "x"}},
	{"delete --for x", {.command = OCI_DELETE, .command_name = "delete", .id = "x"}},
	{"start x", {.command = OCI_START, .command_name = "start", .id = "x"}},
	{"restore -b /b --image-path=/i --console-socket s x",
	 {.command = OCI_RESTORE, .command_name = "restore", .bundle = "/b", .id = "x"}},
	/* "--" and "-" */
	{"-- create -b /b -- -x", {.command = OCI_CREATE, .command_name = "create", .bundle = "/b", .id = "-x"}},
	{"run -b /b -", {.command = OCI_RUN, .command_name = "run", .bundle = "/b", .id = "-"}},
	/* the runtime prints and leaves */
	{"--version", {.help = true}},
	{"-V run x", {.command_name = "run", .help = true}},
	{"--us run x", {.command_name = "run", .help = true}},
	{"run -? -b /b x", {.command = OCI_RUN, .command_name = "run", .bundle = "/b", .id = "x", .help = true}},
	{"run --he x", {.command = OCI_RUN, .command_name = "run", .id = "x", .help = true}},
	/* newer than this table, or cut off */
	{"--new v run --newer v -b /b x", {.command = OCI_RUN, .command_name = "run", .bundle = "/b", .id = "x"}},
	{"run -z v -b /b x", {.command = OCI_RUN, .command_name = "run", .bundle = "/b", .id = "x"}},
	{"run -db", {.command = OCI_RUN, .command_name = "run", .detach = true}},
	{"--HANG run x", {.command = OCI_RUN, .command_name = "run", .id = "x"}},
};

static int split(char *line, char *argv[])
{
	int argc = 0;
	char *save = NULL;

	argv[argc++] = line + strlen(line);
	for (char *w = strtok_r(line, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		assert_true(argc < WORDS_MAX);
		argv[argc++] = strcmp(w, "''") == 0 ? w + 2 : w;
	}
	return argc;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

#define CHECK(row, condition)                                                                                          \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fail_msg("'%s': %s", (row)->line, #condition);                                                 \
	} while (0)

static void check_row(enum oci_dialect dialect, const struct row *row)
{
	const struct oci_call *want = &row->want;
	struct oci_call got;
	char line[512];
	char *argv[WORDS_MAX];

	snprintf(line, sizeof(line), "%s", row->line);
	memset(&got, 0x5a, sizeof(got));
	oci_argv_parse(dialect, split(line, argv), argv, &got);
	CHECK(row, got.command == want->command);
	CHECK(row, same(got.command_name, want->command_name));
	CHECK(row, same(got.root, want->root));
	CHECK(row, same(got.log, want->log));
	CHECK(row, same(got.log_format, want->log_format));
	CHECK(row, got.systemd_cgroup == want->systemd_cgroup);
	CHECK(row, same(got.bundle, want->bundle));
	CHECK(row, same(got.config, want->config));
	CHECK(row, same(got.id, want->id));
	CHECK(row, got.detach == want->detach);
	CHECK(row, got.help == want->help);
	CHECK(row, got.terminal == want->terminal);
}

static void test_runc(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(runc_rows); i++)
		check_row(OCI_DIALECT_RUNC, &runc_rows[i]);
}

static void test_crun(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(crun_rows); i++)
		check_row(OCI_DIALECT_CRUN, &crun_rows[i]);
}

/* Every value-taking option of every table, in both forms: the subcommand and the id are the same without it. */
static void check_option(enum oci_dialect dialect, enum oci_command command, const struct oci_option *o, bool global)
{
	enum { LONG, ATTACHED, LETTER, FORMS };
	char text[128], line[512];
	struct row row = {line, {.command = command, .command_name = oci_command_name(command)}};

	for (int f = LONG; f < FORMS; f++) {
		struct oci_call got;
		char *argv[WORDS_MAX];

		if (f == LETTER && !o->letter)
			continue;
		if (f == LETTER)
			snprintf(text, sizeof(text), "-%c create", o->letter);
		else
			snprintf(text, sizeof(text), f == ATTACHED ? "--%s=create" : "--%s create", o->name);
		snprintf(line, sizeof(line), "%s %s %s theid", global ? text : "", oci_command_name(command),
			 global ? "" : text);
		oci_argv_parse(dialect, split(line, argv), argv, &got);
		CHECK(&row, got.command == command);
		CHECK(&row, same(got.command_name, oci_command_name(command)));
		CHECK(&row, same(got.id, "theid"));
		CHECK(&row, !got.help);
	}
}

static void test_values_are_no_words(void **state)
{
	for (int d = OCI_DIALECT_RUNC; d <= OCI_DIALECT_CRUN; d++) {
		const struct oci_option_tables *t = &oci_option_tables[d];

		for (enum oci_command c = OCI_OTHER + 1; c <= OCI_RESTORE; c++) {
			assert_non_null(t->commands[c]);
			for (const struct oci_option *o = t->globals; o->name; o++)
				if (o->kind == VALUE)
					check_option((enum oci_dialect)d, c, o, true);
			for (const struct oci_option *o = t->commands[c]; o->name; o++)
				if (o->kind == VALUE)
					check_option((enum oci_dialect)d, c, o, false);
		}
	}
}

/* The strings of the result are the caller's own. */
static void test_points_into_argv(void **state)
{
	char name[] = "runc", bundle[] = "--bundle=/b", command[] = "create", id[] = "x";
	char *argv[] = {name, command, bundle, id, NULL};
	struct oci_call got;

	oci_argv_parse(OCI_DIALECT_RUNC, 4, argv, &got);
	assert_ptr_equal(got.command_name, command);
	assert_ptr_equal(got.bundle, bundle + strlen("--bundle="));
	assert_ptr_equal(got.id, id);
	oci_argv_parse(OCI_DIALECT_CRUN, 0, argv, &got);
	assert_int_equal(got.command, OCI_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runc),
		cmocka_unit_test(test_crun),
		cmocka_unit_test(test_values_are_no_words),
		cmocka_unit_test(test_points_into_argv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
