#include "shim/runtime/plan.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "shim/runtime/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The installed links, and the program's own name, under which the configuration decides. */
static const struct {
	const char *name;
	enum config_mode mode;
	bool by_configuration;
} links[] = {
	{"snug-learn", CONFIG_LEARN, false},
	{"snug-audit", CONFIG_AUDIT, false},
	{"snug-enforce", CONFIG_ENFORCE, false},
	{"snug-runtime", CONFIG_PASS, true},
};

/* What runc and crun have besides what is listed in oci/argv.h. None of it starts a container. */
static const char *const harmless_commands[] = {"completion", "events", "features", "h",  "help",   "info",   "list",   "ls",
						"mounts",     "pause",  "ps",       "spec", "resume", "update", "version"};

static bool starts_container(const struct oci_call *call)
{
	return !call->help && (call->command == OCI_CREATE || call->command == OCI_RUN || call->command == OCI_RESTORE);
}

/* Under another name (a link in runc's place) the configuration decides, if it does: a name that says nothing, or was to say something else, must
 * not start containers past it. What is there already can be managed under any name. */
static int choose_mode(struct plan *p, const char *argv0, struct err *err)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;
	const char *name = slash ? slash + 1 : argv0 ? argv0 : "";
	cleanup_buf struct buf safe = {0};

	p->mode = p->config.mode;
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		if (!text_streq(name, links[i].name))
			continue;
		if (!links[i].by_configuration)
			p->mode = links[i].mode;
		return 0;
	}
	if (!starts_container(&p->call) || (p->config.mode_given && !text_starts(name, "snug")))
		return 0;
	text_add_safe(&safe, name, strlen(name));
	return err_set(err, EINVAL, "unknown program name '%.60s'; call it snug-learn, snug-audit or snug-enforce%s",
		       safe.data ? safe.data : "", text_starts(name, "snug") ? "" : ", or set \"mode\" in the configuration");
}

static int find_runtime(struct plan *p, struct err *err)
{
	cleanup_fd int self = open("/proc/self/exe", O_PATH | O_CLOEXEC);

	if (p->config.runtime)
		return oci_runtime_open(p->config.runtime, self, &p->runtime, err);
	return oci_runtime_find(self, &p->runtime, err);
}

/* A container keeps the runtime that it was started with, whatever the configuration says by now. */
static int follow_note(struct plan *p, struct err *err)
{
	cleanup_fd int self = -1;
	struct oci_runtime noted = {0};
	int r;

	if (!p->note.runtime || text_streq(p->note.runtime, p->runtime.path))
		return 0;
	self = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	r = oci_runtime_open(p->note.runtime, self, &noted, err);
	/* It was taken away: what is there now may still end the container. */
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	oci_runtime_done(&p->runtime);
	p->runtime = noted;
	return 0;
}

/* A note there names the program that is executed, and the socket there is believed. */
static int check_run_dir(const char *run_dir, struct err *err)
{
	struct stat st;

	if (stat(run_dir, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "%s", run_dir);
	return file_check_trust(&st, run_dir, err);
}

/* Under a filter that logs in place of denying. */
static bool is_open(const struct note *n)
{
	return n->runtime && (n->mode == CONFIG_LEARN || n->mode == CONFIG_AUDIT);
}

static bool is_harmless(const struct oci_call *call)
{
	/* Only --help or --version, or nothing. */
	if (!call->command_name || call->help)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(harmless_commands); i++)
		if (text_streq(call->command_name, harmless_commands[i]))
			return true;
	return false;
}

static enum plan_action choose(const struct plan *p)
{
	switch (p->call.command) {
	case OCI_CREATE:
	case OCI_RUN:
		return p->call.help || !p->call.id ? PLAN_PASS : PLAN_START;
	case OCI_EXEC:
		/* By notify its listener comes to the agent without a word from here. */
		return ((is_open(&p->note) && !p->notify) || p->note.denials) && !p->call.help ? PLAN_JOIN : PLAN_PASS;
	case OCI_DELETE:
		return p->note.runtime ? PLAN_DELETE : PLAN_PASS;
	case OCI_CHECKPOINT:
		return is_open(&p->note) && !p->call.help ? PLAN_REFUSE : PLAN_PASS;
	case OCI_RESTORE:
		return p->mode == CONFIG_ENFORCE && !p->call.help ? PLAN_REFUSE : PLAN_PASS;
	case OCI_OTHER:
		return p->mode == CONFIG_ENFORCE && !is_harmless(&p->call) ? PLAN_REFUSE : PLAN_PASS;
	default:
		return PLAN_PASS;
	}
}

static int refuse(const struct plan *p, struct err *err)
{
	cleanup_buf struct buf word = {0};

	if (p->call.command == OCI_CHECKPOINT)
		return err_set(err, EPERM, "cannot checkpoint container %s: its filter denies nothing, so a restored copy would be unconfined; start it without snug-learn and snug-audit first",
			       p->call.id);
	if (p->call.command == OCI_RESTORE)
		return err_set(err, EPERM, "cannot enforce a restore: a restored container keeps the filter of its checkpoint; start it with run, or call the runtime without snug");
	text_add_safe(&word, p->call.command_name, strlen(p->call.command_name));
	return err_set(err, EPERM, "unknown subcommand '%.60s' might start a container without its profile; call the runtime without snug",
		       word.data ? word.data : "");
}

/* What a container that is there already can be managed with, whatever becomes of the configuration. */
static bool manages(const struct oci_call *call)
{
	if (!call->id || call->help)
		return false;
	switch (call->command) {
	case OCI_CREATE:
	case OCI_RUN:
	case OCI_EXEC:
	case OCI_CHECKPOINT:
	case OCI_RESTORE:
		return false;
	default:
		return true;
	}
}

/* A mistake in the file must not keep a node from ending its containers: these commands go on by the defaults, and syslog tells. *ret_broken is the
 * mistake then, for a call that turns out to be another one. */
static int read_config(struct plan *p, struct err *ret_broken, struct err *err)
{
	int r = config_load(&p->config, ret_broken);

	if (r == 0)
		return 0;
	(void)err_wrap(ret_broken, "configuration");
	if (!manages(&p->call) || r == -ENOMEM) {
		*err = *ret_broken;
		return r;
	}
	return config_default(&p->config, err);
}

/* By the file in which runc, or crun, keeps a container's state. */
static bool is_its_container(const struct plan *p)
{
	cleanup_free char *path = NULL;
	struct stat st;

	return asprintf(&path, "%s/%s/%s", p->root, p->call.id,
			p->runtime.dialect == OCI_DIALECT_CRUN ? "status" : "state.json") > 0 &&
	       stat(path, &st) == 0;
}

/* A runtime that does not know the container says that it does not exist, and the caller would forget it. */
static int check_owner(const struct plan *p, const struct err *broken, struct err *err)
{
	if (!broken->code || p->note.runtime || is_its_container(p))
		return 0;
	*err = *broken;
	return broken->code;
}

static int check_call(const struct plan *p, const struct err *broken, struct err *err)
{
	bool starts = p->call.command == OCI_CREATE || p->call.command == OCI_RUN;

	/* The runtime's own dialect reads more than was known when the configuration was. */
	if (broken->code && !manages(&p->call)) {
		*err = *broken;
		return broken->code;
	}
	/* Neither runtime starts one without an id. Should it find one that was not seen here, the container would be started as if snug were not there. */
	if (starts && !p->call.help && !p->call.id && p->mode != CONFIG_PASS)
		return err_set(err, EINVAL, "%s: the container id is missing", oci_command_name(p->call.command));
	return 0;
}

/* One name for one directory, whoever calls and from where: notes are kept by it, and the guardian and the recorder sit elsewhere. */
static int find_root(struct plan *p, struct err *err)
{
	const char *root = p->call.root ? p->call.root : oci_runtime_default_root(&p->runtime);

	/* From a directory that is gone runc fails by itself, and crun may know better. */
	if (file_make_absolute(root, &p->root) < 0)
		p->root = strdup(root);
	return p->root ? 0 : err_set(err, ENOMEM, "out of memory");
}

int plan_make(int argc, char *const argv[], struct plan *ret, struct err *err)
{
	struct err broken = {0};
	int r;

	*ret = (struct plan){0};
	/* Before anything can fail: where an error has to be reported depends on --log. runc's dialect finds it in crun's calls too. */
	oci_argv_parse(OCI_DIALECT_RUNC, argc, argv, &ret->call);
	r = read_config(ret, &broken, err);
	if (r < 0)
		return r;
	r = check_run_dir(ret->config.run_dir, err);
	if (r < 0)
		return r;
	r = find_runtime(ret, err);
	if (r < 0)
		return err_wrap(err, "real runtime");
	oci_argv_parse(ret->runtime.dialect, argc, argv, &ret->call);
	r = find_root(ret, err);
	if (r == 0)
		r = choose_mode(ret, argc > 0 ? argv[0] : NULL, err);
	if (r == 0)
		r = check_call(ret, &broken, err);
	if (r < 0)
		return r;
	if (ret->call.id && ret->call.command != OCI_CREATE && ret->call.command != OCI_RUN) {
		r = note_read(ret->config.run_dir, ret->root, ret->call.id, &ret->note, err);
		ret->notify = ret->note.notify;
		if (r == 0)
			r = follow_note(ret, err);
		if (r == 0)
			r = check_owner(ret, &broken, err);
		if (r < 0)
			return r;
	}
	if (broken.code)
		report_defaults(&broken);
	ret->action = choose(ret);
	return ret->action == PLAN_REFUSE ? refuse(ret, err) : 0;
}

void plan_done(struct plan *p)
{
	config_done(&p->config);
	oci_runtime_done(&p->runtime);
	note_done(&p->note);
	free(p->root);
}
