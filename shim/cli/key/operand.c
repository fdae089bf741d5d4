#include "shim/cli/key/operand.h"
#include "shim/cli/common/word.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "oci/key.h"
#include "seccomp/policy/defaults.h"
#include "seccomp/policy/read.h"
#include "shim/cli/key/approved.h"
#include "shim/cli/key/build.h"
#include "shim/cli/key/engine.h"
#include "shim/cli/key/live.h"
#include "shim/common/client.h"
#include "shim/common/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 32 /* depth of nested directories */

static int no_default(const char *word, struct err *err)
{
	const struct default_profile *all = NULL;
	size_t n = default_versions(&all);
	cleanup_buf struct buf list = {0};

	for (size_t i = 0; i < n; i++)
		if (default_profile(all[i].name, NULL) == &all[i])
			buf_addf(&list, ", @%s", all[i].name);
	return err_set(err, ENOENT, "no default profile %s; known are @moby, @containerd, @podman (the newest)%s", word,
		       list.data ? list.data : "");
}

/* "DIR/config.json" of a bundle. */
static int config_of(const char *dir, struct buf *ret)
{
	size_t len = strlen(dir);

	buf_addf(ret, "%s%sconfig.json", dir, len && dir[len - 1] == '/' ? "" : "/");
	return buf_failed(ret) ? -ENOMEM : 0;
}

/* True for a directory whose config.json is a runtime's: it has a version of the specification. */
static bool is_bundle(const char *dir)
{
	cleanup_buf struct buf path = {0}, text = {0};
	struct stat st;

	return config_of(dir, &path) == 0 && stat(path.data, &st) == 0 && S_ISREG(st.st_mode) &&
	       file_read_at(AT_FDCWD, path.data, POLICY_TEXT_MAX, &text, NULL) == 0 && text.len && memmem(text.data, text.len, "\"ociVersion\"", 12);
}

bool operand_is_approval(const struct cli *cli, const char *word, struct buf *ret_key, unsigned *ret_number)
{
	const char *mark = strrchr(word, '#');
	cleanup_buf struct buf key = {0};
	uint64_t n = 0;

	if (!mark || mark == word || text_parse_u64(mark + 1, &n) < 0 || !n || n > APPROVED_MAX)
		return false;
	buf_add(&key, word, (size_t)(mark - word));
	if (buf_failed(&key) || word_is_path(key.data) || !word_is_key(cli, key.data))
		return false;
	buf_adds(ret_key, key.data);
	*ret_number = (unsigned)n;
	return true;
}

int operand_kind(const struct cli *cli, const char *word, enum operand_kind *ret, struct err *err)
{
	cleanup_buf struct buf key = {0};
	unsigned number;
	struct stat st;

	if (text_streq(word, "-")) {
		*ret = OPERAND_STDIN;
		return 0;
	}
	if (*word == '@') {
		if (!default_profile(word, NULL))
			return no_default(word, err);
		*ret = OPERAND_DEFAULT;
		return 0;
	}
	if (live_is_word(word)) {
		*ret = OPERAND_LIVE;
		return 0;
	}
	if (!word_is_path(word) && word_is_key(cli, word)) {
		*ret = OPERAND_KEY;
		return 0;
	}
	if (operand_is_approval(cli, word, &key, &number)) {
		*ret = OPERAND_APPROVAL;
		return 0;
	}
	if (stat(word, &st) < 0) {
		if (word_is_path(word))
			return err_sys(err, errno, "%s", word);
		*ret = OPERAND_KEY;
		return 0;
	}
	*ret = S_ISDIR(st.st_mode) && !is_bundle(word) ? OPERAND_DIRECTORY : OPERAND_FILE;
	return 0;
}

/* For a bundle, reads its config.json. */
static int read_file(const char *path, size_t max, struct buf *ret, struct err *err)
{
	cleanup_buf struct buf config = {0};
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		if (config_of(path, &config) < 0)
			return err_set(err, ENOMEM, "out of memory");
		path = config.data;
	}

	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? err_sys(err, errno, "%s", path) : file_read_fd(fd, max, path, ret, err);
}

/* The profile built from the key's evidence. */
static int build_text(struct cli *cli, const char *key, struct buf *ret, struct buf *ret_what, struct err *err)
{
	cleanup_build struct build b = {0};
	int r = build_load(cli, key, NULL, &b, err);

	if (!r)
		r = build_profile(&b, ENOSYS, err);
	if (r < 0)
		return r;
	buf_add(ret, b.oci.data, b.oci.len);
	buf_addf(ret_what, "the profile from the evidence of %s; none is approved", key);
	if (!b.verdict.complete) {
		buf_adds(ret_what, "; the evidence is ");
		build_add_verdict(&b.verdict, ret_what);
	}
	return 0;
}

static int read_key(struct cli *cli, const char *key, enum operand_want want, size_t max, struct buf *ret,
		    struct buf *ret_what, struct err *err)
{
	cleanup_buf struct buf path = {0};
	struct err inner = {0};
	int r;

	if (want == OPERAND_EVIDENCE) {
		r = client_sync(&cli->config, err);
		if (r < 0)
			return r;
		buf_addf(ret_what, "the evidence of %s", key);
		r = state_read_file(cli->config.state_dir, STATE_KEYS, key, STATE_EVIDENCE, max, ret, &path, &inner);
		if (r == -ENOENT)
			return err_set(err, r, "%s is neither a key nor a file; `snug ls` lists the keys", key);
		return r < 0 ? err_set(err, r, "%s", inner.msg) : 0;
	}
	r = state_read_approved(cli->config.state_dir, key, ret, &inner);
	if (!r)
		buf_addf(ret_what, "the approved profile of %s", key);
	if (r != -ENOENT)
		return r < 0 ? err_set(err, r, "%s", inner.msg) : 0;
	if (!word_is_key(cli, key))
		return err_set(err, ENOENT, "%s is neither a key nor a file; `snug ls` lists the keys", key);
	return build_text(cli, key, ret, ret_what, err);
}

static int read_approval(struct cli *cli, const char *word, struct buf *ret, struct buf *ret_what, struct err *err)
{
	cleanup_profile struct profile *p = NULL;
	cleanup_buf struct buf key = {0};
	unsigned number = 0;
	int r;

	if (!operand_is_approval(cli, word, &key, &number))
		return err_set(err, ENOENT, "%s has just been removed", word);
	r = approved_read(cli->config.state_dir, key.data, number, ret, &p, err);
	if (r == -ENOENT)
		return err_set(err, r, "%s has no approved profile number %u; `snug show %s` lists them", key.data, number, key.data);
	if (r == 0)
		buf_addf(ret_what, "the approved profile number %u of %s", number, key.data);
	return r;
}

static int read_live(const char *word, struct buf *ret, struct buf *ret_what, struct err *err)
{
	cleanup_with(live_done) struct live live = {0};
	cleanup_buf struct buf remarks = {0};
	int r = live_open(word, &live, ret_what, err);

	if (!r)
		r = live_write_profile(&live, word, ret, &remarks, err);
	if (!r && remarks.len && !buf_failed(&remarks))
		fputs(remarks.data, stderr);
	return r;
}

/* A bare name means the node's own engine's profile if that can be read, else the newest known one. */
static int read_default(const struct cli *cli, const char *word, struct buf *ret, struct buf *ret_what, struct err *err)
{
	static const char *const files[] = ENGINE_PODMAN_FILES;
	const struct arch *host[4], *machine = cli->machine ? cli->machine : arch_host(host) ? host[0] : arch_get(ARCH_X86_64);
	const struct default_profile *fact = default_profile(word, machine->name);
	const char *path = NULL;
	int r = text_streq(word, "@podman") ? engine_read_podman(files, ARRAY_SIZE(files), ret, &path, err) : 1;

	if (r < 0)
		return r;
	if (!r) {
		buf_addf(ret_what, "the default of Podman on this node, %s", path);
		return 0;
	}
	buf_add(ret, fact->text, fact->len);
	buf_addf(ret_what, "the default of %s on %s", fact->version, fact->machine);
	return 0;
}

int operand_read(struct cli *cli, const char *word, enum operand_want want, size_t max, struct buf *ret,
		 struct buf *ret_what, struct err *err)
{
	cleanup_buf struct buf what = {0};
	enum operand_kind kind = OPERAND_KEY;
	int r = operand_kind(cli, word, &kind, err);

	if (r < 0)
		return r;
	switch (kind) {
	case OPERAND_DIRECTORY:
		return err_set(err, EISDIR, "%s: is a directory, not a profile", word);
	case OPERAND_STDIN:
		return file_read_fd(STDIN_FILENO, max, "standard input", ret, err);
	case OPERAND_FILE:
		return read_file(word, max, ret, err);
	case OPERAND_DEFAULT:
		return read_default(cli, word, ret, ret_what ? ret_what : &what, err);
	case OPERAND_LIVE:
		return read_live(word, ret, ret_what ? ret_what : &what, err);
	case OPERAND_APPROVAL:
		return read_approval(cli, word, ret, ret_what ? ret_what : &what, err);
	case OPERAND_KEY:
		break;
	}
	return read_key(cli, word, want, max, ret, ret_what ? ret_what : &what, err);
}

struct walk {
	size_t max, found, skipped;
	int (*fn)(const struct operand *op, void *arg, struct err *err);
	void *arg;
};

static int walk_directory(struct walk *w, const char *path, unsigned depth, struct err *err);

static int walk_entry(struct walk *w, const char *dir, const char *name, unsigned depth, struct err *err)
{
	cleanup_buf struct buf path = {0}, text = {0};
	struct stat st, link;
	size_t len = strlen(dir);
	bool lost;

	buf_addf(&path, "%s%s%s", dir, len && dir[len - 1] == '/' ? "" : "/", name);
	if (buf_failed(&path))
		return err_set(err, ENOMEM, "out of memory");
	/* A file that has just been removed is not a profile; a dangling link is one that cannot be read. */
	if (lstat(path.data, &link) < 0) {
		w->skipped++;
		return 0;
	}
	lost = stat(path.data, &st) < 0;
	if (lost)
		st = link;
	/* A link to a directory may lead back up. */
	if (S_ISDIR(st.st_mode))
		return S_ISLNK(link.st_mode) ? 0 : walk_directory(w, path.data, depth + 1, err);
	if ((!S_ISREG(st.st_mode) && !lost) || !word_has_suffix(name)) {
		w->skipped++;
		return 0;
	}
	struct err error = {0};
	int r = read_file(path.data, w->max, &text, &error);

	w->found++;
	return w->fn(&(const struct operand){.name = path.data,
					     .what = "",
					     .path = path.data,
					     .text = r < 0 ? NULL : &text,
					     .error = &error},
		     w->arg, err);
}

static int is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* By bytes: alphasort() depends on the locale. */
static int name_order(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int walk_directory(struct walk *w, const char *path, unsigned depth, struct err *err)
{
	struct dirent **names = NULL;
	int n = depth < DEPTH_MAX ? scandir(path, &names, is_visible, name_order) : 0, r = 0;

	if (depth >= DEPTH_MAX)
		return err_set(err, ELOOP, "%s: directories nested more than %d deep", path, DEPTH_MAX);
	if (n < 0)
		return err_sys(err, errno, "%s", path);
	for (int i = 0; i < n; i++) {
		if (!r)
			r = walk_entry(w, path, names[i]->d_name, depth, err);
		free(names[i]);
	}
	free(names);
	return r;
}

int operand_each(struct cli *cli, const char *word, enum operand_want want, size_t max,
		 int (*fn)(const struct operand *op, void *arg, struct err *err), void *arg, size_t *ret_skipped,
		 struct err *err)
{
	struct walk w = {.max = max, .fn = fn, .arg = arg};
	cleanup_buf struct buf text = {0}, what = {0};
	enum operand_kind kind = OPERAND_KEY;
	int r = operand_kind(cli, word, &kind, err);

	if (r < 0)
		return r;
	if (kind == OPERAND_DIRECTORY) {
		r = walk_directory(&w, word, 0, err);
		if (ret_skipped)
			*ret_skipped += w.skipped;
		if (!r && !w.found)
			r = err_set(err, ENOENT, "%s: no .json, .yaml, .yml or .conf file in it", word);
		return r;
	}
	r = operand_read(cli, word, want, max, &text, &what, err);
	if (r < 0)
		return r;
	if (buf_failed(&text) || buf_failed(&what))
		return err_set(err, ENOMEM, "out of memory");
	return fn(&(const struct operand){.name = kind == OPERAND_STDIN ? "standard input" : word,
					  .what = what.data ? what.data : "",
					  .path = kind == OPERAND_FILE ? word : NULL,
					  .text = &text},
		  arg, err);
}
