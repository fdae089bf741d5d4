/* What happens to a runtime whose own call is refused. */
#include "shim/cli/check/check.h"

#include <errno.h>
#include <linux/seccomp.h>

int check_answer_of(struct check_view *v, const struct floor_runtime *rt, uint32_t nr, struct check_answer *ret)
{
	int r = check_ask(v, nr, ret);

	if (!r && ret->denies && check_is_stubbed(v, rt, nr))
		ret->answer = SECCOMP_RET_ERRNO | ENOSYS;
	return r;
}

enum ablation_errno check_errno_of(uint32_t answer)
{
	if (answer == (SECCOMP_RET_ERRNO | ENOSYS) || (answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE)
		return ABLATION_ENOSYS;
	return answer == (SECCOMP_RET_ERRNO | EPERM) ? ABLATION_EPERM : ABLATION_ERRNOS;
}

static bool is_errno(uint32_t answer)
{
	return (answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
}

/* An errno that was not tried counts as the worse of the two that were. */
enum check_level check_level_of(const struct floor_call *c, uint32_t answer)
{
	enum ablation_errno e = check_errno_of(answer);
	bool goes_on = c->without[ABLATION_ENOSYS] == ABLATION_STARTS && c->without[ABLATION_EPERM] == ABLATION_STARTS;

	if (!floor_is_tried(c->use) && c->use != FLOOR_MAY_USE)
		return CHECK_FAILURE;
	if (e != ABLATION_ERRNOS)
		goes_on = c->without[e] == ABLATION_STARTS;
	else if (!is_errno(answer))
		goes_on = false;
	if (!goes_on)
		return CHECK_FAILURE;
	/* A call that was only seen sometimes was perhaps not made in the trials that refused it. */
	return floor_is_tried(c->use) ? CHECK_NOTE : CHECK_WARNING;
}
