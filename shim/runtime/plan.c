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

/* The installed links, and the program's own name, for which the configuration decides. */
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

/* Subcommands of runc and crun beyond those in oci/argv.h. None of them starts a container. */
static const char *const harmless_commands[] = {"completion", "events", "features", "h",  "help",   "info",   "list",   "ls",
						"mounts",     "pause",  "ps",       "spec", "resume", "update", "version"};

static bool starts_container(const struct oci_call *call)
{
	return !call->help && (call->command == OCI_CREATE || call->command == OCI_RUN || call->command == OCI_RESTORE);
}

/* Under any other name (a link in runc's place) the configuration decides, if it sets a mode: a name that means nothing, or is
 * misspelt, must not start containers without their profile. Existing containers can be managed under any name. */
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

/* A container keeps the runtime that started it, whatever the configuration says now. */
static int follow_note(struct plan *p, struct err *err)
{
	cleanup_fd int self = -1;
	struct oci_runtime noted = {0};
	int r;

	if (!p->note.runtime || text_streq(p->note.runtime, p->runtime.path))
		return 0;
	self = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	r = oci_runtime_open(p->note.runtime, self, &noted, err);
	/* That runtime was removed: the current one may still be able to end the container. */
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	oci_runtime_done(&p->runtime);
	p->runtime = noted;
	return 0;
}

/* Its notes name the program to execute, and its socket is trusted. */
static int check_run_dir(const char *run_dir, struct err *err)
{
	struct stat st;

	if (stat(run_dir, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "%s", run_dir);
	return file_check_trust(&st, run_dir, err);
}

/* True if the container's filter logs instead of denying. */
static bool is_open(const struct note *n)
{
	return n->runtime && (n->mode == CONFIG_LEARN || n->mode == CONFIG_AUDIT);
}

static bool is_harmless(const struct oci_call *call)
{
	/* only --help or --version, or nothing at all */
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
		/* With notify, the exec's listener reaches the agent without our help. */
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

/* True for commands that manage an existing container; they must work even if the configuration does not. */
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

/* A mistake in the configuration must not keep a node from ending its containers: these commands go on with the defaults, and
 * syslog says so. *ret_broken is then the mistake, in case the call turns out to be another one. */
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

/* True if runc or crun has a state file for the container. */
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

	/* The runtime's own dialect may show another call than the one for which the configuration was read. */
	if (broken->code && !manages(&p->call)) {
		*err = *broken;
		return broken->code;
	}
	/* Neither runtime starts a container without an id. If one found an id that snug missed, the container would start
	 * without its profile. */
	if (starts && !p->call.help && !p->call.id && p->mode != CONFIG_PASS)
		return err_set(err, EINVAL, "%s: the container id is missing", oci_command_name(p->call.command));
	return 0;
}

/* One name per directory, whoever calls and from where: notes are stored under it, and the guardian and the recorder have other
 * working directories. */
static int find_root(struct plan *p, struct err *err)
{
	const char *root = p->call.root ? p->call.root : oci_runtime_default_root(&p->runtime);

	/* In a deleted working directory runc fails by itself, and crun may manage. */
	if (file_make_absolute(root, &p->root) < 0)
		p->root = strdup(root);
	return p->root ? 0 : err_set(err, ENOMEM, "out of memory");
}

int plan_make(int argc, char *const argv[], struct plan *ret, struct err *err)
{
	struct err broken = {0};
	int r;

	*ret = (struct plan){0};
	/* Before anything can fail: --log decides where errors are reported. runc's dialect finds it in crun's calls, too. */
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
