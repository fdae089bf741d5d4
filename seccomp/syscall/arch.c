#include "seccomp/syscall/arch.h"

#include "base/cleanup.h"

#include <linux/audit.h>
#include <stdbool.h>
#include <string.h>

/* libseccomp's token of an arch is its audit number (seccomp.h). x32 has none: libseccomp uses x86_64's without the 64-bit
 * flag. */
#define SCMP_X32 (EM_X86_64 | __AUDIT_ARCH_LE)

#define SAME(e, n, suffix) [ARCH_##e] = {ARCH_##e, n, "SCMP_ARCH_" #e, AUDIT_ARCH_##suffix, AUDIT_ARCH_##suffix}

static const struct arch arches[] = {
	SAME(X86_64, "x86_64", X86_64),
	SAME(X86, "i386", I386),
	[ARCH_X32] = {ARCH_X32, "x32", "SCMP_ARCH_X32", AUDIT_ARCH_X86_64, SCMP_X32},
	SAME(AARCH64, "aarch64", AARCH64),
	SAME(ARM, "arm", ARM),
	SAME(RISCV64, "riscv64", RISCV64),
	SAME(PPC64LE, "ppc64le", PPC64LE),
	SAME(PPC64, "ppc64", PPC64),
	SAME(PPC, "ppc", PPC),
	SAME(S390X, "s390x", S390X),
	SAME(S390, "s390", S390),
	SAME(MIPS, "mips", MIPS),
	SAME(MIPS64, "mips64", MIPS64),
	SAME(MIPS64N32, "mips64n32", MIPS64N32),
	SAME(MIPSEL, "mipsel", MIPSEL),
	SAME(MIPSEL64, "mipsel64", MIPSEL64),
	SAME(MIPSEL64N32, "mipsel64n32", MIPSEL64N32),
	SAME(PARISC, "parisc", PARISC),
	SAME(PARISC64, "parisc64", PARISC64),
};
_Static_assert(ARRAY_SIZE(arches) == ARCH_COUNT, "one row per arch_id");

/* For each machine, the ABIs that its kernel can run, native first. A kernel built without one of the others does no harm
 * here. A machine without a row runs only its own programs. */
static const struct {
	size_t count;
	enum arch_id abi[4];
} families[] = {
	{3, {ARCH_X86_64, ARCH_X86, ARCH_X32}},
	{2, {ARCH_AARCH64, ARCH_ARM}},
	{2, {ARCH_PPC64, ARCH_PPC}},
	{2, {ARCH_S390X, ARCH_S390}},
	{3, {ARCH_MIPSEL64, ARCH_MIPSEL, ARCH_MIPSEL64N32}},
	{3, {ARCH_MIPS64, ARCH_MIPS, ARCH_MIPS64N32}},
	{2, {ARCH_PARISC64, ARCH_PARISC}},
};

#if defined(__x86_64__)
#define NATIVE ARCH_X86_64
#elif defined(__i386__)
#define NATIVE ARCH_X86
#elif defined(__aarch64__)
#define NATIVE ARCH_AARCH64
#elif defined(__arm__)
#define NATIVE ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE ARCH_PPC64LE
#elif defined(__powerpc64__)
#define NATIVE ARCH_PPC64
#elif defined(__powerpc__)
#define NATIVE ARCH_PPC
#elif defined(__s390x__)
#define NATIVE ARCH_S390X
#elif defined(__s390__)
#define NATIVE ARCH_S390
#elif defined(__mips64) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE ARCH_MIPSEL64
#elif defined(__mips64)
#define NATIVE ARCH_MIPS64
#elif defined(__mips__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE ARCH_MIPSEL
#elif defined(__mips__)
#define NATIVE ARCH_MIPS
#elif defined(__hppa__) && defined(__LP64__)
#define NATIVE ARCH_PARISC64
#elif defined(__hppa__)
#define NATIVE ARCH_PARISC
#else
#error "an architecture that libseccomp 2.5 does not know"
#endif

const struct arch *arch_get(enum arch_id id)
{
	return &arches[id];
}

const struct arch *arch_of_record(uint32_t audit, uint32_t nr)
{
	/* A negative number, such as the -1 of a tracer that skips a call, has bit 30 set too, but is not an x32 call. */
	if (audit == AUDIT_ARCH_X86_64 && (nr & (ARCH_X32_BIT | 1u << 31)) == ARCH_X32_BIT)
		return &arches[ARCH_X32];
	for (size_t i = 0; i < ARRAY_SIZE(arches); i++)
		if (arches[i].audit == audit && i != ARCH_X32)
			return &arches[i];
	return NULL;
}

const struct arch *arch_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(arches); i++)
		if (strcmp(arches[i].name, name) == 0)
			return &arches[i];
	return NULL;
}

const struct arch *arch_by_oci(const char *oci)
{
	for (size_t i = 0; i < ARRAY_SIZE(arches); i++)
		if (strcmp(arches[i].oci, oci) == 0)
			return &arches[i];
	return NULL;
}

size_t arch_family(const struct arch *machine, const struct arch *ret[4])
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		if (families[i].abi[0] != machine->id)
			continue;
		for (size_t k = 0; k < families[i].count; k++)
			ret[k] = &arches[families[i].abi[k]];
		return families[i].count;
	}
	ret[0] = machine;
	return 1;
}

size_t arch_host(const struct arch *ret[4])
{
	return arch_family(&arches[NATIVE], ret);
}

bool arch_runs_on(const struct arch *arch, const struct arch *machine)
{
	const struct arch *family[4];
	size_t n = arch_family(machine, family);

	for (size_t i = 0; i < n; i++)
		if (family[i] == arch)
			return true;
	return false;
}

const struct arch *arch_machine(const struct arch *arch)
{
	if (arch_runs_on(arch, &arches[NATIVE]))
		return &arches[NATIVE];
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (arch_runs_on(arch, &arches[families[i].abi[0]]))
			return &arches[families[i].abi[0]];
	return arch;
}

const struct arch *arch_machine_by_name(const char *name)
{
	if (strcmp(name, "amd64") == 0)
		return &arches[ARCH_X86_64];
	if (strcmp(name, "arm64") == 0)
		return &arches[ARCH_AARCH64];
	return arch_by_name(name);
}

bool arch_is_little(const struct arch *arch)
{
	return arch->scmp & __AUDIT_ARCH_LE;
}

uint32_t arch_number_base(const struct arch *arch)
{
	switch (arch->id) {
	case ARCH_X32:
		return ARCH_X32_BIT;
	case ARCH_MIPS:
	case ARCH_MIPSEL:
		return 4000;
	case ARCH_MIPS64:
	case ARCH_MIPSEL64:
		return 5000;
	case ARCH_MIPS64N32:
	case ARCH_MIPSEL64N32:
		return 6000;
	default:
		return 0;
	}
}
