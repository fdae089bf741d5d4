#include "seccomp/syscall/nearest.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct library_name {
	const char *name, *call;
};

#define TABLES_NEAREST
#include "tables.inc"

#define NUMBERS_MAX 1024 /* numbers to search, from the first of an ABI */
#define SHORT_NAME  6    /* names up to this length may differ by one letter, longer ones by two */

static bool take(const struct arch *arch, const char *call, const char *name, char ret[SYSCALL_NAME_MAX])
{
	uint32_t nr;

	if (strlen(call) >= SYSCALL_NAME_MAX || text_streq(call, name) || syscall_number(arch, call, &nr) < 0)
		return false;
	memcpy(ret, call, strlen(call) + 1);
	return true;
}

static bool from_library(const struct arch *arch, const char *name, char ret[SYSCALL_NAME_MAX])
{
	for (size_t i = 0; i < ARRAY_SIZE(table_library_names); i++)
		if (text_streq(table_library_names[i].name, name) && take(arch, table_library_names[i].call, name, ret))
			return true;
	return false;
}

/* The name with a prefix or suffix, as the kernel names variants of a call. */
static bool from_variant(const struct arch *arch, const char *name, char ret[SYSCALL_NAME_MAX])
{
	static const char *const before[] = {"", "rt_", "new", "old", "_"}, *const behind[] = {"", "64", "2", "_time64", "at", "4", "1", "32", "6"};
	static const char *const drop_before[] = {"", "__nr_", "sys_", "__x64_sys_", "__sys_", "__", "_", "new", "old", "rt_"},
			  *const drop_behind[] = {"", "_time64", "64", "_time32", "32", "2", "_nocancel"};
	char call[2 * SYSCALL_NAME_MAX];
	size_t len = strlen(name);

	for (size_t a = 0; a < ARRAY_SIZE(drop_before); a++)
		for (size_t b = 0; b < ARRAY_SIZE(drop_behind); b++) {
			size_t front = strlen(drop_before[a]), back = strlen(drop_behind[b]);

			if (len <= front + back || !text_starts(name, drop_before[a]) || !text_streq(name + len - back, drop_behind[b]))
				continue;
			for (size_t c = 0; c < ARRAY_SIZE(before); c++)
				for (size_t d = 0; d < ARRAY_SIZE(behind); d++) {
					snprintf(call, sizeof(call), "%s%.*s%s", before[c], (int)(len - front - back), name + front, behind[d]);
					if (take(arch, call, name, ret))
						return true;
				}
		}
	return false;
}

/* The number of letters to change, remove, insert, or swap with the next one; 3 for anything more. */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][SYSCALL_NAME_MAX + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > m + 2 || m > n + 2)
		return 3;
	for (size_t k = 0; k <= m; k++)
		rows[0][k] = (unsigned)k;
	for (size_t i = 1; i <= n; i++) {
		unsigned *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t k = 1; k <= m; k++) {
			unsigned least = last[k - 1] + (a[i - 1] != b[k - 1]);

			least = last[k] + 1 < least ? last[k] + 1 : least;
			least = now[k - 1] + 1 < least ? now[k - 1] + 1 : least;
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] && before[k - 2] + 1 < least)
				least = before[k - 2] + 1;
			now[k] = least;
		}
	}
	return rows[n % 3][m];
}

static bool from_spelling(const struct arch *arch, const char *name, char ret[SYSCALL_NAME_MAX])
{
	unsigned least = strlen(name) <= SHORT_NAME ? 2 : 3;
	uint32_t first = 0;
	bool found = false;

	/* The numbers of x32 and MIPS do not begin at 0. */
	if (syscall_number(arch, "read", &first) < 0)
		return false;
	first -= first % 1000;
	for (uint32_t nr = first; nr < first + NUMBERS_MAX; nr++) {
		char call[SYSCALL_NAME_MAX];
		unsigned d;

		if (!syscall_name(arch, nr, call) || text_streq(call, name))
			continue;
		d = distance(name, call);
		if (d < least) {
			least = d;
			memcpy(ret, call, sizeof(call));
			found = true;
		}
	}
	return found;
}

bool syscall_nearest(const struct arch *arch, const char *name, char ret[SYSCALL_NAME_MAX])
{
	char small[SYSCALL_NAME_MAX];
	size_t len = strlen(name);

	if (len < 2 || len >= sizeof(small))
		return false;
	for (size_t i = 0; i <= len; i++)
		small[i] = (char)tolower((unsigned char)name[i]);
	/* READ is read: try that first. */
	if (!text_streq(small, name) && take(arch, small, name, ret))
		return true;
	return from_library(arch, small, ret) || from_variant(arch, small, ret) || from_spelling(arch, small, ret);
}
