#include "seccomp/policy/systemd.h"

#include "base/text.h"
#include "seccomp/syscall/names.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "systemd_groups.inc"

#define GROUP_DEPTH_MAX 8 /* nested groups */

/* systemd src/shared/seccomp-util.c seccomp_arch_from_string() */
static const struct {
	enum arch_id id;
	const char *name;
} ARCHES[] = {
	{ARCH_X86_64, "x86-64"},     {ARCH_X86, "x86"},         {ARCH_X32, "x32"},
	{ARCH_AARCH64, "arm64"},     {ARCH_ARM, "arm"},         {ARCH_RISCV64, "riscv64"},
	{ARCH_PPC64LE, "ppc64-le"},  {ARCH_PPC64, "ppc64"},     {ARCH_PPC, "ppc"},
	{ARCH_S390X, "s390x"},       {ARCH_S390, "s390"},       {ARCH_MIPS, "mips"},
	{ARCH_MIPS64, "mips64"},     {ARCH_MIPS64N32, "mips64-n32"}, {ARCH_MIPSEL, "mips-le"},
	{ARCH_MIPSEL64, "mips64-le"}, {ARCH_MIPSEL64N32, "mips64-le-n32"}, {ARCH_PARISC, "parisc"},
	{ARCH_PARISC64, "parisc64"},
};

const struct arch *systemd_arch_by_name(const char *name)
{
	const struct arch *host[4];

	if (text_streq(name, "native") && arch_host(host))
		return host[0];
	for (size_t i = 0; i < ARRAY_SIZE(ARCHES); i++)
		if (text_streq(ARCHES[i].name, name))
			return arch_get(ARCHES[i].id);
	return NULL;
}

const char *systemd_arch_name(const struct arch *arch)
{
	for (size_t i = 0; i < ARRAY_SIZE(ARCHES); i++)
		if (ARCHES[i].id == arch->id)
			return ARCHES[i].name;
	return "?";
}

bool systemd_is_name(const char *word)
{
	for (const char *c = word; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_')
			return false;
	return *word;
}

const char *systemd_groups(void)
{
	return systemd_group_text;
}

/* The line after the group's name; NULL if there is no such group. */
static const char *find_group(const char *groups, const char *group)
{
	size_t len = strlen(group);

	for (const char *line = groups; *line;) {
		size_t n = strcspn(line, "\n");

		if (n == len && memcmp(line, group, len) == 0)
			return line + n + (line[n] == '\n');
		line += n + (line[n] == '\n');
	}
	return NULL;
}

static int each(const char *groups, const char *group, int (*fn)(const char *call, void *arg), void *arg, unsigned depth)
{
	const char *line = find_group(groups, group);
	int r = 0;

	if (!line || depth == GROUP_DEPTH_MAX)
		return line ? 0 : -ENOENT;
	for (; r == 0 && (*line == ' ' || *line == '\t');) {
		size_t blank = strspn(line, " \t"), n = strcspn(line + blank, "\r\n");
		char word[SYSCALL_NAME_MAX];

		if (n && n < sizeof(word) && line[blank] != '#') {
			memcpy(word, line + blank, n);
			word[n] = '\0';
			r = *word == '@' ? each(groups, word, fn, arg, depth + 1) : fn(word, arg);
			/* A nested group that is not in the list is ignored. */
			r = r == -ENOENT ? 0 : r;
		}
		line += blank + n;
		line += strspn(line, "\r\n") ? 1 + (line[0] == '\r' && line[1] == '\n') : 0;
	}
	return r;
}

int systemd_group_each(const char *groups, const char *group, int (*fn)(const char *call, void *arg), void *arg)
{
	return each(groups, group, fn, arg, 0);
}
