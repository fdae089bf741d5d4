/* The runtimes' error messages for a refused call (sentences.csv): all there is without a record, as in the events of `kubectl
 * describe`.
 *
 * Each line of the table was observed when the named version was refused the call with EPERM or ENOSYS, or is at the named
 * place in its source. A '*' in a text matches anything.
 */
#ifndef SNUG_SECCOMP_SENTENCE_H
#define SNUG_SECCOMP_SENTENCE_H

#include "seccomp/record/log_text.h"

#include <stdbool.h>
#include <stddef.h>

enum sentence_form {
	SENTENCE_ERRNO, /* the text of an errno follows it, after ": " */
	SENTENCE_LINE,  /* the text of an errno follows somewhere on the line */
	SENTENCE_ALONE, /* it is enough by itself */
	SENTENCE_DUMP,  /* in the stack that a Go program prints when SIGABRT or SIGSYS kills it */
};

struct sentence {
	const char *text;
	enum sentence_form form;
	const char *runtime, *version, *source; /* "runc" "1.3.6" "libcontainer/init_linux.go:301" */
	const char *calls; /* the refused call; several, separated by spaces: one of them; "": unknown */
	bool certain;      /* only a filter refuses that; false: files, mounts or security modules may, too */
	const char *since; /* the versions that make this call there, for people */
	const char *why;   /* for people; may be "" */
};

size_t sentence_all(const struct sentence **ret);

/* The most specific message in the line, or NULL. refused: the line says in some way that something was refused; else only
 * messages that say so themselves are searched. in_dump: the line is in the stack of a Go program being killed. */
const struct sentence *sentence_find(struct text line, bool refused, bool in_dump);

/* Copies the i-th of its calls, at most cap - 1 bytes; false if there is no such one. */
bool sentence_call(const struct sentence *s, size_t i, char *ret, size_t cap);

#endif
