/* Profiles: what evidence, floors and sets make of one, its OCI form byte for byte, and what is refused. */
#include "base/cleanup.h"
#include "seccomp/profile/profile.h"
#include "seccomp/syscall/sets.h"
#include "seccomp/syscall/names.h"

#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define W          PROFILE_FROM_WORKLOAD
#define R          PROFILE_FROM_RUNTIME
#define F          PROFILE_FROM_FLOOR
#define A          PROFILE_FROM_ALWAYS
#define NAMESPACES 0x7e020000u

static const char golden[] =
	"{\n"
	"  \"defaultAction\": \"SCMP_ACT_ERRNO\",\n"
	"  \"defaultErrnoRet\": 38,\n"
	"  \"architectures\": [\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\"],\n"
	"  \"syscalls\": [\n"
	"    {\n"
	"      \"names\": [\n"
	"        \"execve\",\n"
	"        \"exit_group\",\n"
	"        \"read\"\n"
	"      ],\n"
	"      \"action\": \"SCMP_ACT_ALLOW\"\n"
	"    },\n"
	"    {\n"
	"      \"names\": [\"clone\"],\n"
	"      \"action\": \"SCMP_ACT_ALLOW\",\n"
	"      \"args\": [\n"
	"        {\"index\": 0, \"value\": 2114060288, \"valueTwo\": 0, \"op\": \"SCMP_CMP_MASKED_EQ\"}\n"
	"      ]\n"
	"    }\n"
	"  ]\n"
	"}\n";

static struct profile *make(void)
{
	struct profile *p = NULL;
	assert_int_equal(profile_new(38, &p, NULL), 0);
	return p;
}

static const struct profile_rule *find(const struct profile *p, const char *name)
{
	static const struct profile_rule none;
	const struct profile_rule *rule = profile_find(p, name);
	if (!rule)
		fail_msg("%s is not allowed", name);
	return rule ? rule : &none;
}

static int parse(const char *text, size_t len, struct profile **ret, struct err *err)
{
	cleanup_free char *copy = malloc(len ? len : 1); /* ends where its memory ends: ASan sees a read beyond */
	assert_non_null(copy);
	memcpy(copy, text, len);
	return profile_parse_oci(copy, len, "f", ret, err);
}

static void writes_the_oci_form(void **state)
{
	cleanup_profile struct profile *p = make(), *again = NULL;
	cleanup_buf struct buf out = {0}, two = {0};
	profile_add_arch(p, arch_get(ARCH_X86_64));
	profile_add_arch(p, arch_get(ARCH_X32));
	profile_add_arch(p, arch_get(ARCH_X86));
	profile_add_arch(p, arch_get(ARCH_X86_64));
	assert_int_equal(profile_allow(p, "read", W, NULL), 0);
	assert_int_equal(profile_allow(p, "exit_group", A, NULL), 0);
	assert_int_equal(profile_allow_masked(p, "clone", 0, NAMESPACES, 0, F, NULL), 0);
	assert_int_equal(profile_allow(p, "execve", W, NULL), 0);
	assert_int_equal(profile_write_oci(p, &out, NULL), 0);
	assert_string_equal(out.data, golden);
	assert_int_equal(parse(out.data, out.len, &again, NULL), 0);
	assert_int_equal(profile_errno(again), 38);
	assert_int_equal(find(again, "read")->sources, PROFILE_FROM_FILE);
	assert_true(find(again, "clone")->masked && find(again, "clone")->mask == NAMESPACES);
	assert_int_equal(profile_write_oci(again, &two, NULL), 0);
	assert_string_equal(two.data, golden);
}

/* An arch that is native stays first, whatever its id. */
static void keeps_the_native_arch_first(void **state)
{
	cleanup_profile struct profile *p = make();
	const struct arch *const *arches = NULL;
	profile_add_arch(p, arch_get(ARCH_MIPS64N32));
	profile_add_arch(p, arch_get(ARCH_MIPS64));
	profile_add_arch(p, arch_get(ARCH_MIPS));
	assert_int_equal(profile_arches(p, &arches), 3);
	assert_int_equal(arches[0]->id, ARCH_MIPS64N32);
	assert_int_equal(arches[1]->id, ARCH_MIPS);
	assert_int_equal(arches[2]->id, ARCH_MIPS64);
	assert_false(profile_has_arch(p, arch_get(ARCH_X86_64)));
}

static void refuses_every_truncation(void **state)
{
	for (size_t i = 0; i < strlen(golden) - 1; i++) {
		struct profile *p = NULL;
		struct err err = {0};
		if (parse(golden, i, &p, &err) != -EINVAL || p || strncmp(err.msg, "f: ", 3) != 0)
			fail_msg("%zu bytes: %s", i, err.msg);
	}
}

/* The golden text with the first `from` replaced by `to`, and what the error must say. */
static const struct {
	const char *from, *to, *says;
} damages[] = {
	{"SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW", "defaultAction, line 2: expected \"SCMP_ACT_ERRNO\""},
	{"SCMP_ACT_ERRNO", "SCMP_ACT_ERRNO\\u0000", "defaultAction, line 2"},
	{"  \"defaultErrnoRet\": 38,\n", "", "\"defaultErrnoRet\" is missing"},
	{"38", "0", "defaultErrnoRet, line 3: expected a number from 1 to 4095"},
	{"38", "4096", "defaultErrnoRet, line 3: expected a number from 1 to 4095"},
	{"38", "4294967334", "defaultErrnoRet, line 3: expected a number from 1 to 4095"},
	{"38", "-1", "defaultErrnoRet, line 3"},
	{"38", "\"38\"", "defaultErrnoRet, line 3"},
	{"38", "38, \"defaultErrnoRet\": 38", "appears twice"},
	{"38", "38, \"flags\": []", "flags, line 3: a profile of snug has no such member"},
	{"\"SCMP_ARCH_X86\"", "\"SCMP_ARCH_VAX\"", "architectures[1], line 4: unknown architecture"},
	{"\"SCMP_ARCH_X86\"", "\"SCMP_ARCH_X86_64\"", "architectures[1], line 4: appears twice"},
	{"\"SCMP_ARCH_X86\"", "3", "architectures[1], line 4: unknown architecture"},
	{"[\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\"]", "[]",
	 "architectures, line 4: expected an array that is not"},
	{"\"syscalls\": [", "\"syscalls\": [ 1,", "syscalls[0], line 5: expected an object"},
	{"\"syscalls\"", "\"calls\"", "calls, line 5: a profile of snug has no such member"},
	{"\"SCMP_ACT_ALLOW\"", "\"SCMP_ACT_LOG\"", "syscalls[0].action, line 12: expected \"SCMP_ACT_ALLOW\""},
	{",\n      \"action\": \"SCMP_ACT_ALLOW\"", "", "\"action\" is missing"},
	{"\"exit_group\"", "\"read\"", "syscalls[0].names[2], line 10: read is allowed twice"},
	{"\"exit_group\"", "\"\"", "syscalls[0].names[1], line 9: expected the name"},
	{"\"exit_group\"", "\"exit group\"", "syscalls[0].names[1], line 9: expected the name"},
	{"\"exit_group\"", "\"exit\\u0000\"", "syscalls[0].names[1], line 9: expected the name"},
	{"\"exit_group\"", "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
	 "syscalls[0].names[1], line 9: expected the name"},
	{"\"exit_group\"", "null", "syscalls[0].names[1], line 9: expected the name"},
	{"\"exit_group\"", "\"clone\"", "syscalls[1].names[0], line 15: clone is allowed twice"},
	{"[\"clone\"]", "[]", "syscalls[1].names, line 15: expected an array that is not empty"},
	{"[\"clone\"]", "[\"clone\"], \"errnoRet\": 1",
	 "syscalls[1].errnoRet, line 15: a profile of snug has no such member"},
	{"\"index\": 0", "\"index\": 6", "syscalls[1].args[0], line 18"},
	{"\"index\": 0", "\"index\": 4294967296", "syscalls[1].args[0], line 18"},
	{"2114060288", "0", "syscalls[1].args[0], line 18"},
	{"\"valueTwo\": 0", "\"valueTwo\": 1", "syscalls[1].args[0], line 18"},
	{"SCMP_CMP_MASKED_EQ", "SCMP_CMP_EQ", "syscalls[1].args[0].op, line 18: expected \"SCMP_CMP_MASKED_EQ\""},
	{"\"args\": [", "\"args\": [{},", "syscalls[1].args, line 17: expected an array of one"},
	{"  ]\n}\n", "  ]\n}\n{}", "not JSON"},
};

static void refuses_damage(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		const char *at = strstr(golden, damages[i].from);
		cleanup_buf struct buf text = {0};
		struct profile *p = NULL;
		struct err err = {0};
		assert_non_null(at);
		buf_add(&text, golden, (size_t)(at - golden));
		buf_adds(&text, damages[i].to);
		buf_adds(&text, at + strlen(damages[i].from));
		if (parse(text.data, text.len, &p, &err) != -EINVAL || p)
			fail_msg("%s: accepted, or another code than EINVAL", damages[i].to);
		if (!strstr(err.msg, damages[i].says))
			fail_msg("%s: \"%s\" does not say \"%s\"", damages[i].to, err.msg, damages[i].says);
	}
}

static void unites_and_swallows(void **state)
{
	cleanup_profile struct profile *p = make();
	const struct profile_rule *rules = NULL;
	assert_int_equal(profile_allow_masked(p, "clone", 0, NAMESPACES, 0, F, NULL), 0);
	assert_int_equal(profile_allow_masked(p, "clone", 0, NAMESPACES, 0, R, NULL), 0);
	assert_int_equal(profile_rules(p, &rules), 1);
	assert_int_equal(rules[0].sources, F | R);
	assert_int_equal(profile_allow_masked(p, "clone", 1, NAMESPACES, 0, F, NULL), 0);
	assert_int_equal(profile_rules(p, &rules), 2);
	assert_int_equal(profile_allow(p, "clone3", W, NULL), 0);
	assert_int_equal(profile_allow(p, "cl", W, NULL), 0);
	assert_int_equal(profile_allow(p, "clone", W, NULL), 0);
	assert_int_equal(profile_rules(p, &rules), 3);
	assert_string_equal(rules[0].name, "cl");
	assert_string_equal(rules[1].name, "clone");
	assert_string_equal(rules[2].name, "clone3");
	assert_true(!rules[1].masked && rules[1].sources == (F | R | W));
	assert_int_equal(profile_allow_masked(p, "clone", 0, NAMESPACES, 0, A, NULL), 0);
	assert_int_equal(profile_rules(p, &rules), 3);
	assert_true(!rules[1].masked && rules[1].sources == (F | R | W | A));
	assert_null(profile_find(p, "clon"));
	assert_null(profile_find(p, ""));
}

static void refuses_what_cannot_be_meant(void **state)
{
	static const uint32_t errnos[] = {0, 4096};
	static const char *const names[] = {"", "a b", "a\n", "\xc3\xbc",
					    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
	cleanup_profile struct profile *p = make();
	const struct profile_rule *rules = NULL;
	struct profile *none = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(errnos); i++)
		assert_int_equal(profile_new(errnos[i], &none, NULL), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(profile_allow(p, names[i], W, NULL), -EINVAL);
	assert_int_equal(profile_allow(p, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", W, NULL), 0);
	assert_int_equal(profile_allow_masked(p, "clone", 6, 1, 0, W, NULL), -EINVAL);
	assert_int_equal(profile_allow_masked(p, "clone", 0, 0, 0, W, NULL), -EINVAL);
	assert_int_equal(profile_allow_masked(p, "clone", 0, 1, 2, W, NULL), -EINVAL);
	assert_int_equal(profile_rules(p, &rules), 1);
}

struct use {
	enum arch_id arch;
	const char *name; /* NULL: nr as it stands */
	enum evidence_phase phase;
	enum evidence_use use;
	uint32_t nr;
};

static struct evidence *evidence_of(const struct use *uses, size_t n)
{
	struct evidence_run init = {.mode = EVIDENCE_LEARN, .started_ms = 1};
	struct evidence *ev = NULL;
	uint64_t run = 0;
	assert_int_equal(evidence_new("k", &ev, NULL), 0);
	assert_int_equal(evidence_run_begin(ev, &init, &run, NULL), 0);
	for (size_t i = 0; i < n && (uses[i].name || uses[i].nr); i++) {
		struct record r = {.arch = arch_get(uses[i].arch)->audit, .nr = uses[i].nr, .time_ms = 5};
		if (uses[i].name)
			assert_int_equal(syscall_number(arch_get(uses[i].arch), uses[i].name, &r.nr), 0);
		assert_int_equal(evidence_add(ev, run, uses[i].phase, uses[i].use, &r), 1);
	}
	return ev;
}

#define WORK EVIDENCE_WORKLOAD, EVIDENCE_USED, 0
#define INIT EVIDENCE_RUNTIME, EVIDENCE_USED, 0
#define HOOK EVIDENCE_HOOK, EVIDENCE_USED, 0
#define X64  ARCH_X86_64

/* Evidence and a floor, and of the profile: the architectures, what must be in it by which source, what must not. */
static const struct build_case {
	const char *what;
	struct use uses[8], floor[6];
	bool go;
	const char *arches, *unnamed;
	struct {
		const char *name;
		unsigned sources;
	} in[10];
	const char *out[10];
} builds[] = {
	{.what = "phases and uses",
	 .uses = {{X64, "execve", INIT},
		  {X64, "setgid", HOOK},
		  {X64, "openat", WORK},
		  {X64, "setgid", WORK},
		  {X64, "mount", EVIDENCE_WORKLOAD, EVIDENCE_DENIED, 0},
		  {X64, "ptrace", EVIDENCE_WORKLOAD, EVIDENCE_AUDITED, 0}},
	 .floor = {{X64, "futex", HOOK},
		   {X64, "openat", INIT},
		   {X64, "pipe2", WORK},
		   {X64, "bpf", EVIDENCE_RUNTIME, EVIDENCE_DENIED, 0}},
	 .arches = "x86_64 ",
	 .in = {{"execve", R},
		{"setgid", R | W},
		{"openat", W | F},
		{"futex", F},
		{"exit_group", A},
		{"restart_syscall", A}},
	 .out = {"mount", "ptrace", "bpf", "pipe2", "nanosleep", "clock_gettime64", "sigreturn"}},
	{.what = "a Go runtime's set, clone masked",
	 .uses = {{X64, "execve", INIT}, {X64, "futex", INIT}},
	 .go = true,
	 .arches = "x86_64 ",
	 .in = {{"nanosleep", F}, {"futex", R | F}, {"clone", F}, {"rt_sigreturn", F | A}},
	 .out = {"clone3", "fork"}},
	{.what = "a learnt clone is not masked",
	 .uses = {{X64, "execve", INIT}, {X64, "clone3", WORK}},
	 .go = true,
	 .arches = "x86_64 ",
	 .in = {{"clone3", W}, {"clone", F | A}}},
	{.what = "siblings of siblings",
	 .uses = {{X64, "execve", INIT}, {X64, "statx", WORK}, {X64, "openat", WORK}},
	 .arches = "x86_64 ",
	 .in = {{"statx", W}, {"newfstatat", A}, {"lstat", A}, {"openat", W}},
	 .out = {"fstatat64", "stat64", "openat2"}},
	{.what = "what aarch64 does not have stays out",
	 .uses = {{ARCH_AARCH64, "execve", INIT}, {ARCH_AARCH64, "statx", WORK}},
	 .go = true,
	 .arches = "aarch64 ",
	 .in = {{"execve", R}, {"statx", W}, {"newfstatat", A}, {"fstat", A}, {"clone", F}, {"exit_group", A}},
	 .out = {"stat", "lstat", "time", "sigreturn"}},
	{.what = "a floor of another machine gives what this one has",
	 .uses = {{ARCH_AARCH64, "execve", INIT}},
	 .floor = {{X64, "execve", INIT}, {X64, "open", INIT}, {X64, "openat", INIT}},
	 .arches = "aarch64 ",
	 .in = {{"openat", F}, {"execve", R | F}},
	 .out = {"open"}},
	{.what = "compat ABIs: multiplexed calls and x32",
	 .uses = {{ARCH_X86, "socketcall", WORK}, {ARCH_X32, "read", WORK}, {X64, "execve", INIT}},
	 .arches = "x86_64 i386 x32 ",
	 .in = {{"socketcall", W}, {"read", W}, {"sigreturn", A}, {"clock_gettime64", A}},
	 .out = {"socket", "connect"}},
	{.what = "the init's arch comes first",
	 .uses = {{ARCH_X86, "execve", INIT}, {X64, "execve", WORK}},
	 .arches = "i386 x86_64 ",
	 .in = {{"execve", R | W}}},
	{.what = "an arch that only denials show is not listed",
	 .uses = {{X64, "execve", INIT}, {ARCH_X86, "read", EVIDENCE_WORKLOAD, EVIDENCE_DENIED, 0}},
	 .arches = "x86_64 ",
	 .in = {{"execve", R}},
	 .out = {"read", "sigreturn"}},
	{.what = "s390x swaps the first arguments of clone",
	 .uses = {{ARCH_S390X, "execve", INIT}},
	 .go = true,
	 .arches = "s390x ",
	 .in = {{"clone", F}}},
	{.what = "a floor alone",
	 .floor = {{ARCH_AARCH64, "execve", INIT}, {ARCH_ARM, "read", INIT}},
	 .arches = "aarch64 arm ",
	 .in = {{"execve", F}, {"read", F}}},
	{.what = "numbers that nobody can name, once each",
	 .uses = {{X64, "execve", INIT},
		  {X64, NULL, EVIDENCE_WORKLOAD, EVIDENCE_USED, 9999},
		  {X64, NULL, EVIDENCE_RUNTIME, EVIDENCE_USED, 9999},
		  {X64, NULL, EVIDENCE_WORKLOAD, EVIDENCE_DENIED, 9998},
		  {ARCH_X32, NULL, EVIDENCE_WORKLOAD, EVIDENCE_USED, ARCH_X32_BIT | 9999}},
	 .floor = {{X64, NULL, EVIDENCE_RUNTIME, EVIDENCE_USED, 5000},
		   {X64, NULL, EVIDENCE_RUNTIME, EVIDENCE_USED, 9999}},
	 .arches = "x86_64 x32 ",
	 .unnamed = "x86_64 5000\nx86_64 9999\nx32 1073751823\n",
	 .in = {{"execve", R}},
	 .out = {"syscall_9999"}},
};

static void check_build(const struct build_case *c, const struct profile *p, const struct buf *unnamed)
{
	const struct arch *const *arches = NULL;
	size_t n = profile_arches(p, &arches);
	cleanup_buf struct buf names = {0};
	for (size_t i = 0; i < n; i++)
		buf_addf(&names, "%s ", arches[i]->name);
	assert_string_equal(names.data, c->arches);
	assert_string_equal(unnamed->data ? unnamed->data : "", c->unnamed ? c->unnamed : "");
	for (size_t i = 0; i < ARRAY_SIZE(c->in) && c->in[i].name; i++)
		if (find(p, c->in[i].name)->sources != c->in[i].sources)
			fail_msg("%s: %s has the sources %x", c->what, c->in[i].name, find(p, c->in[i].name)->sources);
	for (size_t i = 0; i < ARRAY_SIZE(c->out) && c->out[i]; i++)
		if (profile_find(p, c->out[i]))
			fail_msg("%s: %s is allowed", c->what, c->out[i]);
}

/* Of a floor and of the runtime's part of the evidence; what the workload itself calls stays. */
static void leaves_out_what_the_runtime_does_without(void **state)
{
	static const struct use uses[] = {
		{X64, "execve", INIT}, {X64, "fsopen", INIT}, {X64, "open_tree", INIT}, {X64, "open_tree", WORK}};
	static const struct use seen[] = {{X64, "fsopen", INIT}, {X64, "fsmount", INIT}, {X64, "openat2", INIT}};
	cleanup_evidence struct evidence *ev = evidence_of(uses, ARRAY_SIZE(uses));
	cleanup_evidence struct evidence *floor = evidence_of(seen, ARRAY_SIZE(seen));
	const struct evidence *const floors[] = {floor};
	struct profile_call out[] = {{arch_get(X64), 430}, {arch_get(X64), 432}, {arch_get(X64), 428}};
	struct profile_inputs in = {.evidence = ev, .floors = floors, .floor_count = 1, .errno_ret = 38};
	cleanup_profile struct profile *with = NULL, *without = NULL;

	assert_int_equal(profile_build(&in, &with, NULL, NULL), 0);
	in.left_out = out;
	in.left_out_count = ARRAY_SIZE(out);
	assert_int_equal(profile_build(&in, &without, NULL, NULL), 0);
	assert_non_null(profile_find(with, "fsopen"));
	assert_non_null(profile_find(with, "fsmount"));
	assert_null(profile_find(without, "fsopen"));
	assert_null(profile_find(without, "fsmount"));
	assert_non_null(profile_find(without, "open_tree"));
	assert_non_null(profile_find(without, "openat2"));
}

/* What only execs did can be left out; what the program did too, on any ABI, cannot, and neither can an exec's own ABI. */
static void leaves_out_what_only_execs_did(void **state)
{
	static const struct use uses[] = {
		{ARCH_X86_64, "execve", EVIDENCE_RUNTIME, EVIDENCE_USED, 0}, {ARCH_X86_64, "read", EVIDENCE_WORKLOAD, EVIDENCE_USED, 0},
		{ARCH_X86_64, "read", EVIDENCE_EXEC, EVIDENCE_USED, 0},      {ARCH_X86_64, "mount", EVIDENCE_EXEC, EVIDENCE_USED, 0},
		{ARCH_X86_64, "ptrace", EVIDENCE_TERMINAL, EVIDENCE_USED, 0}, {ARCH_X86, "sync", EVIDENCE_TERMINAL, EVIDENCE_USED, 0},
		{ARCH_X86_64, "reboot", EVIDENCE_EXEC, EVIDENCE_DENIED, 0},
	};
	static const unsigned terminal = 1u << EVIDENCE_TERMINAL, all = terminal | 1u << EVIDENCE_EXEC;
	cleanup_evidence struct evidence *ev = evidence_of(uses, ARRAY_SIZE(uses));
	static const struct {
		unsigned without;
		bool mount, ptrace;
	} cases[] = {{0, true, true}, {terminal, true, false}, {all, false, false}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct profile_inputs in = {.evidence = ev, .errno_ret = 38, .without = cases[i].without};
		cleanup_profile struct profile *p = NULL;

		assert_int_equal(profile_build(&in, &p, NULL, NULL), 0);
		assert_true(find(p, "read")->sources & W);
		assert_int_equal(profile_find(p, "mount") != NULL, cases[i].mount);
		assert_int_equal(profile_find(p, "ptrace") != NULL, cases[i].ptrace);
		assert_int_equal(profile_find(p, "sync") != NULL, cases[i].ptrace);
		assert_null(profile_find(p, "reboot"));
		assert_true(profile_has_arch(p, arch_get(ARCH_X86)));
		if (cases[i].mount)
			assert_int_equal(find(p, "mount")->sources, PROFILE_FROM_EXEC);
	}
}

static void builds_profiles(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(builds); i++) {
		const struct build_case *c = &builds[i];
		cleanup_evidence struct evidence *ev = evidence_of(c->uses, ARRAY_SIZE(c->uses));
		cleanup_evidence struct evidence *floor = evidence_of(c->floor, ARRAY_SIZE(c->floor));
		const struct evidence *const floors[] = {floor};
		struct profile_inputs in = {.evidence = ev, .floors = floors, .floor_count = 1, .go = c->go, .errno_ret = 38};
		cleanup_profile struct profile *p = NULL, *again = NULL;
		cleanup_buf struct buf unnamed = {0}, one = {0}, two = {0};
		assert_int_equal(profile_build(&in, &p, &unnamed, NULL), 0);
		check_build(c, p, &unnamed);
		assert_int_equal(profile_write_oci(p, &one, NULL), 0);
		assert_int_equal(parse(one.data, one.len, &again, NULL), 0);
		assert_int_equal(profile_write_oci(again, &two, NULL), 0);
		assert_string_equal(one.data, two.data);
	}
}

static void masks_the_flags_of_clone(void **state)
{
	static const struct {
		enum arch_id arch;
		unsigned index;
	} cases[] = {{ARCH_X86_64, 0}, {ARCH_AARCH64, 0}, {ARCH_S390X, 1}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct use use = {cases[i].arch, "execve", INIT};
		cleanup_evidence struct evidence *ev = evidence_of(&use, 1);
		struct profile_inputs in = {.evidence = ev, .go = true, .errno_ret = 1};
		cleanup_profile struct profile *p = NULL;
		assert_int_equal(profile_build(&in, &p, NULL, NULL), 0);
		assert_true(find(p, "clone")->masked && find(p, "clone")->mask == NAMESPACES &&
			    find(p, "clone")->value == 0);
		assert_int_equal(find(p, "clone")->index, cases[i].index);
		assert_int_equal(profile_errno(p), 1);
	}
}

/* Nothing at all gives what every container needs on this machine. */
static void builds_from_nothing(void **state)
{
	struct profile_inputs in = {.errno_ret = 38, .floor_count = 3};
	cleanup_profile struct profile *p = NULL;
	const struct set_always *set;
	const struct arch *host[4];
	size_t n = set_always(&set);
	uint32_t nr;
	assert_int_equal(profile_build(&in, &p, NULL, NULL), 0);
	assert_true(arch_host(host) > 0 && profile_has_arch(p, host[0]));
	assert_true(n > 3);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(profile_find(p, set[i].name) != NULL, syscall_number(host[0], set[i].name, &nr) == 0);
	in.errno_ret = 0;
	assert_int_equal(profile_build(&in, &p, NULL, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_oci_form),      cmocka_unit_test(keeps_the_native_arch_first),
		cmocka_unit_test(refuses_every_truncation), cmocka_unit_test(refuses_damage),
		cmocka_unit_test(unites_and_swallows),      cmocka_unit_test(refuses_what_cannot_be_meant),
		cmocka_unit_test(builds_profiles), cmocka_unit_test(leaves_out_what_the_runtime_does_without),          cmocka_unit_test(masks_the_flags_of_clone),
		cmocka_unit_test(builds_from_nothing), cmocka_unit_test(leaves_out_what_only_execs_did),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
