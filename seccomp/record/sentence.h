/* The runtimes' own words for a refused call (sentences.csv): what is left where no record is, as in the events of `kubectl describe`.
 *
 * Each line of the table was obtained: a call was refused to the named version, by EPERM and ENOSYS, or stands at the named place of
 * its source. A '*' in a text stands for anything.
 */
#ifndef SNUG_SECCOMP_SENTENCE_H
#define SNUG_SECCOMP_SENTENCE_H

#include "seccomp/record/log_text.h"

#include <stdbool.h>
#include <stddef.h>

enum sentence_form {
	SENTENCE_ERRNO, /* an errno's text stands right behind it, after ": " */
	SENTENCE_LINE,  /* an errno's text stands somewhere behind it on the line */
	SENTENCE_ALONE, /* it says enough itself */
	SENTENCE_DUMP,  /* within a stack that a Go program prints as it dies of SIGABRT or SIGSYS */
};

struct sentence {
	const char *text;
	enum sentence_form form;
	const char *runtime, *version, *source; /* "runc" "1.3.6" "libcontainer/init_linux.go:301" */
	const char *calls; /* refused, with a space between; more than one: one of them; "": it tells none */
	bool certain;      /* nothing but a filter refuses that; false: files, mounts and security modules may, too */
	const char *since; /* the versions that make the call there, for people */
	const char *why;   /* for people, "" where there is nothing to say */
};

size_t sentence_all(const struct sentence **ret);

/* The most telling one that the line holds; NULL: none. `refused`: the line says so, in whatever words; without that only those are looked
 * for that say it themselves. in_dump: it stands in the stack of a Go program that dies. */
const struct sentence *sentence_find(struct text line, bool refused, bool in_dump);

/* The i-th of its calls. Copies at most cap - 1 bytes; false from the first that is not there. */
bool sentence_call(const struct sentence *s, size_t i, char *ret, size_t cap);

#endif
