/* The reader of logs: every form in which a record is found, in every cut of the bytes. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "seccomp/record/log_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STAMP  "audit(1700000000.123:77): "
#define WHO    "auid=4294967295 uid=0 gid=0 ses=4294967295 pid=4242 "
#define COMM   "comm=\"web\" exe=\"/bin/web\" "
#define CALL   "sig=0 arch=c000003e syscall=269 compat=0 ip=0x7f00 code=0x7ffc0000"
#define BODY   WHO COMM CALL
#define RECORD STAMP BODY
#define JCOMM  "comm=\\\"web\\\" exe=\\\"/bin/web\\\" "

/* What was found, a letter each: R record, U unreadable, L lost, E error, M security module, P a profile's path. */
static void note(const struct log_line *line, void *arg)
{
	static const char letters[] = {[LOG_LINE_RECORD] = 'R',
				       [LOG_LINE_UNREADABLE] = 'U',
				       [LOG_LINE_LOST] = 'L',
				       [LOG_LINE_ERROR] = 'E',
				       [LOG_LINE_LSM] = 'M',
				       [LOG_LINE_PROFILE] = 'P'};
	const struct record *r = &line->record;
	char comm[32] = "";

	buf_addc(arg, letters[line->kind]);
	if (line->kind == LOG_LINE_LOST)
		buf_addf(arg, "%llu", (unsigned long long)line->lost);
	if (line->kind == LOG_LINE_ERROR && line->sign != LOG_SIGN_EPERM)
		buf_addf(arg, "(%s)", log_sign_name(line->sign));
	if (line->kind == LOG_LINE_ERROR && line->sentence)
		buf_addf(arg, "[%s]", line->sentence->calls);
	if (line->kind == LOG_LINE_PROFILE)
		buf_addf(arg, "(%.*s)", (int)line->len, line->text);
	if (line->kind != LOG_LINE_RECORD)
		return;
	if (line->tool != LOG_TOOL_NONE) {
		buf_addf(arg, "(%.*s x%llu)", (int)line->record.comm.len, line->record.comm.p ? line->record.comm.p : "",
			 (unsigned long long)line->times);
		return;
	}
	record_field_bytes(&r->comm, comm, sizeof(comm) - 1);
	if (strcmp(comm, "web") != 0)
		buf_addf(arg, "(%s)", comm);
	if (r->nr != 269)
		buf_addf(arg, "#%u", r->nr);
	if (r->time_ms != 1700000000123)
		buf_addf(arg, "@%llu", (unsigned long long)r->time_ms);
}

static const struct {
	const char *text, *found;
} CASES[] = {
	{"", ""},
	{"nothing of interest\n", ""},
	{"Nov 14 22:13:20 host kernel: [  12.345678] audit: type=1326 " RECORD "\n", "R"},
	{"[  12.345678] audit: type=1326 " RECORD "\n", "R"},
	{"audit: type=1326 " RECORD, "R"},
	{"type=SECCOMP msg=" RECORD "\n", "R"},
	{"node=n1 type=SECCOMP msg=" RECORD "\r\n", "R"},
	{"type=SECCOMP msg=" RECORD "\x1d"
	 "ARCH=x86_64 SYSCALL=faccessat AUID=\"unset\"\n",
	 "R"},
	{"type=SECCOMP msg=" RECORD "ARCH=x86_64 SYSCALL=faccessat AUID=\"unset\"\n", "R"},
	{"type=SECCOMP msg=" RECORD "AUID=\"unset\" UID=\"root\"\n", "R"},
	{"----\ntime->Tue Nov 14 22:13:20 2023\ntype=SECCOMP msg=" RECORD "\n----\n", "R"},
	{"type=SECCOMP msg=audit(11/14/23 22:13:20.123:77) : auid=unset uid=root gid=root ses=unset pid=4242 comm=web "
	 "exe=/bin/web sig=SIG0 arch=x86_64 syscall=faccessat compat=0 ip=0x7f00 code=log \n",
	 "R"},
	{"type=SECCOMP msg=audit(11/14/2023 22:13:20.123:77) : auid=unset uid=root gid=root ses=unset subj=a b "
	 "pid=4242 "
	 "comm=web exe=/bin/web sig=SIG0 arch=x86_64 syscall=unknown-syscall(777) compat=0 ip=0x7f00 "
	 "code=kill-process\n",
	 "R#777"},
	{"host audit[4242]: SECCOMP " BODY "\n", "R@0"},
	{"{\"MESSAGE\":\"audit: type=1326 " STAMP WHO JCOMM CALL "\",\"_TRANSPORT\":\"kernel\"}\n", "R"},
	{"{\"_AUDIT_ID\":\"77\",\"MESSAGE\":\"SECCOMP " WHO JCOMM CALL
	 "\",\"_AUDIT_TYPE_NAME\":\"SECCOMP\",\"_SOURCE_REALTIME_"
	 "TIMESTAMP\":\"1700000000123000\"}\n",
	 "R"},
	{"\t\"MESSAGE\" : \"audit: type=1326 " STAMP WHO JCOMM CALL "\",\n", "R"},
	{"{\"log\":\"{\\\"m\\\":\\\"type=1326 " STAMP WHO "comm=\\\\\\\"web\\\\\\\" exe=\\\\\\\"/bin/web\\\\\\\" " CALL
	 "\\\"}\\n\"}\n",
	 "R"},
	{"\x1b[32m[  12.3] \x1b[0m\x1b[33maudit: \x1b[0mtype=1326 " RECORD "\n", "R"},
	{"type=\x1b[01;31m\x1b[KSECCOMP \x1b[m\x1b[Kmsg=" STAMP WHO COMM
	 "sig=0 arch=c000003e syscall=\x1b[1m269\x1b[0m compat=0 "
	 "ip=0x7f00 code=0x7ffc0000\x1b[0m\n",
	 "R"},
	{"\x1b]0;title\atype=1326 " RECORD "\n", "R"},
	{"audit: " RECORD "\n", "R"},
	{"type=1326 " RECORD "type=1326 " RECORD "\n", "RR"},
	{"type=1326 " RECORD " <5>[1.2] audit: type=1326 " RECORD "\n", "RR"},
	/* A backslash is a character like any other. */
	{"type=1326 " STAMP WHO "comm=\"a\\\" exe=\"/\" " CALL "\n", "R(a\\)"},
	/* What a container calls itself is no structure. */
	{"type=1326 " STAMP WHO "comm=\"code=0x0\" exe=\"/\" " CALL "\n", "R(code=0x0)"},
	{"type=1326 " STAMP WHO "comm=1B5B33316D exe=\"/\" " CALL "\n", "R(\x1b[31m)"},
	{"type=1326 " STAMP WHO COMM "sig=31 arch=deadbeef syscall=777 compat=0 ip=0x7f00 code=0x80000000\n", "R#777"},
	/* Torn, cut off, impossible. */
	{"type=1326 " STAMP WHO "co\n", "U"},
	{"type=1326 " STAMP WHO COMM "sig=0 arch=c000003e syscall=26", "U"},
	{"type=1326 " STAMP WHO "co[ 1.2] audit: type=1326 " RECORD "\n", "UR"},
	{"42 comm=\"x\" exe=\"/\" " CALL "\n", "U"},
	{"type=1326 " STAMP WHO COMM "sig=0 arch=c000003e syscall=4294967296 compat=0 ip=0x7f00 code=0x7ffc0000\n",
	 "U"},
	{"type=1326 " STAMP WHO COMM "sig=0 arch=c000003e syscall=1 compat=0 ip=0x7f00 code=0x17ffc0000\n", "U"},
	{"type=1326 audit(x): " BODY "\n", "U"},
	/* Loss. */
	{"kernel: kauditd_printk_skb: 65 callbacks suppressed\n", "L65"},
	{"[ 1.0] audit_printk_skb: 7 callbacks suppressed\n", "L7"},
	{"kernel: net_ratelimit: 65 callbacks suppressed\n", ""},
	{"kernel: audit: audit_lost=12 audit_rate_limit=0 audit_backlog_limit=64\n", "L12"},
	{"kernel: audit: backlog limit exceeded\n", "L0"},
	{"systemd-journald[1]: Suppressed 37 messages from kernel\n", "L37"},
	{"systemd-journald[1]: Missed 3 kernel messages\n", "L3"},
	{"rsyslogd: imjournal: 20000 messages lost due to rate-limiting (20000 allowed within 600 seconds)\n",
	 "L20000"},
	/* Words, and others that deny. */
	{"exec /opt/x: operation not permitted\n", "E[execve faccessat2 faccessat]"},
	{"mkdir: Function not implemented\n", "E(enosys)"},
	{"Exit Code:    159\n", "E(sigsys)"},
	{"Exit Code:    15\nexit code 1590\n", ""},
	{"type=ANOM_ABEND msg=audit(1.0:1): auid=1 pid=48 comm=\"m\" exe=\"/b\" sig=31 res=1\n", "E(sigsys)"},
	{"type=ANOM_ABEND msg=audit(1.0:1): auid=1 pid=48 comm=\"m\" exe=\"/b\" sig=11 res=1\n", ""},
	{"SIGABRT: abort\nsyscall.Setgid(0x0)\nrax    0x0\nsyscall.Setgid(0x0)\n", "E(abort)E(abort)[setgid]"},
	{"syscall.Setgid(0x0)\n", ""},
	{"unsafe procfs detected: openat2 fsmount:fscontext:proc/: operation not permitted\n", "E[openat2]"},
	{"LocalhostProfile:  a/b.json\n", "P(a/b.json)"},
	{"open /var/lib/kubelet/seccomp/x.json: no such file\n", "P(/var/lib/kubelet/seccomp/x.json)"},
	{"\"namespace\"=\"n\" \"pod\"=\"p\" \"container\"=\"c\" \"syscallID\"=3 \"syscallName\"=\"close\"\n", "R(n/p/c x1)"},
	{"\"syscallID\"=900000 \"syscallName\"=\"nosuchcall\"\n", "R( x1)"},
	{"\"syscallName\"=\"nosuchcall\"\n", "U"},
	{"Used forbidden syscalls: swapoff (3x), chroot (1x), nosuchcall (1x)\n", "R( x3)R( x1)"},
	{"evt_type=chroot evt_res=EPERM proc_name=w\nevt_type=chroot evt_res=SUCCESS\n", "R(w x1)"},
	{"mount: Operation not permitted\n", "E"},
	{"Bad system call (core dumped)\n", "E(sigsys)"},
	{"OCI runtime create failed: unable to start container process: exec: \"x\": permission denied\n",
	 "E(runtime)[faccessat2 faccessat newfstatat]"},
	{"Error: failed to start containerd task \"agent\": cannot start a stopped process\n", "E(runtime)"},
	{"cannot start a container that has stopped\n", "E(runtime)"},
	{"cannot start a container that has started\n", ""},
	{"Error: container agent is not in created state: stopped\n", "E(runtime)"},
	{"container agent is not in created state: running\n", ""},
	{"audit: type=1400 audit(1.0:1): apparmor=\"DENIED\" operation=\"open\" comm=\"x\"\n", "M"},
	{"type=AVC msg=audit(1.0:1): avc:  denied  { read } for pid=1 comm=\"x\"\n", "M"},
	{"CONFIG_SECCOMP is set; SECCOMP again\n", ""},
};

/* Feeds the text in pieces of `step` bytes. */
static void look(const char *text, size_t len, size_t step, const char *want)
{
	cleanup_logline struct log_line_reader *l = NULL;
	cleanup_buf struct buf found = {0};

	assert_int_equal(log_line_new(note, &found, &l, NULL), 0);
	for (size_t i = 0; i < len; i += step)
		log_line_feed(l, text + i, len - i < step ? len - i : step);
	log_line_end(l);
	if (strcmp(found.data ? found.data : "", want) != 0)
		fail_msg("step %zu: found \"%s\", not \"%s\", in: %.300s", step, found.data, want, text);
}

static void every_form(void **state)
{
	setenv("TZ", "UTC", 1);
	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
		look(CASES[i].text, strlen(CASES[i].text), 1 << 20, CASES[i].found);
		look(CASES[i].text, strlen(CASES[i].text), 1, CASES[i].found);
	}
}

static void a_mixture(void **state)
{
	cleanup_buf struct buf text = {0}, want = {0};

	for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
		buf_adds(&text, CASES[i].text);
		buf_addc(&text, '\n');
		buf_adds(&want, CASES[i].found);
	}
	look(text.data, text.len, 1 << 20, want.data);
	look(text.data, text.len, 77, want.data);
}

/* `before` bytes of filling, a record, `after` bytes, without a newline. */
static void long_lines(void **state)
{
	static const size_t sizes[] = {0,         1,         23 << 10,  24 << 10,  25 << 10,
				       487 << 10, 488 << 10, 500 << 10, 512 << 10, 1 << 20};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (size_t j = 0; j < ARRAY_SIZE(sizes); j++) {
			cleanup_buf struct buf text = {0};

			for (size_t k = 0; k < sizes[i]; k++)
				buf_addc(&text, 'x');
			buf_adds(&text, " type=1326 " RECORD " ");
			for (size_t k = 0; k < sizes[j]; k++)
				buf_addc(&text, k % 3 ? 'y' : '\0');
			buf_adds(&text, " type=SECCOMP msg=" RECORD "\n");
			look(text.data, text.len, 1 << 16, "RR");
		}
}

static void around_the_windows_end(void **state)
{
	static const char record[] = "type=1326 " RECORD " ";
	cleanup_buf struct buf text = {0}, want = {0};

	/* Lines without an end, and each record once. */
	for (size_t i = 0; i < 8000; i++) {
		buf_adds(&text, record);
		buf_addc(&want, 'R');
	}
	look(text.data, text.len, 1 << 20, want.data);
	look(text.data, text.len, 4093, want.data);
}

/* The same text in two and four bytes a character, with a mark and without one, in every cut. */
static void wide(void **state)
{
	static const char text[] = "audit: type=1326 " RECORD "\nOperation not permitted\n";

	for (unsigned width = 2; width <= 4; width += 2)
		for (unsigned form = 0; form < 4; form++) {
			cleanup_buf struct buf out = {0};
			bool big = form & 1, mark = form & 2;

			for (size_t i = mark ? 0 : 1; i < sizeof(text); i++) {
				uint32_t c = i ? (unsigned char)text[i - 1] : 0xfeff;

				for (unsigned k = 0; k < width; k++)
					buf_addc(&out, (char)(c >> 8 * (big ? width - 1 - k : k)));
			}
			for (size_t step = 1; step < 12; step++)
				look(out.data, out.len, step, "RE");
			look(out.data, out.len, 1 << 20, "RE");
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form),
		cmocka_unit_test(a_mixture),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(around_the_windows_end),
		cmocka_unit_test(wide),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
