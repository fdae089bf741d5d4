/* What `snug show` tells of progressive learning: how settled the key is, arguments, the hot set, what was opened, what was approved. */
#ifndef SNUG_SHIM_CLI_SHOW_LEARNING_H
#define SNUG_SHIM_CLI_SHOW_LEARNING_H

#include "base/buf.h"
#include "base/err.h"
#include "seccomp/evidence/evidence.h"
#include "shim/cli/common/cli.h"

/* Appends the sections; those that have nothing to say are left out. */
int show_learning(struct cli *cli, const struct evidence *ev, struct buf *out, struct err *err);

/* Appends the evidence file with members "verdict" and "settled". */
int show_json(struct cli *cli, const struct evidence *ev, struct buf *out, struct err *err);

/* True if some run did not log the call, so that its count is a lower bound. */
bool show_is_lower_bound(const struct evidence *ev, const struct evidence_call *c);

#endif
