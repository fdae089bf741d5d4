#include "shim/recorder/attribution/state_file.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#define STATE_FILE_MAX (4u << 20) /* bytes */

/* runc libcontainer BaseState, crun libcrun_container_status_s. */
static const struct {
	const char *file, *pid, *start;
} forms[] = {
	{"state.json", "init_process_pid", "init_process_start"},
	{"status", "pid", "process-start-time"},
};

int state_file_parse(const char *text, size_t len, const char *name, pid_t *ret_pid, uint64_t *ret_start, struct err *err)
{
	cleanup_json struct json_doc *doc = NULL;
	int r = json_parse(text, len, JSON_FOREIGN, name, &doc, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		const struct json *v = json_get(json_root(doc), forms[i].pid);
		uint64_t pid, start = 0;

		if (json_type(v) != JSON_NUMBER || json_u64(v, &pid) < 0 || pid == 0 || pid > INT32_MAX)
			continue;
		v = json_get(json_root(doc), forms[i].start);
		if (json_type(v) == JSON_NUMBER)
			(void)json_u64(v, &start);
		*ret_pid = (pid_t)pid;
		*ret_start = start;
		return 0;
	}
	return err_set(err, EINVAL, "%s: contains no process of the container", name);
}

int state_file_read(const char *root, const char *id, pid_t *ret_pid, uint64_t *ret_start, struct err *err)
{
	cleanup_free char *path = NULL;
	cleanup_fd int dir = -1;

	if (asprintf(&path, "%s/%s", root, id) < 0)
		return err_set(err, ENOMEM, "out of memory");
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, errno, "%s: cannot open", path);
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		cleanup_buf struct buf text = {0};
		int r = file_read_at(dir, forms[i].file, STATE_FILE_MAX, &text, err);

		if (r == 0)
			return state_file_parse(text.data ? text.data : "", text.len, forms[i].file, ret_pid, ret_start, err);
	}
	return err ? err->code : -ENOENT;
}
