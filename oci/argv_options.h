/* The options of runc and crun, as far as they decide which word of the command line means what. For argv.c alone. */
#ifndef SNUG_OCI_ARGV_OPTIONS_H
#define SNUG_OCI_ARGV_OPTIONS_H

#include "oci/argv.h"

enum { OCI_COMMANDS = OCI_RESTORE + 1 };

enum oci_option_kind {
	FLAG,
	VALUE,    /* attached, or else the next word */
	OPTIONAL, /* attached, or none */
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
	FIELD_HELP, /* whatever makes the runtime print and start nothing */
};

struct oci_option {
	const char *name; /* NULL ends a table */
	char letter;      /* 0: none */
	enum oci_option_kind kind;
	enum oci_option_field field;
};

struct oci_option_tables {
	const struct oci_option *everywhere; /* before and behind the subcommand */
	const struct oci_option *globals;    /* before it */
	const struct oci_option *commands[OCI_COMMANDS];
};

/* By enum oci_dialect. */
extern const struct oci_option_tables oci_option_tables[];

#endif
