/* The values of one argument, parted by comparisons: within a cell each comparison holds for all values or for none. Cells are
 * intervals as long as nothing is masked, else sets of cubes, (value & mask) == v, which are disjoint.
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

/* The comparisons are copied; their indexes are not looked at. -EDOM where there would be more cells than CELLS_MAX. */
int cells_new(const struct policy_arg *const args[], size_t count, struct cells **ret, struct err *err);
void cells_free(struct cells *c); /* NULL is allowed */
DEFINE_CLEANUP(cells, struct cells *, cells_free)
#define cleanup_cells cleanup_with(cells_cleanup)

size_t cells_count(const struct cells *c);
uint64_t cells_value(const struct cells *c, size_t i); /* one that lies in the cell */

/* Comparisons of which exactly one holds, or several, for each value in the cells of the set, and none for others. *ret_count is 0
 * for the set of all. The set is not empty. -EDOM where it would take more than CELLS_SAY_MAX. */
int cells_say(const struct cells *c, const bool set[], struct policy_arg ret[CELLS_SAY_MAX], size_t *ret_count, struct err *err);

#endif
