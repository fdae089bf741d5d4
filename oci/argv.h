/* What a caller asked the runtime to do, read from its argument vector by the real runtime's own rules.
 *
 * Only as much is read as the wrapper needs; unknown options are no error (the runtime will say so itself), and the
 * vector is never changed. Sources: runc main.go and urfave/cli v1 with Go's flag package (one dash or two, options behind
 * the id except for exec); crun src/crun.c, src/create.c ... with glibc's argp, ARGP_IN_ORDER (abbreviations, groups of short
 * options with attached values, no option behind the first word).
 */
#ifndef SNUG_OCI_ARGV_H
#define SNUG_OCI_ARGV_H

#include <stdbool.h>

enum oci_dialect { OCI_DIALECT_RUNC, OCI_DIALECT_CRUN };

enum oci_command {
	OCI_OTHER, /* anything that is not listed, or no subcommand at all (--version, --help) */
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

/* All strings point into argv (also into the tail of "--opt=value" and "-bVALUE"); NULL where the option was not given. */
struct oci_call {
	enum oci_command command;
	const char *command_name; /* the subcommand as written */
	const char *root;         /* --root */
	const char *log;          /* --log */
	const char *log_format;   /* --log-format: "text" or "json" */
	bool systemd_cgroup;      /* --systemd-cgroup, or crun's --cgroup-manager=systemd */
	const char *bundle;       /* create, run, restore: --bundle, -b; the last one wins; NULL too where runc got "" */
	const char *config;       /* crun create, run: --config, -f: a file, relative to the current directory, in place of
				     BUNDLE/config.json; a plain "config.json" is the one in the bundle */
	const char *id;           /* the container's id: the first positional argument after the subcommand (the last one of
				     create and run behind an unknown option, whose value the first one may be) */
	bool detach;              /* run, exec: --detach, -d */
	bool help;                /* --help, -h (runc), -? or --usage (crun): the runtime starts nothing. In front of the
				     subcommand, where --version does it too, the command is OCI_OTHER */
};

/* Parses argv[1..argc-1]. Never fails: what cannot be understood leaves its fields unset. argv must outlive *ret. */
void oci_argv_parse(enum oci_dialect dialect, int argc, char *const argv[], struct oci_call *ret);

/* The name of a subcommand ("create"), "" for OCI_OTHER. */
const char *oci_command_name(enum oci_command command);

#endif
