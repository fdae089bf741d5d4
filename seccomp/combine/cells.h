/* The values of one argument, divided by comparisons: in a cell, each comparison holds for all values or for none. Cells are
 * intervals if nothing is masked, else sets of disjoint cubes, (value & mask) == v.
 */
#ifndef SNUG_SECCOMP_COMBINE_CELLS_H
#define SNUG_SECCOMP_COMBINE_CELLS_H

#include "base/cleanup.h"
#include "base/err.h"
#include "seccomp/policy/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CELLS_MAX     256
#define CELLS_SAY_MAX 128

struct cells; /* opaque */

/* The comparisons are copied; their indexes are ignored. -EDOM if there would be more than CELLS_MAX cells. */
int cells_new(const struct policy_arg *const args[], size_t count, struct cells **ret, struct err *err);
void cells_free(struct cells *c); /* NULL is allowed */
DEFINE_CLEANUP(cells, struct cells *, cells_free)
#define cleanup_cells cleanup_with(cells_cleanup)

size_t cells_count(const struct cells *c);
uint64_t cells_value(const struct cells *c, size_t i); /* some value in the cell */

/* Finds comparisons of which at least one holds for each value in the cells of the set, and none for others. *ret_count is 0 if
 * the set has all cells. The set must not be empty. -EDOM if it would take more than CELLS_SAY_MAX. */
int cells_say(const struct cells *c, const bool set[], struct policy_arg ret[CELLS_SAY_MAX], size_t *ret_count, struct err *err);

#endif
