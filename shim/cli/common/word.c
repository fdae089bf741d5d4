#include "shim/cli/common/word.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "oci/key.h"
#include "shim/common/client.h"
#include "shim/common/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const suffixes[] = {".json", ".yaml", ".yml", ".conf"};

bool word_has_suffix(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (len > n && text_streq(name + len - n, suffixes[i]))
			return true;
	}
	return false;
}

bool word_is_no_key(const char *word)
{
	return *word == '/' || text_starts(word, "./") || text_starts(word, "../");
}

bool word_is_path(const char *word)
{
	size_t len = strlen(word);

	return word_is_no_key(word) || text_streq(word, ".") || text_streq(word, "..") || word_has_suffix(word) || (len && word[len - 1] == '/');
}

bool word_is_file(const char *word)
{
	struct stat st;

	return word_is_path(word) && !stat(word, &st) && S_ISREG(st.st_mode);
}

bool word_is_key(const struct cli *cli, const char *word)
{
	cleanup_fd int dir = oci_key_check(word, NULL) < 0
				     ? -1
				     : state_open_key(cli->config.state_dir, STATE_KEYS, word, false, NULL);

	return dir >= 0 && (!faccessat(dir, STATE_EVIDENCE, F_OK, 0) || !faccessat(dir, STATE_APPROVED, F_OK, 0));
}

static int load_file(const char *path, struct evidence **ret, struct err *err)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	cleanup_buf struct buf text = {0};
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st) && S_ISDIR(st.st_mode))
		return err_set(err, EISDIR, "%s: is a directory, not evidence", path);
	int r = fd < 0 ? err_sys(err, errno, "%s", path) : file_read_fd(fd, EVIDENCE_SIZE_MAX, path, &text, err);

	return r < 0 ? r : evidence_parse(text.data ? text.data : "", text.len, path, ret, err);
}

int word_load_evidence(const struct cli *cli, const char *key, struct evidence **ret, struct err *err)
{
	struct err inner = {0};

	if (word_is_file(key) || word_is_no_key(key))
		return load_file(key, ret, err);
	int r = client_sync(&cli->config, err);

	if (r < 0)
		return r;
	r = state_load_evidence(cli->config.state_dir, STATE_KEYS, key, ret, &inner);
	if (r == -ENOENT && word_is_key(cli, key))
		return err_set(err, r, "'%s' has an approved profile, but nothing was recorded for it", key);
	if (r == -ENOENT)
		return err_set(err, r, "unknown key '%s'; `snug ls` lists the keys%s", key,
			       strchr(key, '/') && strncmp(key, "k8s/", 4) != 0
				       ? " (a slash in a container's name is written %2F)"
				       : "");
	return r < 0 ? err_set(err, r, "%s", inner.msg) : 0;
}
