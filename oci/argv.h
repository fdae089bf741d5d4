/* What a caller asked the runtime to do, read from its argument vector by the real runtime's own rules.
 *
 * Only what the wrapper needs is read. Unknown options are not an error (the runtime will report them), and the vector is
 * never changed. Sources: runc main.go and urfave/cli v1 with Go's flag package (one dash or two, options behind
 * the id except for exec); crun src/crun.c, src/create.c ... with glibc's argp, ARGP_IN_ORDER (abbreviations, groups of short
 * options with attached values, no option behind the first word).
 */
#ifndef SNUG_OCI_ARGV_H
#define SNUG_OCI_ARGV_H

#include <stdbool.h>

enum oci_dialect { OCI_DIALECT_RUNC, OCI_DIALECT_CRUN };

enum oci_command {
	OCI_OTHER, /* any other subcommand, or none at all (--version, --help) */
	OCI_CREATE,
	OCI_RUN,
	OCI_EXEC,
	OCI_START,
	OCI_DELETE,
	OCI_STATE,
	OCI_KILL,
	OCI_CHECKPOINT,
	OCI_RESTORE,
};

/* All strings point into argv (or into the tail of "--opt=value" or "-bVALUE"); NULL if the option was not given. */
struct oci_call {
	enum oci_command command;
	const char *command_name; /* the subcommand as written */
	const char *root;         /* --root */
	const char *log;          /* --log */
	const char *log_format;   /* --log-format: "text" or "json" */
	bool systemd_cgroup;      /* --systemd-cgroup, or crun's --cgroup-manager=systemd */
	const char *bundle;       /* create, run, restore: --bundle, -b; the last one wins; NULL also if runc was given "" */
	const char *config;       /* crun create, run: --config, -f: a file, relative to the current directory, in place of
				     BUNDLE/config.json; a plain "config.json" is the one in the bundle */
	const char *id;           /* the container's id: the first positional argument after the subcommand (for create
				     and run the last one if an unknown option precedes, since the first may be its value) */
	bool detach;              /* run, exec: --detach, -d */
	bool help;                /* --help, -h (runc), -? or --usage (crun): the runtime starts nothing. Before the
				     subcommand, as with --version, the command is OCI_OTHER */
	bool terminal;            /* exec: --tty, -t, or --console-socket, which both runtimes take for a terminal only. Engines
				     pass it exactly where a terminal was asked for; process.json alone (terminal, without
				     --detach) is not looked into */
};

/* Parses argv[1..argc-1]. Never fails: what cannot be understood leaves its fields unset. argv must outlive *ret, which has
 * nothing to free. */
void oci_argv_parse(enum oci_dialect dialect, int argc, char *const argv[], struct oci_call *ret);

/* The name of a subcommand ("create"); "" for OCI_OTHER. */
const char *oci_command_name(enum oci_command command);

#endif
