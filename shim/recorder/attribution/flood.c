#include "shim/recorder/attribution/flood.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "seccomp/syscall/names.h"
#include "seccomp/syscall/sets.h"
#include "shim/daemon/log.h"

#include <inttypes.h>
#include <stdio.h>

#define RECENT_MS 3000 /* calls without a record for so long have no part in a flood */

/* The call of which the evidence has most records, among those that are still logged; NULL: none. */
static const struct evidence_call *busiest(const struct evidence *ev)
{
	const struct evidence_call *const *calls, *best = NULL;
	size_t n = evidence_calls(ev, &calls);
	uint64_t now = text_now_ms();

	for (size_t i = 0; i < n; i++)
		if (calls[i]->last_ms + RECENT_MS >= now && (!best || calls[i]->count > best->count))
			best = calls[i];
	return best;
}

static void tell(struct run *run, struct evidence_run *er, uint64_t records)
{
	const struct evidence_call *c = busiest(run->key->evidence);
	cleanup_buf struct buf text = {0};
	char name[SYSCALL_NAME_MAX];

	if (!c)
		return;
	syscall_name(c->arch, c->nr, name);
	buf_addf(&text, "%" PRIu64 " audit records in a second, most of them of %s; ", records, name);
	if (set_is_always_logged(name))
		buf_addf(&text, "%s is logged at every learning start", name);
	else
		buf_addf(&text, "now that %s is known, later starts of this key leave it unlogged unless \"progressive\" is false", name);
	if (buf_failed(&text))
		return;
	log_say("container %s, key %s: %s", run->container, evidence_key(run->key->evidence), text.data);
	(void)evidence_run_add_note(er, text.data);
}

static void look(struct run *run)
{
	const struct evidence_run *const *runs;
	struct evidence_run *er;
	uint64_t fresh;

	/* So that `records` has all of them. */
	(void)evidence_runs(run->key->evidence, &runs);
	er = evidence_run(run->key->evidence, run->no);
	if (!er)
		return;
	fresh = er->records - run->flood_from;
	run->flood_from = er->records;
	if (fresh < FLOOD_RECORDS || run->flood_told || run->mode != EVIDENCE_LEARN)
		return;
	run->flood_told = true;
	tell(run, er, fresh);
}

void flood_look(struct runs *r)
{
	for (struct run *run = r->list; run; run = run->next)
		look(run);
}
