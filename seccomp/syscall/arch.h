/* Architectures (ABIs): the kernel's audit number, the OCI name and libseccomp's token of each. */
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
	const char *name;     /* as in uname -m or the kernel's tables: "x86_64", "i386", "x32", "aarch64" */
	const char *oci;      /* "SCMP_ARCH_X86_64" */
	uint32_t audit;       /* AUDIT_ARCH_* in the record (include/uapi/linux/audit.h); x32 shares x86_64's */
	uint32_t scmp;        /* libseccomp's SCMP_ARCH_* */
};

#define ARCH_X32_BIT 0x40000000u

const struct arch *arch_get(enum arch_id id); /* never NULL for an id below ARCH_COUNT */

/* The arch of a record, from its audit number and, for x86_64, from bit 30 of the call's number (x32; but not of a negative
 * number). NULL if unknown. */
const struct arch *arch_of_record(uint32_t audit, uint32_t nr);

const struct arch *arch_by_name(const char *name); /* NULL if unknown */
const struct arch *arch_by_oci(const char *oci);   /* NULL if unknown */

bool arch_is_little(const struct arch *arch); /* true if its byte order is little-endian */

/* What to add to the number of a call that has the same one everywhere (424 and up): not 0 on x32 and MIPS
 * (uapi/asm/unistd.h). */
uint32_t arch_number_base(const struct arch *arch);

/* The ABIs that a kernel for this machine can run, native first (x86_64: x86_64, i386, x32). Returns their number, at most
 * 4. */
size_t arch_host(const struct arch *ret[4]);

/* The same for a machine whose native ABI is `machine`. */
size_t arch_family(const struct arch *machine, const struct arch *ret[4]);

/* True if a kernel for that machine can run programs of this ABI. */
bool arch_runs_on(const struct arch *arch, const struct arch *machine);

/* The native ABI of the machine that runs programs of `arch`: this machine's if it runs them, else that of the usual
 * machine (aarch64 for arm, s390x for s390). Never NULL. */
const struct arch *arch_machine(const struct arch *arch);

/* Takes whatever people call a machine: the names of arch_by_name(), and Go's "arm64" and "amd64". NULL if unknown. */
const struct arch *arch_machine_by_name(const char *name);

#endif
