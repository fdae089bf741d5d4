#include "shim/cli/common/machine.h"

#include "base/buf.h"

#include <errno.h>

int machine_named(const char *name, const struct arch **ret, struct err *err)
{
	const struct arch *found = arch_machine_by_name(name);
	cleanup_buf struct buf known = {0};

	if (found && found->id != ARCH_X32) {
		*ret = found;
		return 0;
	}
	for (unsigned i = 0; i < ARCH_COUNT; i++)
		if (i != ARCH_X32)
			buf_addf(&known, "%s%s", known.len ? ", " : "", arch_get((enum arch_id)i)->name);
	return err_set(err, EINVAL, "--machine: unknown machine '%s'; known are %s", name,
		       buf_failed(&known) ? "others" : known.data);
}
