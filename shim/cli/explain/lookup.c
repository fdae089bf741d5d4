#include "shim/cli/explain/lookup.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json/json.h"
#include "base/text.h"
#include "shim/common/client.h"
#include "shim/common/session.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define PATIENCE_MS 1000
#define CGROUP_MAX  65536

/* One connection per question: while a client is connected, an idle recorder does not end. */
static bool ask(const struct config *config, uint32_t session, struct json_doc **ret)
{
	cleanup_buf struct buf request = {0}, answer = {0};
	cleanup_fd int fd = client_connect(CLIENT_SNUGD, config->run_dir, NULL);

	if (fd < 0)
		return false;
	buf_addf(&request, "{\"op\":\"whose\",\"session\":%u}", session);
	return client_request_within(fd, &request, PATIENCE_MS, &answer, NULL) == 0 &&
	       json_parse(answer.data, answer.len, JSON_OURS, "the recorder's answer", ret, NULL) == 0;
}

static void copy_member(const struct json_doc *doc, const char *name, char *ret, size_t cap)
{
	const struct json *v = json_get(json_root(doc), name);
	cleanup_buf struct buf safe = {0};

	if (json_type(v) == JSON_STRING)
		text_add_safe(&safe, json_text(v), json_text_len(v));
	snprintf(ret, cap, "%s", safe.data && !buf_failed(&safe) ? safe.data : "");
}

static const struct lookup_answer *by_session(struct lookup *w, const struct config *config, uint32_t session)
{
	struct lookup_known *k = &w->known[session % LOOKUP_KNOWN];
	cleanup_json struct json_doc *doc = NULL;

	if (k->used && k->session == session)
		return &k->answer;
	*k = (struct lookup_known){.used = true, .session = session};
	if (session != SESSION_UNSET && ask(config, session, &doc)) {
		copy_member(doc, "key", k->answer.key, sizeof(k->answer.key));
		copy_member(doc, "container", k->answer.container, sizeof(k->answer.container));
	}
	return &k->answer;
}

/* The last part of the first cgroup that is not the root. */
static void find_place(uint32_t pid, char *ret, size_t cap)
{
	cleanup_buf struct buf text = {0}, safe = {0};
	char path[48], *save = NULL;

	snprintf(path, sizeof(path), "/proc/%u/cgroup", pid);
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || file_read_fd(fd, CGROUP_MAX, path, &text, NULL) < 0 || !text.data)
		return;
	for (char *line = strtok_r(text.data, "\n", &save); line && !safe.len; line = strtok_r(NULL, "\n", &save)) {
		const char *slash = strrchr(line, '/');

		if (slash && slash[1])
			text_add_safe(&safe, slash + 1, strlen(slash + 1));
	}
	snprintf(ret, cap, "%s", safe.data && !buf_failed(&safe) ? safe.data : "");
}

void lookup_find(struct lookup *w, const struct config *config, const struct record *r, struct lookup_answer *ret)
{
	*ret = *by_session(w, config, r->session);
	if (!*ret->key)
		find_place(r->pid, ret->place, sizeof(ret->place));
}

bool lookup_has_key(struct lookup *w, const struct config *config, const struct record *r, const char *key)
{
	return text_streq(by_session(w, config, r->session)->key, key);
}
