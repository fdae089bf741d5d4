/* What a complete verdict covers: the ABIs in the evidence, and what happens to calls of the others. */
#ifndef SNUG_SHIM_CLI_SCOPE_H
#define SNUG_SHIM_CLI_SCOPE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Appends "x86_64, i386"; arches: bits of enum arch_id. */
void scope_add_arches(uint32_t arches, struct buf *out);

/* Appends the machine's other ABIs: "a call as i386 or x32 can be missed, and the profile kills its process". If there are none,
 * appends nothing and returns false. */
bool scope_add_others(uint32_t arches, struct buf *out);

/* Appends a sentence for people, without a newline: "It holds for x86_64 only: ...". */
void scope_add(uint32_t arches, struct buf *out);

#endif
