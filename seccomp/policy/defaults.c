#include "seccomp/policy/defaults.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <string.h>

#include "defaults.inc"

static bool is_of(const struct default_profile *p, const char *machine)
{
	return text_streq(p->machine, machine ? machine : "x86_64");
}

size_t default_profiles(const char *machine, const struct default_profile **ret)
{
	size_t first = 0, n = 0;

	while (first < ARRAY_SIZE(default_table) && !is_of(&default_table[first], machine))
		first++;
	if (first == ARRAY_SIZE(default_table))
		return default_profiles(NULL, ret);
	while (first + n < ARRAY_SIZE(default_table) && is_of(&default_table[first + n], machine))
		n++;
	*ret = default_table + first;
	return n;
}

size_t default_versions(const struct default_profile **ret)
{
	*ret = version_table;
	return ARRAY_SIZE(version_table);
}

/* The one of that name and machine; any other machine's if there is none. */
static const struct default_profile *find(const struct default_profile *table, size_t n, const char *name, const char *machine)
{
	const struct default_profile *any = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!text_streq(table[i].name, name))
			continue;
		if (is_of(&table[i], machine))
			return &table[i];
		if (!any || is_of(&table[i], NULL))
			any = &table[i];
	}
	return any;
}

const struct default_profile *default_profile(const char *name, const char *machine)
{
	const struct default_profile *found;

	name += *name == '@';
	found = find(default_table, ARRAY_SIZE(default_table), name, machine);
	return found ? found : find(version_table, ARRAY_SIZE(version_table), name, machine);
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
