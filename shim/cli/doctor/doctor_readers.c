/* Who else receives the audit records, and what a flood of them does to the node. */
#include "shim/cli/doctor/doctor.h"

#include "base/file.h"
#include "shim/cli/common/audit_readers.h"
#include "shim/cli/doctor/auditd_conf.h"

#include <fcntl.h>

#define AUDITD_CONF "/etc/audit/auditd.conf"
#define CONF_MAX    65536

static enum doctor_result judge(const struct doctor *d, const struct auditd_conf *conf, struct doctor_finding *f)
{
	cleanup_buf struct buf loses = {0}, fix = {0};

	if (conf->halting.len)
		return doctor_found(f, DOCTOR_WARNS, "auditd is running (process %u), and " AUDITD_CONF " says %s",
				    d->first.auditd_pid, conf->halting.data);
	/* A run that logs only the rare calls adds little. */
	if (d->counts || !auditd_conf_loses(conf, &loses, &fix))
		return doctor_found(f, DOCTOR_OK, "auditd is running (process %u) and does not halt the node",
				    d->first.auditd_pid);
	buf_add(&f->fix, fix.data, fix.len);
	return doctor_found(f, DOCTOR_WARNS, "auditd is running (process %u); %s", d->first.auditd_pid, loses.data);
}

enum doctor_result doctor_auditd(struct doctor *d, struct doctor_finding *f)
{
	cleanup_with(auditd_conf_done) struct auditd_conf conf = {0};
	cleanup_buf struct buf text = {0};
	struct err err = {0};
	int r;

	if (!d->first_known)
		return doctor_found(f, DOCTOR_SKIPS, "not tested: the audit status cannot be read");
	if (!d->first.auditd_pid)
		return doctor_found(f, DOCTOR_OK, "no audit daemon is running");
	r = file_read_at(AT_FDCWD, AUDITD_CONF, CONF_MAX, &text, &err);
	if (r < 0) {
		buf_adds(&f->fix, "make sure that it does not halt the node when its disk is full");
		return doctor_found(f, DOCTOR_WARNS, "an audit daemon is running (process %u); %s", d->first.auditd_pid,
				    err.msg);
	}
	if (text.data)
		auditd_conf_read(text.data, &conf);
	return judge(d, &conf, f);
}

enum doctor_result doctor_readers(struct doctor *d, struct doctor_finding *f)
{
	cleanup_buf struct buf names = {0};

	if (audit_readers(&names))
		return doctor_found(f, DOCTOR_WARNS,
				    "journald also reads audit records: %s goes into the journal; readers: %s",
				    d->counts ? "every rare call" : "every logged call", names.data);
	if (names.data)
		return doctor_found(f, DOCTOR_OK, "also read by %s", names.data);
	return doctor_found(f, DOCTOR_OK, "no other program reads audit records");
}
