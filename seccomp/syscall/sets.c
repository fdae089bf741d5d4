#include "seccomp/syscall/sets.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

#define TABLES_SETS
#include "tables.inc"

size_t set_always(const struct set_always **ret)
{
	*ret = table_always;
	return ARRAY_SIZE(table_always);
}

size_t set_siblings(const struct set_sibling **ret)
{
	*ret = table_siblings;
	return ARRAY_SIZE(table_siblings);
}

size_t set_floor_go(const struct set_floor_go **ret)
{
	*ret = table_floor_go;
	return ARRAY_SIZE(table_floor_go);
}

size_t set_dangers(const struct set_danger **ret)
{
	*ret = table_danger;
	return ARRAY_SIZE(table_danger);
}

size_t set_fallbacks(const struct set_fallback **ret)
{
	*ret = table_fallback;
	return ARRAY_SIZE(table_fallback);
}

static int compare_group(const void *name, const void *group)
{
	return strcmp(name, ((const struct set_group *)group)->name);
}

const char *set_group_of(const char *name)
{
	const struct set_group *g =
		bsearch(name, table_groups, ARRAY_SIZE(table_groups), sizeof(*table_groups), compare_group);

	return g ? g->group : "other";
}

size_t set_hot(const struct set_hot **ret)
{
	*ret = table_hot;
	return ARRAY_SIZE(table_hot);
}

size_t set_common(const struct set_common **ret)
{
	*ret = table_common;
	return ARRAY_SIZE(table_common);
}

size_t set_everywhere(const struct set_everywhere **ret)
{
	*ret = table_everywhere;
	return ARRAY_SIZE(table_everywhere);
}

bool set_is_everywhere(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table_everywhere); i++)
		if (strcmp(table_everywhere[i].name, name) == 0)
			return true;
	return false;
}

bool set_is_always_logged(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table_always_logged); i++)
		if (strcmp(table_always_logged[i].name, name) == 0)
			return true;
	return false;
}

const char *set_danger_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table_danger); i++)
		if (strcmp(table_danger[i].name, name) == 0)
			return table_danger[i].reason;
	return NULL;
}

double set_bound(size_t n)
{
	return n <= 3 ? 1.0 : 3.0 / (double)n;
}
