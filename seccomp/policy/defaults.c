#include "seccomp/policy/defaults.h"

#include "base/cleanup.h"
#include "base/text.h"

#include "defaults.inc"

size_t default_profiles(const struct default_profile **ret)
{
	*ret = default_table;
	return ARRAY_SIZE(default_table);
}

size_t default_versions(const struct default_profile **ret)
{
	*ret = version_table;
	return ARRAY_SIZE(version_table);
}

const struct default_profile *default_profile(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(default_table); i++)
		if (text_streq(default_table[i].name, name + (*name == '@')))
			return &default_table[i];
	for (size_t i = 0; i < ARRAY_SIZE(version_table); i++)
		if (text_streq(version_table[i].name, name + (*name == '@')))
			return &version_table[i];
	return NULL;
}
