/* Records of containers that snug is learning are not findings, since all their calls are logged. This machine's evidence
 * identifies them: a learning run of a key was going on at that time, and the key's evidence has the call, made by a program of
 * that name. */
#include "shim/cli/explain/explain.h"

#include "base/text.h"
#include "shim/common/session.h"
#include "shim/common/state.h"

#include <stdlib.h>
#include <string.h>

#define SLACK_MS   2000 /* tolerance between the kernel's clock and the recorder's */
#define KEYS_NAMED 3

struct own_key {
	char *name;
	struct evidence *evidence;
	uint64_t count;
};

struct explain_own {
	struct own_key *keys;
	size_t count;
	const char *state_dir;
};

void explain_own_free(struct explain_own *own)
{
	for (size_t i = 0; own && i < own->count; i++) {
		free(own->keys[i].name);
		evidence_free(own->keys[i].evidence);
	}
	if (own)
		free(own->keys);
	free(own);
}

/* If a key cannot be read, none of its records are left out. */
static int add_key(const char *key, void *arg, struct err *err)
{
	struct explain_own *own = arg;
	cleanup_evidence struct evidence *ev = NULL;
	struct own_key *keys;

	(void)err;
	if (state_load_evidence(own->state_dir, STATE_KEYS, key, &ev, NULL) < 0)
		return 0;
	keys = reallocarray(own->keys, own->count + 1, sizeof(*keys));
	if (!keys)
		return 0;
	own->keys = keys;
	keys[own->count] = (struct own_key){.name = strdup(key), .evidence = ev};
	if (!keys[own->count].name)
		return 0;
	ev = NULL;
	own->count++;
	return 0;
}

static bool was_running(const struct evidence_run *run, const struct record *r)
{
	if (run->mode != EVIDENCE_LEARN || r->time_ms + SLACK_MS < run->started_ms)
		return false;
	if (run->attribution == EVIDENCE_BY_SESSION && r->session == SESSION_UNSET)
		return false;
	return !run->ended_ms || r->time_ms <= run->ended_ms;
}

static bool made_it(const struct evidence *ev, const struct arch *arch, const struct record *r)
{
	const struct evidence_call *const *calls = NULL;
	size_t n = evidence_calls(ev, &calls);
	cleanup_buf struct buf comm = {0};
	char raw[64];

	text_add_safe(&comm, raw, record_field_bytes(&r->comm, raw, sizeof(raw)));
	if (buf_failed(&comm) || !comm.data)
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *name;

		if (calls[i]->nr != r->nr || calls[i]->arch != arch || !calls[i]->count)
			continue;
		if (calls[i]->more)
			return true;
		for (size_t k = 0; (name = evidence_comm(ev, calls[i], k)); k++)
			if (text_streq(name, comm.data))
				return true;
	}
	return false;
}

bool explain_own_has(struct explain *x, const struct record *r)
{
	const struct arch *arch = arch_of_record(r->arch, r->nr);

	if (!x->own_dir || r->action != RECORD_LOG || !r->time_ms || !arch)
		return false;
	if (!x->own) {
		x->own = calloc(1, sizeof(*x->own));
		if (!x->own)
			return false;
		x->own->state_dir = x->own_dir;
		(void)state_each_key(x->own_dir, add_key, x->own, NULL);
	}
	for (size_t i = 0; i < x->own->count; i++) {
		const struct evidence_run *const *runs = NULL;
		size_t n = evidence_runs(x->own->keys[i].evidence, &runs);
		bool running = false;

		for (size_t k = 0; k < n && !running; k++)
			running = was_running(runs[k], r);
		if (running && made_it(x->own->keys[i].evidence, arch, r)) {
			x->own->keys[i].count++;
			return true;
		}
	}
	return false;
}

uint64_t explain_own_count(const struct explain *x, struct buf *ret_keys)
{
	uint64_t count = 0;
	size_t named = 0;

	for (size_t i = 0; x->own && i < x->own->count; i++) {
		const struct own_key *k = &x->own->keys[i];

		count += k->count;
		if (k->count && named++ < KEYS_NAMED)
			buf_addf(ret_keys, "%s%s", named > 1 ? ", " : "", k->name);
		else if (k->count && named == KEYS_NAMED + 1)
			buf_adds(ret_keys, " and others");
	}
	return count;
}

void explain_line(const struct log_line *line, void *arg)
{
	struct explain *x = arg;

	if (line->kind == LOG_LINE_RECORD && line->tool == LOG_TOOL_NONE && explain_own_has(x, &line->record))
		return;
	summary_add(line, &x->summary);
}
