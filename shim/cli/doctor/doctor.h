/* `snug doctor`: can this node record? There is one table of checks (cmd_doctor.c); text, JSON and the exit status
 * derive from it. Nothing is changed: each check leaves no trace.
 *
 *   cmd_doctor.c     the table, the output
 *   doctor_kernel.c  namespaces, capabilities, seccomp, cgroups
 *   doctor_audit.c   the audit stream, its settings, its losses, the login uid
 *   doctor_calls.c   ABIs, inherited filters
 *   doctor_node.c    configuration, directories, runtime, recorder
 *   doctor_readers.c who else reads audit records; auditd_conf.c: auditd's own settings */
#ifndef SNUG_SHIM_CLI_DOCTOR_H
#define SNUG_SHIM_CLI_DOCTOR_H

#include "base/buf.h"
#include "base/err.h"
#include "oci/runtime.h"
#include "shim/common/config.h"
#include "shim/recorder/stream/audit.h"

#include <stdbool.h>
#include <stddef.h>

enum doctor_result {
	DOCTOR_OK,
	DOCTOR_SKIPS, /* not tried, because an earlier check failed */
	DOCTOR_WARNS, /* learning is complete, but the user should know this */
	DOCTOR_FAILS, /* learning would not be complete, or would not start */
	DOCTOR_RESULT_COUNT
};

/* What the checks share. */
struct doctor {
	struct config config;
	bool config_valid;
	struct err config_err;
	bool notify;     /* the source is notify, not audit; why: the reason */
	const char *why;
	bool namespaces_initial;
	struct audit_info first; /* the audit status before the checks */
	bool first_known;
	bool audit_off;             /* not in this kernel: what rests on it is not tested */
	bool counts;                /* common calls of a first run make no record */
	struct oci_runtime runtime; /* path NULL: there is none */
};

/* What one check found: `found` in words; `fix` if the table's does not fit. */
struct doctor_finding {
	struct buf found, fix;
};

/* Appends to f->found and returns r, so that `return doctor_found(f, DOCTOR_OK, "...")` works. */
enum doctor_result doctor_found(struct doctor_finding *f, enum doctor_result r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

enum doctor_result doctor_notify(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_namespaces(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_capabilities(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_audit_built(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_seccomp_log(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_log_action(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_cgroups(struct doctor *d, struct doctor_finding *f);

enum doctor_result doctor_stream(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_receive_buffer(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_status(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_failure_mode(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_rate_limit(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_backlog(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_exclude_rules(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_probe(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_lost(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_session(struct doctor *d, struct doctor_finding *f);

enum doctor_result doctor_abis(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_filters(struct doctor *d, struct doctor_finding *f);

enum doctor_result doctor_config(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_state_dir(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_run_dir(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_runtime(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_libseccomp(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_recorder(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_counter(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_auditd(struct doctor *d, struct doctor_finding *f);
enum doctor_result doctor_readers(struct doctor *d, struct doctor_finding *f);

#endif
