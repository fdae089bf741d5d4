/* The seccomp section of a run that is learnt by notify: every call that can be named is handed to a listener (SCMP_ACT_NOTIFY), which answers that
 * it goes on.
 *
 * What is not handed over, and why nothing is missed by it:
 *   - What nobody can name gets ENOSYS, as on a kernel that lacks it, and as the approved profile will answer. runc refuses NOTIFY as the default.
 *   - Ends of processes and returns from signal handlers are allowed: they are in every profile, and a signal that interrupts one would break the program.
 *   - `write` is allowed: runc refuses NOTIFY for it, since its init hands the listener over by it. So is, for a Go runtime, what its scheduler may
 *     need before the listener is handed over; all of that is in every profile for it. They are booked as assumed, and mmap in its harmless form as passed.
 *   - The hot set, where the operator wants speed.
 */
#ifndef SNUG_SECCOMP_LEARNING_NOTIFY_H
#define SNUG_SECCOMP_LEARNING_NOTIFY_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/evidence/evidence.h"

#include <stdbool.h>
#include <stddef.h>

struct notify_wish {
	const char *listener_path, *metadata;
	bool go;          /* the runtime's init is a Go program */
	const char **hot; /* the hot set; may be NULL */
	size_t hot_count;
};

/* Appends the section, a JSON object on one line, and what it lets pass, as unlogged_accept() takes it. */
int notify_section_make(const struct evidence *ev, const struct notify_wish *wish, struct buf *out, struct buf *out_unlogged, struct err *err);

#endif
