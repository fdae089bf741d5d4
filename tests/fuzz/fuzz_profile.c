/* Feeds any bytes to the profile's parser: what it accepts is written, read again and written alike. */
#include "seccomp/profile/profile.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_profile struct profile *p = NULL, *again = NULL;
	cleanup_buf struct buf one = {0}, two = {0};
	const struct profile_rule *rules = NULL;
	if (profile_parse_oci((const char *)data, size, "fuzz", &p, NULL) != 0)
		return 0;
	if (profile_write_oci(p, &one, NULL) != 0 || profile_parse_oci(one.data, one.len, "again", &again, NULL) != 0 ||
	    profile_write_oci(again, &two, NULL) != 0 || one.len != two.len || memcmp(one.data, two.data, one.len) != 0)
		abort();
	for (size_t i = profile_rules(p, &rules); i-- > 0;)
		if (!profile_find(p, rules[i].name))
			abort();
	return 0;
}
