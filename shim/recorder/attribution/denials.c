#include "shim/recorder/attribution/denials.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "seccomp/syscall/names.h"
#include "shim/daemon/journal.h"
#include "shim/daemon/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_MAX 256 /* bytes of a program's name or path */

static void add_field(const struct record_field *f, struct buf *out)
{
	char raw[FIELD_MAX];

	buf_adds(out, "");
	if (f->p)
		text_add_safe(out, raw, record_field_bytes(f, raw, sizeof(raw)));
}

/* NULL: there are too many keys this second, or no memory. */
static struct denials_of_key *find(struct denials *d, const char *key, const char *container, enum evidence_mode mode,
				   const struct record *rec)
{
	struct denials_of_key *p = d->pending;

	for (; p < d->pending + d->count; p++)
		if (text_streq(p->key, key))
			return p;
	if (d->count == DENIALS_KEYS)
		return NULL;
	*p = (struct denials_of_key){.key = strdup(key), .container = strdup(container), .mode = mode};
	if (!p->key || !p->container) {
		free(p->key);
		free(p->container);
		return NULL;
	}
	add_field(&rec->comm, &p->comm);
	add_field(&rec->exe, &p->exe);
	d->count++;
	return p;
}

void denials_see(struct denials *d, const char *key, const char *container, enum evidence_mode mode, bool denied,
		 const struct arch *arch, const struct record *rec)
{
	struct denials_of_key *p = find(d, key, container, mode, rec);

	if (!p)
		return;
	p->total++;
	p->denied |= denied;
	for (unsigned i = 0; i < p->call_count; i++)
		if (p->calls[i].arch == arch && p->calls[i].nr == rec->nr)
			return;
	p->more |= p->call_count == DENIALS_CALLS;
	if (p->call_count == DENIALS_CALLS)
		return;
	p->calls[p->call_count].arch = arch;
	p->calls[p->call_count++].nr = rec->nr;
}

static void name_of(const struct denials_of_key *p, unsigned i, char ret[SYSCALL_NAME_MAX])
{
	if (p->calls[i].arch)
		syscall_name(p->calls[i].arch, p->calls[i].nr, ret);
	else
		snprintf(ret, SYSCALL_NAME_MAX, "syscall_%" PRIu32, p->calls[i].nr);
}

static void add_message(const struct denials_of_key *p, struct buf *out)
{
	char name[SYSCALL_NAME_MAX];

	buf_addf(out, "container %s, key %s: %s ", p->container, p->key,
		 p->denied ? "denied" : "outside the approved profile:");
	for (unsigned i = 0; i < p->call_count; i++) {
		name_of(p, i, name);
		buf_addf(out, "%s%s", i ? ", " : "", name);
	}
	buf_addf(out, "%s by %s (%s), %" PRIu64 " time%s", p->more ? " and others" : "", p->comm.data, p->exe.data,
		 p->total, p->total == 1 ? "" : "s");
}

static void compose(const struct denials_of_key *p, const char *message, struct buf *out)
{
	char name[SYSCALL_NAME_MAX], count[24];

	snprintf(count, sizeof(count), "%" PRIu64, p->total);
	journal_add(out, "MESSAGE", message);
	journal_add(out, "MESSAGE_ID", DENIALS_MESSAGE_ID);
	journal_add(out, "PRIORITY", "4");
	journal_add(out, "SYSLOG_FACILITY", "3");
	journal_add(out, "SYSLOG_IDENTIFIER", "snugd");
	journal_add(out, "SNUG_KEY", p->key);
	journal_add(out, "SNUG_CONTAINER", p->container);
	journal_add(out, "SNUG_MODE", evidence_mode_name(p->mode));
	journal_add(out, "SNUG_ACTION", p->denied ? "denied" : "audited");
	journal_add(out, "SNUG_COUNT", count);
	for (unsigned i = 0; i < p->call_count; i++) {
		name_of(p, i, name);
		journal_add(out, "SNUG_SYSCALL", name);
	}
	journal_add(out, "SNUG_COMM", p->comm.data);
	journal_add(out, "SNUG_EXE", p->exe.data);
}

static void tell(const struct denials *d, const struct denials_of_key *p)
{
	cleanup_buf struct buf message = {0}, entry = {0};
	int r;

	if (buf_failed(&p->comm) || buf_failed(&p->exe))
		return;
	add_message(p, &message);
	if (buf_failed(&message))
		return;
	compose(p, message.data, &entry);
	r = journal_send(d->journal, &entry);
	if (r == -ENOENT || r == -ECONNREFUSED)
		log_say("%s", message.data);
}

void denials_tell(struct denials *d)
{
	for (unsigned i = 0; i < d->count; i++)
		tell(d, &d->pending[i]);
	denials_done(d);
}

void denials_done(struct denials *d)
{
	for (unsigned i = 0; i < d->count; i++) {
		free(d->pending[i].key);
		free(d->pending[i].container);
		buf_done(&d->pending[i].comm);
		buf_done(&d->pending[i].exe);
	}
	d->count = 0;
}
