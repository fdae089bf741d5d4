/* What a learning container may do is never more than what its baseline says: generated sections, compiled by libseccomp as runc does,
 * decided by the BPF interpreter. The same sections each time: SNUG_SEED draws others, SNUG_CASES changes their number.
 *
 *   test_baseline --print N   prints the N-th section of those under which a container can start: for tests with a real runtime
 */
#include "base/cleanup.h"
#include "base/json/json.h"
#include "seccomp/filter/bpf.h"
#include "seccomp/learning/section.h"
#include "seccomp/policy/defaults.h"
#include "seccomp/syscall/arguments.h"
#include "seccomp/syscall/names.h"
#include "tests/unit/any_kernel.h"
#include "tests/unit/section_filter.h"
#include "tests/unit/section_generator.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
struct compared {
	struct program meant, old, new, base; /* base.code NULL: none */
	struct program profile;               /* what audit may allow beyond; code NULL: none */
	const char *old_text, *new_text;
	const struct json *section; /* the old one */
	bool allows;     /* the section's default action does */
	bool experiment; /* clone3 may be answered with ENOSYS: as an experiment, or as the approved profile does */
};

static bool is_handed(uint32_t action)
{
	uint32_t a = action & SECCOMP_RET_ACTION_FULL;

	return a == SECCOMP_RET_USER_NOTIF || a == SECCOMP_RET_TRACE;
}

static bool holds(const struct json *arg, const struct seccomp_data *data)
{
	const struct scmp_arg_cmp c = comparison(arg);
	bool wide = data->arch == arch_get(ARCH_X86_64)->audit && !(data->nr & (int)ARCH_X32_BIT);
	uint64_t mask = wide ? UINT64_MAX : UINT32_MAX, v = data->args[c.arg] & mask, a = c.datum_a & mask;

	switch (c.op) {
	case SCMP_CMP_NE:
		return v != a;
	case SCMP_CMP_LT:
		return v < a;
	case SCMP_CMP_LE:
		return v <= a;
	case SCMP_CMP_EQ:
		return v == a;
	case SCMP_CMP_GE:
		return v >= a;
	case SCMP_CMP_GT:
		return v > a;
	default:
		return (v & a) == (c.datum_b & a);
	}
}

/* All conditions, or, where one argument has two, any (add_call()). */
static bool all_hold(const struct json *args, const struct seccomp_data *data)
{
	unsigned seen = 0;
	bool all = true, any = false, several = false;

	for (const struct json *a = json_first(args); a; a = json_next(a)) {
		unsigned bit = 1u << number(a, "index");
		bool h = holds(a, data);

		several |= seen & bit;
		seen |= bit;
		all &= h;
		any |= h;
	}
	return several ? any : all;
}

enum word { DENIES, OPENS, NOT_CLEAR };

/* i386 has calls that are a part of one, the first argument says which (include/uapi/linux/net.h, ipc.h). */
static const struct {
	const char *part, *whole;
	uint32_t which;
} parts[] = {
	{"socket", "socketcall", 1},     {"bind", "socketcall", 2},    {"connect", "socketcall", 3},  {"accept", "socketcall", 5},
	{"socketpair", "socketcall", 8}, {"sendto", "socketcall", 11}, {"accept4", "socketcall", 18}, {"semop", "ipc", 1},
	{"shmget", "ipc", 23},
};

static bool is_part(const char *rule, const char *name, const struct seccomp_data *data)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strcmp(parts[i].part, rule) == 0 && strcmp(parts[i].whole, name) == 0 && (uint32_t)data->args[0] == parts[i].which)
			return true;
	return false;
}

/* What the text says of a call, without libseccomp: of several rules for one call it makes, now and then, what none of them says. */
static enum word says(const struct json *section, const char *name, const struct seccomp_data *data)
{
	unsigned found = 0;

	for (const struct json *rule = json_first(json_get(section, "syscalls")); rule; rule = json_next(rule)) {
		uint32_t action = action_of(rule, "action", "errnoRet");
		const struct json *args = json_get(rule, "args");

		for (const struct json *e = json_first(json_get(rule, "names")); e; e = json_next(e)) {
			bool part = is_part(json_text(e), name, data);

			if (part ? json_count(args) > 0 : strcmp(json_text(e), name) == 0 && all_hold(args, data) && is_handed(action))
				return NOT_CLEAR;
			if (part || (strcmp(json_text(e), name) == 0 && all_hold(args, data)))
				found |= 1u << (is_open(action) ? OPENS : DENIES);
		}
	}
	if (found == (1u << OPENS | 1u << DENIES))
		return NOT_CLEAR;
	if (!found)
		return is_open(action_of(section, "defaultAction", "defaultErrnoRet")) ? OPENS : DENIES;
	return found == 1u << OPENS ? OPENS : DENIES;
}

/* What an approved profile allows is denied under audit where the caller does not list the ABI and it is not the machine's own, where he hands the call to
 * others, and where he names clone, for which the profile has arguments. */
static bool may_be_narrower(const struct compared *c, const struct seccomp_data *data)
{
	const struct arch *host[4];

	return !arch_host(host) || host[0]->id != ARCH_X86_64 || data->arch == arch_get(ARCH_X86)->audit || data->nr & (int)ARCH_X32_BIT || data->nr == 56 || strstr(c->old_text, "SCMP_ACT_NOTIFY") ||
	       strstr(c->old_text, "SCMP_ACT_TRACE");
}

/* Never wider than what the section says. Nor narrower, but for sections that allow by default and say of one call both that it is logged or
 * allowed and, for some arguments, that it is denied: a rule that is the same as the default is none to runc, and which that is has changed. */
static bool is_right(const struct compared *c, const struct seccomp_data *data, uint32_t was, uint32_t is)
{
	bool based = c->base.code && is_open(decide(&c->base, data));

	if (c->profile.code && is_open(decide(&c->profile, data)))
		return is_open(is) || is_handed(is) || may_be_narrower(c, data);
	if (is_open(is))
		return is_open(was) || based;
	/* One that denies by default and is void as it is given stays so. */
	if (is == was || is == decide(&c->old, data) || (c->experiment && (data->nr & ~(int)ARCH_X32_BIT) == 435 && is == (SECCOMP_RET_ERRNO | ENOSYS)))
		return true;
	/* On i386 a part of socketcall or ipc, which the default allows whole: rules on the part are opened, one on the whole stands, and
	 * what the caller hands to an agent stays with it. */
	if (based && (is_handed(is) || !is_open(was)))
		return true;
	return is_open(was) && c->allows;
}

/* No baseline opens these, whatever a default says. The rule on a part of socketcall is one on its first argument alone. */
static bool is_never_opened(const char *name, const struct seccomp_data *data)
{
	static const char *const never[] = {"io_uring_setup", "io_uring_enter", "io_uring_register", "add_key", "keyctl", "request_key"};

	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		if (strcmp(never[i], name) == 0)
			return true;
	return (strcmp(name, "socket") == 0 && (uint32_t)data->args[0] == 40) ||
	       (strcmp(name, "socketcall") == 0 && (uint32_t)data->args[0] == 1);
}

static void compare(const struct compared *c, const char *name, const struct seccomp_data *data)
{
	uint32_t was = decide(&c->meant, data), is = decide(&c->new, data);

	if (c->base.code && !c->profile.code && is_open(is) && !is_open(was) && is_never_opened(name, data) &&
	    says(c->section, name, data) == DENIES)
		fail_msg("%s (%llx) was opened\n%s\n%s", name, (unsigned long long)data->args[0], c->old_text, c->new_text);

	if (!is_right(c, data, was, is) && (is_open(was) == is_open(is) || says(c->section, name, data) != (is_open(is) ? OPENS : DENIES)))
		fail_msg("arch %x call %d (%llx, %llx, %llx): %x became %x\n%s\n%s", data->arch, data->nr,
			 (unsigned long long)data->args[0], (unsigned long long)data->args[1], (unsigned long long)data->args[2],
			 was, is, c->old_text, c->new_text);
}

/* Every call of every ABI, with arguments at which something turns. */
static void compare_all(const struct compared *c)
{
	for (uint32_t abi = 0; abi < 3; abi++) {
		struct seccomp_data data = {.arch = abi == 1 ? arch_get(ARCH_X86)->audit : arch_get(ARCH_X86_64)->audit};

		for (uint32_t nr = 0; nr < 470; nr++) {
			char name[SYSCALL_NAME_MAX];
			unsigned samples = 2;

			data.nr = (int)(nr | (abi == 2 ? ARCH_X32_BIT : 0));
			syscall_name(arch_get(abi == 0 ? ARCH_X86_64 : abi == 1 ? ARCH_X86 : ARCH_X32), (uint32_t)data.nr, name);
			for (unsigned i = 0; i < ARRAY_SIZE(pool); i++)
				samples = strcmp(pool[i], name) == 0 ? 60 : samples;
			for (unsigned i = 0; i < samples; i++) {
				for (unsigned k = 0; k < 6; k++)
					data.args[k] = abi == 1 ? (uint32_t)pick_value() : pick_value();
				if (strcmp(name, NO_CALL) != 0)
					compare(c, name, &data);
			}
		}
	}
}

/* libseccomp 2.5.4 loses nodes of its own tree over some rules of one call that contradict each other; this test draws such. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libseccomp.so\n";
}

/* Two answers for one part of a call: libseccomp refuses the second unless a rule on the whole stands before them. Where all is logged,
 * a rule that logs the whole is none any more. */
static bool contradicts(const struct json *section)
{
	if (!is_open(action_of(section, "defaultAction", "defaultErrnoRet")))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		uint32_t first = 0;
		bool found = false;

		for (const struct json *rule = json_first(json_get(section, "syscalls")); rule; rule = json_next(rule))
			for (const struct json *e = json_first(json_get(rule, "names")); e; e = json_next(e)) {
				uint32_t action = action_of(rule, "action", "errnoRet");

				if (strcmp(json_text(e), parts[i].part) != 0)
					continue;
				if (found && action != first)
					return true;
				found = true;
				first = action;
			}
	}
	return false;
}

enum baseline { KEEP, DEFAULT, AUDIT };

/* One that is under audit: beyond a default, and with arguments. */
static const char approved[] =
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"],"
	"\"syscalls\":["
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"read\",\"write\",\"openat\",\"mkdir\",\"mount\",\"keyctl\",\"exit_group\",\"execve\"]},"
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"clone\"],\"args\":[{\"index\":0,\"value\":2114060288,\"valueTwo\":0,"
	"\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
	"{\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38,\"names\":[\"clone3\"]}]}";

static int make(enum baseline baseline, const char *text, size_t len, struct learning_unlogged *q, struct buf *out, struct err *err)
{
	const struct default_profile *base = default_profile("containerd", NULL);
	const struct learning_base with = {.text = base->text, .len = base->len};

	if (baseline == KEEP)
		return learning_keep(text, len, "section", q, out, err);
	if (baseline == AUDIT) {
		cleanup_buf struct buf profile = {0};

		buf_adds(&profile, approved);
		return learning_audit_within(text, len, "section", &with, &profile, out, err);
	}
	return learning_default(text, len, "section", &with, q, out, err);
}

static void compile_base(struct program *ret)
{
	const struct default_profile *base = default_profile("containerd", NULL);
	cleanup_json struct json_doc *doc = NULL;
	const struct json *section;

	assert_int_equal(json_parse(base->text, base->len, JSON_OURS, "base", &doc, NULL), 0);
	section = json_get(json_get(json_root(doc), "linux"), "seccomp");
	assert_int_equal(compile(base->text + json_start(section), json_end(section) - json_start(section), false, ret), 0);
}

static void check_section(enum baseline baseline, const char *text, size_t len, struct learning_unlogged *q, const struct program *base)
{
	cleanup_buf struct buf new = {0};
	cleanup_json struct json_doc *doc = NULL;
	struct compared c = {.old_text = text};
	struct err err = {0};
	int r;

	assert_int_equal(json_parse(text, len, JSON_OURS, "section", &doc, &err), 0);
	c.section = json_root(doc);
	if (make(baseline, text, len, q, &new, &err) < 0)
		fail_msg("%s: %s", err.msg, text);
	c.new_text = new.data;
	assert_int_equal(compile(text, len, true, &c.meant), 0);
	assert_int_equal(compile(text, len, false, &c.old), 0);
	r = compile(new.data, new.len, false, &c.new);
	if (r < 0 && (r != -EEXIST || !contradicts(c.section)))
		fail_msg("refused:\n%s\n%s", text, new.data);
	c.allows = is_open(action_of(c.section, "defaultAction", "defaultErrnoRet"));
	c.experiment = baseline == AUDIT || (q && q->applied >> argument_by_name("clone3") & 1);
	if (baseline != KEEP)
		c.base = *base;
	if (baseline == AUDIT)
		assert_int_equal(compile(approved, strlen(approved), false, &c.profile), 0);
	if (r == 0)
		compare_all(&c);
	free(c.meant.code);
	free(c.old.code);
	free(c.new.code);
	free(c.profile.code);
}

static bool check_one(enum baseline baseline, unsigned no, const struct program *base)
{
	cleanup_buf struct buf old = {0};
	struct learning_unlogged q = {0};
	struct program program = {0};
	bool starts;

	if (no % 4 == 0)
		make_livable(&old);
	else
		make_section(&old);
	make_unlogged(&q);
	/* What the runtime refuses without us too is none to try. */
	starts = compile(old.data, old.len, false, &program) == 0;
	if (starts)
		check_section(baseline, old.data, old.len, pick(8) ? &q : NULL, base);
	free(program.code);
	learning_unlogged_done(&q);
	return starts;
}

static void check(enum baseline baseline)
{
	const char *seed = getenv("SNUG_SEED"), *cases = getenv("SNUG_CASES");
	unsigned want = cases ? (unsigned)atoi(cases) : 200, done = 0;
	struct program base = {0};

	state = seed ? strtoull(seed, NULL, 10) : 1;
	print_message("# seed %llu, %u sections\n", (unsigned long long)state, want);
	state = state * 2 + 1;
	compile_base(&base);
	for (unsigned i = 0; done < want; i++)
		done += check_one(baseline, i, &base);
	free(base.code);
}

#define ABIS	   ",\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]"
#define RULE(names, rest) "{\"names\":[" names "],\"action\":\"SCMP_ACT_" rest "}"
#define SECTION(def, rules) "{\"defaultAction\":\"SCMP_ACT_" def "\"" ABIS ",\"syscalls\":[" rules "]}"
#define IF(index, value) "\",\"args\":[{\"index\":" #index ",\"value\":" #value ",\"op\":\"SCMP_CMP_EQ\"}]"

/* Sections of which a careless rewriting leaves calls that an ABI lacks as the only ones without conditions. */
static const char *const brittle[] = {
	/* the other call is opened, or logged by a rule that is now the default's */
	SECTION("ALLOW", RULE("\"exit_group\",\"socketcall\"", "ERRNO\"") "," RULE("\"clone3\"", "TRAP" IF(1, 8))),
	SECTION("ALLOW", RULE("\"futex\"", "ERRNO\"") "," RULE("\"ipc\"", "KILL\"") "," RULE("\"keyctl\"", "TRAP" IF(0, 2))),
	SECTION("ALLOW", RULE("\"futex\"", "LOG\"") "," RULE("\"socketcall\"", "ERRNO\"") "," RULE("\"mount\"", "TRAP" IF(0, 1))),
	SECTION("LOG", RULE("\"futex\"", "ALLOW\"") "," RULE("\"socketcall\"", "ERRNO\"") "," RULE("\"bpf\"", "KILL" IF(1, 0))),
	/* one that i386 has as a part of another only */
	SECTION("ALLOW", RULE("\"getcwd\"", "LOG\"") "," RULE("\"accept\"", "ERRNO\"") "," RULE("\"unshare\"", "TRAP" IF(0, 2))),
	/* conditions on both: the fewer stand first */
	SECTION("ALLOW", RULE("\"chmod\"", "LOG\"") "," RULE("\"ipc\"", "ERRNO" IF(0, 1)) "," RULE("\"bpf\"", "TRAP\",\"args\":["
		"{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},{\"index\":1,\"value\":2,\"op\":\"SCMP_CMP_GT\"}]")),
	/* forms: the call that was allowed whole is allowed in parts */
	SECTION("ERRNO", RULE("\"clone\",\"socketcall\"", "ALLOW\"") "," RULE("\"read\"", "ALLOW" IF(0, 0))),
	SECTION("KILL", RULE("\"ioctl\",\"ipc\"", "ALLOW\"") "," RULE("\"read\"", "ALLOW" IF(0, 0))),
	/* two answers for a part, which libseccomp takes while the whole is named in front of them */
	SECTION("ERRNO", RULE("\"socketcall\"", "ALLOW\"") "," RULE("\"socket\"", "NOTIFY\"") "," RULE("\"socket\"", "TRAP\"")),
	/* void as they are given */
	SECTION("ALLOW", RULE("\"socketcall\"", "ERRNO\"") "," RULE("\"clone3\"", "TRAP" IF(1, 8))),
	SECTION("ALLOW", RULE("\"socketcall\"", "ERRNO\"") "," RULE("\"" NO_CALL "\",\"clone3\"", "TRAP" IF(1, 8))),
};

static void no_section_becomes_void(void **unused)
{
	const struct argument *table;
	size_t n = arguments(&table);
	struct program base = {0};

	(void)unused;
	state = 1;
	compile_base(&base);
	for (size_t i = 0; i < ARRAY_SIZE(brittle); i++) {
		for (unsigned baseline = KEEP; baseline <= AUDIT; baseline++) {
			struct learning_unlogged q = {0};

			for (size_t k = 0; k < n; k++)
				q.forms |= table[k].kind == ARGUMENT_VALUES ? (uint64_t)1 << k : 0;
			check_section(baseline, brittle[i], strlen(brittle[i]), NULL, &base);
			check_section(baseline, brittle[i], strlen(brittle[i]), &q, &base);
		}
	}
	free(base.code);
}

static void keep_is_never_wider(void **unused)
{
	check(KEEP);
}

static void default_is_never_wider(void **unused)
{
	check(DEFAULT);
}

static void audit_is_never_wider_than_both(void **unused)
{
	check(AUDIT);
}

/* What a newer engine denies by its own default stays denied, though the list that came with snug may be an older one. */
static void an_engines_default_stays(void **unused)
{
	const struct default_profile *base = default_profile("containerd", NULL);
	cleanup_buf struct buf own = {0}, kept = {0}, opened = {0};
	cleanup_json struct json_doc *doc = NULL;
	const struct json *rules;
	bool first = true;

	(void)unused;
	assert_int_equal(json_parse(base->text, base->len, JSON_OURS, "base", &doc, NULL), 0);
	rules = json_get(json_get(json_get(json_root(doc), "linux"), "seccomp"), "syscalls");
	buf_adds(&own, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[");
	for (const struct json *e = json_first(json_get(json_first(rules), "names")); e; e = json_next(e)) {
		if (strncmp(json_text(e), "io_uring", 8) == 0 || strcmp(json_text(e), "mlock2") == 0 || strcmp(json_text(e), "chroot") == 0)
			continue;
		buf_addf(&own, "%s\"%s\"", first ? "" : ",", json_text(e));
		first = false;
	}
	buf_adds(&own, "]}]}");
	assert_int_equal(make(KEEP, own.data, own.len, NULL, &kept, NULL), 0);
	assert_int_equal(make(DEFAULT, own.data, own.len, NULL, &opened, NULL), 0);
	assert_string_equal(opened.data, kept.data);
}

static int print_livable(unsigned no)
{
	cleanup_buf struct buf b = {0};

	state = no * 2 + 1;
	for (unsigned i = 0; i < 20; i++)
		next_random();
	make_livable(&b);
	puts(b.data);
	return 0;
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_section_becomes_void),
		cmocka_unit_test(keep_is_never_wider),
		cmocka_unit_test(default_is_never_wider),
		cmocka_unit_test(audit_is_never_wider_than_both),
		cmocka_unit_test(an_engines_default_stays),
	};

	if (argc == 3 && strcmp(argv[1], "--print") == 0)
		return print_livable((unsigned)atoi(argv[2]));
	return cmocka_run_group_tests(tests, any_kernel, NULL);
}
