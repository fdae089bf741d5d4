#include "seccomp/evidence/reasons.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const struct {
	const char *code, *what, *fix;
} reasons[] = {
#define X(e, code, what, fix) [REASON_##e] = {code, what, fix},
	REASONS(X)
#undef X
};
_Static_assert(ARRAY_SIZE(reasons) == REASON_COUNT, "one row per reason");

const char *reason_code(enum reason r)
{
	return reasons[r].code;
}

const char *reason_what(enum reason r)
{
	return reasons[r].what;
}

const char *reason_fix(enum reason r)
{
	return reasons[r].fix;
}

int reason_by_code(const char *code, enum reason *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (strcmp(reasons[i].code, code) == 0) {
			*ret = (enum reason)i;
			return 0;
		}
	}
	return -ENOENT;
}
