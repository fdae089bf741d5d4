#include "seccomp/syscall/names.h"

#include "base/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

struct newer {
	const char *name;
	uint32_t number;
	uint32_t arches; /* one bit per arch_id; 0: all */
};

#define TABLES_SYSCALLS
#include "tables.inc"

_Static_assert(ARCH_COUNT <= 32, "a set of arches is a uint32_t");

static bool has(const struct newer *call, const struct arch *arch)
{
	return call->arches == 0 || (call->arches >> arch->id & 1) != 0;
}

/* libseccomp also names its own negative numbers, and accepts an x32 number without its bit. */
static bool name_of(const struct arch *arch, uint32_t nr, char *ret)
{
	if (nr > INT_MAX || nr < arch_number_base(arch))
		return false;
	cleanup_free char *known = seccomp_syscall_resolve_num_arch(arch->scmp, (int)nr);
	const char *name = known;
	for (size_t i = 0; !name && i < ARRAY_SIZE(table_newer); i++)
		if (table_newer[i].number == nr - arch_number_base(arch) && has(&table_newer[i], arch))
			name = table_newer[i].name;
	if (!name || strlen(name) >= SYSCALL_NAME_MAX)
		return false;
	memcpy(ret, name, strlen(name) + 1);
	return true;
}

bool syscall_name(const struct arch *arch, uint32_t nr, char *ret)
{
	if (name_of(arch, nr, ret))
		return true;
	snprintf(ret, SYSCALL_NAME_MAX, "syscall_%u", nr);
	return false;
}

/* For a call that an arch also has through socketcall or ipc, libseccomp returns a number of its own (-101 to -120, -201 to
 * -224); it knows the direct number only in the other direction. */
static int direct_number(const struct arch *arch, const char *name, uint32_t *ret)
{
	/* The newest direct numbers are those of ipc in Linux 5.1, 393 to 402; from 424 on nothing is multiplexed. */
	for (uint32_t nr = arch_number_base(arch); nr < arch_number_base(arch) + 424; nr++) {
		cleanup_free char *known = seccomp_syscall_resolve_num_arch(arch->scmp, (int)nr);
		if (known && strcmp(known, name) == 0) {
			*ret = nr;
			return 0;
		}
	}
	return -ENOENT;
}

int syscall_number(const struct arch *arch, const char *name, uint32_t *ret)
{
	int nr = seccomp_syscall_resolve_name_arch(arch->scmp, name);
	if (nr >= 0) {
		*ret = (uint32_t)nr;
		return 0;
	}
	if (nr < -100 && nr > -300)
		return direct_number(arch, name, ret);
	for (size_t i = 0; i < ARRAY_SIZE(table_newer); i++) {
		if (strcmp(table_newer[i].name, name) == 0 && has(&table_newer[i], arch)) {
			*ret = arch_number_base(arch) + table_newer[i].number;
			return 0;
		}
	}
	return -ENOENT;
}

bool syscall_known_to_libseccomp(const char *name)
{
	/* A name that only other arches have resolves to a number below -1. */
	return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR;
}

const char *syscall_newer(size_t i)
{
	return i < ARRAY_SIZE(table_newer) ? table_newer[i].name : NULL;
}

void syscall_libseccomp(char ret[SYSCALL_LIBSECCOMP_MAX])
{
	const struct scmp_version *v = seccomp_version();

	snprintf(ret, SYSCALL_LIBSECCOMP_MAX, "%u.%u.%u", v ? v->major : 0, v ? v->minor : 0, v ? v->micro : 0);
}

unsigned syscall_libseccomp_api(void)
{
	return seccomp_api_get();
}

unsigned syscall_named_up_to(const char *version)
{
	/* libseccomp's CHANGELOG: the kernel whose table each version contains. */
	static const struct {
		unsigned version[3], highest;
	} tables[] = {
		{{2, 6, 0}, 466}, /* Linux 6.13 */
		{{2, 5, 5}, 456}, /* 6.7 */
		{{0, 0, 0}, 450}, /* 2.5.4: 5.17; older versions know less */
	};
	unsigned v[3] = {0};

	if (sscanf(version, "%4u.%4u.%4u", &v[0], &v[1], &v[2]) < 2)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		const unsigned *min = tables[i].version;

		if (v[0] != min[0] ? v[0] > min[0] : v[1] != min[1] ? v[1] > min[1] : v[2] >= min[2])
			return tables[i].highest;
	}
	return 0;
}
