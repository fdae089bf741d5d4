/* Architectures: the kernel's audit number, the OCI name, and libseccomp's token of each. */
#ifndef SNUG_SECCOMP_ARCH_H
#define SNUG_SECCOMP_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum arch_id {
	ARCH_X86_64,
	ARCH_X86,
	ARCH_X32,
	ARCH_AARCH64,
	ARCH_ARM,
	ARCH_RISCV64,
	ARCH_PPC64LE,
	ARCH_PPC64,
	ARCH_PPC,
	ARCH_S390X,
	ARCH_S390,
	ARCH_MIPS,
	ARCH_MIPS64,
	ARCH_MIPS64N32,
	ARCH_MIPSEL,
	ARCH_MIPSEL64,
	ARCH_MIPSEL64N32,
	ARCH_PARISC,
	ARCH_PARISC64,
	ARCH_COUNT,
};

struct arch {
	enum arch_id id;
	const char *name;     /* as uname -m or the kernel's tables say it: "x86_64", "i386", "x32", "aarch64" */
	const char *oci;      /* "SCMP_ARCH_X86_64" */
	uint32_t audit;       /* AUDIT_ARCH_* of the record (include/uapi/linux/audit.h); x32 shares x86_64's */
	uint32_t scmp;        /* libseccomp's SCMP_ARCH_* */
};

#define ARCH_X32_BIT 0x40000000u

const struct arch *arch_get(enum arch_id id); /* never NULL for an id below ARCH_COUNT */

/* The arch of a record: its audit number, and for x86_64 bit 30 of the call's number (x32; a negative number is
 * none). NULL if unknown. */
const struct arch *arch_of_record(uint32_t audit, uint32_t nr);

const struct arch *arch_by_name(const char *name); /* NULL if unknown */
const struct arch *arch_by_oci(const char *oci);   /* NULL if unknown */

bool arch_is_little(const struct arch *arch); /* its byte order */

/* Where the numbers of an arch begin, for calls whose number is the same on all of them (mips: uapi/asm/unistd.h). */
uint32_t arch_number_base(const struct arch *arch);

/* The ABIs that a kernel of this machine's arch runs, native first (x86_64: x86_64, i386, x32). Returns how many of at most 4. */
size_t arch_host(const struct arch *ret[4]);

/* The same of a machine whose own ABI is `machine`. */
size_t arch_family(const struct arch *machine, const struct arch *ret[4]);

/* Whose processes run beside each other: the own ABI of the machine that runs programs of `arch`. This machine's, if it runs
 * them, else that of the usual one: aarch64 for arm, s390x for s390. Never NULL. */
const struct arch *arch_machine(const struct arch *arch);

/* What people call a machine: "aarch64" and other names of arch_by_name(), "arm64" and "amd64" as Go has them. NULL if unknown. */
const struct arch *arch_machine_by_name(const char *name);

#endif
