#include "seccomp/policy/defaults.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <string.h>

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

void default_add_title(const struct default_profile *p, struct buf *out)
{
	static const struct {
		const char *name, *title;
	} titles[] = {{"moby", "Docker"}, {"podman", "Podman"}, {"containerd", "containerd"}};
	const char *number = p->version + strcspn(p->version, "0123456789");
	size_t major = strspn(number, "0123456789");

	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		if (text_starts(p->name, titles[i].name))
			buf_adds(out, titles[i].title);
	if (number[major] == '.')
		buf_addf(out, " %.*s", (int)(major + 1 + strspn(number + major + 1, "0123456789")), number);
}
