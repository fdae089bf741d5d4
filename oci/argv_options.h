/* The options of runc and crun, as far as they decide what each word of the command line means. Only argv.c includes it. */
#ifndef SNUG_OCI_ARGV_OPTIONS_H
#define SNUG_OCI_ARGV_OPTIONS_H

#include "oci/argv.h"

enum { OCI_COMMANDS = OCI_RESTORE + 1 };

enum oci_option_kind {
	FLAG,
	VALUE,    /* has a value: attached, or the next word */
	OPTIONAL, /* may have an attached value */
};

enum oci_option_field {
	IGNORED,
	FIELD_ROOT,
	FIELD_LOG,
	FIELD_LOG_FORMAT,
	FIELD_SYSTEMD_CGROUP,
	FIELD_CGROUP_MANAGER,
	FIELD_BUNDLE,
	FIELD_CONFIG,
	FIELD_DETACH,
	FIELD_TTY,
	FIELD_CONSOLE,
	FIELD_HELP, /* whatever makes the runtime print something and start nothing */
};

struct oci_option {
	const char *name; /* NULL ends a table */
	char letter;      /* 0: none */
	enum oci_option_kind kind;
	enum oci_option_field field;
};

struct oci_option_tables {
	const struct oci_option *everywhere; /* before and after the subcommand */
	const struct oci_option *globals;    /* before it */
	const struct oci_option *commands[OCI_COMMANDS];
};

/* Indexed by enum oci_dialect. */
extern const struct oci_option_tables oci_option_tables[];

#endif
