#include "shim/recorder/attribution/intake.h"

#include "seccomp/syscall/names.h"
#include "shim/daemon/log.h"
#include "shim/recorder/stream/audit.h"

#include <linux/audit.h>

/* The recorder made a call that its own filter (confine.h) refuses. What failed may have been part of the recording. */
static void tell_refused(struct intake *in, const struct record *rec)
{
	const struct arch *arch = arch_of_record(rec->arch, rec->nr);
	char name[SYSCALL_NAME_MAX] = "?";

	if (arch)
		(void)syscall_name(arch, rec->nr, name);
	log_say("snugd's own filter refused the system call %s (%u), so current runs are incomplete; please report this",
		name, rec->nr);
	loss_stamp(in->loss, REASON_RECORDER);
}

static void take_record(struct intake *in, const struct record *rec, const struct evidence_hint *hint)
{
	uint32_t seq;

	loss_see_serial(in->loss, (uint32_t)rec->serial);
	if (rec->pid == in->own_pid && !record_is_used(rec))
		tell_refused(in, rec);
	else if (probe_matches(in->probe, rec, &seq))
		loss_see_probe(in->loss, seq, (uint32_t)rec->serial, in->now_ms);
	else
		runs_record(in->runs, rec, hint, in->now_ms);
}

static void take_oldest(struct intake *in)
{
	const struct intake_ahead *a = &in->ahead[in->first];

	in->first = (in->first + 1) % INTAKE_AHEAD;
	in->count--;
	take_record(in, &a->rec, &a->hint);
}

void intake_flush(struct intake *in)
{
	while (in->count)
		take_oldest(in);
}

static void take_seccomp(struct intake *in, const char *text, size_t len)
{
	struct intake_ahead *next = &in->ahead[(in->first + in->count) % INTAKE_AHEAD];

	if (record_parse(text, len, &next->rec) < 0) {
		intake_flush(in);
		log_say("cannot read a seccomp record: %.*s", (int)(len < 400 ? len : 400), text);
		loss_stamp(in->loss, REASON_BAD_RECORD);
		return;
	}
	next->hint = runs_foresee(in->runs, &next->rec);
	in->count++;
	if (in->count == INTAKE_AHEAD)
		take_oldest(in);
}

static void take_message(void *arg, uint16_t type, const char *text, size_t len)
{
	struct intake *in = arg;
	uint64_t time_ms, serial;

	if (type == AUDIT_SECCOMP) {
		take_seccomp(in, text, len);
		return;
	}
	intake_flush(in);
	if (type == AUDIT_CONFIG_CHANGE)
		loss_see_config(in->loss, text, len);
	if (record_stamp(text, len, &time_ms, &serial))
		loss_see_serial(in->loss, (uint32_t)serial);
	else
		loss_stamp(in->loss, REASON_BAD_RECORD);
}

void intake_datagram(struct intake *in, const void *data, size_t len)
{
	if (audit_each(data, len, take_message, in) < 0)
		loss_stamp(in->loss, REASON_BAD_RECORD);
}
