/* Feeds any bytes to the reader of profiles in all their forms: what it accepts can be written in each, and what was
 * written is read again and written alike. */
#include "seccomp/policy/read.h"
#include "seccomp/write/write.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_as(const struct policy *p, enum policy_format format, struct buf *out)
{
	cleanup_policy struct policy *n = NULL;
	cleanup_buf struct buf lost = {0};
	if (policy_adapt(p, format, &n, &lost, NULL) != 0)
		return; /* systemd has no form for every default */
	if (policy_write(n, format, "fuzz", &lost, out, NULL) != 0)
		abort();
}

static void check(const struct policy *p, enum policy_format format)
{
	cleanup_buf struct buf one = {0}, two = {0};
	cleanup_policy struct policy *again = NULL;
	struct err err = {0};
	write_as(p, format, &one);
	if (!one.len)
		return;
	if (policy_read_one(one.data, one.len, "again", &again, &err) != 0)
		abort();
	write_as(again, format, &two);
	if ((format == POLICY_OCI || format == POLICY_DOCKER) &&
	    (one.len != two.len || memcmp(one.data, two.data, one.len) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum policy_format formats[] = {POLICY_OCI, POLICY_DOCKER, POLICY_SPO, POLICY_SPO_V1BETA1, POLICY_SYSTEMD};
	cleanup_policy_list struct policy_list list = {0};
	if (policy_read((const char *)data, size, "fuzz", &list, NULL) != 0)
		return 0;
	for (size_t i = 0; i < list.count; i++)
		for (size_t k = 0; k < ARRAY_SIZE(formats); k++)
			check(list.policy[i], formats[k]);
	return 0;
}
