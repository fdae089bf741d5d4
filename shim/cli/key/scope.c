#include "shim/cli/key/scope.h"

#include "seccomp/syscall/arch.h"

#include <stddef.h>

void scope_add_arches(uint32_t arches, struct buf *out)
{
	const char *separator = "";

	for (unsigned i = 0; i < ARCH_COUNT; i++)
		if (arches >> i & 1) {
			buf_addf(out, "%s%s", separator, arch_get((enum arch_id)i)->name);
			separator = ", ";
		}
}

/* The ABIs that the same kernel may run, except these. */
static size_t find_others(uint32_t arches, const struct arch *ret[4])
{
	const struct arch *family[4];
	size_t n, others = 0;
	unsigned first = 0;

	if (!arches)
		return 0;
	while (!(arches >> first & 1))
		first++;
	n = arch_family(arch_machine(arch_get((enum arch_id)first)), family);
	for (size_t i = 0; i < n; i++)
		if (!(arches >> family[i]->id & 1))
			ret[others++] = family[i];
	return others;
}

bool scope_add_others(uint32_t arches, struct buf *out)
{
	const struct arch *others[4];
	size_t n = find_others(arches, others);

	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s%s", i ? " or " : "a call as ", others[i]->name);
	if (n)
		buf_adds(out, " can be missed, and the profile kills its process");
	return n > 0;
}

void scope_add(uint32_t arches, struct buf *out)
{
	cleanup_buf struct buf others = {0};

	buf_adds(out, "It holds for ");
	scope_add_arches(arches, out);
	if (scope_add_others(arches, &others))
		buf_addf(out, " only: %s", others.data ? others.data : "");
	buf_addc(out, '.');
}
