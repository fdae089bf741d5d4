/* Which records of a log are copies of one another: syslog, journal and audit log of one node hold the same ones. A copy has the same stamp.
 * journald's own has none ("audit[PID]: SECCOMP auid=..."): of the same process, place and call within two seconds as many are counted as the
 * more numerous kind has, stamped or not. Bounded memory: what was seen long ago may be forgotten, and is then counted again.
 */
#ifndef SNUG_SECCOMP_COPIES_H
#define SNUG_SECCOMP_COPIES_H

#include "base/err.h"
#include "seccomp/record/log_line.h"

enum copies_answer {
	COPIES_NEW,
	COPIES_SAME,   /* the same stamp was seen before */
	COPIES_PAIRED, /* of a stamped and an unstamped one the second */
};

struct copies; /* opaque */

int copies_new(struct copies **ret, struct err *err);
void copies_free(struct copies *c); /* NULL is allowed */

/* The line is a record. */
enum copies_answer copies_add(struct copies *c, const struct log_line *line);

#endif
