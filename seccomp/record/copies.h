/* Finds copies of a record: syslog, journal and audit log of a node contain the same records. A copy has the same stamp.
 * journald's own lines have none ("audit[PID]: SECCOMP auid=..."): for the same process, place and call within two seconds,
 * the larger of the two numbers counts, with or without a stamp. Bounded memory: what was seen long ago may be forgotten,
 * and is then counted again.
 */
#ifndef SNUG_SECCOMP_COPIES_H
#define SNUG_SECCOMP_COPIES_H

#include "base/err.h"
#include "seccomp/record/log_line.h"

enum copies_answer {
	COPIES_NEW,
	COPIES_SAME,   /* the same stamp was seen before */
	COPIES_PAIRED, /* the second of a stamped and an unstamped copy */
};

struct copies; /* opaque */

/* Returns 0 or -ENOMEM. */
int copies_new(struct copies **ret, struct err *err);
void copies_free(struct copies *c); /* NULL is allowed */

/* line->kind must be LOG_LINE_RECORD. */
enum copies_answer copies_add(struct copies *c, const struct log_line *line);

#endif
