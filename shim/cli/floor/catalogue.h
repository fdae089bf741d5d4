/* The catalogue: the floors of released runtimes, built in from floors/RUNTIME-VERSION-ARCH.json, so that a profile can be
 * checked for a runtime that is not installed. A name is "runc-1.3.6". */
#ifndef SNUG_SHIM_CLI_CATALOGUE_H
#define SNUG_SHIM_CLI_CATALOGUE_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/syscall/arch.h"
#include "shim/cli/floor/floor.h"
#include "shim/cli/floor/floor_file.h"

#include <stdbool.h>
#include <stddef.h>

struct catalogue_entry {
	const char *name, *machine; /* "runc-1.3.6", "x86_64" */
	const char *date, *package, *kernel, *libseccomp;
	const char *text; /* a floor file of one runtime */
	size_t len;
};

/* All entries, in order of name. */
size_t catalogue_entries(const struct catalogue_entry **ret);

/* True for a word that can only be a catalogue name, whether it exists or not: a runtime, a dash, a digit; with or without a
 * leading '@'. */
bool catalogue_is_name(const char *word);

/* The entry of this name for this arch; -ENOENT with a sentence that lists the entries. */
int catalogue_find(const char *name, const struct arch *arch, const struct catalogue_entry **ret, struct err *err);

/* The entry for a runtime's own version text ("runc version 1.3.6+ds1;..."); NULL: none. */
const struct catalogue_entry *catalogue_of_version(const char *version, const struct arch *arch);

/* Reads an entry; the caller frees *ret with floor_file_done(). Returns 0 or a negative errno. */
int catalogue_read(const struct catalogue_entry *e, struct floor_file *ret, struct err *err);

/* Appends the entry's runtime to those of a file. Returns 0 or a negative errno. */
int catalogue_add_to(const struct catalogue_entry *e, struct floor_file *f, struct err *err);

/* The floor of an entry for containers with or without noNewPrivileges, as profiles are built from it. *ret must be empty; the
 * caller frees it with floor_done(). Returns 0 or a negative errno. */
int catalogue_floor(const struct catalogue_entry *e, bool no_new_privileges, struct floor *ret, struct err *err);

/* Appends the list of all entries, for people. */
void catalogue_list(struct buf *out);

#endif
