/* The seccomp section of a run that is learnt by notify: every call with a name is handed to a listener (SCMP_ACT_NOTIFY), which
 * lets it continue.
 *
 * What is not handed over, and why nothing is missed:
 *   - Calls without a known name get ENOSYS, as on a kernel that lacks them, and as the approved profile will answer. runc
 *     refuses NOTIFY as the default.
 *   - Exits of processes and returns from signal handlers are allowed: every profile has them, and a signal that interrupts one
 *     would break the program.
 *   - `write` is allowed: runc refuses NOTIFY for it, since its init sends the listener with it. For a Go runtime, so is what its
 *     scheduler may need before the listener is sent; every profile for such a runtime has it. These are noted as assumed, and
 *     mmap in its harmless form as unlogged.
 *   - The hot set, if the operator wants speed.
 *   - With experiments, clone3, whose flags are in memory: answered with ENOSYS, so that clone shows them.
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
	bool experiments; /* clone3 may be answered with ENOSYS */
	const char **hot; /* the hot set; may be NULL */
	size_t hot_count;
};

/* Appends the section, a JSON object on one line, to out, and what it allows unseen, as unlogged_accept() takes it, to
 * out_unlogged. Returns 0 or a negative errno. */
int notify_section_make(const struct evidence *ev, const struct notify_wish *wish, struct buf *out, struct buf *out_unlogged, struct err *err);

/* True for what is let pass for the sake of a Go runtime's scheduler. */
bool notify_is_scheduler(const char *name);

#endif
