/* arch, syscall, sets, reasons: the tables of the kernel's world, held against libseccomp's. */
#include "base/cleanup.h"
#include "seccomp/syscall/arch.h"
#include "seccomp/syscall/arguments.h"
#include "seccomp/evidence/reasons.h"
#include "seccomp/syscall/sets.h"
#include "seccomp/syscall/names.h"

#include <errno.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void arch_numbers(void **state)
{
	static const struct {
		enum arch_id id;
		const char *name, *oci;
		uint32_t scmp, audit;
	} cases[] = {
		{ARCH_X86_64, "x86_64", "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64, 0xc000003e},
		{ARCH_X86, "i386", "SCMP_ARCH_X86", SCMP_ARCH_X86, 0x40000003},
		{ARCH_X32, "x32", "SCMP_ARCH_X32", SCMP_ARCH_X32, 0xc000003e},
		{ARCH_AARCH64, "aarch64", "SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64, 0xc00000b7},
		{ARCH_ARM, "arm", "SCMP_ARCH_ARM", SCMP_ARCH_ARM, 0x40000028},
		{ARCH_RISCV64, "riscv64", "SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64, 0xc00000f3},
		{ARCH_PPC64LE, "ppc64le", "SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE, 0xc0000015},
		{ARCH_PPC64, "ppc64", "SCMP_ARCH_PPC64", SCMP_ARCH_PPC64, 0x80000015},
		{ARCH_PPC, "ppc", "SCMP_ARCH_PPC", SCMP_ARCH_PPC, 0x00000014},
		{ARCH_S390X, "s390x", "SCMP_ARCH_S390X", SCMP_ARCH_S390X, 0x80000016},
		{ARCH_S390, "s390", "SCMP_ARCH_S390", SCMP_ARCH_S390, 0x00000016},
		{ARCH_MIPS, "mips", "SCMP_ARCH_MIPS", SCMP_ARCH_MIPS, 0x00000008},
		{ARCH_MIPS64, "mips64", "SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64, 0x80000008},
		{ARCH_MIPS64N32, "mips64n32", "SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32, 0xa0000008},
		{ARCH_MIPSEL, "mipsel", "SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL, 0x40000008},
		{ARCH_MIPSEL64, "mipsel64", "SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64, 0xc0000008},
		{ARCH_MIPSEL64N32, "mipsel64n32", "SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32, 0xe0000008},
		{ARCH_PARISC, "parisc", "SCMP_ARCH_PARISC", SCMP_ARCH_PARISC, 0x0000000f},
		{ARCH_PARISC64, "parisc64", "SCMP_ARCH_PARISC64", SCMP_ARCH_PARISC64, 0x8000000f},
	};
	assert_int_equal(ARRAY_SIZE(cases), ARCH_COUNT);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct arch *arch = arch_get(cases[i].id);
		assert_int_equal(arch->id, cases[i].id);
		assert_string_equal(arch->name, cases[i].name);
		assert_string_equal(arch->oci, cases[i].oci);
		assert_true(arch->scmp == cases[i].scmp);
		assert_true(arch->audit == cases[i].audit);
		assert_ptr_equal(arch_by_name(arch->name), arch);
		assert_ptr_equal(arch_by_oci(arch->oci), arch);
		assert_ptr_equal(arch_of_record(arch->audit, cases[i].id == ARCH_X32 ? ARCH_X32_BIT : 1), arch);
	}
}

static void arch_records(void **state)
{
	static const struct {
		uint32_t audit, nr;
		const char *name;
	} cases[] = {
		{0xc000003e, 59, "x86_64"},
		{0xc000003e, 0x3fffffff, "x86_64"},
		{0xc000003e, 0x40000000, "x32"},
		{0xc000003e, 0x40000208, "x32"},
		{0xc000003e, 0x7fffffff, "x32"},
		{0xc000003e, 0xffffffff, "x86_64"}, /* -1 */
		{0xc000003e, 0x80000000, "x86_64"},
		{0x40000003, 0x40000000, "i386"},
		{0xc00000b7, 0x40000000, "aarch64"},
		{0x4000003e, 0, NULL}, /* libseccomp's token of x32 is no audit number */
		{0, 0, NULL},
		{0xffffffff, 0, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct arch *arch = arch_of_record(cases[i].audit, cases[i].nr);
		assert_int_equal(!arch, !cases[i].name);
		if (arch)
			assert_string_equal(arch->name, cases[i].name);
	}
	static const char *const unknown[] = {"", "x86", "X86_64", "x86_64 ", "SCMP_ARCH_X86_64"};
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_null(arch_by_name(unknown[i]));
	assert_null(arch_by_oci("x86_64"));
	assert_null(arch_by_oci("SCMP_ARCH_NATIVE"));
}

static void arch_of_host(void **state)
{
	const struct arch *host[4] = {NULL, NULL, NULL, NULL};
	size_t n = arch_host(host);
	assert_true(n >= 1 && n <= 4);
	assert_true(host[0]->scmp == seccomp_arch_native());
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			assert_ptr_not_equal(host[i], host[j]);
	if (host[0]->id == ARCH_X86_64) {
		assert_int_equal(n, 3);
		assert_int_equal(host[1]->id, ARCH_X86);
		assert_int_equal(host[2]->id, ARCH_X32);
	}
}

/* number both ways; -1: the arch has no such call */
static const struct {
	enum arch_id arch;
	const char *name;
	int64_t nr;
} calls[] = {
	{ARCH_X86_64, "read", 0},
	{ARCH_X86_64, "execve", 59},
	{ARCH_X86_64, "newfstatat", 262},
	{ARCH_X86_64, "faccessat", 269},
	{ARCH_X86_64, "rseq", 334},
	{ARCH_X86_64, "clone3", 435},
	{ARCH_X86_64, "fchmodat2", 452},
	{ARCH_X86_64, "mseal", 462},
	{ARCH_X86_64, "file_setattr", 469},
	{ARCH_X86_64, "rseq_slice_yield", 471},
	{ARCH_X86_64, "uretprobe", 335},
	{ARCH_X86_64, "uprobe", 336},
	{ARCH_X86_64, "socketcall", -1},
	{ARCH_X86_64, "ipc", -1},
	{ARCH_X86_64, "riscv_hwprobe", -1},
	{ARCH_X86_64, "syscall_59", -1},
	{ARCH_X86_64, "nosuch", -1},
	{ARCH_X86_64, "", -1},
	{ARCH_X86, "execve", 11},
	{ARCH_X86, "socketcall", 102},
	{ARCH_X86, "ipc", 117},
	{ARCH_X86, "rt_tgsigqueueinfo", 335},
	{ARCH_X86, "socket", 359},
	{ARCH_X86, "connect", 362},
	{ARCH_X86, "sendmsg", 370},
	{ARCH_X86, "semget", 393},
	{ARCH_X86, "msgctl", 402},
	{ARCH_X86, "clock_gettime64", 403},
	{ARCH_X86, "accept", -1},
	{ARCH_X86, "recv", -1},
	{ARCH_X86, "semop", -1},
	{ARCH_X86, "uretprobe", -1},
	{ARCH_X86, "mseal", 462},
	{ARCH_X32, "read", 0x40000000},
	{ARCH_X32, "execve", 0x40000208},
	{ARCH_X32, "mseal", 0x400001ce},
	{ARCH_AARCH64, "execve", 221},
	{ARCH_AARCH64, "open", -1},
	{ARCH_AARCH64, "mseal", 462},
	{ARCH_AARCH64, "uprobe", -1},
	{ARCH_RISCV64, "riscv_hwprobe", 258},
	{ARCH_S390X, "socket", 359},
	{ARCH_PPC64LE, "accept", 330},
	{ARCH_MIPS, "execve", 4011},
	{ARCH_MIPS, "socket", 4183},
	{ARCH_MIPS, "mseal", 4462},
	{ARCH_MIPS64, "execve", 5057},
	{ARCH_MIPSEL64, "mseal", 5462},
	{ARCH_MIPS64N32, "mseal", 6462},
	{ARCH_MIPS64N32, "memfd_secret", -1},
};

static void names_and_numbers(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		const struct arch *arch = arch_get(calls[i].arch);
		uint32_t nr = 4711;
		int want = calls[i].nr < 0 ? -ENOENT : 0, got = syscall_number(arch, calls[i].name, &nr);
		if (got != want || nr != (want ? 4711 : (uint32_t)calls[i].nr))
			fail_msg("%s %s: %d, %u", arch->name, calls[i].name, got, nr);
		if (want)
			continue;
		char name[SYSCALL_NAME_MAX];
		assert_true(syscall_name(arch, nr, name));
		assert_string_equal(name, calls[i].name);
	}
}

static void unknown_numbers(void **state)
{
	static const struct {
		enum arch_id arch;
		uint32_t nr;
		const char *name;
	} cases[] = {
		{ARCH_X86_64, 1000000, "syscall_1000000"},
		{ARCH_X86_64, 337, "syscall_337"},
		{ARCH_X86_64, 0x40000000, "syscall_1073741824"},
		{ARCH_X86_64, UINT32_MAX, "syscall_4294967295"},
		{ARCH_X86_64, (uint32_t)-10001, "syscall_4294957295"}, /* libseccomp has a name for it */
		{ARCH_X86, (uint32_t)-101, "syscall_4294967195"},      /* likewise */
		{ARCH_X32, 0, "syscall_0"},
		{ARCH_X32, 462, "syscall_462"},
		{ARCH_X32, 0x7fffffff, "syscall_2147483647"},
		{ARCH_AARCH64, 335, "syscall_335"},
		{ARCH_MIPS, 462, "syscall_462"},
		{ARCH_MIPS64N32, 5462, "syscall_5462"},
		{ARCH_MIPS64N32, 6447, "syscall_6447"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char name[SYSCALL_NAME_MAX];
		assert_false(syscall_name(arch_get(cases[i].arch), cases[i].nr, name));
		assert_string_equal(name, cases[i].name);
	}
}

/* Whatever number has a name has that name's number, on every arch. */
static void round_trip(void **state)
{
	static const uint32_t bases[] = {0, 4000, 5000, 6000, ARCH_X32_BIT};
	for (unsigned id = 0; id < ARCH_COUNT; id++) {
		const struct arch *arch = arch_get(id);
		size_t named = 0;
		for (uint32_t i = 0; i < ARRAY_SIZE(bases) * 600; i++) {
			uint32_t nr = bases[i / 600] + i % 600, back;
			char name[SYSCALL_NAME_MAX];
			if (!syscall_name(arch, nr, name))
				continue;
			named++;
			if (syscall_number(arch, name, &back) != 0 || back != nr)
				fail_msg("%s: %u is %s, which is not %u", arch->name, nr, name, nr);
		}
		assert_true(named >= 250 && named <= 500);
	}
}

static void known_to_libseccomp(void **state)
{
	static const struct {
		const char *name;
		bool known;
	} cases[] = {
		{"read", true},       {"execve", true},
		{"clone3", true},     {"openat2", true},
		{"socketcall", true}, /* not on x86_64 */
		{"fstatat64", true},  {"clock_gettime64", true},
		{"socket", true},     {"nosuch", false},
		{"", false},          {"rseq_slice_yield_x", false},
		{"READ", false},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(syscall_known_to_libseccomp(cases[i].name), cases[i].known);
}

/* A misspelt name in a data file would protect nothing. */
static void assert_call(const char *name)
{
	for (unsigned id = 0; id < ARCH_COUNT; id++) {
		uint32_t nr;
		if (syscall_number(arch_get(id), name, &nr) == 0)
			return;
	}
	fail_msg("no arch has %s", name);
}

static void sets_name_calls(void **state)
{
	const struct set_always *always;
	const struct set_sibling *siblings;
	const struct set_floor_go *floor;
	size_t n = set_always(&always);
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		assert_call(always[i].name);
		assert_true(strlen(always[i].reason) > 0);
	}
	n = set_siblings(&siblings);
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		assert_call(siblings[i].modern);
		assert_call(siblings[i].older);
		assert_string_not_equal(siblings[i].modern, siblings[i].older);
		assert_true(strlen(siblings[i].reason) > 0);
	}
	n = set_floor_go(&floor);
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		assert_call(floor[i].name);
		assert_true(strlen(floor[i].reason) > 0);
	}
}

static void everywhere_is_everywhere(void **state)
{
	const struct set_everywhere *set;
	size_t n = set_everywhere(&set);

	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		assert_true(set_is_everywhere(set[i].name));
		assert_int_equal(argument_by_name(set[i].name), -1);
		/* a negative number stands for a call that the arch lacks, or has as a part of another */
		for (unsigned id = 0; id < ARCH_COUNT; id++)
			if (seccomp_syscall_resolve_name_arch(arch_get(id)->scmp, set[i].name) < 0)
				fail_msg("%s has no %s", arch_get(id)->name, set[i].name);
	}
	assert_false(set_is_everywhere("socketcall"));
}

static bool in_always(const char *name)
{
	const struct set_always *a;
	size_t n = set_always(&a);
	for (size_t i = 0; i < n; i++)
		if (strcmp(a[i].name, name) == 0)
			return true;
	return false;
}

static bool in_siblings(const char *modern, const char *older)
{
	const struct set_sibling *s;
	size_t n = set_siblings(&s);
	for (size_t i = 0; i < n; i++)
		if (strcmp(s[i].modern, modern) == 0 && strcmp(s[i].older, older) == 0)
			return true;
	return false;
}

/* The mask of a call of the Go floor, NULL if it is not of it. */
static const char *in_floor_go(const char *name)
{
	const struct set_floor_go *f;
	size_t n = set_floor_go(&f);
	for (size_t i = 0; i < n; i++)
		if (strcmp(f[i].name, name) == 0)
			return f[i].mask;
	return NULL;
}

static void sets_hold(void **state)
{
	static const char *const always[] = {
		"exit",          "exit_group",   "rt_sigreturn", "sigreturn", "restart_syscall",
		"clock_gettime", "gettimeofday", "time",         "getcpu",    "clock_getres"};
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		assert_true(in_always(always[i]));

	static const char *const siblings[][2] = {
		{"clone3", "clone"},     {"openat2", "openat"},     {"faccessat2", "faccessat"},
		{"statx", "newfstatat"}, {"newfstatat", "fstat"},   {"epoll_pwait2", "epoll_pwait"},
		{"preadv2", "preadv"},   {"renameat2", "renameat"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(siblings); i++)
		assert_true(in_siblings(siblings[i][0], siblings[i][1]));

	static const char *const floor[] = {"futex",  "epoll_pwait",  "nanosleep",      "sched_yield",
					    "tgkill", "getpid",       "madvise",        "mmap",
					    "munmap", "rt_sigreturn", "rt_sigprocmask", "gettid"};
	for (size_t i = 0; i < ARRAY_SIZE(floor); i++) {
		const char *mask = in_floor_go(floor[i]);
		assert_non_null(mask);
		assert_string_equal(mask, "");
	}
	/* threads, never namespaces */
	const char *mask = in_floor_go("clone");
	assert_non_null(mask);
	assert_string_equal(mask, "0:2114060288:0");
	assert_int_equal(2114060288, 0x7e020000);
	assert_null(in_floor_go("clone3"));
}

static void bounds(void **state)
{
	static const struct {
		size_t n;
		double bound;
	} cases[] = {{0, 1}, {1, 1}, {3, 1}, {4, 0.75}, {40, 0.075}, {300, 0.01}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_true(set_bound(cases[i].n) > cases[i].bound - 1e-9 &&
			    set_bound(cases[i].n) < cases[i].bound + 1e-9);
}

static void reasons(void **state)
{
	for (unsigned r = 0; r < REASON_COUNT; r++) {
		enum reason back = REASON_COUNT;
		assert_int_equal(reason_by_code(reason_code(r), &back), 0);
		assert_int_equal(back, r); /* fails for a code that is there twice */
		assert_true(strspn(reason_code(r), "abcdefghijklmnopqrstuvwxyz-") == strlen(reason_code(r)));
		assert_true(strlen(reason_code(r)) > 0 && strlen(reason_what(r)) > 0 && strlen(reason_fix(r)) > 0);
	}
	/* evidence files hold these */
	assert_string_equal(reason_code(REASON_FILTER_NOT_SEEN), "filter-not-seen");
	assert_string_equal(reason_code(REASON_SERIAL_GAP), "serial-gap");
	assert_string_equal(reason_code(REASON_NOT_LEARNING), "not-learning");
	static const char *const unknown[] = {"", "RUNNING", "serial_gap", "serial-gap "};
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		enum reason r = REASON_COUNT;
		assert_int_equal(reason_by_code(unknown[i], &r), -ENOENT);
		assert_int_equal(r, REASON_COUNT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arch_numbers),
		cmocka_unit_test(arch_records),
		cmocka_unit_test(arch_of_host),
		cmocka_unit_test(names_and_numbers),
		cmocka_unit_test(unknown_numbers),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(known_to_libseccomp),
		cmocka_unit_test(sets_name_calls),
		cmocka_unit_test(everywhere_is_everywhere),
		cmocka_unit_test(sets_hold),
		cmocka_unit_test(bounds),
		cmocka_unit_test(reasons),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
