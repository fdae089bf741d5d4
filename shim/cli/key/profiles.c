#include "shim/cli/key/profiles.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "shim/cli/common/run.h"
#include "shim/cli/common/word.h"
#include "shim/cli/key/inspect.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANALYZE_MS 5000

static bool holds(const struct buf *text, const char *word)
{
	return text->len && memmem(text->data, text->len, word, strlen(word));
}

/* The groups that this machine's systemd reports. If it is missing or fails, the built-in list applies. */
static void ask_systemd(struct buf *ret)
{
	static const char program[] = "/usr/bin/systemd-analyze";
	char *const argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)"--no-pager", (char *)(uintptr_t)"syscall-filter", NULL};
	const struct run run = {.argv = argv, .signal_fd = -1, .timeout_ms = ANALYZE_MS};

	if (access(program, X_OK) < 0 || run_program(&run, ret, NULL) < 0 || buf_failed(ret) || !holds(ret, "@default\n"))
		buf_clear(ret);
}

static bool lacks_bases(const struct policy_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (policy_lacks_base(list->policy[i]))
			return true;
	return false;
}

/* Adds the SeccompProfiles of one file, if it can be read and has any; the user did not name this file, so failures do not
 * matter. */
static int add_beside(const char *dir, const char *name, struct policy_list *from, struct err *err)
{
	cleanup_policy_list struct policy_list list = {0};
	cleanup_buf struct buf path = {0}, text = {0};
	struct stat st;
	cleanup_fd int fd = -1;

	buf_addf(&path, "%s/%s", dir, name);
	if (buf_failed(&path))
		return err_set(err, ENOMEM, "out of memory");
	/* Anyone may have put a device or a pipe there: do not block, and read regular files only. */
	fd = open(path.data, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || file_read_fd(fd, POLICY_TEXT_MAX, path.data, &text, NULL) < 0 ||
	    !holds(&text, "SeccompProfile") || policy_read(text.data, text.len, path.data, &list, NULL) < 0)
		return 0;
	for (size_t i = 0; i < list.count; i++) {
		struct policy **all = reallocarray(from->policy, from->count + 1, sizeof(*all));

		if (!all)
			return err_set(err, ENOMEM, "out of memory");
		from->policy = all;
		from->policy[from->count++] = steal_ptr(&list.policy[i]);
	}
	return 0;
}

static int add_bases_beside(const char *path, struct policy_list *list, struct err *err)
{
	cleanup_policy_list struct policy_list from = {0};
	cleanup_free char *copy = strdup(path);
	const char *dir = copy ? dirname(copy) : NULL;
	DIR *d = dir ? opendir(dir) : NULL;
	int r = copy ? 0 : err_set(err, ENOMEM, "out of memory");

	for (struct dirent *e = d ? readdir(d) : NULL; e && r == 0; e = readdir(d))
		if (e->d_name[0] != '.' && word_has_suffix(e->d_name) && from.count < POLICY_LIST_MAX)
			r = add_beside(dir, e->d_name, &from, err);
	if (d)
		closedir(d);
	return r < 0 ? r : policy_add_bases(list->policy, list->count, from.policy, from.count, err);
}

static int read_inspected(const struct buf *profile, const char *name, void *arg, struct err *err)
{
	struct policy_list *list = arg;

	return policy_read(profile->data ? profile->data : "", profile->len, name, list, err);
}

int profiles_read(const struct buf *text, const char *name, const char *path, struct policy_list *ret, struct err *err)
{
	cleanup_buf struct buf groups = {0};
	int r;

	if (inspect_is_text(text))
		return inspect_each(text, name, read_inspected, ret, err);
	if (holds(text, "SystemCallFilter"))
		ask_systemd(&groups);
	ret->systemd_groups = groups.len ? groups.data : NULL;
	r = policy_read(text->data ? text->data : "", text->len, name, ret, err);
	ret->systemd_groups = NULL;
	return r == 0 && path && lacks_bases(ret) ? add_bases_beside(path, ret, err) : r;
}

int profiles_read_one(const struct buf *text, const char *name, const char *path, struct policy **ret, struct err *err)
{
	cleanup_policy_list struct policy_list list = {0};
	int r = profiles_read(text, name, path, &list, err);

	if (r == 0 && list.count > 1)
		r = err_set(err, EINVAL, "%s: contains %zu profiles; name a file with one", name, list.count);
	if (r < 0)
		return r;
	profiles_tell(&list, name, true);
	*ret = steal_ptr(&list.policy[0]);
	return 0;
}

void profiles_tell(const struct policy_list *list, const char *name, bool bases)
{
	cleanup_buf struct buf safe = {0};

	text_add_safe(&safe, name, strlen(name));
	if (list->others && !buf_failed(&safe) && !buf_failed(&list->other_kinds))
		fprintf(stderr, "snug: %s: skipped %zu object%s of other kinds (%s%s)\n", safe.data ? safe.data : "",
			list->others, list->others == 1 ? "" : "s", list->other_kinds.data,
			list->others > POLICY_KINDS_NAMED ? ", ..." : "");
	for (size_t i = 0; bases && i < list->count; i++) {
		cleanup_buf struct buf base = {0};

		if (!policy_lacks_base(list->policy[i]))
			continue;
		buf_adds(&base, "snug: ");
		text_add_safe(&base, policy_name(list->policy[i]), strlen(policy_name(list->policy[i])));
		buf_adds(&base, ": it builds on the base profile ");
		text_add_safe(&base, policy_base(list->policy[i]), strlen(policy_base(list->policy[i])));
		if (!buf_failed(&base))
			fprintf(stderr, "%s, which is not here, so what that allows is not counted\n", base.data);
	}
}
