/* Seccomp sections drawn at random, of the calls, conditions and actions that learning has forms for. The same ones for
 * the same `state`. */
#ifndef SNUG_TESTS_SECTION_GENERATOR_H
#define SNUG_TESTS_SECTION_GENERATOR_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "seccomp/learning/section.h"
#include "seccomp/syscall/arguments.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const pool[] = {
	"read",    "write",          "openat",     "close",      "mkdir",   "clone",  "clone3",      "socket",
	"connect", "bind",           "socketcall", "ipc",        "shmget",  "semop",  "personality", "ioctl",
	"fcntl",   "mprotect",       "mmap",       "prctl",      "unshare", "setns",  "ptrace",      "keyctl",
	"mknod",   "chmod",          "execve",     "exit_group", "futex",   "getpid", "socketpair",  "accept4",
	"sendto",  "no_such_call",   "mmap2",      "fcntl64",    "waitpid", "stat64", "bpf",         "chroot",
	"mount",   "io_uring_setup", "syslog",     "getcwd",
};
static const char *const denials[] = {"ERRNO", "TRAP", "KILL", "KILL_PROCESS"};
static const char *const ops[] = {"NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"};

static uint64_t state;

static uint64_t next_random(void) /* xorshift64* (Vigna 2014) */
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1du;
}

static unsigned pick(unsigned n)
{
	return (unsigned)(next_random() >> 33) % n;
}

/* Values at which forms and conditions turn. */
static uint64_t pick_value(void)
{
	static const uint64_t values[] = {0,
					  1,
					  2,
					  3,
					  4,
					  8,
					  10,
					  16,
					  22,
					  38,
					  40,
					  0x5412,
					  0x541c,
					  0x20000,
					  0x20008,
					  0x6000,
					  0x10000000,
					  0x7e020000,
					  0xffffffff,
					  0x100000001u,
					  0x10000541cu,
					  UINT64_MAX,
					  0x11,
					  0x800};

	return pick(4) ? values[pick(ARRAY_SIZE(values))] : next_random() >> pick(64);
}

static void add_action(struct buf *b, const char *member, const char *number, bool whole)
{
	unsigned what = pick(10);
	const char *action = what < 5   ? "ALLOW"
			     : what < 8 ? denials[pick(4)]
			     : what < 9 ? "LOG"
			     : pick(2)  ? "NOTIFY"
					: "TRACE";

	if (whole && (strcmp(action, "NOTIFY") == 0 || strcmp(action, "TRACE") == 0))
		action = "ERRNO";
	buf_addf(b, "\"%s\":\"SCMP_ACT_", member);
	buf_adds(b, action);
	buf_adds(b, "\"");
	if (strcmp(action, "ERRNO") == 0 && pick(2))
		buf_addf(b, ",\"%s\":%u", number, 1 + pick(40));
}

static void add_rule(struct buf *b)
{
	unsigned names = 1 + pick(5), args = pick(3) ? 0 : 1 + pick(2);

	buf_adds(b, "{\"names\":[");
	for (unsigned i = 0; i < names; i++)
		buf_addf(b, "%s\"%s\"", i ? "," : "", pool[pick(ARRAY_SIZE(pool))]);
	buf_adds(b, "],");
	add_action(b, "action", "errnoRet", false);
	for (unsigned i = 0; i < args; i++)
		buf_addf(b, "%s{\"index\":%u,\"value\":%llu,\"valueTwo\":%llu,\"op\":\"SCMP_CMP_%s\"}",
			 i ? "," : ",\"args\":[", pick(3), (unsigned long long)pick_value(),
			 (unsigned long long)pick_value(), ops[pick(7)]);
	buf_adds(b, args ? "]}" : "}");
}

static void make_section(struct buf *b)
{
	static const char *const arches[] = {
		"", ",\"architectures\":[\"SCMP_ARCH_X86_64\"]",
		",\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]"};
	unsigned rules = pick(8);

	buf_addc(b, '{');
	add_action(b, "defaultAction", "defaultErrnoRet", true);
	buf_adds(b, arches[pick(3)]);
	for (unsigned i = 0; i < rules; i++) {
		buf_adds(b, i ? "," : ",\"syscalls\":[");
		add_rule(b);
	}
	buf_adds(b, rules ? "]}" : "}");
}

/* A section under which runc starts a container: most of containerd's default, some of it denied, some by rules of its
 * own. */
static void make_livable(struct buf *b)
{
	static const char *const denied[] = {"mkdir",      "chmod",   "personality", "getcwd",
					     "socketpair", "unshare", "mknod",       "sysinfo"};
	const struct default_profile *base = default_profile("containerd", NULL);
	cleanup_json struct json_doc *doc = NULL;
	const struct json *rules;
	unsigned mask = pick(256), rule_mask = pick(256);
	bool first = true;

	assert_int_equal(json_parse(base->text, base->len, JSON_OURS, "base", &doc, NULL), 0);
	rules = json_get(json_get(json_get(json_root(doc), "linux"), "seccomp"), "syscalls");
	buf_addf(
		b,
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":%u,\"architectures\":[\"SCMP_ARCH_X86_64\"],"
		"\"syscalls\":[{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[",
		pick(2) ? 1 : 38);
	for (const struct json *e = json_first(json_get(json_first(rules), "names")); e; e = json_next(e)) {
		bool drop = false;

		for (unsigned i = 0; i < ARRAY_SIZE(denied); i++)
			drop |= mask >> i & 1 && strcmp(json_text(e), denied[i]) == 0;
		if (!drop)
			buf_addf(b, "%s\"%s\"", first ? "" : ",", json_text(e));
		first = false;
	}
	buf_adds(b,
		 "]},{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"clone\"],\"args\":[{\"index\":0,\"value\":2114060288,"
		 "\"valueTwo\":0,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}");
	for (unsigned i = 0; i < ARRAY_SIZE(denied); i++)
		if (mask >> i & 1 && rule_mask >> i & 1)
			buf_addf(b, ",{\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":%u,\"names\":[\"%s\"]}", 2 + pick(30),
				 denied[i]);
	buf_adds(b, "]}");
}

/* What a run may have been offered. */
static void make_unlogged(struct learning_unlogged *q)
{
	const struct argument *table;
	size_t n = arguments(&table);

	for (unsigned i = 0; i < ARRAY_SIZE(pool); i++)
		if (pick(2))
			assert_int_equal(names_add(&q->names, pool[i]), 0);
	for (unsigned i = 0; i < n; i++)
		if (table[i].kind != ARGUMENT_NONE && pick(2)) {
			q->forms |= (uint64_t)1 << i;
			names_remove(&q->names, table[i].name);
		}
}

#endif
