/* Replaces counter.c in a build without libbpf or clang. */
#include "shim/recorder/counter/counter.h"

#include <errno.h>

int counter_open(struct counter **ret, struct err *err)
{
	*ret = NULL;
	return err_set(err, EOPNOTSUPP, "this snugd was built without libbpf, so it cannot count calls in the kernel");
}

void counter_close(struct counter *c)
{
	(void)c;
}

int counter_arm(struct counter *c, uint32_t session, uint32_t filters)
{
	(void)c;
	(void)session;
	(void)filters;
	return -EOPNOTSUPP;
}

bool counter_is_ready(const struct counter *c)
{
	(void)c;
	return false;
}

void counter_expect(struct counter *c, uint64_t now_ms)
{
	(void)c;
	(void)now_ms;
}

void counter_step(struct counter *c, uint64_t now_ms)
{
	(void)c;
	(void)now_ms;
}

uint64_t counter_deadline(const struct counter *c)
{
	(void)c;
	return UINT64_MAX;
}

int counter_read(const struct counter *c, uint32_t session, struct counter_entry *ret)
{
	(void)c;
	(void)session;
	(void)ret;
	return -ENOENT;
}

void counter_disarm(struct counter *c, uint32_t session)
{
	(void)c;
	(void)session;
}

bool counter_counts(const struct counter *c)
{
	(void)c;
	return false;
}
