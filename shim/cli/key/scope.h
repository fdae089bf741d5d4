/* What a complete verdict is about: the ABIs that the evidence shows, and what becomes of the others. */
#ifndef SNUG_SHIM_CLI_SCOPE_H
#define SNUG_SHIM_CLI_SCOPE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Appends "x86_64, i386". Bits of enum arch_id. */
void scope_add_arches(uint32_t arches, struct buf *out);

/* Appends "a call as i386 or x32 can be missed, and the profile kills its process": the other ABIs of the machine that these are of. Nothing, and false,
 * if there is none. */
bool scope_add_others(uint32_t arches, struct buf *out);

/* Appends the sentence for people, without an end of line: "It holds for x86_64 only: ...". */
void scope_add(uint32_t arches, struct buf *out);

#endif
