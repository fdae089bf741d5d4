#include "oci/argv_options.h"

#include <stddef.h>

#define END_OF_OPTIONS                                                                                                 \
	{                                                                                                              \
		NULL, 0, FLAG, IGNORED                                                                                 \
	}

/* runc 1.0 to 1.3: main.go, create.go, run.go, exec.go, ... Options of newer versions are listed for all. */
static const struct oci_option runc_everywhere[] = {{"help", 'h', FLAG, FIELD_HELP}, END_OF_OPTIONS};
static const struct oci_option runc_globals[] = {
	{"root", 0, VALUE, FIELD_ROOT},
	{"log", 0, VALUE, FIELD_LOG},
	{"log-format", 0, VALUE, FIELD_LOG_FORMAT},
	{"rootless", 0, VALUE, IGNORED},
	{"criu", 0, VALUE, IGNORED},
	{"systemd-cgroup", 0, FLAG, FIELD_SYSTEMD_CGROUP},
	{"debug", 0, FLAG, IGNORED},
	{"version", 'v', FLAG, FIELD_HELP},
	END_OF_OPTIONS,
};
static const struct oci_option runc_create[] = {
	{"bundle", 'b', VALUE, FIELD_BUNDLE},
	{"console-socket", 0, VALUE, IGNORED},
	{"pidfd-socket", 0, VALUE, IGNORED},
	{"pid-file", 0, VALUE, IGNORED},
	{"preserve-fds", 0, VALUE, IGNORED},
	{"detach", 'd', FLAG, FIELD_DETACH},
	{"keep", 0, FLAG, IGNORED},
	{"no-subreaper", 0, FLAG, IGNORED},
	{"no-pivot", 0, FLAG, IGNORED},
	{"no-new-keyring", 0, FLAG, IGNORED},
	END_OF_OPTIONS,
};
static const struct oci_option runc_exec[] = {
	{"console-socket", 0, VALUE, FIELD_CONSOLE},
	{"pidfd-socket", 0, VALUE, IGNORED},
	{"cwd", 0, VALUE, IGNORED},
	{"env", 'e', VALUE, IGNORED},
	{"tty", 't', FLAG, FIELD_TTY},
	{"user", 'u', VALUE, IGNORED},
	{"additional-gids", 'g', VALUE, IGNORED},
	{"process", 'p', VALUE, IGNORED},
	{"detach", 'd', FLAG, FIELD_DETACH},
	{"pid-file", 0, VALUE, IGNORED},
	{"process-label", 0, VALUE, IGNORED},
	{"apparmor", 0, VALUE, IGNORED},
	{"no-new-privs", 0, FLAG, IGNORED},
	{"cap", 'c', VALUE, IGNORED},
	{"preserve-fds", 0, VALUE, IGNORED},
	{"cgroup", 0, VALUE, IGNORED},
	{"ignore-paused", 0, FLAG, IGNORED},
	END_OF_OPTIONS,
};
static const struct oci_option runc_checkpoint[] = {
	{"image-path", 0, VALUE, IGNORED},
	{"work-path", 0, VALUE, IGNORED},
	{"parent-path", 0, VALUE, IGNORED},
	{"leave-running", 0, FLAG, IGNORED},
	{"tcp-established", 0, FLAG, IGNORED},
	{"tcp-skip-in-flight", 0, FLAG, IGNORED},
	{"link-remap", 0, FLAG, IGNORED},
	{"ext-unix-sk", 0, FLAG, IGNORED},
	{"shell-job", 0, FLAG, IGNORED},
	{"lazy-pages", 0, FLAG, IGNORED},
	{"status-fd", 0, VALUE, IGNORED},
	{"page-server", 0, VALUE, IGNORED},
	{"file-locks", 0, FLAG, IGNORED},
	{"pre-dump", 0, FLAG, IGNORED},
	{"manage-cgroups-mode", 0, VALUE, IGNORED},
	{"empty-ns", 0, VALUE, IGNORED},
	{"auto-dedup", 0, FLAG, IGNORED},
	END_OF_OPTIONS,
};
static const struct oci_option runc_restore[] = {
	{"bundle", 'b', VALUE, FIELD_BUNDLE},
	{"detach", 'd', FLAG, FIELD_DETACH},
	{"console-socket", 0, VALUE, IGNORED},
	{"image-path", 0, VALUE, IGNORED},
	{"work-path", 0, VALUE, IGNORED},
	{"tcp-established", 0, FLAG, IGNORED},
	{"link-remap", 0, FLAG, IGNORED},
	{"ext-unix-sk", 0, FLAG, IGNORED},
	{"shell-job", 0, FLAG, IGNORED},
	{"file-locks", 0, FLAG, IGNORED},
	{"manage-cgroups-mode", 0, VALUE, IGNORED},
	{"pid-file", 0, VALUE, IGNORED},
	{"no-subreaper", 0, FLAG, IGNORED},
	{"no-pivot", 0, FLAG, IGNORED},
	{"empty-ns", 0, VALUE, IGNORED},
	{"auto-dedup", 0, FLAG, IGNORED},
	{"lazy-pages", 0, FLAG, IGNORED},
	{"lsm-profile", 0, VALUE, IGNORED},
	{"lsm-mount-context", 0, VALUE, IGNORED},
	END_OF_OPTIONS,
};
static const struct oci_option runc_delete[] = {{"force", 'f', FLAG, IGNORED}, END_OF_OPTIONS};
static const struct oci_option runc_kill[] = {{"all", 'a', FLAG, IGNORED}, END_OF_OPTIONS};

/* crun 1.0 to 1.20: src/crun.c, src/create.c, ...; argp's own options: argp-parse.c, argp_default_options. Options
 * that newer versions added come after those that an abbreviation means in older ones. */
static const struct oci_option crun_everywhere[] = {
	{"help", '?', FLAG, FIELD_HELP},
	{"usage", 0, FLAG, FIELD_HELP},
	{"program-name", 0, VALUE, IGNORED},
	{"HANG", 0, OPTIONAL, IGNORED},
	END_OF_OPTIONS,
};
static const struct oci_option crun_globals[] = {
	{"root", 0, VALUE, FIELD_ROOT},
	{"log", 0, VALUE, FIELD_LOG},
	{"log-format", 0, VALUE, FIELD_LOG_FORMAT},
	{"rootless", 0, VALUE, IGNORED},
	{"cgroup-manager", 0, VALUE, FIELD_CGROUP_MANAGER},
	{"systemd-cgroup", 0, FLAG, FIELD_SYSTEMD_CGROUP},
	{"debug", 0, FLAG, IGNORED},
	{"version", 'v', FLAG, FIELD_HELP},
	{"version", 'V', FLAG, FIELD_HELP},
	{"log-level", 0, VALUE, IGNORED},
	END_OF_OPTIONS,
};
static const struct oci_option crun_create[] = {
	{"bundle", 'b', VALUE, FIELD_BUNDLE},
	{"config", 'f', VALUE, FIELD_CONFIG},
	{"console-socket", 0, VALUE, IGNORED},
	{"pid-file", 0, VALUE, IGNORED},
	{"preserve-fds", 0, VALUE, IGNORED},
	{"no-subreaper", 0, FLAG, IGNORED},
	{"no-pivot", 0, FLAG, IGNORED},
	{"no-new-keyring", 0, FLAG, IGNORED},
	END_OF_OPTIONS,
};
static const struct oci_option crun_run[] = {
	{"bundle", 'b', VALUE, FIELD_BUNDLE},
	{"config", 'f', VALUE, FIELD_CONFIG},
	{"detach", 'd', FLAG, FIELD_DETACH},
	{"console-socket", 0, VALUE, IGNORED},
	{"pid-file", 0, VALUE, IGNORED},
	{"preserve-fds", 0, VALUE, IGNORED},
	{"no-subreaper", 0, FLAG, IGNORED},
	{"no-pivot", 0, FLAG, IGNORED},
	{"no-new-keyring", 0, FLAG, IGNORED},
	{"keep", 0, FLAG, IGNORED},
	END_OF_OPTIONS,
};
static const struct oci_option crun_exec[] = {
	{"console-socket", 0, VALUE, FIELD_CONSOLE},
	{"tty", 't', OPTIONAL, FIELD_TTY},
	{"process", 'p', VALUE, IGNORED},
	{"cwd", 0, VALUE, IGNORED},
	{"cgroup", 0, VALUE, IGNORED},
	{"detach", 'd', FLAG, FIELD_DETACH},
	{"user", 'u', VALUE, IGNORED},
	{"env", 'e', VALUE, IGNORED},
	{"cap", 'c', VALUE, IGNORED},
	{"pid-file", 0, VALUE, IGNORED},
	{"preserve-fds", 0, VALUE, IGNORED},
	{"no-new-privs", 0, FLAG, IGNORED},
	{"process-label", 0, VALUE, IGNORED},
	{"apparmor", 0, VALUE, IGNORED},
	END_OF_OPTIONS,
};
static const struct oci_option crun_delete[] = {
	{"force", 'f', FLAG, IGNORED},
	{"regex", 'r', FLAG, IGNORED},
	END_OF_OPTIONS,
};
static const struct oci_option crun_kill[] = {
	{"all", 'a', FLAG, IGNORED},
	{"regex", 'r', FLAG, IGNORED},
	END_OF_OPTIONS,
};
static const struct oci_option crun_checkpoint[] = {
	{"image-path", 0, VALUE, IGNORED},
	{"work-path", 0, VALUE, IGNORED},
	{"parent-path", 0, VALUE, IGNORED},
	{"leave-running", 0, FLAG, IGNORED},
	{"tcp-established", 0, FLAG, IGNORED},
	{"ext-unix-sk", 0, FLAG, IGNORED},
	{"shell-job", 0, FLAG, IGNORED},
	{"pre-dump", 0, FLAG, IGNORED},
	{"file-locks", 0, FLAG, IGNORED},
	{"manage-cgroups-mode", 0, VALUE, IGNORED},
	END_OF_OPTIONS,
};
static const struct oci_option crun_restore[] = {
	{"bundle", 'b', VALUE, FIELD_BUNDLE},
	{"detach", 'd', FLAG, FIELD_DETACH},
	{"image-path", 0, VALUE, IGNORED},
	{"work-path", 0, VALUE, IGNORED},
	{"tcp-established", 0, FLAG, IGNORED},
	{"ext-unix-sk", 0, FLAG, IGNORED},
	{"shell-job", 0, FLAG, IGNORED},
	{"pid-file", 0, VALUE, IGNORED},
	{"console-socket", 0, VALUE, IGNORED},
	{"file-locks", 0, FLAG, IGNORED},
	{"manage-cgroups-mode", 0, VALUE, IGNORED},
	{"lsm-profile", 0, VALUE, IGNORED},
	{"lsm-mount-context", 0, VALUE, IGNORED},
	END_OF_OPTIONS,
};

static const struct oci_option no_options[] = {END_OF_OPTIONS};

const struct oci_option_tables oci_option_tables[] = {
	[OCI_DIALECT_RUNC] = {.everywhere = runc_everywhere,
			      .globals = runc_globals,
			      .commands = {[OCI_CREATE] = runc_create,
					   [OCI_RUN] = runc_create,
					   [OCI_EXEC] = runc_exec,
					   [OCI_START] = no_options,
					   [OCI_DELETE] = runc_delete,
					   [OCI_STATE] = no_options,
					   [OCI_KILL] = runc_kill,
					   [OCI_CHECKPOINT] = runc_checkpoint,
					   [OCI_RESTORE] = runc_restore}},
	[OCI_DIALECT_CRUN] = {.everywhere = crun_everywhere,
			      .globals = crun_globals,
			      .commands = {[OCI_CREATE] = crun_create,
					   [OCI_RUN] = crun_run,
					   [OCI_EXEC] = crun_exec,
					   [OCI_START] = no_options,
					   [OCI_DELETE] = crun_delete,
					   [OCI_STATE] = no_options,
					   [OCI_KILL] = crun_kill,
					   [OCI_CHECKPOINT] = crun_checkpoint,
					   [OCI_RESTORE] = crun_restore}},
};
