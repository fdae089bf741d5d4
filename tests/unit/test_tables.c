/* The tables of calls, held against every arch that libseccomp knows: each name exists where its line says it does. */
#include "base/cleanup.h"
#include "seccomp/syscall/arch.h"
#include "seccomp/syscall/names.h"
#include "seccomp/syscall/sets.h"

#include <ctype.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ON(arch) (1u << ARCH_##arch)
#define ALL      ((1u << ARCH_COUNT) - 1)
#define GENERIC                                                                                                        \
	(ON(AARCH64) | ON(RISCV64)) /* arches with the kernel's generic table, which left out what has a newer form */
#define MIPS_32      (ON(MIPS) | ON(MIPSEL))
#define MIPS_64      (ON(MIPS64) | ON(MIPSEL64))
#define MIPS_N32     (ON(MIPS64N32) | ON(MIPSEL64N32))
#define MIPS_ALL     (MIPS_32 | MIPS_64 | MIPS_N32)
#define PARISC_32_64 (ON(PARISC) | ON(PARISC64))
#define PPC_ALL      (ON(PPC) | ON(PPC64) | ON(PPC64LE))
#define X86_ALL      (ON(X86_64) | ON(X86) | ON(X32))
#define PLAIN_32     (ON(X86) | ON(ARM) | ON(PPC) | ON(S390) | MIPS_32 | ON(PARISC)) /* 32-bit numbers of their own */

/* Where the names are that are not everywhere. Of a name that is not here, every arch has a number. */
static const struct {
	uint32_t arches;
	const char *names;
} places[] = {
	{ALL & ~GENERIC, "chmod epoll_wait stat lstat dup2 open access readlink getdents rename unlink mkdir rmdir "
			 "link symlink pipe poll getpgrp fork "
			 "mknod"},
	{ALL & ~(GENERIC | MIPS_ALL), "vfork"},
	{ALL & ~ON(RISCV64), "renameat"},
	{ALL & ~ON(ARM), "mmap getrlimit"},
	{ALL & ~(ON(ARM) | PARISC_32_64), "fadvise64"},
	{ALL & ~(GENERIC | ON(ARM)), "alarm"},
	{ALL & ~(ON(ARM) | PPC_ALL), "sync_file_range"},
	{ALL & ~(ON(X86_64) | ON(X32) | GENERIC | ON(S390X)), "_newselect"},
	{ALL & ~(ON(X86_64) | ON(X32) | GENERIC | MIPS_64), "statfs64 fstatfs64"},
	{ALL & ~(ON(X86) | MIPS_ALL), "kexec_file_load"},
	{ALL & ~(GENERIC | ON(ARM) | ON(S390X) | MIPS_64 | MIPS_N32), "time"},
	{ALL & ~(PLAIN_32 | ON(PARISC64)), "newfstatat"},
	{PLAIN_32 | PPC_ALL | PARISC_32_64, "_llseek"},
	{PLAIN_32 | MIPS_N32 | ON(PARISC64), "sendfile64"},
	{(PLAIN_32 | PPC_ALL | ON(S390X)) & ~ON(PARISC), "sigreturn"},
	{PLAIN_32 | MIPS_N32, "clock_gettime64 clock_getres_time64 futex_time64 ppoll_time64 pselect6_time64 "
			      "recvmmsg_time64 clock_nanosleep_time64 "
			      "clock_settime64 clock_adjtime64 rt_sigtimedwait_time64 sched_rr_get_interval_time64 "
			      "utimensat_time64 timer_gettime64 "
			      "timer_settime64 timerfd_gettime64 timerfd_settime64 mq_timedsend_time64 "
			      "mq_timedreceive_time64 semtimedop_time64"},
	{PLAIN_32 | ON(PARISC64), "fstatat64 fstat64 stat64 lstat64 ftruncate64"},
	{X86_ALL | PPC_ALL | ON(S390) | MIPS_32, "ioperm"},
	{X86_ALL | PPC_ALL | MIPS_32, "iopl modify_ldt"},
	{(PLAIN_32 | PPC_ALL | ON(PARISC64)) & ~ON(ARM), "stime"},
	{(PLAIN_32 | PPC_ALL | ON(PARISC64)) & ~(ON(ARM) | ON(S390)), "waitpid"},
	{ON(X86_64) | ON(X86) | MIPS_ALL, "set_thread_area"},
	{X86_ALL | PPC_ALL | ON(S390X), "select"},
	{ON(X86) | ON(ARM) | PPC_ALL | ON(S390), "ugetrlimit"},
	{ON(X86) | ON(ARM) | ON(S390), "getuid32 geteuid32 getgid32 getegid32"},
	{ON(X86) | ON(ARM) | PPC_ALL | ON(S390) | ON(S390X) | MIPS_32 | PARISC_32_64, "recv send"},
	{X86_ALL, "arch_prctl"},
	{ON(X86_64) | ON(X86), "get_thread_area"},
	{ON(ARM), "set_tls"},
};

/* What a reason says of an arch. */
static const struct {
	const char *word;
	uint32_t arches;
} words[] = {
	{"32-bit", PLAIN_32 & ~ON(PARISC)},
	{"i386", ON(X86)},
	{"arm", ON(ARM)},
	{"s390", ON(S390)},
	{"x86", ON(X86) | ON(X86_64)},
	{"x32", ON(X32)},
	{"x86_64", ON(X86_64)},
	{"s390x", ON(S390X)},
	{"aarch64", ON(AARCH64)},
	{"arm64", ON(AARCH64)},
	{"riscv64", ON(RISCV64)},
	{"ppc64le", ON(PPC64LE)},
	{"mips", MIPS_32},
};

/* Is a word of the list, which are separated by anything but letters, digits, hyphens and underscores? */
static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);
	for (const char *p = strstr(text, word); p; p = strstr(p + 1, word)) {
		char before = p == text ? ' ' : p[-1], after = p[length];
		if (!isalnum((unsigned char)before) && before != '_' && before != '-' &&
		    !isalnum((unsigned char)after) && after != '_' && after != '-')
			return true;
	}
	return false;
}

/* A part of socketcall or of ipc has no number of its own; libseccomp's are -101 to -120 and -201 to -224, on all
 * arches. */
static bool has_call(const struct arch *arch, const char *name)
{
	uint32_t nr;
	int pseudo = seccomp_syscall_resolve_name_arch(arch->scmp, name);
	const char *whole = pseudo <= -300 || pseudo > -100 ? NULL : pseudo <= -200 ? "ipc" : "socketcall";
	return syscall_number(arch, name, &nr) == 0 || (whole && syscall_number(arch, whole, &nr) == 0);
}

static uint32_t arches_of(const char *name)
{
	uint32_t arches = 0;
	for (unsigned id = 0; id < ARCH_COUNT; id++)
		if (has_call(arch_get(id), name))
			arches |= 1u << id;
	return arches;
}

static void assert_on(const char *table, const char *name, uint32_t want)
{
	uint32_t missing = want & ~arches_of(name);
	for (unsigned id = 0; id < ARCH_COUNT; id++)
		if (missing & 1u << id)
			fail_msg("%s: %s has no %s", table, arch_get(id)->name, name);
}

static uint32_t place_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (has_word(places[i].names, name))
			return places[i].arches;
	return ALL;
}

static void check_line(const char *table, const char *name, const char *reason)
{
	uint32_t named = 0;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (has_word(reason, words[i].word))
			named |= words[i].arches;
	assert_on(table, name, place_of(name));
	assert_on(table, name, named);
}

static void always(void **state)
{
	const struct set_always *set;
	size_t n = set_always(&set);
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++)
		check_line("always.csv", set[i].name, set[i].reason);
}

static void siblings(void **state)
{
	const struct set_sibling *set;
	size_t n = set_siblings(&set);
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		check_line("siblings.csv", set[i].modern, set[i].reason);
		check_line("siblings.csv", set[i].older, set[i].reason);
	}
}

static void floor_go(void **state)
{
	const struct set_floor_go *set;
	size_t n = set_floor_go(&set);
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++)
		check_line("floor-go.csv", set[i].name, set[i].reason);
}

static void danger(void **state)
{
	const struct set_danger *set;
	size_t n = set_dangers(&set);
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++)
		check_line("danger.csv", set[i].name, set[i].reason);
}

static void common(void **state)
{
	const struct set_common *set;
	size_t n = set_common(&set);
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++)
		check_line("common.csv", set[i].name, set[i].reason);
}

static void hot(void **state)
{
	const struct set_hot *set;
	size_t n = set_hot(&set);
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++)
		check_line("hot.csv", set[i].name, set[i].reason);
}

/* The checks above say something only if these tell names and arches apart. */
static void the_check_itself(void **state)
{
	assert_true(has_word("on 32-bit ABIs (i386, arm, s390)", "s390"));
	assert_false(has_word("the clock of the machine, which charms", "arm"));
	assert_false(has_word("like newfstatat, for x86_64", "x86"));
	assert_int_equal(arches_of("nosuch"), 0);
	assert_int_equal(arches_of("read"), ALL);
	assert_int_equal(arches_of("open") & ON(AARCH64), 0);
	assert_int_equal(arches_of("sendmsg") & ON(X86), ON(X86)); /* a part of socketcall too */
	assert_int_equal(place_of("open"), ALL & ~GENERIC);
	assert_int_equal(place_of("openat"), ALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(always),           cmocka_unit_test(siblings), cmocka_unit_test(floor_go),
		cmocka_unit_test(danger),           cmocka_unit_test(common),   cmocka_unit_test(hot),
		cmocka_unit_test(the_check_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
