/* The checked-in sets of calls, generated from always.csv, siblings.csv, floor-go.csv, danger.csv, fallback.csv, groups.csv, always-logged.csv,
 * hot.csv, common.csv and everywhere.csv: each line has its reason. */
#ifndef SNUG_SECCOMP_SETS_H
#define SNUG_SECCOMP_SETS_H

#include <stdbool.h>
#include <stddef.h>

struct set_always { /* allowed in every profile */
	const char *name, *reason;
};
struct set_sibling { /* `modern` allowed => `older` allowed */
	const char *modern, *older, *reason;
};
struct set_floor_go { /* what a Go runtime's scheduler and heap may call at any time after the filter is loaded */
	const char *name;
	const char *mask;  /* "" or "INDEX:MASK:VALUE", in decimal: allowed only if (arg[INDEX] & MASK) == VALUE */
	const char *reason;
};
struct set_danger { /* what allowing it opens */
	const char *name, *reason;
};
struct set_always_logged { /* logged in every learning run, however well known */
	const char *name, *reason;
};
struct set_everywhere { /* a call of its own on every ABI and in every libseccomp that is in use, which learning makes no form of */
	const char *name, *reason;
};
struct set_hot { /* hot and harmless: what "hot_set": true lets pass from the first run on */
	const char *name, *reason;
};

struct set_common { /* what nearly all programs call, some of it often: let pass where the kernel counts it (shim/recorder/counter) */
	const char *name, *reason;
};

struct set_fallback { /* libraries try it before an older one, and go back only when the answer is ENOSYS */
	const char *name;
	bool kills_only; /* any errno will do, a signal will not */
	const char *reason;
};
struct set_group { /* what a call has to do with */
	const char *name, *group;
};

size_t set_always(const struct set_always **ret);
size_t set_siblings(const struct set_sibling **ret);
size_t set_floor_go(const struct set_floor_go **ret);
size_t set_dangers(const struct set_danger **ret);
size_t set_fallbacks(const struct set_fallback **ret);
size_t set_hot(const struct set_hot **ret);
size_t set_common(const struct set_common **ret);
size_t set_everywhere(const struct set_everywhere **ret);
bool set_is_everywhere(const char *name);
bool set_is_always_logged(const char *name);
const char *set_danger_of(const char *name); /* what allowing this call opens; NULL: it is in no line of that table */

/* "files", "network", ...; "other" for a name that is in no group. */
const char *set_group_of(const char *name);

/* The 95% bound on the chance that one further start needs a call that n starts have not shown (rule of three), 1 for n = 0. */
double set_bound(size_t n);

#endif
