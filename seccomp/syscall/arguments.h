/* The arguments that decide how dangerous a call is: one table, generated from arguments.csv, each line with its reason.
 *
 * A filter sees only numbers, in 64-bit registers. The kernel reads the lower half of an argument that it takes as int or
 * unsigned, so all masks have 32 bits: filter and kernel then read the same, whatever the upper half is. Forms use only
 * SCMP_CMP_MASKED_EQ, since a runtime ORs several conditions on one argument (runc makes a rule of each), and EQ and NE
 * compare the upper half too. The wrapper links this file, so it must not need libseccomp.
 */
#ifndef SNUG_SECCOMP_ARGUMENTS_H
#define SNUG_SECCOMP_ARGUMENTS_H

#include "seccomp/syscall/arch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARGUMENT_VALUES_MAX 32
#define ARGUMENTS_MAX       64 /* a set of forms is a uint64_t */

enum argument_kind {
	ARGUMENT_NONE,   /* no harmless form: the call is learnt as a whole */
	ARGUMENT_VALUES, /* harmless if (argument & mask) is one of the values; inverted: if it is none of them */
	ARGUMENT_ENOSYS, /* no filter can decide: the harmless form is answered with ENOSYS if the operator allows that */
};

struct argument {
	const char *name;
	const char *text; /* the harmless form as in evidence files: "clone:0:0x7e020000:0x0"; "" for ARGUMENT_NONE */
	enum argument_kind kind;
	unsigned index;
	uint32_t mask;
	bool inverted;
	unsigned count;
	uint32_t values[ARGUMENT_VALUES_MAX];
	uint32_t except; /* bits 1 << enum arch_id: ABIs on which the argument is at another index */
	const char *reason;
};

size_t arguments(const struct argument **ret); /* sorted by name; returns their number, at most ARGUMENTS_MAX */

/* The index of a call's row, by its name or by the text of its form; -1: none. */
int argument_by_name(const char *name);
int argument_by_text(const char *text);
const struct argument *argument_get(int place);

/* One condition: (argument & mask) == value. */
struct argument_cube {
	uint32_t mask, value;
};

/* Finds conditions of which exactly one holds for each harmless argument (with harmless false: for each other one), and none
 * for the rest. ret has room for ARGUMENT_CUBES_MAX. Returns their number; 0 unless the kind is ARGUMENT_VALUES. */
#define ARGUMENT_CUBES_MAX (ARGUMENT_VALUES_MAX * 32)
size_t argument_cubes(const struct argument *a, bool harmless, struct argument_cube *ret);

bool argument_is_harmless(const struct argument *a, uint64_t value);

#endif
