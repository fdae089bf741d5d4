/* Sets of calls, generated from always.csv, siblings.csv, floor-go.csv, danger.csv, fallback.csv, groups.csv, always-logged.csv,
 * hot.csv, common.csv and everywhere.csv: each line has a reason. */
#ifndef SNUG_SECCOMP_SETS_H
#define SNUG_SECCOMP_SETS_H

#include <stdbool.h>
#include <stddef.h>

struct set_always { /* allowed in every profile */
	const char *name, *reason;
};
struct set_sibling { /* a profile that allows `modern` allows `older` too */
	const char *modern, *older, *reason;
};
struct set_floor_go { /* what the scheduler and heap of a Go program may call at any time after the filter is loaded */
	const char *name;
	const char *mask;  /* "" or "INDEX:MASK:VALUE", in decimal: allowed only if (arg[INDEX] & MASK) == VALUE */
	const char *reason;
};
struct set_danger { /* dangerous calls; the reason says what allowing one makes possible */
	const char *name, *reason;
};
struct set_always_logged { /* logged in every learning run, even if known */
	const char *name, *reason;
};
struct set_everywhere { /* exists on every ABI and in every libseccomp in use; has no form in the argument table */
	const char *name, *reason;
};
struct set_hot { /* frequent and harmless: with "hot_set": true, unlogged from the first run on */
	const char *name, *reason;
};

struct set_common { /* what nearly all programs call, some of it often: unlogged where the kernel counts calls (shim/recorder/counter) */
	const char *name, *reason;
};

struct set_fallback { /* libraries try it before an older call, and fall back only on ENOSYS */
	const char *name;
	bool kills_only; /* any errno makes them fall back, but a signal does not */
	const char *reason;
};
struct set_group { /* what a call deals with */
	const char *name, *group;
};

/* Each points *ret to the table and returns its number of lines. */
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
const char *set_danger_of(const char *name); /* what allowing the call makes possible; NULL: not in danger.csv */

/* "files", "network", ...; "other" for a name without a group. */
const char *set_group_of(const char *name);

/* The upper 95% bound on the probability that one more start needs a call that n starts have not shown (rule of three: 3/n);
 * 1 for n up to 3. */
double set_bound(size_t n);

#endif
