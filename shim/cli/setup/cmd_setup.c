#include "shim/cli/common/cli.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "shim/cli/common/run.h"
#include "shim/cli/setup/setup.h"
#include "shim/common/note.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "setup.inc"

#define FILE_MAX_BYTES   (4u << 20)
#define CHECK_TIMEOUT_MS 20000
#define BACKUP           ".before-snug"

enum { OPT_WRITE, OPT_REMOVE, OPT_CONFIG, OPT_BIN, OPT_IMAGE };

static const struct cli_option OPTIONS[] = {
	[OPT_WRITE] = {"write", 0, NULL, "write it into CALLER's configuration, and keep a copy of the old file"},
	[OPT_REMOVE] = {"remove", 0, NULL, "remove it again"},
	[OPT_CONFIG] = {"config", 0, "FILE", "CALLER's configuration file, if it is elsewhere"},
	[OPT_BIN] = {"bin", 0, "DIR", "the directory of snug-learn and the others; default: this program's"},
	[OPT_IMAGE] = {"image", 0, "NAME", "kubernetes: the image that contains snug"},
};

enum form {
	FORM_BLOCK,     /* a block in a TOML file */
	FORM_JSON,      /* members of a JSON file */
	FORM_MANIFESTS, /* printed for kubectl */
};

static const struct caller {
	const char *name;
	enum form form;
	const char *file;
	const char *template; /* NULL: containerd's, by version */
	const char *use;      /* what to do then */
	const char *unuse;    /* what to do after --remove */
	const char *still;    /* what --remove means for containers that still run; NULL: nothing */
} CALLERS[] = {
	{"containerd", FORM_BLOCK, "/etc/containerd/config.toml", NULL, "systemctl restart containerd",
	 "systemctl restart containerd",
	 "restart it once they have ended: containerd 2 refuses exec into a pod whose handler is gone"},
	{"crio", FORM_BLOCK, "/etc/crio/crio.conf.d/99-snug.conf", TEMPLATE_crio_conf, "systemctl restart crio",
	 "systemctl restart crio", NULL},
	{"docker", FORM_JSON, "/etc/docker/daemon.json", TEMPLATE_docker_json, "systemctl reload docker",
	 "systemctl restart docker (a reload keeps the runtimes; without live-restore a restart stops the containers)",
	 NULL},
	{"podman", FORM_BLOCK, "/etc/containers/containers.conf.d/snug.conf", TEMPLATE_podman_conf, NULL, NULL, NULL},
	{"kubernetes", FORM_MANIFESTS, NULL, TEMPLATE_kubernetes_yaml, "snug setup kubernetes | kubectl apply -f -",
	 NULL, NULL},
};

/* One caller's configuration on this machine. */
struct job {
	const struct caller *caller;
	const char *file;
	char *directory, *name; /* of the file; owned */
	bool exists;
	mode_t mode;
	struct buf text;  /* what it holds; for a file that is missing what it begins with */
	struct buf piece; /* what goes in */
};

static void job_done(struct job *j)
{
	free(j->directory);
	free(j->name);
	buf_done(&j->text);
	buf_done(&j->piece);
}

static int find_caller(const char *name, const struct caller **ret, struct err *err)
{
	cleanup_buf struct buf list = {0};

	for (size_t i = 0; i < ARRAY_SIZE(CALLERS); i++) {
		if (text_streq(name, CALLERS[i].name)) {
			*ret = &CALLERS[i];
			return 0;
		}
		buf_addf(&list, "%s%s", i ? ", " : "", CALLERS[i].name);
	}
	return err_set(err, EINVAL, "unknown caller '%s'; known are %s", name, list.data);
}

static int read_file(struct job *j, struct err *err)
{
	struct err inner = {0};
	struct stat st;
	char *slash;
	int r;

	j->directory = strdup(j->file);
	slash = j->directory ? strrchr(j->directory, '/') : NULL;
	if (!j->directory)
		return err_set(err, ENOMEM, "out of memory");
	if (j->file[0] != '/' || !slash[1])
		return err_set(err, EINVAL, "%s: expected an absolute path of a file", j->file);
	j->name = strdup(slash + 1);
	*slash = '\0';
	if (!j->name)
		return err_set(err, ENOMEM, "out of memory");
	r = file_read_at(AT_FDCWD, j->file, FILE_MAX_BYTES, &j->text, &inner);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_set(err, r, "%s", inner.msg);
	if (j->text.data && strlen(j->text.data) != j->text.len)
		return err_set(err, EINVAL, "%s: contains a zero byte", j->file);
	j->exists = true;
	j->mode = stat(j->file, &st) < 0 ? 0644 : st.st_mode & 07777;
	return 0;
}

static const char *text_of(const struct buf *b)
{
	return b->data ? b->data : "";
}

/* The caller's program, if it is here. Appends its path. */
static bool find_program(const char *name, struct buf *ret)
{
	static const char *const dirs[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		buf_clear(ret);
		buf_addf(ret, "%s/%s", dirs[i], name);
		if (!buf_failed(ret) && access(ret->data, X_OK) == 0)
			return true;
	}
	return false;
}

/* "containerd github.com/containerd/containerd/v2 2.0.1 ..." or "... v1.7.1 ...": 3 from version 2 on, else 2. */
static unsigned newest_version(void)
{
	cleanup_buf struct buf path = {0}, out = {0};
	char version[] = "--version";
	struct run run = {.signal_fd = -1, .timeout_ms = CHECK_TIMEOUT_MS};

	if (!find_program("containerd", &path))
		return 2;
	run.argv = (char *[]){path.data, version, NULL};
	if (run_program(&run, &out, NULL) < 0)
		return 2;
	return strstr(text_of(&out), " v2.") || strstr(text_of(&out), " 2.") ? 3 : 2;
}

static int choose_containerd(struct job *j, const char **ret_template, bool *ret_systemd, struct err *err)
{
	struct setup_toml toml;

	if (!text_of(&j->text)[strspn(text_of(&j->text), " \t\r\n")])
		buf_addf(&j->text, "version = %u\n\n", newest_version());
	setup_toml_read(text_of(&j->text), &toml);
	if (toml.version < 2 || toml.version > 4)
		return err_set(err, EINVAL, "%s: version %u; handlers need a file of version 2, 3 or 4%s", j->file,
			       toml.version, toml.version < 2 ? "; `containerd config migrate` upgrades it" : "");
	if (toml.foreign_line)
		return err_set(
			err, EEXIST,
			"%s: line %u: there already is a handler %s that `snug setup` did not write; remove it first",
			j->file, toml.foreign_line, toml.foreign);
	*ret_template = toml.version == 2 ? TEMPLATE_containerd_2_toml : TEMPLATE_containerd_3_toml;
	*ret_systemd = toml.systemd_cgroup;
	return 0;
}

static int find_bin(const char *given, char **ret, struct err *err)
{
	char *slash;
	int r = given ? 0 : file_read_link("/proc/self/exe", ret);

	if (r < 0)
		return err_sys(err, r, "cannot find this program's own file");
	if (!given) {
		slash = strrchr(*ret, '/');
		if (slash)
			*slash = '\0';
		return 0;
	}
	/* It goes into files of three syntaxes unquoted. */
	if (given[0] != '/' || strpbrk(given, "\"'\\\n"))
		return err_set(err, EINVAL, "--bin: expected an absolute path without quotes or backslashes");
	*ret = strdup(given);
	return *ret ? 0 : err_set(err, ENOMEM, "out of memory");
}

static int make_piece(struct job *j, const struct cli_args *args, struct err *err)
{
	const char *template = j->caller->template, *image = args->value[OPT_IMAGE];
	cleanup_free char *bin = NULL;
	bool systemd = false;
	int r = find_bin(args->value[OPT_BIN], &bin, err);

	if (r == 0 && !template)
		r = choose_containerd(j, &template, &systemd, err);
	if (r < 0)
		return r;

	const struct setup_word words[] = {{"@BIN@", bin},
					   {"@SYSTEMD_CGROUP@", systemd ? "true" : "false"},
					   {"@IMAGE@", image ? image : "REGISTRY/snug:" SNUG_VERSION}};

	setup_fill(template, words, ARRAY_SIZE(words), &j->piece);
	return buf_failed(&j->piece) ? err_set(err, ENOMEM, "out of memory") : 0;
}

static int put(const struct job *j, const char *text, struct buf *out, struct err *err)
{
	return j->caller->form == FORM_JSON ? setup_json_put(text, text_of(&j->piece), j->file, out, err)
					    : setup_block_put(text, text_of(&j->piece), j->file, out, err);
}

static int take(const struct job *j, const char *text, struct buf *out, struct err *err)
{
	return j->caller->form == FORM_JSON ? setup_json_take(text, text_of(&j->piece), j->file, out, err)
					    : setup_block_take(text, j->file, out, err);
}

static bool same(const struct buf *a, const struct buf *b)
{
	return text_streq(text_of(a), text_of(b));
}

/* Lets containerd itself read what would be written. */
static int check(const struct job *j, int dir, const struct buf *text, struct err *err)
{
	cleanup_buf struct buf program = {0}, temp = {0}, path = {0};
	char config[] = "--config", command[] = "config", dump[] = "dump";
	struct run run = {.signal_fd = -1, .timeout_ms = CHECK_TIMEOUT_MS};
	int r;

	if (j->caller->template || !find_program("containerd", &program))
		return 0;
	buf_addf(&temp, ".%s.snug-check", j->name);
	buf_addf(&path, "%s/%s", j->directory, text_of(&temp));
	if (buf_failed(&temp) || buf_failed(&path))
		return err_set(err, ENOMEM, "out of memory");
	r = file_save_at(dir, temp.data, text->data, text->len, 0600, err);
	if (r < 0)
		return r;
	run.argv = (char *[]){program.data, config, path.data, command, dump, NULL};
	r = run_program(&run, NULL, err);
	unlinkat(dir, temp.data, 0);
	return r < 0 ? err_wrap(err, "%s is unchanged: containerd rejects it with the handlers in it", j->file) : 0;
}

static int open_directory(const struct job *j, struct err *err)
{
	int dir;

	/* The last directory of a drop-in's path is often missing, the one above it only where the caller is. */
	if (mkdir(j->directory, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "%s: cannot make the directory; is %s installed here?", j->directory, j->caller->name);
	dir = open(j->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? err_sys(err, errno, "%s", j->directory) : dir;
}

static int backup_name(const struct job *j, struct buf *ret, struct err *err)
{
	buf_addf(ret, "%s" BACKUP, j->name);
	return buf_failed(ret) ? err_set(err, ENOMEM, "out of memory") : 0;
}

/* The backup is of the user's own file: never of one that holds a piece of ours, and never over an earlier one. */
static int back_up(const struct job *j, int dir, struct err *err)
{
	cleanup_buf struct buf name = {0}, own = {0};
	struct stat st;
	int r = backup_name(j, &name, err);

	if (r == 0)
		r = take(j, text_of(&j->text), &own, err);
	if (r < 0 || !j->exists || !same(&own, &j->text) || fstatat(dir, name.data, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return r;
	return file_save_at(dir, name.data, text_of(&j->text), j->text.len, j->mode, err);
}

static int write_piece(struct cli *cli, struct job *j, struct err *err)
{
	cleanup_buf struct buf text = {0}, backup = {0};
	struct stat st;
	int r = put(j, text_of(&j->text), &text, err);

	if (r == 0)
		r = backup_name(j, &backup, err);
	if (r < 0)
		return r;
	if (buf_failed(&text))
		return err_set(err, ENOMEM, "out of memory");
	if (j->exists && same(&text, &j->text)) {
		buf_addf(&cli->out, "%s: already contains snug, nothing changed\n", j->file);
		return CLI_GOOD;
	}

	cleanup_fd int dir = open_directory(j, err);

	r = dir < 0 ? dir : check(j, dir, &text, err);
	if (r == 0)
		r = back_up(j, dir, err);
	if (r == 0)
		r = file_save_at(dir, j->name, text.data, text.len, j->exists ? j->mode : 0644, err);
	if (r < 0)
		return r;
	buf_addf(&cli->out, "%s: added snug-learn, snug-audit and snug-enforce", j->file);
	if (fstatat(dir, backup.data, &st, AT_SYMLINK_NOFOLLOW) == 0)
		buf_addf(&cli->out, "; the old file is %s", backup.data);
	buf_addc(&cli->out, '\n');
	if (j->caller->use)
		buf_addf(&cli->out, "To apply it: %s\n", j->caller->use);
	return CLI_GOOD;
}

/* The containers whose shims still call the wrapper. */
static void tell_running(struct cli *cli, const struct caller *caller)
{
	size_t n = note_sweep(cli->config.run_dir);

	if (n) {
		buf_addf(&cli->out,
			 "%zu container%s started by snug still run%s: keep snug installed until then, stopping them "
			 "needs it\n",
			 n, n == 1 ? "" : "s", n == 1 ? "s" : "");
		if (caller->still)
			buf_addf(&cli->out, "%s\n", caller->still);
	} else {
		buf_addf(&cli->out, "No container started by snug is running: its programs can be removed\n");
	}
}

/* What the file is to hold without the piece; *ret_original: that is the backup's, or no file at all. */
static int without_piece(struct job *j, int dir, struct buf *ret, bool *ret_original, struct err *err)
{
	cleanup_buf struct buf name = {0}, backup = {0}, with = {0}, without = {0};
	int r = backup_name(j, &name, err);

	if (r == 0)
		r = take(j, text_of(&j->text), ret, err);
	if (r < 0)
		return r;
	if (buf_failed(ret))
		return err_set(err, ENOMEM, "out of memory");
	/* If putting a piece into the backup and taking it out again leaves the same, nobody else has changed the file since. */
	r = file_read_at(dir, name.data, FILE_MAX_BYTES, &backup, NULL);
	if (r < 0 && r != -ENOENT)
		return 0;
	if (r < 0 && !j->caller->template)
		buf_addf(&backup, "version = %u\n\n", newest_version());
	if (put(j, text_of(&backup), &with, NULL) < 0 || take(j, text_of(&with), &without, NULL) < 0 || buf_failed(&without) ||
	    !same(&without, ret) || same(ret, &j->text))
		return 0;
	*ret_original = true;
	buf_clear(ret);
	if (r == 0)
		buf_adds(ret, text_of(&backup));
	return 0;
}

static int remove_piece(struct cli *cli, struct job *j, struct err *err)
{
	cleanup_buf struct buf text = {0}, backup = {0};
	bool original = false;
	int r;

	if (!j->exists) {
		buf_addf(&cli->out, "%s: no such file, nothing to remove\n", j->file);
		tell_running(cli, j->caller);
		return CLI_GOOD;
	}

	cleanup_fd int dir = open_directory(j, err);

	r = dir < 0 ? dir : without_piece(j, dir, &text, &original, err);
	if (r == 0)
		r = backup_name(j, &backup, err);
	if (r < 0)
		return r;
	if (same(&text, &j->text)) {
		buf_addf(&cli->out, "%s: does not contain snug, nothing to remove\n", j->file);
	} else if (original && !text.len) {
		r = unlinkat(dir, j->name, 0) < 0 ? err_sys(err, errno, "%s", j->file) : 0;
		buf_addf(&cli->out, "%s: removed the file, it contained nothing else\n", j->file);
	} else {
		r = file_save_at(dir, j->name, text.data, text.len, j->mode, err);
		buf_addf(&cli->out, "%s: removed snug%s\n", j->file, original ? ", the file is as it was before" : "");
	}
	if (r == 0 && original)
		unlinkat(dir, backup.data, 0);
	if (j->caller->unuse)
		buf_addf(&cli->out, "To apply it: %s\n", j->caller->unuse);
	tell_running(cli, j->caller);
	return r < 0 ? r : CLI_GOOD;
}

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	cleanup_with(job_done) struct job j = {0};
	bool write = args->value[OPT_WRITE], remove = args->value[OPT_REMOVE];
	int r = find_caller(args->operand[0], &j.caller, err);

	if (r < 0)
		return r;
	if (write && remove)
		return err_set(err, EINVAL, "--write and --remove cannot be combined");
	if (j.caller->form == FORM_MANIFESTS && (write || remove || args->value[OPT_CONFIG]))
		return err_set(
			err, EINVAL,
			"%s has no file here; use `snug setup %s | kubectl apply -f -` (delete -f - to roll back)",
			j.caller->name, j.caller->name);
	j.file = args->value[OPT_CONFIG] ? args->value[OPT_CONFIG] : j.caller->file;
	if (j.file)
		r = read_file(&j, err);
	if (r == 0 && !(remove && !j.exists))
		r = make_piece(&j, args, err);
	if (r < 0)
		return r;
	if (write)
		return write_piece(cli, &j, err);
	if (remove)
		return remove_piece(cli, &j, err);
	buf_adds(&cli->out, text_of(&j.piece));
	if (j.file)
		fprintf(stderr, "This belongs in %s; `snug setup %s --write` puts it there.\n", j.file, j.caller->name);
	return CLI_GOOD;
}

const struct cli_command cmd_setup = {
	.name = "setup",
	.operands = "CALLER",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "configures containerd, crio, docker, podman or kubernetes to use snug",
	.details =
		"Prints the configuration that adds the runtimes snug-learn, snug-audit and snug-enforce to CALLER\n"
		"on this machine. --write puts it into CALLER's own file (again is harmless); --remove takes it out\n"
		"and says how many containers still need snug's programs. For kubernetes it prints manifests:\n"
		"RuntimeClasses, a DaemonSet that installs snug on nodes and rolls back when deleted, and a pod that\n"
		"learns.\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.run = run,
};
