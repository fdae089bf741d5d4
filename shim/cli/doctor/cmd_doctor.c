#include "shim/cli/common/cli.h"

#include "base/json/json.h"
#include "base/text.h"
#include "shim/cli/doctor/doctor.h"
#include "shim/cli/common/table.h"
#include "shim/common/namespaces.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { OPT_JSON };

static const struct cli_option OPTIONS[] = {
	[OPT_JSON] = {"json", 0, NULL, "print one JSON object: learn, source, checks[] {code, result, what, found, fix}"},
};

/* One condition. */
struct check {
	const char *code; /* a contract: scripts read it */
	const char *what; /* what must be true */
	const char *fix; /* what to do if it is not */
	enum doctor_result (*run)(struct doctor *d, struct doctor_finding *f);
	enum { FOR_BOTH, FOR_AUDIT, FOR_NOTIFY } source; /* which source needs it */
};

/* In order of trying: a failure comes before the failures that it explains. */
static const struct check CHECKS[] = {
	{"configuration", "the configuration is valid", "correct that file", doctor_config, FOR_BOTH},
	{"notify", "a call that is handed to a listener goes on",
	 "Linux 5.5 or later is needed, and a caller whose own seccomp filter allows seccomp(2)", doctor_notify, FOR_NOTIFY},
	{"namespaces", "this is the initial user, pid and network namespace",
	 "record on the host itself, as root: the kernel's audit stream is available nowhere else", doctor_namespaces, FOR_AUDIT},
	{"capabilities", "CAP_AUDIT_READ and CAP_AUDIT_CONTROL are held",
	 "run as root with all capabilities: a container or unit that starts snugd must keep both",
	 doctor_capabilities, FOR_AUDIT},
	{"audit-built", "the kernel has audit, and it is not off",
	 "remove audit=0 from the kernel command line and reboot; needs CONFIG_AUDITSYSCALL=y, but not audit=1",
	 doctor_audit_built, FOR_AUDIT},
	{"seccomp-log", "the kernel can log system calls (SECCOMP_RET_LOG)", "use kernel 4.14 or later",
	 doctor_seccomp_log, FOR_AUDIT},
	{"filters", "no seccomp filter is inherited from here",
	 "start containers from a process without a filter (Seccomp: 0 in /proc/PID/status); run doctor from the same place",
	 doctor_filters, FOR_AUDIT},
	{"abis", "snug knows by which ABIs a program can call", "", doctor_abis, FOR_AUDIT},
	{"log-action", "`log` is in kernel.seccomp.actions_logged",
	 "sysctl -w kernel.seccomp.actions_logged='kill_process kill_thread trap errno user_notif trace log'",
	 doctor_log_action, FOR_AUDIT},
	{"stream", "the audit multicast group can be read",
	 "run as root in the initial namespaces; a security module may forbid it", doctor_stream, FOR_AUDIT},
	{"receive-buffer", "the stream's receive buffer has its full size",
	 "start snugd with CAP_NET_ADMIN, or raise net.core.rmem_max", doctor_receive_buffer, FOR_AUDIT},
	{"status", "the audit status can be read", "run as root, with CAP_AUDIT_CONTROL, in the initial namespaces",
	 doctor_status, FOR_AUDIT},
	{"failure-mode", "a lost audit record does not panic the node", "auditctl -f 1", doctor_failure_mode, FOR_AUDIT},
	{"rate-limit", "audit has no rate limit", "auditctl -r 0", doctor_rate_limit, FOR_AUDIT},
	{"backlog", "a full audit backlog waits before it loses records", "auditctl -b 8192 --backlog_wait_time 60000",
	 doctor_backlog, FOR_AUDIT},
	{"exclude-rules", "no audit rule drops seccomp records", "run `auditctl -l` and delete the exclude rule",
	 doctor_exclude_rules, FOR_AUDIT},
	{"probe", "a logged call comes back through the whole audit path, in order",
	 "run `auditctl -l` and look for an exclude rule on SECCOMP", doctor_probe, FOR_AUDIT},
	{"lost", "the kernel's count of lost audit records does not rise",
	 "find what floods audit (`auditctl -l`), and raise backlog_limit (`auditctl -b 8192`)", doctor_lost, FOR_AUDIT},
	{"session", "a container can have an audit session of its own",
	 "remove --loginuid-immutable from auditd's rules and reboot", doctor_session, FOR_AUDIT},
	{"state-dir", "evidence can be written", "free space in it, or set another state_dir in the configuration",
	 doctor_state_dir, FOR_BOTH},
	{"run-dir", "the recorder's socket can be made",
	 "free space in it, or set another run_dir in the configuration", doctor_run_dir, FOR_BOTH},
	{"runtime", "the real runtime is there and has seccomp",
	 "install runc or crun with seccomp support, or set runtime in the configuration", doctor_runtime, FOR_BOTH},
	{"cgroups", "the recorder can have a cgroup of its own",
	 "mount the cgroup hierarchy read-write, or start snugd through its systemd socket", doctor_cgroups, FOR_AUDIT},
	{"libseccomp", "this libseccomp knows the log action", "use libseccomp 2.4 or later", doctor_libseccomp, FOR_BOTH},
	{"recorder", "the recorder answers, or can be started", "kill the hanging snugd and try again",
	 doctor_recorder, FOR_AUDIT},
	{"counter", "common calls are counted in the kernel, not logged",
	 "build snug with libbpf and clang, on a kernel before 7.2 with BTF (CONFIG_DEBUG_INFO_BTF) that is not locked down", doctor_counter, FOR_AUDIT},
	{"auditd", "no audit daemon halts the node when its disk is full",
	 "set SYSLOG or SUSPEND in /etc/audit/auditd.conf: learning writes far more audit records than usual",
	 doctor_auditd, FOR_AUDIT},
	{"readers", "no program writes all audit records to the journal",
	 "systemctl mask --now systemd-journald-audit.socket; systemctl restart systemd-journald", doctor_readers, FOR_AUDIT},
};

static const char *const RESULTS[] = {[DOCTOR_OK] = "ok", [DOCTOR_SKIPS] = "skips", [DOCTOR_WARNS] = "warns", [DOCTOR_FAILS] = "fails"};

_Static_assert(ARRAY_SIZE(RESULTS) == DOCTOR_RESULT_COUNT, "a name for each result");

/* The output of the findings: rows of a table, or JSON. */
struct telling {
	bool as_json;
	struct table table;
	struct json_writer json;
	size_t count[DOCTOR_RESULT_COUNT];
};

static void tell_json(struct json_writer *w, const struct check *c, enum doctor_result r, const char *found, const char *fix)
{
	cleanup_buf struct buf safe = {0};

	text_add_safe(&safe, found, strlen(found));
	json_write_object(w, NULL);
	json_write_string(w, "code", c->code);
	json_write_string(w, "result", RESULTS[r]);
	json_write_string(w, "what", c->what);
	json_write_string(w, "found", safe.data ? safe.data : "");
	if (fix)
		json_write_string(w, "fix", fix);
	else
		json_write_null(w, "fix");
	json_write_end_object(w);
}

static void tell(struct telling *t, const struct check *c, enum doctor_result r, struct doctor_finding *f)
{
	const char *found = f->found.data ? f->found.data : c->what;
	const char *fix = f->fix.data ? f->fix.data : c->fix;

	if (r == DOCTOR_OK || r == DOCTOR_SKIPS)
		fix = NULL;
	t->count[r]++;
	if (t->as_json) {
		tell_json(&t->json, c, r, found, fix);
		return;
	}
	table_add(&t->table, RESULTS[r]);
	table_add(&t->table, c->code);
	table_add(&t->table, found);
	if (!fix)
		return;
	table_add(&t->table, "");
	table_add(&t->table, "");
	table_addf(&t->table, "fix: %s", fix);
}

static void conclude(const struct telling *t, const struct doctor *d, struct buf *out)
{
	size_t fails = t->count[DOCTOR_FAILS];

	if (fails)
		buf_addf(out, "Learning would not be complete here: %zu condition%s not met.\n", fails, fails == 1 ? " is" : "s are");
	else
		buf_addf(out, "Learning would be complete here%s.\n",
			 t->count[DOCTOR_WARNS] ? "; see the warnings" : "");
	if (d->notify)
		buf_addf(out, "Containers are learnt by notify here: %s.\n", d->why);
}

/* Chooses as the wrapper does (shim/runtime/source.h). */
static void choose_source(struct doctor *d)
{
	if (d->config.source == CONFIG_SOURCE_NOTIFY)
		d->why = "the configuration says so";
	else if (d->config.source == CONFIG_SOURCE_AUTO)
		d->why = namespaces_why_no_audit();
	d->notify = d->why != NULL;
}

static bool concerns(const struct check *c, const struct doctor *d)
{
	return c->source == FOR_BOTH || (c->source == FOR_NOTIFY) == d->notify;
}

static void begin(struct telling *t, struct buf *out)
{
	table_begin(&t->table, 3);
	json_write_begin(&t->json, out, true);
	if (!t->as_json)
		return;
	json_write_object(&t->json, NULL);
	json_write_array(&t->json, "checks");
}

static void end(struct telling *t, const struct doctor *d, struct buf *out)
{
	if (t->as_json) {
		json_write_end_array(&t->json);
		json_write_bool(&t->json, "learn", !t->count[DOCTOR_FAILS]);
		json_write_string(&t->json, "source", config_source_name(d->notify ? CONFIG_SOURCE_NOTIFY : CONFIG_SOURCE_AUDIT));
		json_write_end_object(&t->json);
		buf_addc(out, '\n');
	} else {
		table_write(&t->table, "", out);
		conclude(t, d, out);
	}
	table_done(&t->table);
}

static int run(struct cli *cli, const struct cli_args *args, struct err *err)
{
	struct telling t = {.as_json = args->value[OPT_JSON]};
	struct doctor d = {0};

	d.config_valid = config_load(&d.config, &d.config_err) == 0;
	choose_source(&d);
	begin(&t, &cli->out);
	for (size_t i = 0; i < ARRAY_SIZE(CHECKS); i++) {
		struct doctor_finding f = {0};
		enum doctor_result r;

		if (!concerns(&CHECKS[i], &d))
			continue;
		r = CHECKS[i].run(&d, &f);
		tell(&t, &CHECKS[i], r, &f);
		buf_done(&f.found);
		buf_done(&f.fix);
	}
	end(&t, &d, &cli->out);
	oci_runtime_done(&d.runtime);
	config_done(&d.config);
	return t.count[DOCTOR_FAILS] ? CLI_FOUND : CLI_GOOD;
}

const struct cli_command cmd_doctor = {
	.name = "doctor",
	.operands = "",
	.summary = "tests whether this node can record, and says how to fix what fails",
	.details =
		"Tests each condition for real, including an end-to-end probe, and changes nothing. `fails`: learning\n"
		"would not start or not be complete here (exit status 1). `warns`: it would be complete, but there is\n"
		"something to know. `skips`: not tested, because of an earlier failure. Where containers are learnt by notify\n"
		"(source in snug-config(5)), the conditions of the audit records are left out.\n",
	.options = OPTIONS,
	.option_count = ARRAY_SIZE(OPTIONS),
	.own_config = true,
	.run = run,
};
