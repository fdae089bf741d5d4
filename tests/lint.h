/* What tests/lint tells the analyzers, which see one file at a time: what these return is negative. */
#ifndef SNUG_TESTS_LINT_H
#define SNUG_TESTS_LINT_H

#include "base/err.h"
#include "base/json/json.h"

static inline int lint_negative(int r)
{
	if (r >= 0)
		__builtin_unreachable();
	return r;
}

#define err_set(...)  lint_negative(err_set(__VA_ARGS__))
#define err_sys(...)  lint_negative(err_sys(__VA_ARGS__))
#define err_wrap(...) lint_negative(err_wrap(__VA_ARGS__))
#define json_err(...) lint_negative(json_err(__VA_ARGS__))

#endif
