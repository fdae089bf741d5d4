#include "shim/cli/setup/job.h"

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

#define FILE_MAX_BYTES   (4u << 20)
#define CHECK_TIMEOUT_MS 20000
#define BACKUP           ".before-snug"

void setup_job_done(struct setup_job *j)
{
	free(j->file);
	free(j->directory);
	free(j->name);
	buf_done(&j->made);
	buf_done(&j->text);
	buf_done(&j->piece);
}

static const char *text_of(const struct buf *b)
{
	return b->data ? b->data : "";
}

static int split_path(struct setup_job *j, struct err *err)
{
	char *slash = strrchr(j->file, '/');

	if (j->file[0] != '/' || !slash[1])
		return err_set(err, EINVAL, "%s: expected an absolute path of a file", j->file);
	free(j->directory);
	free(j->name);
	j->directory = strndup(j->file, (size_t)(slash - j->file));
	j->name = strdup(slash + 1);
	return j->directory && j->name ? 0 : err_set(err, ENOMEM, "out of memory");
}

/* -ENOENT without a message. */
static int read_text(const char *path, struct buf *ret, struct err *err)
{
	struct err inner = {0};
	int r = file_read_at(AT_FDCWD, path, FILE_MAX_BYTES, ret, &inner);

	if (r == -ENOENT)
		return r;
	if (r < 0)
		return err_set(err, r, "%s", inner.msg);
	return ret->data && strlen(ret->data) != ret->len ? err_set(err, EINVAL, "%s: contains a zero byte", path) : 0;
}

/* Switches to the template for the version of the file that containerd reads now. */
static int go_to_template(struct setup_job *j, struct err *err)
{
	struct setup_toml toml;
	int r = read_text(j->file, &j->made, err);

	if (r == -ENOENT)
		return err_set(err, ENOENT, "%s: there is no such file; has %s been started here?", j->file, j->caller->name);
	if (r < 0)
		return r;
	setup_toml_read(text_of(&j->made), &toml);
	free(j->file);
	if (asprintf(&j->file, "%s/%s", j->directory, toml.version >= 3 ? "config-v3.toml.tmpl" : "config.toml.tmpl") < 0) {
		j->file = NULL;
		return err_set(err, ENOMEM, "out of memory");
	}
	return split_path(j, err);
}

int setup_job_read(struct setup_job *j, const char *path, struct err *err)
{
	struct stat st;
	int r;

	j->file = strdup(path ? path : j->caller->file);
	if (!j->file)
		return err_set(err, ENOMEM, "out of memory");
	r = split_path(j, err);
	if (r == 0 && j->caller->form == FORM_TEMPLATE)
		r = go_to_template(j, err);
	if (r < 0)
		return r;
	r = read_text(j->file, &j->text, err);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	j->exists = true;
	j->mode = stat(j->file, &st) < 0 ? 0644 : st.st_mode & 07777;
	return 0;
}

/* True if the caller's program is installed; appends its path. */
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

/* "containerd github.com/containerd/containerd/v2 2.0.1 ..." or "... v1.7.1 ...": 3 for containerd 2 or later, else 2. */
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

/* Appends the beginning of a containerd file that does not exist yet. */
void setup_begin(const struct setup_job *j, struct buf *out)
{
	if (j->caller->form == FORM_TEMPLATE)
		buf_adds(out, "{{ template \"base\" . }}\n\n");
	else
		buf_addf(out, "version = %u\n\n", newest_version());
}

static int put(const struct setup_job *j, const char *text, struct buf *out, struct err *err)
{
	return j->caller->form == FORM_JSON ? setup_json_put(text, text_of(&j->piece), j->file, out, err)
					    : setup_block_put(text, text_of(&j->piece), j->file, out, err);
}

static int take(const struct setup_job *j, const char *text, struct buf *out, struct err *err)
{
	return j->caller->form == FORM_JSON ? setup_json_take(text, text_of(&j->piece), j->file, out, err)
					    : setup_block_take(text, j->file, out, err);
}

static bool same(const struct buf *a, const struct buf *b)
{
	return text_streq(text_of(a), text_of(b));
}

/* Has containerd itself read the text before it is written. */
static int check(const struct setup_job *j, int dir, const struct buf *text, struct err *err)
{
	cleanup_buf struct buf program = {0}, temp = {0}, path = {0};
	char config[] = "--config", command[] = "config", dump[] = "dump";
	struct run run = {.signal_fd = -1, .timeout_ms = CHECK_TIMEOUT_MS};
	int r;

	if (j->caller->template || j->caller->form == FORM_TEMPLATE || !find_program("containerd", &program))
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

static int open_directory(const struct setup_job *j, struct err *err)
{
	cleanup_buf struct buf program = {0};
	int dir;

	/* A caller without a configuration often has no directory for it; without its program, it is not installed. */
	if (j->caller->program && access(j->directory, F_OK) < 0 && !find_program(j->caller->program, &program))
		return err_set(err, ENOENT, "%s: there is no such directory, nor a program %s; is %s installed here?", j->directory,
			       j->caller->program, j->caller->name);
	/* Often only the last directory of a drop-in's path is missing; its parent exists only if the caller is installed. */
	if (mkdir(j->directory, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "%s: cannot make the directory; is %s installed here?", j->directory, j->caller->name);
	dir = open(j->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? err_sys(err, errno, "%s", j->directory) : dir;
}

static int backup_name(const struct setup_job *j, struct buf *ret, struct err *err)
{
	buf_addf(ret, "%s" BACKUP, j->name);
	return buf_failed(ret) ? err_set(err, ENOMEM, "out of memory") : 0;
}

/* The backup is of the user's own file: never of a file that has our piece, and never over an earlier backup. */
static int back_up(const struct setup_job *j, int dir, struct err *err)
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

int setup_job_write(struct cli *cli, struct setup_job *j, struct err *err)
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

int setup_job_holds(const struct setup_job *j, bool *ret, struct err *err)
{
	cleanup_buf struct buf text = {0};
	int r = put(j, text_of(&j->text), &text, err);

	if (r == 0 && buf_failed(&text))
		r = err_set(err, ENOMEM, "out of memory");
	if (r == 0)
		*ret = j->exists && same(&text, &j->text);
	return r;
}

/* Reports how many containers have shims that still call the wrapper. */
static void tell_running(struct cli *cli, const struct setup_caller *caller)
{
	size_t n = note_sweep(cli->config.run_dir);

	if (n) {
		buf_addf(&cli->out, "%zu container%s started by snug still run%s: keep snug installed until then, stopping them "
			 "needs it\n", n, n == 1 ? "" : "s", n == 1 ? "s" : "");
		if (caller->still)
			buf_addf(&cli->out, "%s\n", caller->still);
	} else {
		buf_addf(&cli->out, "No container started by snug is running: its programs can be removed\n");
	}
}

/* The file's text without the piece. *ret_original: it is the backup's text, or there was no file at all. */
static int without_piece(struct setup_job *j, int dir, struct buf *ret, bool *ret_original, struct err *err)
{
	cleanup_buf struct buf name = {0}, backup = {0}, with = {0}, without = {0};
	int r = backup_name(j, &name, err);

	if (r == 0)
		r = take(j, text_of(&j->text), ret, err);
	if (r < 0)
		return r;
	if (buf_failed(ret))
		return err_set(err, ENOMEM, "out of memory");
	/* If adding our piece to the backup and removing it again gives the same text, nobody else has changed the file since. */
	r = file_read_at(dir, name.data, FILE_MAX_BYTES, &backup, NULL);
	if (r < 0 && r != -ENOENT)
		return 0;
	if (r < 0 && !j->caller->template)
		setup_begin(j, &backup);
	if (put(j, text_of(&backup), &with, NULL) < 0 || take(j, text_of(&with), &without, NULL) < 0 || buf_failed(&without) ||
	    !same(&without, ret) || same(ret, &j->text))
		return 0;
	*ret_original = true;
	buf_clear(ret);
	if (r == 0)
		buf_adds(ret, text_of(&backup));
	return 0;
}

int setup_job_remove(struct cli *cli, struct setup_job *j, struct err *err)
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

