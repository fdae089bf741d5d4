/* Which arguments decide how dangerous a call is: one table, generated from arguments.csv, each line with its reason.
 *
 * A filter sees numbers only, in 64-bit registers. Of an argument that the kernel takes as int or unsigned it reads the lower
 * half, so all masks are of 32 bits: whatever stands in the upper half, filter and kernel read the same. A form is
 * expressed by SCMP_CMP_MASKED_EQ alone, since a runtime ORs several conditions on one argument (runc makes a rule of
 * each), and EQ and NE compare the upper half too. The wrapper links it: no libseccomp.
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
	ARGUMENT_NONE,   /* there is no harmless form: the call is learnt whole */
	ARGUMENT_VALUES, /* harmless if (argument & mask) is one of the values, or inverted: none of them */
	ARGUMENT_ENOSYS, /* no filter can tell: the harmless form is to be answered with ENOSYS, where the operator allows it */
};

struct argument {
	const char *name;
	const char *text; /* the harmless form as evidence files hold it: "clone:0:0x7e020000:0x0"; "" for ARGUMENT_NONE */
	enum argument_kind kind;
	unsigned index;
	uint32_t mask;
	bool inverted;
	unsigned count;
	uint32_t values[ARGUMENT_VALUES_MAX];
	uint32_t except; /* bit 1 << enum arch_id: ABIs on which the argument stands elsewhere */
	const char *reason;
};

size_t arguments(const struct argument **ret); /* in order of name, at most ARGUMENTS_MAX */

/* The row of a call, by its name or by the text of its form. Returns its place in the table, or -1. */
int argument_by_name(const char *name);
int argument_by_text(const char *text);
const struct argument *argument_get(int place);

/* One condition: (argument & mask) == value. */
struct argument_cube {
	uint32_t mask, value;
};

/* Conditions of which exactly one holds for each argument that is harmless, or for each that is not; none holds for any
 * other. ret has room for ARGUMENT_CUBES_MAX. Returns how many (0 for what is not ARGUMENT_VALUES). */
#define ARGUMENT_CUBES_MAX (ARGUMENT_VALUES_MAX * 32)
size_t argument_cubes(const struct argument *a, bool harmless, struct argument_cube *ret);

bool argument_is_harmless(const struct argument *a, uint64_t value);

#endif
