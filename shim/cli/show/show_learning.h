/* The part of `snug show` about progressive learning: how settled the key is, arguments, the hot set, opened calls, approved
 * profiles. */
#ifndef SNUG_SHIM_CLI_SHOW_LEARNING_H
#define SNUG_SHIM_CLI_SHOW_LEARNING_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/evidence/evidence.h"
#include "shim/cli/common/cli.h"

/* Appends the sections; leaves out empty ones. Returns 0 or a negative errno. */
int show_learning(struct cli *cli, const struct evidence *ev, struct buf *out, struct err *err);

/* Appends the evidence file with two more members, "verdict" and "settled". Returns 0 or a negative errno. */
int show_json(struct cli *cli, const struct evidence *ev, struct buf *out, struct err *err);

/* True if some run did not log the call, so its count is a lower bound. */
bool show_is_lower_bound(const struct evidence *ev, const struct evidence_call *c);

#endif
