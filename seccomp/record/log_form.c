#include "seccomp/record/log_form.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "seccomp/syscall/arch.h"
#include "seccomp/syscall/names.h"

#include <inttypes.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ESC            0x1b
#define NO_BREAK_SPACE "\xc2\xa0" /* as web pages have it */

/* Returns the offset after the escape sequence at `i`. */
static size_t skip_escape(const char *text, size_t len, size_t i)
{
	bool osc = i + 1 < len && text[i + 1] == ']';

	if (i + 1 >= len || (text[i + 1] != '[' && !osc))
		return i + 1;
	for (i += 2; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (osc && c == '\a')
			return i + 1;
		/* A malformed sequence ends before the first byte that cannot belong to one. */
		if (c < 0x20 || c > 0x7e)
			return i;
		if (!osc && c >= 0x40)
			return i + 1;
	}
	return i;
}

size_t log_form_clean(char *text, size_t len)
{
	size_t out = 0;

	for (size_t i = 0; i < len;) {
		if (text[i] == ESC)
			i = skip_escape(text, len, i);
		else if (text[i] == 0 || text[i] == '\r')
			i++;
		else if (len - i >= 2 && memcmp(text + i, NO_BREAK_SPACE, 2) == 0)
			text[out++] = ' ', i += 2;
		else
			text[out++] = text[i++];
	}
	return out;
}

/* The value of four hex digits, or -1. */
static int four_digits(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;

		if (digit < 0)
			return -1;
		v = v << 4 | digit;
	}
	return v;
}

/* The length of what stands for a quote at the beginning: in a spreadsheet's text two of them, in a web page its name. */
static size_t quote_len(const char *text, size_t len)
{
	static const char *const forms[] = {"\"\"", "&quot;", "&#34;", "&#x22;", "\\x22"};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (len >= strlen(forms[i]) && memcmp(text, forms[i], strlen(forms[i])) == 0)
			return strlen(forms[i]);
	return 0;
}

size_t log_form_unescape(char *text, size_t len)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	size_t out = 0;

	for (size_t i = 0; i < len;) {
		size_t quote = quote_len(text + i, len - i);
		const char *known = text[i] == '\\' && i + 1 < len && text[i + 1] ? strchr(from, text[i + 1]) : NULL;
		int wide = text[i] == '\\' && len - i >= 6 && text[i + 1] == 'u' ? four_digits(text + i + 2) : -1;

		if (quote) {
			text[out++] = '"';
			i += quote;
		} else if (known) {
			text[out++] = to[known - from];
			i += 2;
		} else if (wide >= 0) {
			text[out++] = wide > 0xff ? '?' : (char)wide;
			i += 6;
		} else {
			text[out++] = text[i++];
		}
	}
	return out;
}

struct part {
	const char *p;
	size_t len;
};

enum { AUID, UID, GID, SES, SUBJ, PID, COMM, EXE, SIG, ARCH, SYSCALL, COMPAT, IP, CODE, PARTS };
static const char *const part_names[PARTS] = {"auid=", " uid=", " gid=",  " ses=",     " subj=",   " pid=", " comm=",
					      " exe=", " sig=", " arch=", " syscall=", " compat=", " ip=",  " code="};

/* Splits the text at the field names, which come in this order; subj may be missing. */
static bool split(const char *text, size_t len, struct part ret[PARTS])
{
	const char *at = text, *end = text + len;
	struct part *before = NULL;

	for (int i = 0; i < PARTS; i++) {
		size_t n = strlen(part_names[i]);
		const char *hit = memmem(at, (size_t)(end - at), part_names[i], n);

		ret[i] = (struct part){0};
		if (!hit && i != SUBJ)
			return false;
		if (!hit)
			continue;
		if (before)
			before->len = (size_t)(hit - before->p);
		before = &ret[i];
		before->p = at = hit + n;
	}
	while (before->p + before->len < end && (unsigned char)before->p[before->len] > ' ')
		before->len++;
	return true;
}

static bool copy(const struct part *p, char *ret, size_t cap)
{
	if (p->len >= cap)
		return false;
	memcpy(ret, p->p, p->len);
	ret[p->len] = '\0';
	return true;
}

/* Reads "01/31/26 12:00:00.123:456) : ", with a year of two or four digits. *ret_after is the text after it. */
static bool add_stamp(struct part text, struct buf *ret, struct part *ret_after)
{
	const char *close = memchr(text.p, ')', text.len);
	struct part inner = {text.p, close ? (size_t)(close - text.p) : 0};
	struct tm tm = {.tm_isdst = -1};
	unsigned ms = 0;
	char s[64], *colon;
	uint64_t serial;
	time_t sec = 0;

	if (!close || !copy(&inner, s, sizeof(s)) || !(colon = strrchr(s, ':')) ||
	    text_parse_u64(colon + 1, &serial) < 0)
		return false;
	if (sscanf(s, "%2d/%2d/%4d %2d:%2d:%2d.%3u", &tm.tm_mon, &tm.tm_mday, &tm.tm_year, &tm.tm_hour, &tm.tm_min,
		   &tm.tm_sec, &ms) == 7) {
		tm.tm_mon--;
		tm.tm_year += tm.tm_year < 100 ? 100 : -1900;
		sec = mktime(&tm);
	}
	buf_addf(ret, "audit(%" PRIu64 ".%03u:%" PRIu64 "): ", sec > 0 ? (uint64_t)sec : 0, sec > 0 ? ms : 0, serial);
	*ret_after = (struct part){close + 1, text.len - (size_t)(close + 1 - text.p)};
	return true;
}

static void add_hex(const struct part *p, struct buf *ret)
{
	for (size_t i = 0; i < p->len; i++)
		buf_addf(ret, "%02X", (unsigned char)p->p[i]);
}

/* auparse's names of the actions (auparse/seccomptab.h). */
static bool add_code(const struct part *p, struct buf *ret)
{
	static const struct {
		const char *name;
		uint32_t code;
	} codes[] = {
		{"kill", SECCOMP_RET_KILL_THREAD}, {"kill-thread", SECCOMP_RET_KILL_THREAD},
		{"trap", SECCOMP_RET_TRAP},        {"kill-process", SECCOMP_RET_KILL_PROCESS},
		{"errno", SECCOMP_RET_ERRNO},      {"user-notify", SECCOMP_RET_USER_NOTIF},
		{"trace", SECCOMP_RET_TRACE},      {"log", SECCOMP_RET_LOG},
		{"allow", SECCOMP_RET_ALLOW},
	};
	char name[32];

	if (!copy(p, name, sizeof(name)))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (text_streq(codes[i].name, name)) {
			buf_addf(ret, " code=0x%x", codes[i].code);
			return true;
		}
	return false;
}

/* auparse's tables call some calls as the kernel's sources once did, or as another ABI does (lib/x86_64_table.h and others). */
static bool number_of(const struct arch *arch, const char *call, uint32_t *ret)
{
	static const char *const names[][2] = {
		{"pread", "pread64"},
		{"pwrite", "pwrite64"},
		{"newfstat", "fstat"},
		{"getdents", "getdents64"},
		{"sys_kexec_load", "kexec_load"},
		{"llseek", "_llseek"},
		{"newselect", "_newselect"},
		{"sysctl", "_sysctl"},
		{"sched_rr_get_interval64", "sched_rr_get_interval_time64"},
		{"fadvise64_64", "arm_fadvise64_64"},
		{"sync_file_range", "sync_file_range2"},
		{"timerfd", "timerfd_create"},
		{"perf_counter_open", "perf_event_open"},
	};

	if (syscall_number(arch, call, ret) == 0 || sscanf(call, "unknown-syscall(%" SCNu32 ")", ret) == 1)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (text_streq(names[i][0], call))
			return syscall_number(arch, names[i][1], ret) == 0;
	return false;
}

static bool add_call(const struct part *arch_part, const struct part *call_part, struct buf *ret)
{
	char arch_name[32], call[SYSCALL_NAME_MAX];
	const struct arch *arch;
	uint32_t nr = 0;

	if (!copy(arch_part, arch_name, sizeof(arch_name)) || !copy(call_part, call, sizeof(call)))
		return false;
	/* auparse's first name for both kinds of ARM */
	arch = arch_by_name(text_streq(arch_name, "armeb") ? "arm" : arch_name);
	if (!arch || !number_of(arch, call, &nr))
		return false;
	buf_addf(ret, " arch=%x syscall=%" PRId32, arch->audit, (int32_t)nr);
	return true;
}

bool log_form_interpreted(const char *text, size_t len, struct buf *ret)
{
	static const char head[] = "audit(";
	struct part part[PARTS], rest = {0};
	char pid[16], compat[4], ip[24];
	uint64_t number;

	if (len < sizeof(head) || memcmp(text, head, sizeof(head) - 1) != 0)
		return false;
	text += sizeof(head) - 1;
	len -= sizeof(head) - 1;
	if (!add_stamp((struct part){text, len}, ret, &rest) || !split(rest.p, rest.len, part))
		return false;
	if (!copy(&part[PID], pid, sizeof(pid)) || text_parse_u64(pid, &number) < 0 ||
	    !copy(&part[COMPAT], compat, sizeof(compat)) || !copy(&part[IP], ip, sizeof(ip)))
		return false;
	/* Callers do not use the ids, so user names are not resolved. */
	buf_addf(ret, "auid=4294967295 uid=0 gid=0 ses=4294967295 pid=%s comm=", pid);
	add_hex(&part[COMM], ret);
	buf_adds(ret, " exe=");
	add_hex(&part[EXE], ret);
	buf_adds(ret, " sig=0");
	if (!add_call(&part[ARCH], &part[SYSCALL], ret))
		return false;
	buf_addf(ret, " compat=%s ip=%s", compat, ip);
	return add_code(&part[CODE], ret) && !buf_failed(ret);
}
